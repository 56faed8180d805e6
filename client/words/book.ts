/** A published runbook for people: who is called when, what needs whose consent, what acts by itself. */
import { showDuration } from '../../domain/duration.ts'
import type { Runbook, RunbookStep } from '../../domain/runbook/runbook.ts'
import { kindOf } from '../../domain/steps/catalogue.ts'
import { byPeople, reasonTitles, riskTitles } from '../../domain/titles.ts'
import { type Risk, severities, type Text, verbatim, type Words } from '../../domain/words.ts'
import { type Fact, factsOf, inBoth, joined, type Section } from './fact.ts'

export function bookFacts(book: Runbook): readonly Fact[] {
  return factsOf([
    [{ en: 'Review', ja: '次回レビュー' }, book.nextReview],
    [{ en: 'Cluster', ja: '対象' }, `${book.cluster} / ${book.namespace}`],
    [{ en: 'Time zone', ja: 'タイムゾーン' }, book.timezone],
  ])
}

/** Its parts in the order of the file; under a severity or a symptom stand its steps. */
export function bookSections(book: Runbook): readonly Section[] {
  const { until, levels } = book.escalation
  const steps = (all: readonly RunbookStep[]) => all.map((step) => fact(step.id, stepText(step, book)))
  return [
    {
      title: { en: 'Services', ja: 'サービス' },
      facts: Object.entries(book.services).map(([id, service]) => fact(id, serviceText(service))),
    },
    {
      title: { en: 'Severities', ja: '緊急度' },
      facts: severities.map((severity) => ({
        ...fact(severity, severityText(book.severities[severity])),
        under: steps(book.severities[severity].quick),
      })),
    },
    {
      title: { en: 'Symptoms and steps', ja: '症状と手順' },
      facts: book.symptoms.map((symptom) => ({
        ...fact(`${symptom.service}/${symptom.id}`, symptom.title),
        under: steps(symptom.steps),
      })),
    },
    {
      title: { en: 'Approvals', ja: '承認' },
      facts: factsOf([[{ en: 'People', ja: '人数' }, approvalsText(book)]]),
    },
    {
      title: { en: 'Escalation', ja: 'エスカレーション' },
      facts: [
        ...factsOf([[{ en: 'Until', ja: '終了条件' }, untilWords[until]]]),
        ...levels.map((level) => fact(level.id, levelText(level, book))),
      ],
    },
    {
      title: { en: 'Checklists', ja: 'チェックリスト' },
      facts: [...book.firstResponse, ...book.afterwards].map((item) => fact(item.id, item.title)),
    },
  ]
}

function fact(id: string, value: Text): Fact {
  return { label: verbatim(id), value }
}

function serviceText(service: Runbook['services'][string]): Text {
  const { title, health, look, deployment, selector = '', dependsOn = [] } = service
  const [needs, seen] = [dependsOn.join(', '), look.map(({ kind }) => kind)]
  const words: readonly Words[] = [
    title,
    deployment ?? selector,
    ...(health === undefined ? seen : [health]),
    needs === '' ? '' : { en: `needs ${needs}`, ja: `依存 ${needs}` },
  ]
  return joined(words.filter((each) => each !== ''))
}

function severityText({ title, updateEvery, automatic, recoverWithin }: Runbook['severities']['LOW']): Text {
  const every = showDuration(updateEvery)
  const risks = joined(automatic.map((risk) => riskTitles[risk]))
  const within = recoverWithin === undefined ? '' : showDuration(recoverWithin)
  const words: readonly Words[] = [
    title,
    { en: `an update every ${every}`, ja: `更新間隔 ${every}` },
    automatic.length === 0 ? '' : { en: `at once: ${risks.en}`, ja: `承認なしで実行: ${risks.ja}` },
    within === '' ? '' : { en: `recovers by itself within ${within}`, ja: `自動復旧 ${within}` },
  ]
  return joined(
    words.filter((each) => each !== ''),
    '; ',
  )
}

/** What it does, how dangerous it is, and for which findings it proposes itself. */
function stepText(step: RunbookStep, book: Runbook): Text {
  const risk = kindOf(step.kind)?.risk
  const people = risk === undefined || risk === 'read' ? undefined : book.approvals[risk]
  const [when, after] = [step.when?.join(', '), step.after?.join(', ')]
  const consent = people === undefined ? verbatim('') : consentOf(people)
  const proposed = when === undefined ? verbatim('') : { en: `, when ${when}`, ja: `、提案条件: ${when}` }
  const follows = after === undefined ? verbatim('') : { en: `, after ${after}`, ja: `、先に実行: ${after}` }
  const how = risk === undefined ? byPeople : riskTitles[risk]
  return inBoth(
    (lang) =>
      `${step.title[lang]} (${step.kind}; ${how[lang]}${consent[lang]})${follows[lang]}${proposed[lang]}`,
  )
}

function consentOf(people: number): Text {
  return { en: `, ${people} approval${people === 1 ? '' : 's'}`, ja: `、承認 ${people} 人` }
}

function approvalsText({ approvals: needed, blastRadius }: Runbook): Text {
  const risks = ['reversible', 'disruptive', 'destructive'] as const satisfies readonly Risk[]
  const each = joined(risks.map((risk) => joined([riskTitles[risk], String(needed[risk])], ' ')))
  const expiry = showDuration(needed.expireAfter)
  const { readyPodsPercent } = blastRadius
  return {
    en: `${each.en}; expire after ${expiry}; at most ${readyPodsPercent}% of the Ready pods at once`,
    ja: `${each.ja}、期限 ${expiry}、一度に止める Ready Pod は ${readyPodsPercent}% まで`,
  }
}

const untilWords = {
  acknowledged: { en: 'somebody acknowledges', ja: '誰かが対応を引き受けるまで' },
  mitigated: { en: 'a repair has taken effect', ja: '対処が効果を示すまで' },
  resolved: { en: 'the incident is resolved', ja: '復旧するまで' },
} as const

function levelText(level: Runbook['escalation']['levels'][number], book: Runbook): Text {
  const after = level.after === undefined ? undefined : showDuration(level.after)
  const when: readonly Text[] = [
    ...(after === undefined ? [] : [{ en: `after ${after}`, ja: `${after} 後` }]),
    ...level.atOnce.map((reason) => joined([{ en: 'at once', ja: '直ちに' }, reasonTitles[reason]], ': ')),
  ]
  const people = level.notify.map((id) => {
    const channels = book.people[id]?.channels.join(' → ') ?? '?'
    return { en: `${id} (${channels})`, ja: `${id}（${channels}）` }
  })
  const byHand = { en: 'by hand only', ja: '手動のみ' }
  return joined([level.title, when.length === 0 ? byHand : joined(when), joined(people)], '  ')
}
