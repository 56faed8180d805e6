/** Calls people past a workflow that cannot: the same message under the same key from every worker, again as long as it lasts. */
import type { Channels } from '../channels/channel.ts'
import type { Alarmed } from '../channels/channels-file.ts'
import { explain, type Failure } from '../domain/failures.ts'
import type { Alarm } from '../domain/incident/fold/page.ts'
import { said, system } from '../domain/words.ts'
import { Refused } from '../edge/refused.ts'
import { type Stuck, stuckFailure, troubleOf } from '../wire/server/stuck.ts'
import { logLine } from './logs.ts'

const againAfterMs = 600_000
const sendWithinMs = 10_000

export type CallsForHelp = {
  /** What is stuck now, whole: what was there before and is gone is all clear. */
  readonly told: (stuck: readonly Stuck[]) => void
  /** When no call is under way any more. */
  readonly settled: () => Promise<void>
}

export function openAlarm({
  channels,
  alarm,
  signal,
}: {
  readonly channels: Channels
  readonly alarm: readonly Alarmed[]
  readonly signal: AbortSignal
}): CallsForHelp {
  let known: ReadonlyMap<string, Stuck> = new Map()
  /** Keys that were taken or are on their way; the others are tried again at the next look, under the same key. */
  const taken = new Set<string>()
  const underWay = new Set<Promise<void>>()

  const send = async (call: Alarm): Promise<void> => {
    taken.add(call.key)
    try {
      const channel = channels.get(call.channel)
      await channel?.page(call, { signal, now: Date.now })
    } catch (error) {
      taken.delete(call.key)
      if (signal.aborted) return
      const said = error instanceof Refused ? error.failure : undefined
      logLine('ERROR', `${call.person} was not told that ${call.incident} is stuck`, {
        workflowId: call.incident,
        error: said === undefined ? error : new Error(explain(said, 'en').what),
      })
    }
  }

  return {
    told(stuck) {
      const now = new Map(stuck.map((one) => [troubleOf(one), one]))
      for (const [trouble, one] of now) if (!known.has(trouble)) say('ERROR', one, stuckSentence(one))
      for (const [trouble, one] of known)
        if (!now.has(trouble)) say('WARN', one, `${one.workflow} is no longer stuck`)
      known = now
      for (const one of stuck)
        for (const whom of alarm) {
          const call = alarmOf(one, whom, Date.now())
          if (taken.has(call.key)) continue
          const sending: Promise<void> = send(call).finally(() => underWay.delete(sending))
          underWay.add(sending)
        }
    },
    settled: async () => void (await Promise.all(underWay)),
  }
}

/** Made only of what every worker sees alike, so that a receiver takes it for one message whoever sends it. */
export function alarmOf(stuck: Stuck, whom: Alarmed, nowMs: number): Alarm {
  const { workflow, sinceMs, problem } = stuck
  const attempt = Math.max(0, Math.floor((nowMs - sinceMs) / againAfterMs)) + 1
  return {
    ...callOf(workflow, stuckFailure(stuck), whom),
    key: `${troubleOf(stuck)}/${whom.person}/${whom.channel}/${attempt}`,
    reason: 'workflow-stuck',
    attempt,
    // Whatever the incident itself is: from now on nobody is called for it.
    severity: 'CRITICAL',
    description: said(problem).en,
    dueMs: sinceMs + (attempt - 1) * againAfterMs,
  }
}

const unarchivedForMs = 600_000
const unarchivedAgainMs = 6 * 3_600_000

/**
 * Calls people when a run cannot be put away for ten minutes, and every six hours as long as that lasts: by then the incident may be over
 * and call nobody. Told at every try that fails; another worker's try has the same key.
 */
export function openArchiveAlarm(
  { channels, alarm }: { readonly channels: Channels; readonly alarm: readonly Alarmed[] },
  now: () => number = Date.now,
): (workflow: string, why: Failure, sinceMs: number) => void {
  const taken = new Set<string>()
  const send = async (call: Alarm): Promise<void> => {
    taken.add(call.key)
    try {
      const signal = AbortSignal.timeout(sendWithinMs)
      await channels.get(call.channel)?.page(call, { signal, now })
    } catch {
      // The next try to put it away tries this again.
      taken.delete(call.key)
    }
  }
  return (workflow, why, sinceMs) => {
    const { what, next } = explain(why, 'en')
    logLine('ERROR', `${why.code} ${what} ${next}`, { workflowId: workflow })
    const lateMs = now() - sinceMs - unarchivedForMs
    if (lateMs < 0) return
    const attempt = Math.floor(lateMs / unarchivedAgainMs) + 1
    for (const whom of alarm) {
      const key = `archive/${workflow}/${sinceMs}/${whom.person}/${whom.channel}/${attempt}`
      if (taken.has(key)) continue
      void send({
        ...callOf(workflow, why, whom),
        key,
        reason: 'archive-failed',
        attempt,
        severity: 'HIGH',
        description: what,
        dueMs: sinceMs + unarchivedForMs + (attempt - 1) * unarchivedAgainMs,
      })
    }
  }
}

function callOf(workflow: string, found: Failure, { person, channel }: Alarmed) {
  const [en, ja] = [explain(found, 'en'), explain(found, 'ja')]
  return {
    incident: workflow,
    level: 'alarm',
    person,
    channel,
    service: 'hikeshi',
    says: { en: `${en.what} ${en.next}`, ja: `${ja.what} ${ja.next}` },
    declaredBy: system,
    timezone: 'UTC',
    head: { seq: 0, hash: '' },
  }
}

function stuckSentence(stuck: Stuck): string {
  const found = stuckFailure(stuck)
  const { what, next } = explain(found, 'en')
  return `${found.code} ${what} ${next}`
}

function say(level: 'ERROR' | 'WARN', { workflow, run, sinceMs }: Stuck, message: string): void {
  logLine(level, message, { workflowId: workflow, runId: run, since: new Date(sinceMs).toISOString() })
}
