/** Whether everybody was called who had to be, once, and nobody for nothing; and how late. By the receiver's own record. */
import type { TimelineEvent } from '../../../domain/timeline/chain.ts'
import { atLeast, type Severity } from '../../../domain/words.ts'
import type { Received } from '../../faults/receiver.ts'
import { calming, type Entry, isAccepted } from '../journal.ts'
import { channel, isTimed, type TimedLevel, timedLevels, timedPeople } from '../runbook.ts'
import type { Evidence } from './evidence.ts'
import type { Fault } from './fault.ts'

/** A page that is under way when somebody says stop is cancelled at the worker's next heartbeat. */
const inFlightMs = 3_000
/** Later than this it does not come any more before people say stop: only then is it known that it had to come. */
const surelyMs = 20_000

export type Late = { readonly incident: string; readonly dueMs: number; readonly atMs: number }

export type PagesJudged = { readonly faults: readonly Fault[]; readonly late: readonly Late[] }

export function judgePages(
  entries: readonly Entry[],
  received: readonly Received[],
  all: readonly Evidence[],
  settledMs: number,
): PagesJudged {
  const faults: Fault[] = []
  const late: Late[] = []
  const byKey = Map.groupBy(received, ({ key }) => key)
  for (const [key, pages] of byKey) faults.push(...repeatFaults(key, pages.length, all))
  const opened = entries.filter((entry) => entry.created === true && entry.firstDueMs !== undefined)
  const seen = new Set<string>()
  for (const { incident = '', firstDueMs = 0 } of opened) {
    if (seen.has(incident)) continue
    seen.add(incident)
    const commands = entries.filter((entry) => entry.incident === incident && entry.kind !== 'declare')
    const stops = commands.filter(({ name }) => calming.includes(name))
    const firstStopMs = Math.min(settledMs, ...stops.map(({ sentMs }) => sentMs))
    const reopens = commands.filter(({ name }) => name === 'reopen' || name === 'alerts')
    for (const level of Object.keys(timedLevels) as TimedLevel[]) {
      const dueMs = firstDueMs - timedLevels['team-lead'] + timedLevels[level]
      const key = `${incident}/${level}/${timedPeople[level]}/${channel}/1`
      const [page] = byKey.get(key) ?? []
      if (page === undefined) {
        if (dueMs + surelyMs < firstStopMs || firstStopMs === settledMs)
          faults.push({ kind: 'lost', of: key, says: 'the page was due and never came' })
        continue
      }
      if (reopens.length > 0) continue
      if (page.atMs < dueMs - 1_000)
        faults.push({ kind: 'unwanted', of: key, says: 'it came before it was due' })
      late.push({ incident, dueMs, atMs: page.atMs })
    }
    if (reopens.length === 0) faults.push(...unwantedFaults(incident, stops, received, all))
  }
  return { faults, late }
}

/** Pages by time, to people who had been told before that nobody need come. */
function unwantedFaults(
  incident: string,
  stops: readonly Entry[],
  received: readonly Received[],
  all: readonly Evidence[],
): readonly Fault[] {
  const stoppedAt = stops.filter(isAccepted).flatMap(({ answeredMs }) => answeredMs ?? [])
  const worseAt = worsenings(all.find(({ workflow }) => workflow === incident)?.timeline ?? [])
  return received.flatMap(({ key, level, atMs }) => {
    if (!key.startsWith(`${incident}/`) || !isTimed(level) || reasonOf(key, all) !== 'due') return []
    // Who said so before it got worse said it of less than that.
    const holds = stoppedAt.filter((saidMs) => !worseAt.some((ms) => saidMs < ms && ms <= atMs))
    const stoppedMs = Math.min(...holds)
    if (atMs <= stoppedMs + inFlightMs) return []
    const later = ((atMs - stoppedMs) / 1_000).toFixed(1)
    return [{ kind: 'unwanted', of: key, says: `it came ${later} s after it was said that nobody need come` }]
  })
}

/** When it became more severe than it ever was, epoch ms. */
function worsenings(timeline: readonly TimelineEvent[]): readonly number[] {
  let worst: Severity | undefined
  return timeline.flatMap(({ at, data }) => {
    const { severity, declaration } = data as { severity?: Severity; declaration?: { severity: Severity } }
    const now = declaration?.severity ?? severity
    if (now === undefined || (worst !== undefined && atLeast(worst, now))) return []
    const isFirst = worst === undefined
    worst = now
    return isFirst ? [] : [Date.parse(at)]
  })
}

/** The same key twice is a repeat only if the timeline says that it may be one; a further attempt needs one that failed before. */
function repeatFaults(key: string, times: number, all: readonly Evidence[]): readonly Fault[] {
  const [incident = '', level = '', , , attempt = '1'] = key.split('/')
  const timeline = all.find(({ workflow }) => workflow === incident)?.timeline ?? []
  if (timeline.length === 0)
    return [{ kind: 'doubled', of: key, says: 'nobody knows the incident of this page' }]
  const faults: Fault[] = []
  const [sent] = timeline.filter((event) => event.type === 'page-sent' && keyIn(event) === key)
  // A page that was cancelled after its worker died has no end in which the repeat could be marked.
  const isMarked = sent === undefined || (sent.data as { mayBeRepeat?: boolean }).mayBeRepeat === true
  if (times > 1 && !isMarked)
    faults.push({ kind: 'doubled', of: key, says: `it came ${times} times, unmarked` })
  // The policy starts over when an incident is reopened; what is no call by time is no further attempt of one.
  const isAgain = timeline.some((event) => event.type === 'reopened')
  if (attempt !== '1' && isTimed(level) && !isAgain && reasonOf(key, all) === 'due') {
    const before = `${key.slice(0, key.lastIndexOf('/'))}/${Number(attempt) - 1}`
    const isOwed = timeline.some(
      (event) => (event.type === 'page-failed' || event.type === 'page-cancelled') && keyIn(event) === before,
    )
    if (!isOwed)
      faults.push({ kind: 'doubled', of: key, says: 'another attempt, and the one before did not fail' })
  }
  return faults
}

function reasonOf(key: string, all: readonly Evidence[]): string | undefined {
  const [incident] = key.split('/')
  const timeline = all.find(({ workflow }) => workflow === incident)?.timeline ?? []
  const pages = timeline.flatMap((event) =>
    event.type === 'page-requested' ? [(event.data as { page: { key: string; reason: string } }).page] : [],
  )
  return pages.find((page) => page.key === key)?.reason
}

function keyIn({ data }: TimelineEvent): unknown {
  return (data as { key?: string }).key
}
