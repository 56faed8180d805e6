/**
 * The hands as Temporal activities: `<kind>.read` for kinds that look, `<kind>.plan`, `<kind>.run` and `<kind>.verify` for
 * kinds that change, and `readParts` for many looks at once. Parameters are parsed anew, life is signalled while the work goes on,
 * and what is thrown is always an entry of the failures list or Temporal's own cancellation.
 */
import type { Parts, PartsCall } from '../domain/incident/picture.ts'
import { catalogue, isKind, type KindName } from '../domain/steps/catalogue.ts'
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
import type { Hands } from './hands.ts'
import { partsActivity } from './read-parts.ts'
import { refuse } from './refusal.ts'
import type { Read } from './shared-readings.ts'

export type StepActivity =
  | ((call: ReadCall) => Promise<Reading>)
  | ((call: PlanCall) => Promise<Plan>)
  | ((call: RunCall) => Promise<Done>)
  | ((call: VerifyCall) => Promise<Verified>)
  | ((call: PartsCall) => Promise<Parts>)

export type StepGuards = {
  /** Throws when an approval that came along does not prove itself; the last thing before a change. */
  readonly checkApprovals: (kind: KindName, call: RunCall) => void | Promise<void>
}

/** Shorter than the heartbeat timeout of any step. */
const beatEveryMs = 1_000

const kindNames = Object.keys(catalogue) as KindName[]

export function stepActivities(hands: Hands, guards: StepGuards): Record<string, StepActivity> {
  const ofKinds = kindNames.map((kind) => activitiesOf(kind, hands[kind], guards))
  return Object.assign({ readParts: partsActivity(readerOf(hands)) }, ...ofKinds)
}

/** The reading hands by name, as a part of a picture names them. */
function readerOf(hands: Hands): Read {
  return async (kind, params, context) => {
    const hand = isKind(kind) ? (hands[kind] as AnyHand) : undefined
    if (!isKind(kind) || typeof hand !== 'function')
      return refuse('bad-input', { where: kind, problem: 'this worker knows no reading step of that name' })
    return hand(parseParams(kind, params), context)
  }
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
        alive(`${kind}.read`, beatEveryMs, async () => hand(parse(params), context)),
    }
  }
  return {
    [`${kind}.plan`]: ({ params, context }: PlanCall) =>
      alive(`${kind}.plan`, beatEveryMs, async () => hand.plan(parse(params), context)),
    [`${kind}.run`]: (call: RunCall) =>
      alive(`${kind}.run`, beatEveryMs, async () => {
        const params = parse(call.params)
        await checkApprovals(kind, call)
        return hand.run(params, call.plan, call.context)
      }),
    [`${kind}.verify`]: ({ params, plan, done, context }: VerifyCall) =>
      alive(`${kind}.verify`, beatEveryMs, async () => hand.verify(parse(params), plan, done, context)),
  }
}

function parseParams(kind: KindName, params: StepParams): StepParams {
  const parsed = catalogue[kind].params.safeParse(params)
  if (parsed.success) return parsed.data
  const first = parsed.error.issues[0]
  const where = [kind, ...(first?.path ?? [])].join('.')
  return refuse('bad-input', { where, problem: first?.message ?? 'cannot be read' })
}
