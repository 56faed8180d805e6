/** Waiting for the end of a step: by watching, with its progress on stderr. */

import { durationMs } from '../../../domain/duration.ts'
import { expected } from '../../../domain/expected.ts'
import { type Failure, failures, type WriteMoment } from '../../../domain/failures.ts'
import type { IncidentEvent } from '../../../domain/incident/fold/events.ts'
import { present } from '../../../domain/present.ts'
import { sentence } from '../../../domain/telling/sentences.ts'
import type { Receipt, Text } from '../../../domain/words.ts'
import { refused } from '../../../edge/refused.ts'
import { exitAfter } from '../../../edge/signals.ts'
import type { Incidents } from '../../incidents/incidents.ts'
import { askFor } from '../../words/step.ts'
import { patiently } from './patience.ts'
import { readingText } from './reading-text.ts'
import { complaint, type Session } from './session.ts'
import { clean, screenOf, wrap } from './terminal.ts'
import { sayingUnderWay } from './under-way.ts'
import { momentsIn, zoneOf } from './zone.ts'

type Wanted = {
  readonly incident: string
  /** The step as it was asked for; its newest run up to the receipt is the one that is meant. */
  readonly step: string
  /** The run itself, where it is known already. */
  readonly run?: string
  readonly receipt: Receipt
  readonly limitMs: number
}

/** The request stands at the receipt, or the few events before it that the same command made. */
const eventsBefore = 20

export function waitLimit(timeout: unknown): number {
  const ms = typeof timeout === 'string' ? durationMs(timeout) : undefined
  // A timer of Node's cannot be longer.
  if (ms === undefined || ms === 0 || ms > 2 ** 31 - 1)
    throw refused('bad-input', {
      where: '--timeout',
      problem: expected('a duration such as 90s or 10m', '90s や 10m のような時間'),
    })
  return ms
}

export async function printReceipt(
  session: Session,
  incident: string,
  step: string,
  receipt: Receipt,
  what: Text,
): Promise<number> {
  await session.print({
    data: { incident, step, receipt },
    text: ({ paint }) =>
      `${clean(incident)} ${clean(step)} ${what[session.lang]} ${paint('dim', `(#${receipt.seq} ${receipt.hash.slice(0, 8)})`)}`,
  })
  return 0
}

const asked: Text = { en: 'requested', ja: 'を依頼しました' }

/** So long a plan is waited for, to say what the step waits for then. */
const plannedWithinMs = 2_000

/** The receipt with the run that was made, and whether it runs or waits for people. */
export async function printRun(session: Session, incidents: Incidents, wanted: Wanted): Promise<number> {
  const { incident, step, receipt } = wanted
  const first = await patiently(session, firstWord(session, incidents, wanted)).catch(() => undefined)
  if (first?.event !== undefined) {
    const { event, run } = first
    const moments = momentsIn(await zoneOf(session, incidents, incident))
    // Refused already: that is the answer, and not that it was requested.
    if (event.type === 'step-failed')
      return finish(session, {
        incident,
        run,
        event,
        end: endOf(event, false) ?? { status: 'failed' },
        moments,
      })
    session.say(sentence(event, session.lang, moments))
    if (event.type === 'step-proposed' && event.data.approvals > 0)
      session.say(askFor(event.data.approvals, `hikeshi approve ${incident} ${run}`))
  }
  return printReceipt(session, incident, first?.run ?? step, receipt, asked)
}

/** The run, and the first thing that became of it after it was asked for. */
async function firstWord(
  session: Session,
  incidents: Incidents,
  { incident, step, receipt }: Wanted,
): Promise<{ readonly run: string; readonly event: IncidentEvent | undefined } | undefined> {
  const signal = AbortSignal.any([session.around.signal, AbortSignal.timeout(plannedWithinMs)])
  const fromSeq = Math.max(1, receipt.seq - eventsBefore)
  let run: string | undefined
  let word: IncidentEvent | undefined
  for await (const event of incidents.watch(incident, signal, { fromSeq })) {
    // An earlier run may stand among them too: the newest one up to the receipt is meant.
    if (event.type === 'step-requested' && event.data.step === step && event.seq <= receipt.seq) {
      run = event.data.run
      word = undefined
    } else if (run !== undefined && runOf(event) === run) word ??= event
    if (run !== undefined && word !== undefined && event.seq >= receipt.seq) return { run, event: word }
  }
  return run === undefined ? undefined : { run, event: word }
}

/** Returns the exit code: 0 when it was verified or needed nothing, that of its failure, 1 when it was rejected or expired. */
export async function waitForStep(session: Session, incidents: Incidents, wanted: Wanted): Promise<number> {
  const { incident, step, limitMs } = wanted
  const moments = momentsIn(await zoneOf(session, incidents, incident))
  const timeUp = AbortSignal.timeout(limitMs)
  const signal = AbortSignal.any([session.around.signal, timeUp])
  let run: string | undefined
  const which = { incident, run: () => run }
  const finished = await sayingUnderWay(session, incidents, which, () =>
    followed(session, incidents, wanted, {
      signal,
      moments,
      found: (id) => {
        run = id
      },
    }),
  )
  if (finished !== undefined) return finish(session, finished)
  if (session.around.signal.aborted) return exitAfter(session.around.signal)
  if (timeUp.aborted)
    throw refused('wait-timeout', {
      seconds: Math.round(limitMs / 1_000),
      what: `${incident} ${step}`,
      incident,
    })
  throw refused('not-open', { incident, phase: 'closed', command: step })
}

type Following = {
  readonly signal: AbortSignal
  readonly moments: WriteMoment
  readonly found: (run: string) => void
}

/** Says what becomes of the run, up to its end; undefined where that is not seen. */
async function followed(
  session: Session,
  incidents: Incidents,
  wanted: Wanted,
  { signal, moments, found }: Following,
): Promise<Finished | undefined> {
  const { incident, step, receipt } = wanted
  let { run } = wanted
  let started = false
  const fromSeq = Math.max(1, receipt.seq - eventsBefore)
  for await (const event of incidents.watch(incident, signal, { fromSeq })) {
    if (wanted.run === undefined && event.type === 'step-requested' && event.data.step === step) {
      // The newest one up to the receipt; a later one is somebody else's.
      if (event.seq <= receipt.seq) run = event.data.run
    }
    if (run === undefined || runOf(event) !== run) continue
    found(run)
    if (event.type === 'step-started') started = true
    if (event.seq <= receipt.seq) continue
    const end = endOf(event, started)
    if (end !== undefined) return { incident, run, event, end, moments }
    session.say(sentence(event, session.lang, moments))
    if (event.type === 'step-proposed' && event.data.approvals > 0)
      session.say(askFor(event.data.approvals, `hikeshi approve ${incident} ${run}`))
  }
  return undefined
}

type End = { readonly status: string; readonly failure?: Failure }

/** How the event ends the run; undefined while it goes on. */
function endOf(event: IncidentEvent, started: boolean): End | undefined {
  switch (event.type) {
    case 'step-read':
      return { status: 'done' }
    case 'step-carried-out':
    case 'step-decided':
      return { status: 'done' }
    case 'step-skipped':
      return { status: 'skipped' }
    case 'step-verified':
      return { status: 'verified' }
    case 'step-done':
      // Planned and nothing to do: nothing will be verified either.
      return started ? undefined : { status: 'done' }
    case 'step-failed':
      return { status: 'failed', failure: event.data.failure }
    case 'step-going-on':
      return { status: 'going-on', failure: event.data.failure }
    case 'step-withdrawn':
      return { status: 'withdrawn' }
    case 'step-rejected':
      return { status: 'rejected' }
    case 'step-expired':
      return { status: 'expired' }
    case 'step-left-out':
      return { status: 'left-out' }
    default:
      return undefined
  }
}

/** The run that an event belongs to, if it belongs to one. */
export function runOf(event: IncidentEvent): string | undefined {
  const data: object = event.data
  return 'run' in data && typeof data.run === 'string' ? data.run : undefined
}

type Finished = {
  readonly incident: string
  readonly run: string
  readonly event: IncidentEvent
  readonly end: End
  readonly moments: WriteMoment
}

async function finish(session: Session, { incident, run, event, end, moments }: Finished): Promise<number> {
  const reading = event.type === 'step-read' ? event.data.reading : undefined
  await session.print({
    data: {
      incident,
      step: run,
      ...end,
      ...present({ reading }),
      receipt: { seq: event.seq, hash: event.hash },
    },
    text: (screen) =>
      (reading && readingText(reading, session.lang, screen)) ||
      wrap(clean(sentence(event, session.lang, moments)), screen.width).join('\n'),
  })
  const { failure } = end
  if (failure !== undefined) {
    const screen = screenOf(session.around.err, session.around.env)
    session.around.err.write(`${complaint(failure, session, screen, moments)}\n`)
    return failures[failure.name].exit
  }
  return end.status === 'done' || end.status === 'verified' ? 0 : 1
}
