/** What is drawn of an incident: who did what when, and the figures that were seen around it. */

import type { Change, Outcome } from '../figures/figures.ts'
import type { IncidentEvent } from '../incident/fold/events.ts'
import { quote, who } from '../telling/parts.ts'
import { inBoth, type Text, verbatim } from '../words.ts'
import { type Clock, eventsOf, lastOf, type Story, toldAs, when } from './story.ts'

/** A point, or a bar to `endMs`. `seq`: where it links to. */
export type Mark = {
  readonly atMs: number
  readonly endMs?: number
  readonly seq: number
  readonly tone: 'plain' | 'good' | 'bad' | 'waiting'
  readonly says: Text
}
export type Lane = { readonly title: Text; readonly marks: readonly Mark[] }

/** Values over time; where `whole` is known, of how many. */
export type Series = {
  readonly title: Text
  /** `seq`: the event that saw it. */
  readonly points: readonly { readonly atMs: number; readonly value: number; readonly seq?: number }[]
  readonly whole?: number
  /** Values come this often: points further apart are not joined, since nobody knows what was between them. */
  readonly everyMs?: number
}

export type Picture = {
  readonly fromMs: number
  readonly toMs: number
  readonly lanes: readonly Lane[]
  readonly series: readonly Series[]
  readonly clock: Pick<Clock, 'clock'>
}

const most = { people: 6, changes: 8, series: 4, marks: 400 }

export function pictureOf(story: Story): Picture {
  const fromMs = story.figures.declared.atMs
  const lanes = [...people(story), machine(story), calls(story), ...changes(story)]
  return {
    fromMs,
    toMs: Math.max(fromMs + 1_000, Date.parse(lastOf(story).at)),
    lanes: lanes.filter(({ marks }) => marks.length > 0),
    series: [...pods(story), ...queries(story)].slice(0, most.series),
    clock: story.clock,
  }
}

/** A lane for each of those who did most, and one for all others. */
function people(story: Story): readonly Lane[] {
  const acted = story.events.filter(({ by }) => by.kind !== 'system')
  const byName = new Map<string, IncidentEvent[]>()
  for (const event of acted) {
    const name = `${event.by.kind} ${event.by.id}`
    byName.set(name, [...(byName.get(name) ?? []), event])
  }
  const lanes = [...byName.values()].toSorted((a, b) => b.length - a.length)
  const own = lanes.slice(0, most.people)
  const others = lanes.slice(most.people).flat()
  return [
    ...own.map((events) => ({
      title: inBoth((lang) =>
        events
          .slice(0, 1)
          .map(({ by }) => who(by, lang))
          .join(''),
      ),
      marks: points(story, events),
    })),
    { title: { en: 'others', ja: 'ほかの人' }, marks: points(story, others) },
  ]
}

function machine(story: Story): Lane {
  return {
    title: { en: 'hikeshi', ja: 'hikeshi' },
    marks: points(
      story,
      eventsOf(
        story,
        'found',
        'findings-gone',
        'situation-taken',
        'recovery-started',
        'recovery-verified',
        'recovery-failed',
        'resolution-proposed',
        'internal-error',
      ),
    ),
  }
}

function calls(story: Story): Lane {
  return {
    title: { en: 'pages', ja: '呼び出し' },
    marks: points(story, eventsOf(story, 'page-requested', 'page-failed')),
  }
}

const tones: { readonly [O in Outcome]: Mark['tone'] } = {
  open: 'waiting',
  verified: 'good',
  failed: 'bad',
  rejected: 'plain',
  expired: 'bad',
  withdrawn: 'plain',
  'going-on': 'waiting',
  undone: 'plain',
}

/** A change is two bars: as long as it waited for people, and as long as it ran. */
function changes(story: Story): readonly Lane[] {
  return story.figures.changes
    .filter(({ proposed, started }) => proposed ?? started)
    .slice(0, most.changes)
    .map((change) => ({ title: verbatim(change.run), marks: bars(story, change) }))
}

function bars(story: Story, { title, proposed, started, ended, outcome }: Change): readonly Mark[] {
  const lastMs = Date.parse(lastOf(story).at)
  const waited =
    proposed === undefined
      ? []
      : [{ from: proposed, toMs: (started ?? ended)?.atMs, tone: 'waiting' as const }]
  const ran = started === undefined ? [] : [{ from: started, toMs: ended?.atMs, tone: tones[outcome] }]
  return [...waited, ...ran].map(({ from, toMs = lastMs, tone }) => ({
    atMs: from.atMs,
    endMs: toMs,
    seq: from.seq,
    tone,
    says: title,
  }))
}

function points(story: Story, events: readonly IncidentEvent[]): readonly Mark[] {
  return events.slice(0, most.marks).map((event) => ({
    atMs: Date.parse(event.at),
    seq: event.seq,
    tone: toneOf(event),
    says: inBoth((lang) => `${when(story, Date.parse(event.at))} ${quote(toldAs(story, event)[lang], 200)}`),
  }))
}

function toneOf({ type }: IncidentEvent): Mark['tone'] {
  switch (type) {
    case 'recovery-failed':
    case 'internal-error':
    case 'page-failed':
    case 'step-rejected':
    case 'reopened':
    case 'found':
      return 'bad'
    case 'resolved':
    case 'recovery-verified':
    case 'findings-gone':
    case 'step-approved':
    case 'resolution-proposed':
      return 'good'
    default:
      return 'plain'
  }
}

type Facts = { readonly [member: string]: unknown }

/** Ready pods of the incident's own workloads, in every picture that answered. */
function pods(story: Story): readonly Series[] {
  const { deployment, statefulSets = [] } = story.end.runbook.book.services[story.end.service] ?? {}
  const own = [deployment, ...statefulSets].filter((name) => name !== undefined)
  return own.flatMap((name) => {
    const seen = eventsOf(story, 'situation-taken').flatMap(({ at, seq, data: { parts } }) =>
      Object.values(parts)
        .flatMap((part) => (part.ok ? workloadsIn(part.reading.facts) : []))
        .filter(({ subject }) => subject.endsWith(`/${name}`))
        .map(({ ready, wanted }) => ({ atMs: Date.parse(at), seq, value: ready, wanted })),
    )
    if (seen.length === 0) return []
    return [
      {
        title: { en: `${name}: Ready pods`, ja: `${name}: Ready の Pod` },
        points: seen.map(({ wanted: _, ...point }) => point),
        whole: Math.max(...seen.map(({ wanted, value }) => Math.max(wanted, value))),
      },
    ]
  })
}

function workloadsIn(
  facts: unknown,
): readonly { readonly subject: string; readonly ready: number; readonly wanted: number }[] {
  const { workloads } = isRecord(facts) ? facts : {}
  return Array.isArray(workloads)
    ? workloads.flatMap((each: unknown) => {
        const { subject, ready, wanted } = isRecord(each) ? each : {}
        return typeof subject === 'string' && typeof ready === 'number' && typeof wanted === 'number'
          ? [{ subject, ready, wanted }]
          : []
      })
    : []
}

/** Queries that gave one value: where they were asked by hand, and in the pictures that asked them again. */
function queries(story: Story): readonly Series[] {
  const titles = new Map(eventsOf(story, 'step-requested').map(({ data }) => [data.run, data.title]))
  const all = new Map<string, { atMs: number; value: number; seq: number }[]>()
  const add = (run: string, facts: unknown, { at, seq }: IncidentEvent) => {
    const value = valueIn(facts)
    if (value !== undefined) all.set(run, [...(all.get(run) ?? []), { atMs: Date.parse(at), value, seq }])
  }
  for (const event of eventsOf(story, 'step-read', 'situation-taken')) {
    if (event.type === 'step-read') add(event.data.run, event.data.reading.facts, event)
    else
      for (const [id, part] of Object.entries(event.data.parts))
        if (part.ok) add(id.replace(/^again:/, ''), part.reading.facts, event)
  }
  return [...all].map(([run, points]) => ({ title: titles.get(run) ?? verbatim(run), points }))
}

function valueIn(facts: unknown): number | undefined {
  const { query, shown } = isRecord(facts) ? facts : {}
  if (typeof query !== 'string' || !Array.isArray(shown) || shown.length !== 1) return undefined
  const value = Number(isRecord(shown[0]) ? shown[0].value : Number.NaN)
  return Number.isFinite(value) ? value : undefined
}

function isRecord(value: unknown): value is Facts {
  return typeof value === 'object' && value !== null
}
