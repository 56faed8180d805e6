import type { FailureName } from '../../../domain/failures.ts'
import { present } from '../../../domain/present.ts'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { roleFor } from '../../../domain/steps/needs.ts'
import type { Words } from '../../../domain/words.ts'
import { plainLine } from '../../../edge/plain-text.ts'
import { runOf } from '../../../wire/step-run.ts'
import { refuseChanged } from '../../changed.ts'
import { refuse } from '../../refusal.ts'
import { type RefusedReason, whyRefused } from './pending-reason.ts'

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

/**
 * Makes a failure of the list from an answer of refusal, with Kubernetes' own sentence where it gives one: a 403 can be RBAC, a policy, a
 * quota or a namespace that goes away, and each needs another person. The rest of the body, which can hold anything, goes nowhere.
 */
export function refuseAnswer(status: number, body: string, asked: Asked): never {
  const { verb, resource, target, context, cluster } = asked
  const { message, budget } = statusIn(body)
  const says = message === undefined ? `HTTP ${status}` : plainLine(message)
  if (status === 401) refuse('credentials-refused', { cluster, reason: says })
  refuseByWebhookAway(says, cluster)
  if (status < 500) refuseByAdmission(says, asked)
  if (status === 403) refuseForbidden(message, asked)
  if (status === 404) refuse('target-not-found', { target })
  if (status === 409 || (status === 422 && verb === 'patch' && isFailedTest(message))) {
    refuseChanged(
      target,
      { en: 'somebody else changed it at the same time', ja: '同時に別の変更がありました' },
      context,
    )
  }
  if (budget !== undefined) {
    const { incident } = context
    const more = { deleted: '-', left: target, incident, step: runOf(context) }
    refuse('disruption-budget', { target, ...budgetIn(budget), ...more })
  }
  // No trouble of the server's: it would say the same again.
  if (resource === 'pods/eviction' && message?.includes('more than one PodDisruptionBudget')) {
    refuse('kubernetes-refused', { action: verb, target, reason: says })
  }
  if (status >= 500 || status === 429) {
    const told = message === undefined ? says : `HTTP ${status}, ${says}`
    refuse('kubernetes-unreachable', { cluster, reason: told })
  }
  refuse('kubernetes-refused', { action: verb, target, reason: says })
}

/** What a JSON patch whose `test` failed is answered with; a webhook or policy that refuses with 422 has its own sentence. */
function isFailedTest(message: string | undefined): boolean {
  return message === undefined || message.startsWith('the server rejected our request')
}

/** The API server answers 500 for it, though it is well itself. */
function refuseByWebhookAway(says: string, cluster: string): void {
  const [, webhook, reason] = /failed calling webhook "([^"]+)": (.+)/.exec(says) ?? []
  if (webhook !== undefined) refuse('webhook-unreachable', { cluster, webhook, reason: reason ?? says })
}

function refuseByAdmission(says: string, { verb, target, context, cluster }: Asked): void {
  const params = { action: verb, target, cluster, reason: says }
  if (/because it is being terminated/.test(says)) {
    refuse('namespace-terminating', { cluster, namespace: context.namespace, reason: says })
  }
  const name = admissionFailures[whyRefused(says)]
  if (name !== undefined) refuse(name, params)
}

const admissionFailures: Readonly<Record<RefusedReason, FailureName | undefined>> = {
  quota: 'quota-exceeded',
  'limit-range': 'limit-range-exceeded',
  'pod-security': 'policy-refused',
  webhook: 'policy-refused',
  policy: 'policy-refused',
  other: undefined,
}

/** RBAC says `… cannot patch resource "deployments" …`; every other 403 is somebody else's, and is told in its own words. */
function refuseForbidden(
  message: string | undefined,
  { verb, resource, target, context, cluster }: Asked,
): never {
  if (message !== undefined && !/ cannot \S+ (resource|path) /.test(message)) {
    refuse('kubernetes-refused', { action: verb, target, reason: plainLine(message) })
  }
  const role = roleFor(verb, resource) ?? 'hikeshi-operator'
  refuse('forbidden', { cluster, verb, resource, namespace: context.namespace, role })
}

/** The eviction API has the budget's name in a sentence alone: `The disruption budget web needs 2 healthy pods and has 2 currently`. */
function budgetIn(sentence: string): { readonly budget: string; readonly reason: Words } {
  const [, budget = '?', reason = sentence] = /^The disruption budget (\S+) (.+?)\.?$/.exec(sentence) ?? []
  const says = plainLine(reason)
  const [, needed, has] = /^needs (\d+) healthy pods and has (\d+) currently$/.exec(says) ?? []
  return {
    budget: plainLine(budget),
    reason: needed === undefined ? says : { en: says, ja: `必要な正常 Pod 数 ${needed}、現在 ${has}` },
  }
}

type Status = {
  readonly message?: string
  /** What the budget that forbids an eviction says. */
  readonly budget?: string
}

function statusIn(body: string): Status {
  try {
    const { message, details } = JSON.parse(body)
    const causes: unknown[] = Array.isArray(details?.causes) ? details.causes : []
    const budget = causes.map(budgetCause).find((sentence) => sentence !== undefined)
    return {
      ...(typeof message === 'string' ? { message } : {}),
      ...present({ budget }),
    }
  } catch {
    return {}
  }
}

function budgetCause(cause: unknown): string | undefined {
  const { reason, message } = Object(cause) as { readonly reason?: unknown; readonly message?: unknown }
  return reason === 'DisruptionBudget' && typeof message === 'string' ? message : undefined
}
