/**
 * The hands as Temporal activities: `<kind>.read` for kinds that look, `<kind>.plan`, `<kind>.run` and `<kind>.verify` for
 * kinds that change. Parameters are parsed anew, life is signalled while the work goes on, and what is thrown is always
 * an entry of the failures list or Temporal's own cancellation.
 */
import { Context } from '@temporalio/activity'
import { CancelledFailure } from '@temporalio/common'
import { catalogue, type KindName } from '../domain/steps/catalogue.ts'
import type {
  ChangeHand,
  Done,
  Plan,
  PlanCall,
  ReadCall,
  ReadHand,
  Reading,
  RunCall,
  StepParams,
  Verified,
  VerifyCall,
} from '../domain/steps/contract.ts'
import type { Json } from '../domain/words.ts'
import type { Hands } from './hands.ts'
import { plainLine } from './plain-text.ts'
import { type Pulse, withPulse } from './pulse.ts'
import { failureIn, refuse } from './refusal.ts'

export type StepActivity =
  | ((call: ReadCall) => Promise<Reading>)
  | ((call: PlanCall) => Promise<Plan>)
  | ((call: RunCall) => Promise<Done>)
  | ((call: VerifyCall) => Promise<Verified>)

export type StepGuards = {
  /** Throws when an approval that came along does not prove itself; the last thing before a change. */
  readonly checkApprovals: (kind: KindName, call: RunCall) => void | Promise<void>
}

/** Shorter than any sensible heartbeat timeout; Temporal sends on only as many as it needs. */
const beatEveryMs = 1_000

const kindNames = Object.keys(catalogue) as KindName[]

export function stepActivities(hands: Hands, guards: StepGuards): Record<string, StepActivity> {
  return Object.assign({}, ...kindNames.map((kind) => activitiesOf(kind, hands[kind], guards)))
}

type AnyHand = ReadHand<StepParams> | ChangeHand<StepParams>

function activitiesOf(
  kind: KindName,
  given: Hands[KindName],
  { checkApprovals }: StepGuards,
): Record<string, StepActivity> {
  // Each hand takes what its own declaration's schema makes of the parameters; the pairing by kind is what types cannot follow.
  const hand = given as AnyHand
  const parse = (params: StepParams) => parseParams(kind, params)
  if (typeof hand === 'function') {
    return {
      [`${kind}.read`]: ({ params, context }: ReadCall) =>
        alive(`${kind}.read`, async () => hand(parse(params), context)),
    }
  }
  return {
    [`${kind}.plan`]: ({ params, context }: PlanCall) =>
      alive(`${kind}.plan`, async () => hand.plan(parse(params), context)),
    [`${kind}.run`]: (call: RunCall) =>
      alive(`${kind}.run`, async () => {
        const params = parse(call.params)
        await checkApprovals(kind, call)
        return hand.run(params, call.plan, call.context)
      }),
    [`${kind}.verify`]: ({ params, plan, done, context }: VerifyCall) =>
      alive(`${kind}.verify`, async () => hand.verify(parse(params), plan, done, context)),
  }
}

function parseParams(kind: KindName, params: StepParams): StepParams {
  const parsed = catalogue[kind].params.safeParse(params)
  if (parsed.success) return parsed.data
  const first = parsed.error.issues[0]
  const where = [kind, ...(first?.path ?? [])].join('.')
  return refuse('bad-input', { where, problem: first?.message ?? 'cannot be read' })
}

/** Signals life all the while, and passes the activity's cancellation on. */
async function alive<T>(name: string, work: () => Promise<T>): Promise<T> {
  const activity = Context.current()
  let detail: Json = { at: name }
  // Without a heartbeat timeout Temporal wants none; such a call is short.
  const isAwaited = activity.info.heartbeatTimeoutMs !== undefined
  const beat = (newer: Json) => {
    detail = newer
    if (isAwaited) activity.heartbeat(detail)
  }
  const life: Pulse = { signal: activity.cancellationSignal, beat }
  const timer = setInterval(() => beat(detail), beatEveryMs)
  try {
    return await withPulse(life, work)
  } catch (error) {
    if (failureIn(error) !== undefined || error instanceof CancelledFailure) throw error
    return refuse('internal', { where: name, reason: plainLine(String(error), 300) })
  } finally {
    clearInterval(timer)
  }
}
