/** Carries out one effect of an incident: which activity, on which queue, and what its end means. */
import { type ActivityOptions, isCancellation, proxyActivities } from '@temporalio/workflow'
import { termsNow } from '../domain/approval/proposal.ts'
import type { Trust } from '../domain/diagnosis/looks.ts'
import type { PageSent } from '../domain/escalation/page.ts'
import type { Occurrence } from '../domain/incident/decide.ts'
import type { Effect } from '../domain/incident/effects.ts'
import type { PartResult } from '../domain/incident/events.ts'
import type { Part, Parts, PartsCall } from '../domain/incident/picture.ts'
import type { IncidentState } from '../domain/incident/state.ts'
import type { PublishedRunbook, Runbook } from '../domain/runbook/runbook.ts'
import { isOnce } from '../domain/steps/catalogue.ts'
import type { Outcome, StepContext } from '../domain/steps/contract.ts'
import type { Json, Receipt } from '../domain/words.ts'
import {
  archiveOptions,
  changeOptions,
  pageOptions,
  partOptions,
  readOptions,
  runbookOptions,
} from './activity-options.ts'
import { type Asked, endIn, failureOf } from './failure-of.ts'
import { sent } from './ledger.ts'

/** Every activity answers with its value and the attempt that brought it (workers/attempts.ts). */
type Answer<T> = { readonly value: T; readonly attempt: number; readonly endedAtMs: number }

/** The moment an effect starts: what its activities are told about the incident. */
export type Moment = {
  /** Time of the newest event: recorded, unlike the clock of an activation. */
  readonly nowMs: number
  readonly state: IncidentState
  readonly head: Receipt
  readonly runIdOf: (run: number) => string
  /** Told the time at which each answer was given, epoch ms. */
  readonly answered: (atMs: number) => void
}

/** Never throws but for cancellation; every other end is an occurrence that the rules understand. */
export async function perform(effect: Effect, moment: Moment): Promise<Occurrence> {
  const cluster = moment.state.runbook.book.cluster
  switch (effect.type) {
    case 'situation': {
      const { parts, tookMs } = await readParts(effect.key, effect, moment)
      return { type: 'situation-ended', number: effect.number, tookMs, parts }
    }
    case 'recovery-check': {
      const { parts, tookMs } = await readParts(effect.key, { ...effect, sharesMs: 0 }, moment)
      return { type: 'recovery-checked', tookMs, parts }
    }
    case 'page': {
      const input = { ...effect.page, head: moment.head }
      let endedAtMs = moment.nowMs
      const answered = (atMs: number): void => {
        endedAtMs = atMs
        moment.answered(atMs)
      }
      const outcome = await ask<PageSent>(
        'sendPage',
        effect.key,
        pageOptions,
        input,
        {
          where: effect.page.channel,
          queue: 'incidents',
          patienceMs: 10_000,
          changes: false,
        },
        { ...moment, answered },
      )
      return {
        type: 'page-ended',
        key: effect.page.key,
        outcome: sentBetween(moment.nowMs, endedAtMs, outcome),
      }
    }
    case 'archive': {
      const input = {
        incident: moment.state.id,
        run: effect.run,
        runId: moment.runIdOf(effect.run),
        head: moment.head,
      }
      const outcome = await ask<Json>(
        'archiveRun',
        effect.key,
        archiveOptions,
        input,
        {
          where: 'archive',
          queue: 'incidents',
          patienceMs: 60_000,
          changes: false,
        },
        moment,
      )
      return { type: 'archive-ended', run: effect.run, runId: input.runId, outcome }
    }
    case 'step': {
      const { step, stage } = effect
      const call = { context: contextOf(moment, `${moment.state.id}/${step.id}`), params: step.params }
      const approvals = step.approvals.map(({ by: _, ...approval }) => approval)
      const asked = {
        where: step.plan?.target ?? step.id,
        queue: `cluster/${cluster}`,
        // As long as their task waits for a worker (activity-options.ts).
        patienceMs: stage === 'read' || stage === 'plan' ? 30_000 : 60_000,
        changes: stage === 'run',
      }
      const terms = termsNow(moment.state, step)
      const whole = { ...call, plan: step.plan, hash: step.hash, terms, approvals, done: step.done }
      const outcome =
        stage === 'health' && effect.health !== undefined
          ? await ask(
              `${effect.health.kind}.read`,
              effect.key,
              changeOptions(cluster),
              { ...call, params: effect.health.params },
              asked,
              moment,
            )
          : await ask(
              `${step.kind}.${stage}`,
              effect.key,
              stage === 'read' || stage === 'plan'
                ? readOptions(cluster)
                : changeOptions(cluster, stage === 'run' && isOnce(step.kind)),
              stage === 'read' || stage === 'plan' ? call : whole,
              asked,
              moment,
            )
      return { type: 'stage-ended', run: step.id, stage, outcome }
    }
  }
}

/** As much of a moment as reading takes; a look has no more. */
type Looking = Pick<Moment, 'nowMs' | 'head' | 'answered'> & {
  readonly state: {
    readonly id: string
    readonly lab?: boolean
    readonly runbook: { readonly book: Pick<Runbook, 'cluster' | 'namespace'> }
  }
}

/** All parts in one activity; one that does not answer leaves its place and the others alone. */
export async function readParts(
  key: string,
  asked: Omit<PartsCall, 'context'>,
  moment: Looking,
): Promise<{ readonly parts: Parts; readonly tookMs: number }> {
  const { parts, withinMs, sharesMs, withoutTexts } = asked
  const options = partOptions(moment.state.runbook.book.cluster, withinMs)
  const call = {
    context: contextOf(moment, `${moment.state.id}/${key}`),
    parts,
    withinMs,
    sharesMs,
    ...(withoutTexts ? { withoutTexts } : {}),
  }
  try {
    const { value, endedAtMs } = await answerOf<Parts>('readParts', key, options, call)
    moment.answered(endedAtMs)
    return { parts: value, tookMs: Math.max(0, endedAtMs - moment.nowMs) }
  } catch (error) {
    if (isCancellation(error)) throw error
    const endedAtMs = endIn(error).endedAtMs ?? moment.nowMs + withinMs
    moment.answered(endedAtMs)
    const nobody = ({ id }: Part): [string, PartResult] => [
      id,
      { ok: false, failure: failureOf(error, { where: id, patienceMs: withinMs, changes: false }) },
    ]
    return { parts: Object.fromEntries(parts.map(nobody)), tookMs: Math.max(0, endedAtMs - moment.nowMs) }
  }
}

/** What a desk holds now; throws where there is none. */
export async function publishedRunbook(
  desk: string,
): Promise<{ readonly runbook: PublishedRunbook; readonly lab: boolean }> {
  const call = { desk }
  return (
    await answerOf<Awaited<ReturnType<typeof publishedRunbook>>>(
      'publishedRunbook',
      'runbook',
      runbookOptions,
      call,
    )
  ).value
}

/** Whom one of a cluster's workers believes. */
export async function workersTrust(cluster: string): Promise<Trust> {
  return (await answerOf<Trust>('trust', 'trust', partOptions(cluster, 4_000), {})).value
}

/** The channel's clock may be wrong: a page went out after it was decided and before its worker said so. */
function sentBetween(fromMs: number, toMs: number, outcome: Outcome<PageSent>): Outcome<PageSent> {
  if (!outcome.ok) return outcome
  const sentAtMs = Math.max(fromMs, Math.min(toMs, outcome.value.sentAtMs))
  return { ...outcome, value: { ...outcome.value, sentAtMs } }
}

async function ask<T>(
  activity: string,
  id: string,
  options: ActivityOptions,
  input: unknown,
  asked: Asked,
  moment: Pick<Moment, 'answered' | 'nowMs'>,
): Promise<Outcome<T>> {
  try {
    const answer = await answerOf<T>(activity, id, options, input)
    moment.answered(answer.endedAtMs)
    return { ok: true, value: answer.value, attempt: answer.attempt }
  } catch (error) {
    if (isCancellation(error)) throw error
    // Where nobody answered, it is over when patience is.
    const { endedAtMs = moment.nowMs + asked.patienceMs, attempt } = endIn(error)
    moment.answered(endedAtMs)
    return { ok: false, failure: failureOf(error, asked), ...(attempt === undefined ? {} : { attempt }) }
  }
}

async function answerOf<T>(
  activity: string,
  id: string,
  options: ActivityOptions,
  input: unknown,
): Promise<Answer<T>> {
  const activities = proxyActivities<Record<string, (input: unknown) => Promise<Answer<T>>>>({
    ...options,
    activityId: id,
  })
  try {
    const answer = await activities[activity]?.(sent('activity', id, input))
    if (answer === undefined) throw new Error(`activity ${activity} gave no answer`)
    return answer
  } catch (error) {
    if (isCancellation(error)) sent('withdrawn', id, null)
    throw error
  }
}

function contextOf(moment: Looking, stepRun: string): StepContext {
  const { id, runbook } = moment.state
  const { cluster, namespace } = runbook.book
  const lab = moment.state.lab === true ? ({ lab: true } as const) : {}
  return { incident: id, stepRun, cluster, namespace, nowMs: moment.nowMs, head: moment.head, ...lab }
}
