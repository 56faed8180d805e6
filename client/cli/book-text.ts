/** A published runbook for people: who is called when, what needs whose consent, what acts by itself. */
import { showDuration } from '../../domain/duration.ts'
import { reasonTitles, riskTitles } from '../../domain/incident/titles.ts'
import type { Runbook, RunbookStep } from '../../domain/runbook/runbook.ts'
import { kindOf } from '../../domain/steps/catalogue.ts'
import { type Lang, type Risk, severities } from '../../domain/words.ts'
import { hanging, oneLine, type Screen } from './terminal.ts'

const label = 24

export function bookText(book: Runbook, version: number, lang: Lang, screen: Screen): string {
  const ja = lang === 'ja'
  const { width, paint } = screen
  const entry = (name: string, text: string) => hanging(`  ${name}`, oneLine(text), label, width)
  const steps = (all: readonly RunbookStep[]) =>
    all.flatMap((step) => hanging(`    ${step.id}`, oneLine(stepText(step, book, lang)), label, width))
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', paint('bold', title), ...lines]
  return [
    `${paint('bold', `${book.runbook} v${version}`)}  ${book.title[lang]}`,
    ...entry(ja ? '次回レビュー' : 'Review', book.nextReview),
    ...entry(ja ? '対象' : 'Cluster', `${book.cluster} / ${book.namespace}`),
    ...entry(ja ? 'タイムゾーン' : 'Time zone', book.timezone),
    ...section(
      ja ? 'サービス' : 'Services',
      Object.entries(book.services).flatMap(([id, service]) => entry(id, serviceText(service, lang))),
    ),
    ...section(
      ja ? '緊急度' : 'Severities',
      severities.flatMap((severity) => [
        ...entry(severity, severityText(book.severities[severity], lang)),
        ...steps(book.severities[severity].quick),
      ]),
    ),
    ...section(
      ja ? '症状と手順' : 'Symptoms and steps',
      book.symptoms.flatMap((symptom) => [
        ...entry(`${symptom.service}/${symptom.id}`, symptom.title[lang]),
        ...steps(symptom.steps),
      ]),
    ),
    ...section(ja ? '承認' : 'Approvals', entry(ja ? '人数' : 'People', approvalsText(book, lang))),
    ...section(ja ? 'エスカレーション' : 'Escalation', [
      ...entry(ja ? '終了条件' : 'Until', untilWords[book.escalation.until][lang]),
      ...book.escalation.levels.flatMap((level) => entry(level.id, levelText(level, book, lang))),
    ]),
    ...section(
      ja ? 'チェックリスト' : 'Checklists',
      [...book.firstResponse, ...book.afterwards].flatMap((item) => entry(item.id, item.title[lang])),
    ),
  ].join('\n')
}

function serviceText(service: Runbook['services'][string], lang: Lang): string {
  const { title, health, look, deployment, selector, dependsOn = [] } = service
  const needs = dependsOn.length === 0 ? [] : [`${lang === 'ja' ? '依存' : 'needs'} ${dependsOn.join(', ')}`]
  const seen = health === undefined ? look.map(({ kind }) => kind) : [health]
  return [title[lang], deployment ?? selector ?? '', ...seen, ...needs].filter(Boolean).join(', ')
}

function severityText(policy: Runbook['severities']['LOW'], lang: Lang): string {
  const ja = lang === 'ja'
  const risks = policy.automatic.map((risk) => riskTitles[risk][lang]).join(', ')
  const every = showDuration(policy.updateEvery)
  return [
    policy.title[lang],
    ja ? `更新間隔 ${every}` : `an update every ${every}`,
    ...(risks === '' ? [] : [ja ? `承認なしで実行: ${risks}` : `at once: ${risks}`]),
    ...(policy.recoverWithin === undefined
      ? []
      : [
          ja
            ? `自動復旧 ${showDuration(policy.recoverWithin)}`
            : `recovers by itself within ${showDuration(policy.recoverWithin)}`,
        ]),
  ].join('; ')
}

/** What it does, how dangerous it is, and for which findings it proposes itself. */
function stepText(step: RunbookStep, book: Runbook, lang: Lang): string {
  const ja = lang === 'ja'
  const risk = kindOf(step.kind)?.risk ?? 'read'
  const people =
    risk === 'read' ? '' : ja ? `、承認 ${book.approvals[risk]} 人` : `, ${approvals(book.approvals[risk])}`
  const when = step.when?.join(', ')
  const proposed = when === undefined ? '' : ja ? `、提案条件: ${when}` : `, when ${when}`
  return `${step.title[lang]} (${step.kind}; ${riskTitles[risk][lang]}${people})${proposed}`
}

function approvals(count: number): string {
  return `${count} approval${count === 1 ? '' : 's'}`
}

function approvalsText({ approvals: needed, blastRadius }: Runbook, lang: Lang): string {
  const each = (['reversible', 'disruptive', 'destructive'] as const satisfies readonly Risk[])
    .map((risk) => `${riskTitles[risk][lang]} ${needed[risk]}`)
    .join(', ')
  const expiry = showDuration(needed.expireAfter)
  return lang === 'ja'
    ? `${each}、期限 ${expiry}、一度に止める Ready Pod は ${blastRadius.readyPodsPercent}% まで`
    : `${each}; expire after ${expiry}; at most ${blastRadius.readyPodsPercent}% of the Ready pods at once`
}

const untilWords = {
  acknowledged: { en: 'somebody acknowledges', ja: '誰かが対応を引き受けるまで' },
  mitigated: { en: 'a repair has taken effect', ja: '対処が効果を示すまで' },
  resolved: { en: 'the incident is resolved', ja: '復旧するまで' },
} as const

function levelText(level: Runbook['escalation']['levels'][number], book: Runbook, lang: Lang): string {
  const ja = lang === 'ja'
  const when = [
    ...(level.after === undefined
      ? []
      : [ja ? `${showDuration(level.after)} 後` : `after ${showDuration(level.after)}`]),
    ...level.atOnce.map((reason) => `${ja ? '直ちに' : 'at once'}: ${reasonTitles[reason][lang]}`),
  ]
  const people = level.notify.map((id) => {
    const channels = book.people[id]?.channels.join(' → ') ?? '?'
    return ja ? `${id}（${channels}）` : `${id} (${channels})`
  })
  return [level.title[lang], when.join(', ') || (ja ? '手動のみ' : 'by hand only'), people.join(', ')].join(
    '  ',
  )
}
