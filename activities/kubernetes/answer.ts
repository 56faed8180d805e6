import type { StepContext } from '../../domain/steps/contract.ts'
import { refuseChanged } from '../changed.ts'
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
  const { reason, message, causes } = statusIn(body)
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
  if (status >= 500 || status === 429) refuse('kubernetes-unreachable', { cluster, reason: `HTTP ${status}` })
  refuse('kubernetes-refused', { action: verb, target, reason: says })
}

function isReading(verb: Verb): boolean {
  return verb === 'get' || verb === 'list'
}

function statusIn(body: string): { reason?: string; message?: string; causes: number } {
  try {
    const { reason, message, details } = JSON.parse(body)
    return {
      ...(typeof reason === 'string' ? { reason } : {}),
      ...(typeof message === 'string' ? { message } : {}),
      causes: Array.isArray(details?.causes) ? details.causes.length : 0,
    }
  } catch {
    return { causes: 0 }
  }
}
