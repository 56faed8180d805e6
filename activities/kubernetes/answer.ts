import type { StepContext } from '../../domain/steps/contract.ts'
import { refuseChanged, stepOf } from '../changed.ts'
import { plainLine } from '../plain-text.ts'
import { refuse } from '../refusal.ts'

export type Verb = 'get' | 'list' | 'patch' | 'delete' | 'create' | 'update'

/** What was asked for, as sentences about it need it. */
export type Asked = {
  readonly verb: Verb
  /** As RBAC names it: `pods/log`. */
  readonly resource: string
  /** `deployment/shodo/shodo-backend` */
  readonly target: string
  readonly context: StepContext
  readonly cluster: string
}

/** Makes a failure of the list from an answer of refusal. The body itself, which can hold anything, goes nowhere. */
export function refuseAnswer(status: number, body: string, asked: Asked): never {
  const { verb, resource, target, context, cluster } = asked
  const { reason, message, causes, budget } = statusIn(body)
  const says = message === undefined ? `HTTP ${status}` : plainLine(message)
  if (status === 401 || status === 403) {
    const role = isReading(verb) ? 'hikeshi-viewer' : 'hikeshi-operator'
    refuse('forbidden', { cluster, verb, resource, namespace: context.namespace, role })
  }
  if (status === 404) refuse('target-not-found', { target })
  // A failed `test` of a JSON patch is an Invalid without causes; a template that breaks a rule comes with causes.
  if (status === 409 || (status === 422 && verb === 'patch' && reason === 'Invalid' && causes === 0)) {
    refuseChanged(target, 'somebody else changed it at the same moment', context)
  }
  if (budget !== undefined) {
    const { incident } = context
    const more = { deleted: '-', left: target, incident, step: stepOf(context) }
    refuse('disruption-budget', { target, ...budgetIn(budget), ...more })
  }
  // No trouble of the server's: it would say the same again.
  if (resource === 'pods/eviction' && message?.includes('more than one PodDisruptionBudget')) {
    refuse('kubernetes-refused', { action: verb, target, reason: says })
  }
  if (status >= 500 || status === 429) refuse('kubernetes-unreachable', { cluster, reason: `HTTP ${status}` })
  refuse('kubernetes-refused', { action: verb, target, reason: says })
}

function isReading(verb: Verb): boolean {
  return verb === 'get' || verb === 'list'
}

/** The eviction API has the budget's name in a sentence alone: `The disruption budget web needs 2 healthy pods and has 2 currently`. */
function budgetIn(sentence: string): { readonly budget: string; readonly reason: string } {
  const [, budget = '?', reason = sentence] = /^The disruption budget (\S+) (.+?)\.?$/.exec(sentence) ?? []
  return { budget: plainLine(budget), reason: plainLine(reason) }
}

type Status = {
  readonly reason?: string
  readonly message?: string
  readonly causes: number
  /** What the budget that forbids an eviction says. */
  readonly budget?: string
}

function statusIn(body: string): Status {
  try {
    const { reason, message, details } = JSON.parse(body)
    const causes: unknown[] = Array.isArray(details?.causes) ? details.causes : []
    const budget = causes.map(budgetCause).find((sentence) => sentence !== undefined)
    return {
      ...(typeof reason === 'string' ? { reason } : {}),
      ...(typeof message === 'string' ? { message } : {}),
      ...(budget === undefined ? {} : { budget }),
      causes: causes.length,
    }
  } catch {
    return { causes: 0 }
  }
}

function budgetCause(cause: unknown): string | undefined {
  const { reason, message } = Object(cause) as { readonly reason?: unknown; readonly message?: unknown }
  return reason === 'DisruptionBudget' && typeof message === 'string' ? message : undefined
}
