/** What people decided, why, and what was known right before: the state is that of the events up to then, nothing later. */
import type { IncidentEvent } from '../incident/fold/events.ts'
import type { IncidentState } from '../incident/fold/state.ts'
import { quote } from '../telling/parts.ts'
import { phaseTitles } from '../titles.ts'
import { inBoth, joined, type Text } from '../words.ts'
import { type Section, seqsOf, type Told } from './document.ts'
import { upToHere } from './outcome.ts'
import { eventsOf, type Scene, type Story, toldAs, when } from './story.ts'

const mostFindings = 4

export function decisions(story: Story): Section {
  const told = story.scenes.filter(({ event }) => isDecision(event)).map((scene) => decision(story, scene))
  return {
    id: 'decisions',
    title: { en: 'Decisions', ja: '判断' },
    told:
      told.length > 0
        ? told
        : [upToHere(story, { en: 'Nobody decided anything', ja: '人の判断の記録はありません' })],
    asks: [
      {
        en: 'Where no reason stands above: why was it decided so? What would have helped to decide sooner?',
        ja: '上に理由がない判断の理由。より早く判断するために必要だったもの',
      },
    ],
  }
}

function isDecision({ type, by, data }: IncidentEvent): boolean {
  if (by.kind !== 'person') return false
  switch (type) {
    case 'step-requested':
      return data.origin === 'person' || data.origin === 'undo'
    case 'step-approved':
    case 'step-rejected':
    case 'severity-set':
    case 'risk-set':
    case 'escalated':
    case 'frozen':
    case 'resolved':
    case 'reopened':
    case 'closed':
    case 'cancelled':
      return true
    default:
      return false
  }
}

function decision(story: Story, { event, before }: Scene): Told {
  return {
    says: joined([when(story, Date.parse(event.at)), toldAs(story, event)], ' '),
    seqs: [event.seq],
    under: [...why(story, event, before), known(story, event, before)],
    command: `hikeshi replay ${story.incident} --at ${event.at}`,
  }
}

/** What the record holds as the reason, where the sentence itself does not. */
function why(story: Story, event: IncidentEvent, before: IncidentState): readonly Told[] {
  const label = { en: 'Why', ja: '理由' }
  if (event.type === 'step-approved') {
    const { run } = event.data
    const requested = eventsOf(story, 'step-requested').findLast(({ data }) => data.run === run)
    const because = requested?.data.because
    if (requested === undefined || because === undefined) return []
    return [{ label, says: quoted(because), seqs: [requested.seq] }]
  }
  if (event.type === 'resolved' && before.resolutionProposed) {
    const proposed = eventsOf(story, 'resolution-proposed').findLast(({ seq }) => seq < event.seq)
    return proposed === undefined
      ? []
      : [{ label, says: quoted(proposed.data.because), seqs: [proposed.seq] }]
  }
  return []
}

/** In one line: how bad, what was found, how old the picture was, what waited for people. */
function known(story: Story, event: IncidentEvent, before: IncidentState): Told {
  const { phase, severity, findings, situation } = before
  const shown = findings.slice(-mostFindings)
  const more = findings.length - shown.length
  const waiting = Object.values(before.steps).filter(({ status }) => status === 'proposed')
  const parts: readonly Text[] = [
    joined([severity, phaseTitles[phase]]),
    shown.length === 0
      ? { en: 'nothing found', ja: '検出なし' }
      : inBoth((lang) => {
          const named = shown.map(({ says }) => quote(says[lang], 90))
          if (lang === 'ja') return `検出: ${named.join('、')}${more > 0 ? `、ほか ${more} 件` : ''}`
          return `found: ${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
        }),
    ...pictureAge(story, situation.taken?.at, event),
    ...(waiting.length === 0
      ? []
      : [
          {
            en: `waiting for approval: ${waiting.map(({ id }) => id).join(', ')}`,
            ja: `承認待ち: ${waiting.map(({ id }) => id).join('、')}`,
          },
        ]),
  ]
  return {
    label: { en: 'Known then', ja: '当時の情報' },
    says: joined(parts, { en: '; ', ja: '。' }),
    seqs: seqsOf(
      story.figures.declared.seq,
      lastBefore(story, event, 'phase-changed'),
      lastBefore(story, event, 'severity-set'),
      lastBefore(story, event, 'situation-taken'),
      ...shown.map((finding) => story.foundBy(finding, event.seq)),
    ),
  }
}

function pictureAge(story: Story, takenAt: string | undefined, event: IncidentEvent): readonly Text[] {
  if (takenAt === undefined) return [{ en: 'no picture yet', ja: '状況はまだ取得前' }]
  const at = when(story, Date.parse(takenAt))
  return Date.parse(takenAt) > Date.parse(event.at)
    ? []
    : [{ en: `picture of ${at}`, ja: `${at} 時点の状況` }]
}

function lastBefore(
  story: Story,
  { seq: limit }: IncidentEvent,
  type: 'phase-changed' | 'severity-set' | 'situation-taken',
): number | undefined {
  return eventsOf(story, type).findLast(({ seq }) => seq < limit)?.seq
}

function quoted({ en, ja }: Text): Text {
  return { en: quote(en, 300), ja: quote(ja, 300) }
}
