/** How it was repaired, and what is left. */

import { counted } from '../counted.ts'
import { leftToDo } from '../incident/fold/state.ts'
import { speaksOfNow } from '../incident/fold/whose.ts'
import { quote } from '../telling/parts.ts'
import { phaseTitles } from '../titles.ts'
import { joined, type Text } from '../words.ts'
import { changeTold } from './change.ts'
import { type Section, seqsOf, type Told } from './document.ts'
import { eventsOf, lastOf, type Story, toldAs, when } from './story.ts'

const most = 10

export function resolution(story: Story): Section {
  const repairs = story.figures.changes.filter(({ outcome, isUndo }) => outcome === 'verified' && !isUndo)
  const runs = new Set(repairs.map(({ run }) => run))
  const told = story.events
    .filter((event) => {
      if (event.type === 'step-verified') return runs.has(event.data.run)
      if (event.type === 'resolved') return event.seq === story.figures.resolved?.seq
      return event.type === 'recovery-verified'
    })
    .map(
      (event): Told => ({
        says: joined([when(story, Date.parse(event.at)), toldAs(story, event)], ' '),
        seqs: [event.seq],
      }),
    )
  return {
    id: 'resolution',
    title: { en: 'Resolution', ja: '復旧' },
    told:
      told.length > 0
        ? told.slice(-most)
        : [upToHere(story, { en: 'Nothing was repaired', ja: '修復の記録はありません' })],
    asks: [],
  }
}

export function open(story: Story): Section {
  const told = [
    ...phaseLeft(story),
    ...unproven(story),
    ...findingsLeft(story),
    ...itemsLeft(story),
    ...frozenLeft(story),
  ]
  return {
    id: 'open',
    title: { en: 'Still open', ja: '残っていること' },
    told:
      told.length > 0 ? told : [upToHere(story, { en: 'Nothing is open', ja: '残っていることはありません' })],
    asks: [],
  }
}

/** What is not there is not there up to the last event. */
export function upToHere(story: Story, says: Text): Told {
  const { seq } = lastOf(story)
  return {
    says: { en: `${says.en} (up to event ${seq}).`, ja: `${says.ja}（イベント ${seq} まで）。` },
    seqs: [seq],
  }
}

function phaseLeft(story: Story): readonly Told[] {
  const { phase } = story.end
  if (phase === 'closed' || phase === 'cancelled' || phase === 'merged') return []
  const changed = eventsOf(story, 'phase-changed').at(-1)
  return [
    {
      says: {
        en: `The incident itself: ${phaseTitles[phase].en}`,
        ja: `インシデント自体: ${phaseTitles[phase].ja}`,
      },
      seqs: [changed?.seq ?? story.figures.declared.seq],
    },
  ]
}

/** Changes of which nobody knows whether they hold, or that stand although their step failed. */
function unproven(story: Story): readonly Told[] {
  return story.figures.changes
    .filter(({ run, outcome }) => {
      const { changed } = story.end.steps[run] ?? {}
      if (outcome === 'failed') return changed === 'done' || changed === 'unknown'
      return outcome === 'going-on' || outcome === 'open'
    })
    .filter(({ started, proposed }) => started ?? proposed)
    .map((change) => changeTold(story, change, false))
}

/** What was found before a recovery was verified, and not looked for since, is one line: every service answered well by then. */
function findingsLeft(story: Story): readonly Told[] {
  const recovered = eventsOf(story, 'recovery-verified').at(-1)
  const left = story.end.findings
    .filter((finding) => speaksOfNow(finding))
    .flatMap((finding) => {
      const seq = story.foundBy(finding)
      return seq === undefined ? [] : [{ finding, seq }]
    })
  const before = left.filter(({ seq }) => recovered !== undefined && seq < recovered.seq)
  const since = left.filter((each) => !before.includes(each))
  return [
    ...since.slice(0, most).map(
      ({ finding: { says }, seq }): Told => ({
        says: {
          en: `Not seen to be gone: ${quote(says.en)}`,
          ja: `解消を確認できていない: ${quote(says.ja)}`,
        },
        seqs: [seq],
      }),
    ),
    ...(recovered === undefined || before.length === 0
      ? []
      : [
          {
            says: {
              en: `${counted(before.length, 'finding')} not looked for again since the recovery was verified`,
              ja: `自動復旧の確認後に再確認していない検出: ${before.length} 件`,
            },
            seqs: seqsOf(recovered.seq, ...before.slice(0, most).map(({ seq }) => seq)),
          },
        ]),
  ]
}

/** Items of the last checklist. */
function itemsLeft(story: Story): readonly Told[] {
  const left = leftToDo(story.end)
  const named = story.end.runbook.book.afterwards.filter(({ id }) => left.includes(id))
  if (named.length === 0) return []
  const ended =
    eventsOf(story, 'closed', 'afterwards-lapsed', 'cancelled', 'resolved').at(-1) ?? lastOf(story)
  return [
    {
      label: { en: 'Not ticked', ja: '未チェック' },
      says: {
        en: named.map(({ title }) => title.en).join('; '),
        ja: named.map(({ title }) => title.ja).join('、'),
      },
      seqs: [ended.seq],
    },
  ]
}

function frozenLeft(story: Story): readonly Told[] {
  const frozen = eventsOf(story, 'frozen').at(-1)
  if (story.end.frozen === undefined) return []
  return [
    {
      says: { en: 'Automation is frozen', ja: '自動化は凍結中' },
      seqs: [frozen?.seq ?? story.figures.declared.seq],
    },
  ]
}
