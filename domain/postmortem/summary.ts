/** The first things that a reader wants to know: what it was, how far it reached, who noticed. */
import { serviceTitle } from '../alert/place.ts'
import { counted } from '../counted.ts'
import { showDuration } from '../duration.ts'
import { healer } from '../figures/figures.ts'
import type { IncidentEvent } from '../incident/fold/events.ts'
import { weightOf } from '../steps/finding-codes.ts'
import { quote, who } from '../telling/parts.ts'
import { impactTitles, phaseTitles, reasonTitles } from '../titles.ts'
import { inBoth } from '../words.ts'
import { type Section, seqsOf, type Told } from './document.ts'
import { eventsOf, lastOf, type Story, toldAs, when } from './story.ts'

/** Services that were down are named one by one up to here. */
const mostOutages = 4

export function summary(story: Story): Section {
  return {
    id: 'summary',
    title: { en: 'Summary', ja: '概要' },
    told: [whatItWas(story), ...howItStands(story)],
    asks: [],
  }
}

function whatItWas(story: Story): Told {
  const { figures, clock, end } = story
  const { declared, severity } = figures
  const description = quote(end.description, 400)
  const symptom = end.runbook.book.symptoms.find(
    ({ service, id }) => service === end.service && id === end.symptom,
  )
  return {
    says: inBoth((lang) => {
      const service = serviceTitle(end.runbook.book, end.service, lang)
      const title = symptom?.title[lang]
      const at = clock.time(declared.atMs)
      if (lang === 'en')
        return `${at}: ${severity} for ${service}${title === undefined ? '' : ` (${title})`}: "${description}"`
      return `${at}、${service}${title === undefined ? ' ' : `（${title}）`}の ${severity} を宣言:「${description}」`
    }),
    seqs: seqsOf(declared.seq, lastSeq(story, 'severity-set'), lastSeq(story, 'symptom-set')),
  }
}

/** Whether it is over, since when, and what most likely did it. */
function howItStands(story: Story): readonly Told[] {
  const { figures, end } = story
  const { declared, resolved, over, reopened } = figures
  const again =
    reopened === 0 ? { en: '', ja: '' } : { en: `, reopened ${reopened}×`, ja: `（再開 ${reopened} 回）` }
  if (over?.how === 'cancelled') {
    const cancelled = eventAt(story, over.seq)
    return [{ says: toldAs(story, cancelled), seqs: [over.seq] }]
  }
  if (resolved === undefined) {
    const phase = eventsOf(story, 'phase-changed').at(-1)
    return [
      {
        says: {
          en: `Not over: ${phaseTitles[end.phase].en}${again.en}.`,
          ja: `未復旧: ${phaseTitles[end.phase].ja}${again.ja}。`,
        },
        seqs: seqsOf(phase?.seq ?? declared.seq),
      },
    ]
  }
  const took = showDuration(resolved.atMs - declared.atMs)
  const change = healer(figures)
  const closed =
    over === undefined ? { en: 'not closed yet', ja: '終了処理はまだです' } : { en: 'closed', ja: '終了済み' }
  return [
    {
      says: {
        en: `Over after ${took}: resolved at ${when(story, resolved.atMs)}, ${closed.en}${again.en}.`,
        ja: `${took} で復旧: ${when(story, resolved.atMs)} に復旧を宣言、${closed.ja}${again.ja}。`,
      },
      seqs: seqsOf(declared.seq, resolved.seq, over?.seq),
    },
    ...(change?.verified === undefined
      ? []
      : [
          {
            says: {
              en: `The last change that took effect before: ${change.title.en} (${change.run}).`,
              ja: `直前に効果が確認された変更: ${change.title.ja}（${change.run}）。`,
            },
            seqs: seqsOf(change.requested.seq, change.started?.seq, change.verified.seq),
          },
        ]),
  ]
}

export function impact(story: Story): Section {
  return {
    id: 'impact',
    title: { en: 'Impact', ja: '影響' },
    told: [lasted(story), ...affected(story), ...scope(story), ...riskTold(story), ...outages(story)],
    asks: [
      story.end.affected === undefined
        ? {
            en: 'How many users were affected, by which query or log is that known, and what could they not do?',
            ja: '影響を受けたユーザー数、その根拠（クエリやログ）、できなかったこと',
          }
        : { en: 'What could the affected users not do?', ja: '影響を受けたユーザーができなかったこと' },
    ],
  }
}

/** As the runbook counted them. */
function affected(story: Story): readonly Told[] {
  const { affected: known, steps } = story.end
  const read = eventsOf(story, 'step-read').findLast(({ data }) => data.run === known?.run)
  if (known === undefined || read === undefined) return []
  const kind = steps[known.run]?.kind
  return [
    {
      label: { en: 'Affected users', ja: '影響ユーザー数' },
      says: { en: `${known.count} (by ${kind})`, ja: `${known.count}（${kind} による集計）` },
      seqs: seqsOf(read.seq),
    },
  ]
}

function lasted(story: Story): Told {
  const { declared, resolved } = story.figures
  const last = lastOf(story)
  const until = resolved ?? { atMs: Date.parse(last.at), seq: last.seq }
  const took = showDuration(until.atMs - declared.atMs)
  const [from, to] = [when(story, declared.atMs), when(story, until.atMs)]
  return {
    label: { en: 'Duration', ja: '継続時間' },
    says:
      resolved === undefined
        ? { en: `${took} so far, ${from} to ${to}`, ja: `${took} 継続中（${from}〜${to}）` }
        : { en: `${took}, ${from} to ${to}`, ja: `${took}（${from}〜${to}）` },
    seqs: seqsOf(declared.seq, until.seq),
  }
}

function scope({ end, ...story }: Story): readonly Told[] {
  if (end.impact === undefined) return []
  return [
    {
      label: { en: 'Reach', ja: '影響範囲' },
      says: impactTitles[end.impact],
      seqs: seqsOf(eventsOf(story, 'impact-set').at(-1)?.seq ?? story.figures.declared.seq),
    },
  ]
}

function riskTold({ end, ...story }: Story): readonly Told[] {
  const named = [
    ...(end.dataLoss ? [reasonTitles['data-loss']] : []),
    ...(end.breach ? [reasonTitles.breach] : []),
  ]
  if (named.length === 0) return []
  const said = eventsOf(story, 'declared', 'reported', 'risk-set').filter((event) => {
    const { dataLoss, breach } = event.type === 'reported' ? event.data.declaration : event.data
    return dataLoss || breach
  })
  return [
    {
      label: { en: 'Risks', ja: 'リスク' },
      says: inBoth((lang) => named.map((title) => title[lang]).join(lang === 'ja' ? '、' : ', ')),
      seqs: seqsOf(story.figures.declared.seq, ...said.map(({ seq }) => seq)),
    },
  ]
}

/** What was found to be down, from when to when: the first finding of each thing. */
function outages(story: Story): readonly Told[] {
  const first = new Map<string, IncidentEvent<'found'>>()
  for (const event of eventsOf(story, 'found')) {
    const { code, subject } = event.data.finding
    const isDown = weightOf(code).service === 'down' || code === 'health-failing'
    if (isDown && !first.has(subject)) first.set(subject, event)
  }
  return [...first.values()].slice(0, mostOutages).map((event) => {
    const { code, subject, says } = event.data.finding
    const gone = eventsOf(story, 'findings-gone').find(
      ({ seq, data }) =>
        seq > event.seq && data.findings.some((other) => other.code === code && other.subject === subject),
    )
    const from = when(story, Date.parse(event.at))
    const to = gone === undefined ? '' : when(story, Date.parse(gone.at))
    return {
      label: { en: 'Found', ja: '検出' },
      says: {
        en: `${quote(says.en)}: seen from ${from}${to === '' ? ', not seen to be gone' : ` to ${to}`}`,
        ja: `${quote(says.ja)}: ${from} から${to === '' ? '（解消は未確認）' : ` ${to} まで`}`,
      },
      seqs: seqsOf(event.seq, gone?.seq),
    }
  })
}

export function detection(story: Story): Section {
  return {
    id: 'detection',
    title: { en: 'Detection', ja: '検知' },
    told: [noticedBy(story), ...furtherReports(story), ...firstFinding(story)],
    asks: [
      {
        en: 'When did it begin, what should have noticed it earlier, and why did that not?',
        ja: '実際の発生時刻、より早く検知すべきだった仕組みと、検知できなかった理由',
      },
    ],
  }
}

function noticedBy(story: Story): Told {
  const { declared } = story.figures
  const { by } = eventAt(story, declared.seq)
  return {
    says: inBoth((lang) => {
      const name = who(by, lang)
      if (lang === 'ja')
        return declared.by === 'alert' ? `${name} が検知` : `${name} が報告（アラートによる検知ではない）`
      return declared.by === 'alert' ? `Noticed by ${name}` : `Reported by ${name}, not by an alert`
    }),
    seqs: [declared.seq],
  }
}

function furtherReports(story: Story): readonly Told[] {
  const [first, ...others] = eventsOf(story, 'reported')
  if (first === undefined) return []
  const count = others.length + 1
  return [
    {
      says: {
        en: `${counted(count, 'more report')} of the same problem`,
        ja: `同じ障害の報告がほかに ${count} 件`,
      },
      seqs: seqsOf(first.seq, ...others.slice(0, 9).map(({ seq }) => seq)),
    },
  ]
}

function firstFinding(story: Story): readonly Told[] {
  const [found] = eventsOf(story, 'found')
  if (found === undefined) return []
  const after = showDuration(Date.parse(found.at) - story.figures.declared.atMs)
  const { says } = found.data.finding
  return [
    {
      says: {
        en: `First finding ${after} after the declaration: ${quote(says.en)}`,
        ja: `宣言から ${after} で最初の検出: ${quote(says.ja)}`,
      },
      seqs: seqsOf(story.figures.declared.seq, found.seq),
    },
  ]
}

function lastSeq(story: Story, type: 'severity-set' | 'symptom-set'): number | undefined {
  return eventsOf(story, type).at(-1)?.seq
}

function eventAt({ events }: Story, seq: number): IncidentEvent {
  return events.find((event) => event.seq === seq) as IncidentEvent
}
