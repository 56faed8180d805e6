/**
 * The hands as Temporal activities: `<kind>.read` for kinds that look, `<kind>.plan`, `<kind>.run` and `<kind>.verify` for
 * kinds that change, `readParts` for many looks at once, and `trust` for whom this worker believes. Parameters are parsed again, life is signalled while the work goes on,
 * and what is thrown is always an entry of the failures list or Temporal's own cancellation.
 */
import type { Trust } from '../domain/diagnosis/looks.ts'
import type { Parts, PartsCall } from '../domain/incident/fold/picture.ts'
import {
  catalogue,
  type HandName,
  type Hands,
  handNames,
  hasHands,
  isLong,
} from '../domain/steps/catalogue.ts'
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
import { alive } from './alive.ts'
import { usableUntilMs } from './approvals.ts'
import { parser, planCall, readCall, runCall, verifyCall } from './calls.ts'
import type { Guard } from './guard.ts'
import type { HeldUp } from './held-up.ts'
import { partsActivity } from './read-parts.ts'
import { refuse } from './refusal.ts'
import type { Read } from './shared-readings.ts'

export type StepActivity =
  | ((call: ReadCall) => Promise<Reading>)
  | ((call: PlanCall) => Promise<Plan>)
  | ((call: RunCall) => Promise<Done>)
  | ((call: VerifyCall) => Promise<Verified>)
  | ((call: PartsCall) => Promise<Parts>)
  | (() => Promise<Trust>)

/** Shorter than the heartbeat timeout of any step. */
const beatEveryMs = 1_000

/** `begun` tells Temporal that this attempt of a change begins; what it cannot tell is not done. `heldUp` watches over those that take hours. */
export function stepActivities(
  hands: Hands,
  guard: Guard,
  begun: () => Promise<void>,
  heldUp: HeldUp = (_, work) => work(),
): Record<string, StepActivity> {
  const ofKinds = handNames.map((kind) => activitiesOf(kind, hands[kind], guard, begun, heldUp))
  return Object.assign(
    { readParts: partsActivity(readerOf(hands, guard), guard), trust: async () => guard.trust },
    ...ofKinds,
  )
}

/** The reading hands by name, as a part of a picture names them. Refuses words that no runbook has. */
export function readerOf(hands: Hands, guard: Pick<Guard, 'words'>): Read {
  return async (kind, params, context) => {
    const hand = hasHands(kind) ? (hands[kind] as AnyHand) : undefined
    if (!hasHands(kind) || typeof hand !== 'function')
      return refuse('bad-input', {
        where: kind,
        problem: {
          en: 'this worker has no reading step of that name',
          ja: 'このワーカーにその名前の読み取り手順はありません',
        },
      })
    const parsed = parseParams(kind, params)
    await guard.words(kind, parsed, context)
    return hand(parsed, context)
  }
}

type AnyHand = ReadHand<StepParams> | ChangeHand<StepParams>

function activitiesOf(
  kind: HandName,
  given: Hands[HandName],
  guard: Guard,
  begun: () => Promise<void>,
  heldUp: HeldUp,
): Record<string, StepActivity> {
  const watched: HeldUp = isLong(kind) ? heldUp : (_, work) => work()
  // Each hand takes what its own declaration's schema makes of the parameters; the pairing by kind is what types cannot follow.
  const hand = given as AnyHand
  /** The call as it came is parsed whole, and belongs here, before anything is done for it. */
  const taken =
    <C extends ReadCall, T>(
      stage: string,
      parsed: (input: unknown) => C,
      work: (params: StepParams, call: C) => Promise<T>,
    ) =>
    (input: C): Promise<T> =>
      alive(`${kind}.${stage}`, beatEveryMs, async () => {
        const call = parsed(input)
        guard.place(call.context)
        const params = parseParams(kind, call.params)
        await guard.words(kind, params, call.context)
        return work(params, call)
      })
  if (typeof hand === 'function')
    return { [`${kind}.read`]: taken('read', readCall, (params, { context }) => hand(params, context)) }
  return {
    [`${kind}.plan`]: taken('plan', planCall, async (params, { context }) => {
      const plan = await hand.plan(params, context)
      const asks = await guard.asks(kind, params, plan, context)
      return asks === undefined ? plan : { ...plan, asks }
    }),
    [`${kind}.run`]: (input: RunCall) =>
      alive(`${kind}.run`, beatEveryMs, async () => {
        const call = runCall(input)
        const params = parseParams(kind, call.params)
        return watched(call.context, async () => {
          const plan = await guard.run(kind, call, {
            plan: (told) => hand.plan(params, call.context, told),
            isDone: async () => (await hand.isDone?.(params, call.plan, call.context)) ?? false,
          })
          if (plan.nothingToDo) return { says: plan.says, already: true, after: plan.before }
          await begun()
          return hand.run(params, plan, call.context, usableUntilMs(kind, call))
        })
      }),
    [`${kind}.verify`]: taken('verify', verifyCall, (params, { plan, done, context }) =>
      watched(context, () => hand.verify(params, plan, done, context)),
    ),
  }
}

function parseParams(kind: HandName, params: StepParams): StepParams {
  return parser(kind, catalogue[kind].params)(params)
}
