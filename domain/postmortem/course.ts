/** What happened, in words: what people and machines did and saw, the rest is in the timeline. */
import { counted } from '../counted.ts'
import type { IncidentEvent, IncidentEventType } from '../incident/fold/events.ts'
import { quote } from '../telling/parts.ts'
import { inBoth, joined, type Text } from '../words.ts'
import { changeTold } from './change.ts'
import { type Section, seqsOf, type Told } from './document.ts'
import { eventsOf, type Story, toldAs, when } from './story.ts'

/** A reader takes in no more; what weighs least is left to the timeline, and then what lies in the middle. */
const most = 24
const atTheEnd = 8
const foundTogether = 3

type Entry = Told & { readonly at: number; readonly weighs: 'much' | 'little' }

/** Told as the timeline tells them. */
const weights: { readonly [T in IncidentEventType]?: Entry['weighs'] } = {
  declared: 'much',
  acknowledged: 'much',
  'acknowledgement-lapsed': 'much',
  noted: 'little',
  'severity-set': 'much',
  'impact-set': 'little',
  'commander-set': 'little',
  'symptom-set': 'little',
  'risk-set': 'much',
  'recovery-started': 'much',
  'recovery-verified': 'much',
  'recovery-failed': 'much',
  'resolution-proposed': 'little',
  resolved: 'much',
  reopened: 'much',
  closed: 'much',
  cancelled: 'much',
  frozen: 'much',
  'internal-error': 'little',
  'cancel-refused': 'little',
}

export function course(story: Story): Section {
  const entries = [
    ...story.events.flatMap((event) => plain(story, event)),
    ...findings(story),
    ...calls(story),
    ...changes(story),
  ].toSorted((a, b) => a.at - b.at)
  return {
    id: 'course',
    title: { en: 'What happened', ja: '経過' },
    told: shortened(entries),
    asks: [],
  }
}

function plain(story: Story, event: IncidentEvent): readonly Entry[] {
  const weighs = weights[event.type]
  if (weighs === undefined) return []
  return [{ ...timed(story, event, toldAs(story, event)), weighs }]
}

/** What was found in one moment is one sentence. */
function findings(story: Story): readonly Entry[] {
  const moments = new Map<string, IncidentEvent<'found'>[]>()
  for (const event of eventsOf(story, 'found'))
    moments.set(event.at, [...(moments.get(event.at) ?? []), event])
  return [...moments.values()].flatMap((events) => {
    const [first, ...others] = events
    if (first === undefined) return []
    const more = events.length - foundTogether
    const says = inBoth((lang) => {
      const named = events.slice(0, foundTogether).map(({ data }) => quote(data.finding.says[lang]))
      if (lang === 'ja') return `検出: ${named.join('、')}${more > 0 ? `、ほか ${more} 件` : ''}`
      return `found: ${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
    })
    return [
      {
        ...timed(story, first, says),
        seqs: seqsOf(first.seq, ...others.slice(0, foundTogether).map(({ seq }) => seq)),
        weighs: 'little' as const,
      },
    ]
  })
}

/** Whoever was called in one moment for one reason. */
function calls(story: Story): readonly Entry[] {
  const moments = new Map<string, IncidentEvent<'escalated'>[]>()
  for (const event of eventsOf(story, 'escalated')) {
    const key = `${event.at} ${event.data.reason} ${event.by.id}`
    moments.set(key, [...(moments.get(key) ?? []), event])
  }
  return [...moments.values()].flatMap((events) => {
    const [first, ...others] = events
    if (first === undefined) return []
    const levels = events.map(({ data }) => data.level).join(', ')
    const data = { ...first.data, level: levels }
    return [
      {
        ...timed(story, first, toldAs(story, { ...first, data })),
        seqs: seqsOf(first.seq, ...others.map(({ seq }) => seq)),
        weighs: 'much' as const,
      },
    ]
  })
}

/** One that found nothing to do, or was never proposed, changed nothing worth telling. */
function changes(story: Story): readonly Entry[] {
  return story.figures.changes
    .filter(({ proposed, started, ended }) => proposed ?? started ?? ended)
    .map((change) => ({
      ...changeTold(story, change),
      at: (change.started ?? change.proposed ?? change.requested).seq,
      weighs: 'much' as const,
    }))
}

function timed(story: Story, event: IncidentEvent, says: Text): Omit<Entry, 'weighs'> {
  return {
    at: event.seq,
    says: joined([when(story, Date.parse(event.at)), says], ' '),
    seqs: [event.seq],
  }
}

function shortened(entries: readonly Entry[]): readonly Told[] {
  const over = Math.max(0, entries.length - most)
  const little = entries.filter(({ weighs }) => weighs === 'little').slice(0, over)
  const heavy = entries.filter(({ weighs }) => weighs === 'much')
  const left = [...little, ...heavy.slice(most - atTheEnd, Math.max(most, heavy.length) - atTheEnd)]
  const shown = entries.filter((entry) => !left.includes(entry))
  const [first, ...others] = left.flatMap(({ seqs }) => seqs)
  const told: readonly Told[] = shown.map(({ says, seqs }) => ({ says, seqs }))
  if (first === undefined) return told
  const more: Told = {
    says: {
      en: `${counted(left.length, 'more moment')} in the timeline`,
      ja: `ほか ${left.length} 件はタイムラインを参照`,
    },
    seqs: seqsOf(first, ...others.slice(0, 4)),
  }
  return [...told, more]
}
