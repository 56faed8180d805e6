/** The whole timeline, where every link leads to, and what proves it. */
import { counted } from '../counted.ts'
import { collectedAtClose } from '../evidence/collected.ts'
import { joined, said, verbatim } from '../words.ts'
import type { Section, Told } from './document.ts'
import { eventsOf, lastOf, type Story, toldAs, when } from './story.ts'

export function timeline(story: Story): Section {
  return {
    id: 'timeline',
    title: { en: 'Timeline', ja: 'タイムライン' },
    told: story.events.map((event) => ({
      says: joined([when(story, Date.parse(event.at)), toldAs(story, event)], ' '),
      seqs: [event.seq],
      anchor: event.seq,
    })),
    asks: [],
  }
}

export function evidence(story: Story): Section {
  const last = lastOf(story)
  const { declared } = story.figures
  const { version, sha256, book } = story.end.runbook
  return {
    id: 'evidence',
    title: { en: 'Evidence', ja: '証跡' },
    told: [
      {
        label: { en: 'Timeline', ja: 'タイムライン' },
        says: {
          en: `${counted(last.seq, 'event')}, head ${last.seq}:${last.hash}`,
          ja: `イベント ${last.seq} 件、先頭ハッシュ ${last.seq}:${last.hash}`,
        },
        seqs: [last.seq],
        command: `hikeshi replay ${story.incident} --head ${last.seq}:${last.hash}`,
      },
      {
        label: { en: 'Runbook', ja: 'Runbook' },
        says: {
          en: `${book.runbook} version ${version}, SHA-256 ${sha256}`,
          ja: `${book.runbook} 版 ${version}、SHA-256 ${sha256}`,
        },
        seqs: [declared.seq],
      },
      ...archived(story),
    ],
    asks: [
      {
        en: 'Dashboards, tickets, chat threads, recordings',
        ja: 'ダッシュボード、チケット、チャット、録画など',
      },
    ],
  }
}

function archived(story: Story): readonly Told[] {
  return eventsOf(story, 'archived').flatMap(({ seq, data }): readonly Told[] => {
    const { historySha256 } = (data.result ?? {}) as { readonly historySha256?: unknown }
    const evidence = collectedAtClose(data.result)
    const run: Told = {
      label: { en: `Run ${data.run}`, ja: `実行 ${data.run}` },
      says:
        typeof historySha256 === 'string'
          ? { en: `archived, SHA-256 ${historySha256}`, ja: `保管済み、SHA-256 ${historySha256}` }
          : said({ en: 'not archived', ja: '保管なし' }),
      seqs: [seq],
    }
    if (evidence === undefined) return [run]
    const label = { en: 'Evidence of the close', ja: '終了時の証跡' }
    return [run, { label, says: verbatim(`HIKESHI_ARCHIVE/${evidence}`), seqs: [seq] }]
  })
}
