/** The figures of one incident in words, each with the events between which it was measured. */

import { counted } from '../counted.ts'
import { showDuration } from '../duration.ts'
import { type Moment, waitOf } from '../figures/figures.ts'
import { joined, type Text } from '../words.ts'
import { type Section, seqsOf, type Told } from './document.ts'
import { eventsOf, lastOf, type Story } from './story.ts'

export function figures(story: Story): Section {
  const { declared, acknowledged, mitigated, resolved } = story.figures
  const since = (label: Text, moment: Moment | undefined, never: Text): Told =>
    moment === undefined
      ? { label, says: never, seqs: [lastOf(story).seq] }
      : {
          label,
          says: {
            en: showDuration(moment.atMs - declared.atMs),
            ja: showDuration(moment.atMs - declared.atMs),
          },
          seqs: seqsOf(declared.seq, moment.seq),
        }
  return {
    id: 'figures',
    title: { en: 'Figures', ja: '指標' },
    told: [
      detected(story),
      since({ en: 'Acknowledged (MTTA)', ja: '確認まで（MTTA）' }, acknowledged, {
        en: 'nobody acknowledged it',
        ja: '確認の記録なし',
      }),
      since({ en: 'Mitigated (MTTM)', ja: '緩和まで（MTTM）' }, mitigated, { en: 'not yet', ja: '未緩和' }),
      since({ en: 'Resolved (MTTR)', ja: '復旧まで（MTTR）' }, resolved, { en: 'not yet', ja: '未復旧' }),
      paged(story),
      waited(story),
    ],
    asks: [],
  }
}

/** When it began is known only where a finding names the rollout that it came with. */
function detected(story: Story): Told {
  const label = { en: 'Detected (MTTD)', ja: '検知まで（MTTD）' }
  const { declared } = story.figures
  for (const event of eventsOf(story, 'found')) {
    const { code, data, subject } = event.data.finding
    const began = code === 'bad-rollout' ? Date.parse(memberOf(data, 'rolledOutAt')) : Number.NaN
    if (Number.isNaN(began) || began > declared.atMs) continue
    const took = showDuration(declared.atMs - began)
    return {
      label,
      says: {
        en: `${took}, if it began with the rollout of ${subject}`,
        ja: `${took}（${subject} のロールアウトを発生時刻とみなした場合）`,
      },
      seqs: seqsOf(declared.seq, event.seq),
    }
  }
  return {
    label,
    says: { en: 'unknown: the record does not say when it began', ja: '不明（発生時刻の記録なし）' },
    seqs: [lastOf(story).seq],
  }
}

function memberOf(data: unknown, name: string): string {
  const value =
    typeof data === 'object' && data !== null ? (data as Readonly<Record<string, unknown>>)[name] : ''
  return typeof value === 'string' ? value : ''
}

function paged(story: Story): Told {
  const label = { en: 'Pages', ja: '呼び出し' }
  const pages = story.figures.pages.filter(({ reason }) => reason !== 'all-clear')
  const [first, ...others] = pages
  if (first === undefined)
    return { label, says: { en: 'nobody was paged', ja: 'なし' }, seqs: [lastOf(story).seq] }
  const people = [...new Set(pages.map(({ person }) => person))].join(', ')
  const unsent = pages.filter(({ sent }) => sent === undefined).length
  return {
    label,
    says: {
      en: `${counted(pages.length, 'page')} to ${people}${unsent === 0 ? '' : `, ${unsent} of them not sent`}`,
      ja: `${pages.length} 件（${people}）${unsent === 0 ? '' : `、うち未送信 ${unsent} 件`}`,
    },
    seqs: seqsOf(first.requested.seq, ...others.slice(0, 9).map(({ requested }) => requested.seq)),
  }
}

function waited(story: Story): Told {
  const label = { en: 'Waits for approval', ja: '承認待ち' }
  const waits = story.figures.changes.flatMap((change) => {
    const ms = waitOf(change)
    return ms === undefined ? [] : [{ change, ms }]
  })
  const [first, ...others] = waits
  if (first === undefined)
    return { label, says: { en: 'nothing waited for people', ja: 'なし' }, seqs: [lastOf(story).seq] }
  const named = waits.map(({ change, ms }) => `${change.run} ${showDuration(ms)}`)
  return {
    label,
    says: joined(named, { en: ', ', ja: '、' }),
    seqs: seqsOf(
      first.change.proposed?.seq ?? first.change.requested.seq,
      ...[first, ...others].flatMap(({ change }) => [change.proposed?.seq, change.started?.seq]),
    ),
  }
}
