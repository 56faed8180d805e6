/** Whether everything that was taken stands in a timeline, once: declarations, alerts, updates with their receipts, signals. */
import type { TimelineEvent } from '../../../domain/timeline/chain.ts'
import { type Entry, isAccepted } from '../journal.ts'
import { type Evidence, isDesk } from './evidence.ts'
import type { Fault } from './fault.ts'

export function reportFaults(entries: readonly Entry[], all: readonly Evidence[]): readonly Fault[] {
  const incidents = all.filter(({ workflow }) => !isDesk(workflow))
  return [
    ...entries
      .filter(({ unanswered }) => unanswered !== undefined)
      .map(({ name, incident, desk, unanswered }) =>
        fault('stuck', incident ?? desk, `${name} was never answered: ${unanswered}`),
      ),
    ...declarationFaults(entries, incidents),
    ...entries.flatMap((entry) =>
      isAccepted(entry) ? [...receiptFaults(entry, all), ...messageFaults(entry, incidents)] : [],
    ),
    ...all.flatMap(({ workflow, timeline }) =>
      timeline
        .filter(({ type }) => type === 'internal-error')
        .map(({ seq, data }) =>
          fault('failed task', workflow, `internal error, event ${seq}: ${JSON.stringify(data)}`),
        ),
    ),
  ]
}

function declarationFaults(entries: readonly Entry[], incidents: readonly Evidence[]): readonly Fault[] {
  const told = new Map<string, string[]>()
  for (const { workflow, timeline } of incidents) {
    for (const event of timeline) {
      const text = reportIn(event)
      if (text !== undefined) told.set(text, [...(told.get(text) ?? []), workflow])
    }
  }
  const byText = Map.groupBy(
    entries.filter((entry) => entry.kind === 'declare' && isAccepted(entry)),
    ({ text = '' }) => text,
  )
  return [...byText].flatMap(([text, declared]) => {
    const places = told.get(text) ?? []
    const answered = new Set(declared.map(({ incident }) => incident))
    const isToBeSeen = !incidents.some((one) => answered.has(one.workflow) && isUnsure(one))
    return [
      ...(places.length === 0 && isToBeSeen
        ? [fault('lost', [...answered].join(), `"${text}" stands in no timeline`)]
        : []),
      ...(places.length > 1
        ? [fault('doubled', places.join(), `"${text}" stands there ${places.length} times`)]
        : []),
      // Repeats of one key are one report, and are answered with one incident.
      ...(answered.size > 1
        ? [fault('doubled', [...answered].join(), `two answers to one key: "${text}"`)]
        : []),
    ]
  })
}

/** The text of a declaration that this event says was taken. */
function reportIn({ type, data }: TimelineEvent): string | undefined {
  const { description, declaration } = data as {
    description?: string
    declaration?: { description?: string }
  }
  if (type === 'declared') return description
  return type === 'reported' ? declaration?.description : undefined
}

/** Each receipt names an event of the timeline: of the desk for what the desk took, else of the incident. */
function receiptFaults(
  { name, kind, desk, incident, receipt }: Entry,
  all: readonly Evidence[],
): readonly Fault[] {
  const workflow = kind === 'update' ? incident : `desk/${desk}`
  const evidence = all.find((one) => one.workflow === workflow)
  if (receipt === undefined || isUnsure(evidence)) return []
  const there = evidence?.timeline.find(({ seq }) => seq === receipt.seq)?.hash
  if (there === receipt.hash) return []
  return [fault('lost', `${workflow}`, `the receipt of ${name} does not stand at event ${receipt.seq}`)]
}

/** What the message said stands in a timeline. */
function messageFaults(entry: Entry, incidents: readonly Evidence[]): readonly Fault[] {
  const { kind, name, incident = '', text, group, desk } = entry
  // Alerts without an incident: nothing fired that anybody knew of.
  if (kind === 'freeze' || (kind === 'alerts' && incident === '')) return []
  const evidence = incidents.find(({ workflow }) => workflow === incident)
  if (evidence === undefined)
    return [fault('lost', incident, `there is no such incident, and ${name} was answered`)]
  const { timeline } = evidence
  if (isUnsure(evidence)) return []
  if (kind === 'alerts') {
    const isTold = incidents
      .filter(({ workflow }) => workflow.startsWith(`${desk}-`))
      .some((one) => isUnsure(one) || one.timeline.some((event) => inData(event, 'group') === group))
    return isTold ? [] : [fault('lost', incident, `no timeline knows of the alerts ${group}`)]
  }
  if (text === undefined || kind === 'declare') return []
  const noted = timeline.filter((event) => event.type === 'noted' && inData(event, 'text') === text).length
  // A note by a signal that came when all was over is refused, and that is written down.
  const isRefused = kind === 'signal' && timeline.some(({ type }) => type === 'signal-refused')
  if (noted === 0 && !isRefused) return [fault('lost', incident, `${kind} "${text}" stands in no timeline`)]
  return noted > 1 ? [fault('doubled', incident, `${kind} "${text}" stands there ${noted} times`)] : []
}

/** A re-execution that took another course tells nothing for sure, and is a fault already. */
function isUnsure(evidence: Evidence | undefined): boolean {
  return evidence?.verdict.difference !== undefined
}

function inData({ data }: TimelineEvent, name: string): unknown {
  return (data as Record<string, unknown>)[name]
}

function fault(kind: Fault['kind'], of: string, says: string): Fault {
  return { kind, of, says }
}
