/** One change in a sentence: who wanted it, who agreed, what it did, how it ended. */
import { showDuration } from '../duration.ts'
import { type Change, waitOf } from '../figures/figures.ts'
import type { IncidentEvent } from '../incident/fold/events.ts'
import { quote } from '../telling/parts.ts'
import { inBoth, joined, nameOf, type Text } from '../words.ts'
import { seqsOf, type Told } from './document.ts'
import { type Story, toldAs, when } from './story.ts'

const endings = [
  'step-verified',
  'step-failed',
  'step-rejected',
  'step-expired',
  'step-withdrawn',
  'step-going-on',
  'undone',
] as const
type Ending = IncidentEvent<(typeof endings)[number]>

/** `at`: whether the sentence begins with the time at which it started. */
export function changeTold(story: Story, change: Change, at = true): Told {
  const own = story.events.filter(({ data }) => (data as { readonly run?: unknown }).run === change.run)
  const begun = change.started ?? change.proposed ?? change.requested
  const proposed = own.findLast((event) => event.type === 'step-proposed')
  const ended = own.filter((event): event is Ending => (endings as readonly string[]).includes(event.type))
  const what: Text =
    proposed?.type === 'step-proposed'
      ? proposed.data.plan.says
      : { en: change.title.en, ja: change.title.ja }
  const parts: readonly Text[] = [
    { en: quote(what.en, 300), ja: quote(what.ja, 300) },
    ...allowed(story, change),
    ...ended.map((event) => toldAs(story, event)),
  ]
  const time = at ? `${when(story, begun.atMs)} ` : ''
  return {
    says: joined([`${time}${change.run}: `, joined(parts, { en: '; ', ja: '。' })], ''),
    seqs: seqsOf(
      begun.seq,
      change.requested.seq,
      change.proposed?.seq,
      change.ended?.seq,
      ...ended.map(({ seq }) => seq),
    ),
  }
}

/** Whose consent it had, and how long it waited for it. */
function allowed({ events }: Story, change: Change): readonly Text[] {
  const started = events.find((event) => event.type === 'step-started' && event.data.run === change.run)
  if (started?.type !== 'step-started') return []
  const { allowed } = started.data
  if ('policy' in allowed)
    return [
      {
        en: `allowed by policy (${quote(allowed.policy)})`,
        ja: `方針により承認不要（${quote(allowed.policy)}）`,
      },
    ]
  const wait = waitOf(change)
  const names = inBoth((lang) =>
    allowed.approvals
      .map(({ person, verified }) => nameOf({ kind: 'person', id: quote(person), verified })[lang])
      .join(lang === 'ja' ? '、' : ', '),
  )
  const after = wait === undefined ? '' : showDuration(wait)
  return [
    {
      en: `approved by ${names.en}${after === '' ? '' : ` after ${after}`}`,
      ja: `${names.ja} が承認${after === '' ? '' : `（待ち時間 ${after}）`}`,
    },
  ]
}
