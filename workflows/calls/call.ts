/** Calls of activities: by name, under an id of their own, and what their ends mean. */
import { type ActivityOptions, isCancellation, proxyActivities, workflowInfo } from '@temporalio/workflow'
import { present } from '../../domain/present.ts'
import type { Outcome } from '../../domain/steps/contract.ts'
import { type Activities, type ActivityName, type Answer, stageActivity } from '../../wire/activities.ts'
import { traceparent } from '../../wire/trace.ts'
import { sent } from '../machine/ledger.ts'
import { endIn, failureOf } from './failure-of.ts'
import type { Patience } from './options.ts'

type Result<N extends ActivityName> = Awaited<ReturnType<Activities[N]>>
type Stage = Parameters<typeof stageActivity>[1]

/** When a call is made, by recorded time, and who is told when its answer was given (epoch ms). */
export type Clock = { readonly nowMs: number; readonly answered: (atMs: number) => void }

/** What the call is for, and what a missing answer means: whether a change may have been made. */
export type Purpose = { readonly where: string; readonly changes?: boolean }

/** The answer itself; whatever else the activity ends with is thrown. */
export async function answerOf<N extends ActivityName>(
  activity: N,
  id: string,
  options: ActivityOptions,
  input: Parameters<Activities[N]>[0],
): Promise<Answer<Result<N>>> {
  return (await called(activity, id, options, input)) as Answer<Result<N>>
}

/** The answer, or the failure that the call ended with. Throws for cancellation alone. */
export async function ask<N extends ActivityName>(
  activity: N,
  id: string,
  patience: Patience,
  input: Parameters<Activities[N]>[0],
  purpose: Purpose,
  clock: Clock,
): Promise<Outcome<Result<N>>> {
  return (await outcomeOf(activity, id, patience, input, purpose, clock)) as Outcome<Result<N>>
}

/** The same for a stage of a step kind; what its hand answers the rules read by the stage. */
export function askStage(
  { kind, stage }: { readonly kind: string; readonly stage: Stage },
  id: string,
  patience: Patience,
  input: object,
  purpose: Purpose,
  clock: Clock,
): Promise<Outcome<unknown>> {
  return outcomeOf(stageActivity(kind, stage), id, patience, input, purpose, clock)
}

async function outcomeOf(
  activity: string,
  id: string,
  { options, queue, patienceMs }: Patience,
  input: unknown,
  { where, changes = false }: Purpose,
  { nowMs, answered }: Clock,
): Promise<Outcome<unknown>> {
  try {
    const answer = await called(activity, id, options, input)
    answered(answer.endedAtMs)
    return { ok: true, value: answer.value, attempt: answer.attempt }
  } catch (error) {
    if (isCancellation(error)) throw error
    // Where nobody answered, it is over when patience is.
    const { endedAtMs = nowMs + patienceMs, attempt } = endIn(error)
    answered(endedAtMs)
    const failure = failureOf(error, { where, queue, patienceMs, changes })
    return { ok: false, failure, ...present({ attempt }) }
  }
}

async function called(
  activity: string,
  id: string,
  options: ActivityOptions,
  input: unknown,
): Promise<Answer<unknown>> {
  const activities = proxyActivities<Record<string, (input: unknown) => Promise<Answer<unknown>>>>({
    ...options,
    activityId: id,
  })
  try {
    const answer = await activities[activity]?.(sent('activity', id, traced(id, input)))
    if (answer === undefined) throw new Error(`activity ${activity} gave no answer`)
    return answer
  } catch (error) {
    if (isCancellation(error)) sent('withdrawn', id, null)
    throw error
  }
}

/** Every call brings the place of its span along. */
function traced(id: string, input: unknown): unknown {
  if (typeof input !== 'object' || input === null) return input
  return { ...input, traceparent: traceparent(workflowInfo().workflowId, id) }
}
