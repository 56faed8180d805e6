/** Waiting for the end of a step: by watching, with its progress on stderr. */
import { durationMs } from '../../domain/duration.ts'
import { type Failure, failures } from '../../domain/failures.ts'
import type { IncidentEvent } from '../../domain/incident/events.ts'
import { sentence } from '../../domain/timeline/sentences.ts'
import type { Receipt } from '../../domain/words.ts'
import { exitAfter } from '../../edge/signals.ts'
import type { Door } from '../door.ts'
import { refused } from '../refused.ts'
import { readingText } from './reading-text.ts'
import { complaint, type Session } from './session.ts'
import { clean, screenOf } from './terminal.ts'

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
  if (ms === undefined || ms === 0)
    throw refused('bad-input', { where: '--timeout', problem: 'expected a duration such as 90s or 10m' })
  return ms
}

export async function printReceipt(
  session: Session,
  incident: string,
  step: string,
  receipt: Receipt,
): Promise<number> {
  await session.print({
    data: { incident, step, receipt },
    text: ({ paint }) =>
      `${clean(incident)} ${clean(step)} ${paint('dim', `(#${receipt.seq} ${receipt.hash.slice(0, 8)})`)}`,
  })
  return 0
}

/** Returns the exit code: 0 when it was verified or needed nothing, that of its failure, 1 when it was rejected or expired. */
export async function waitForStep(session: Session, door: Door, wanted: Wanted): Promise<number> {
  const { incident, step, receipt, limitMs } = wanted
  const timeUp = AbortSignal.timeout(limitMs)
  const signal = AbortSignal.any([session.around.signal, timeUp])
  let { run } = wanted
  let started = false
  for await (const event of door.watch(incident, signal, {
    fromSeq: Math.max(1, receipt.seq - eventsBefore),
  })) {
    if (wanted.run === undefined && event.type === 'step-requested' && event.data.step === step) {
      // The newest one up to the receipt; a later one is somebody else's.
      if (event.seq <= receipt.seq) run = event.data.run
    }
    if (run === undefined || runOf(event) !== run) continue
    if (event.type === 'step-started') started = true
    if (event.seq <= receipt.seq) continue
    const end = endOf(event, started)
    if (end !== undefined) return finish(session, incident, run, event, end)
    session.say(sentence(event, session.lang))
    if (event.type === 'step-proposed' && event.data.approvals > 0)
      session.say(askFor(session, incident, run))
  }
  if (session.around.signal.aborted) return exitAfter(session.around.signal)
  if (timeUp.aborted)
    throw refused('wait-timeout', {
      seconds: Math.round(limitMs / 1_000),
      what: `${incident} ${step}`,
      incident,
    })
  throw refused('not-open', { incident, phase: 'closed', command: step })
}

type End = { readonly status: string; readonly failure?: Failure }

/** How the event ends the run; undefined while it goes on. */
function endOf(event: IncidentEvent, started: boolean): End | undefined {
  switch (event.type) {
    case 'step-read':
      return { status: 'done' }
    case 'step-verified':
      return { status: 'verified' }
    case 'step-done':
      // Planned and nothing to do: nothing will be verified either.
      return started ? undefined : { status: 'done' }
    case 'step-failed':
      return { status: 'failed', failure: event.data.failure }
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

function askFor(session: Session, incident: string, run: string): string {
  const command = `hikeshi approve ${incident} ${run}`
  return session.lang === 'ja'
    ? `承認待ちです。別の人が承認してください: ${command}`
    : `It waits for another person: ${command}`
}

async function finish(
  session: Session,
  incident: string,
  step: string,
  event: IncidentEvent,
  end: End,
): Promise<number> {
  const reading = event.type === 'step-read' ? event.data.reading : undefined
  await session.print({
    data: {
      incident,
      step,
      ...end,
      ...(reading === undefined ? {} : { reading }),
      receipt: { seq: event.seq, hash: event.hash },
    },
    text: (screen) =>
      (reading && readingText(reading, session.lang, screen)) || clean(sentence(event, session.lang)),
  })
  const { failure } = end
  if (failure !== undefined) {
    const screen = screenOf(session.around.err, session.around.env)
    session.around.err.write(`${complaint(failure, session, screen)}\n`)
    return failures[failure.name].exit
  }
  return end.status === 'done' || end.status === 'verified' ? 0 : 1
}
