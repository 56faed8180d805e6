/** What people have to judge, with what the record holds for it: causes, what helped, where it was luck, what was not expected. */
import type { IncidentEvent } from '../incident/fold/events.ts'
import { weightOf } from '../steps/finding-codes.ts'
import { quote } from '../telling/parts.ts'
import { joined, said } from '../words.ts'
import { changeTold } from './change.ts'
import type { Section, Told } from './document.ts'
import { upToHere } from './outcome.ts'
import { eventsOf, type Story, toldAs, when } from './story.ts'

const most = 12
/** A page that came later than this is worth a thought. */
const lateMs = 60_000

export function contributors(story: Story): Section {
  const first = new Map<string, IncidentEvent<'found'>>()
  for (const event of eventsOf(story, 'found')) {
    const { code, subject } = event.data.finding
    if (weightOf(code).is === 'cause' && !first.has(`${code} ${subject}`))
      first.set(`${code} ${subject}`, event)
  }
  const told = [...first.values()].slice(0, most).map((event): Told => {
    const { says, evidence } = event.data.finding
    const [seen] = evidence
    return {
      says: joined([`${when(story, Date.parse(event.at))} `, { en: quote(says.en), ja: quote(says.ja) }], ''),
      seqs: [event.seq],
      ...(seen === undefined
        ? {}
        : { under: [{ says: { en: quote(said(seen).en), ja: quote(said(seen).ja) }, seqs: [event.seq] }] }),
    }
  })
  const none = { en: 'The readings found no cause', ja: '原因とみられる検出はありません' }
  return {
    id: 'contributors',
    title: { en: 'Contributors', ja: '要因' },
    told: told.length > 0 ? told : [upToHere(story, none)],
    asks: [
      {
        en: 'Which of these contributed, and how? What else did, in the system and in how we work?',
        ja: '上のうち実際の要因と、その影響。仕組みや仕事の進め方にあったほかの要因',
      },
    ],
  }
}

export function mitigators(story: Story): Section {
  const helped = story.figures.changes.filter(({ outcome }) => outcome === 'verified')
  const told = [
    ...helped.slice(0, most).map((change) => changeTold(story, change)),
    ...eventsOf(story, 'recovery-verified').map(
      (event): Told => ({ says: toldAs(story, event), seqs: [event.seq] }),
    ),
  ]
  const none = { en: 'No change took effect', ja: '効果が確認された変更はありません' }
  return {
    id: 'mitigators',
    title: { en: 'What helped', ja: '緩和した要素' },
    told: told.length > 0 ? told : [upToHere(story, none)],
    asks: [
      {
        en: 'What kept it from being worse, and what made the repair quick?',
        ja: '被害を抑えた要素、復旧を早めた要素',
      },
    ],
  }
}

export function luck(): Section {
  return {
    id: 'luck',
    title: { en: 'Where we were lucky', ja: '幸運だった点' },
    told: [],
    asks: [
      {
        en: 'What could have gone worse, and did not only by chance?',
        ja: '偶然そうならなかっただけで、悪化し得た点',
      },
    ],
  }
}

export function surprises(story: Story): Section {
  const odd = story.events.filter((event) => isOdd(event))
  const told = odd.slice(0, most).map(
    (event): Told => ({
      says: joined([when(story, Date.parse(event.at)), toldAs(story, event)], ' '),
      seqs: [event.seq],
    }),
  )
  const none = { en: 'Nothing failed, came late or was refused', ja: '失敗・遅延・拒否の記録はありません' }
  return {
    id: 'surprises',
    title: { en: 'What surprised us', ja: '想定外だった点' },
    told: told.length > 0 ? told : [upToHere(story, none)],
    asks: [
      {
        en: 'What did we believe that was not so? Which tool or page misled us?',
        ja: '思い込みと違っていたこと、判断を誤らせたツールや文書',
      },
    ],
  }
}

function isOdd(event: IncidentEvent): boolean {
  switch (event.type) {
    case 'step-failed':
    case 'step-expired':
    case 'step-going-on':
    case 'undone':
    case 'recovery-failed':
    case 'page-failed':
    case 'acknowledgement-lapsed':
    case 'reopened':
    case 'signal-refused':
    case 'internal-error':
    case 'cancel-refused':
    case 'afterwards-lapsed':
      return true
    case 'page-sent':
      return event.data.lateMs >= lateMs || event.data.mayBeRepeat
    default:
      return false
  }
}
