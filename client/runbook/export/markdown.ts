/** A runbook as a document that people read and `runbook import` reads back. */
import { stringify } from 'yaml'
import { showDuration } from '../../../domain/duration.ts'
import type { QuickStep, Runbook, RunbookStep, Service } from '../../../domain/runbook/runbook.ts'
import { type Lang, severities, type Text } from '../../../domain/words.ts'
import { commandFor } from './commands.ts'

type AnyStep = QuickStep & Pick<RunbookStep, 'after'>

/** Which steps are written out in our own words, by `stepKey`. */
export type Exact = ReadonlySet<string>

export function stepKey(place: string, id: string): string {
  return `${place}/${id}`
}

export function runbookMarkdown(book: Runbook, lang: Lang, exact: Exact): string {
  const say = (text: Text) => oneLine(text[lang])
  const steps = (place: string, all: readonly AnyStep[], service?: Service) =>
    all.flatMap((step) => fence(step, book, service, lang, exact.has(stepKey(place, step.id))))
  let service = ''
  return [
    `# ${say(book.title)}`,
    `## ${say(words.severities)}`,
    ...severities.flatMap((severity) => {
      const { title, quick } = book.severities[severity]
      return [`### ${severity} - ${say(title)}`, ...steps(severity, quick)]
    }),
    ...checklist(say(words.firstResponse), book.firstResponse, lang),
    ...book.symptoms.flatMap((symptom, i) => {
      const own = book.services[symptom.service]
      const heading =
        symptom.service === service
          ? []
          : [`## ${say(words.service)}: ${say(own?.title ?? { en: symptom.service, ja: symptom.service })}`]
      service = symptom.service
      return [
        ...heading,
        `### ${say(words.symptom)}: ${say(symptom.title)} {#${symptom.id}}`,
        ...steps(`symptoms.${i}`, symptom.steps, own),
      ]
    }),
    `## ${say(words.escalation)}`,
    table(book, lang),
    ...checklist(say(words.afterwards), book.afterwards, lang),
    `## ${say(words.settings)}`,
    fenced('yaml hikeshi settings', yaml(settingsOf(book))),
    '',
  ].join('\n\n')
}

/** One block for each step, so that its name stands beside it. */
function fence(
  step: AnyStep,
  book: Runbook,
  service: Service | undefined,
  lang: Lang,
  isExact: boolean,
): readonly string[] {
  const info = [
    `id=${step.id}`,
    ...(step.when === undefined ? [] : [`when=${step.when.join(',')}`]),
    ...(step.after === undefined ? [] : [`after=${step.after.join(',')}`]),
    ...(step.service === undefined ? [] : [`service=${step.service}`]),
  ].join(' ')
  const title = oneLine(step.title[lang])
  const command = isExact ? undefined : commandFor(step, book, service)
  const text =
    command === undefined || /[\r\n]/.test(command)
      ? yaml({ title, kind: step.kind, with: step.with })
      : `# ${title}\n${command}`
  const language = text.startsWith('# ') && command !== undefined ? 'bash' : 'yaml hikeshi'
  return [fenced(`${language} ${info}`, text)]
}

/** What the headings, blocks and lists above do not say. */
function settingsOf(book: Runbook): object {
  const { severities: policies, symptoms, firstResponse: _, afterwards: __, ...rest } = book
  return {
    ...rest,
    severities: Object.fromEntries(
      Object.entries(policies).map(([name, { quick: ___, ...policy }]) => [name, policy]),
    ),
    symptoms: Object.fromEntries(symptoms.map(({ id, steps: ___, ...symptom }) => [id, symptom])),
  }
}

function yaml(value: object): string {
  return stringify(value, { lineWidth: 110, aliasDuplicateObjects: false }).trimEnd()
}

function fenced(info: string, text: string): string {
  const mark = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)))
  return `${mark}${info}\n${text}\n${mark}`
}

function checklist(
  title: string,
  items: Runbook['firstResponse'] | Runbook['afterwards'],
  lang: Lang,
): readonly string[] {
  if (items.length === 0) return []
  const lines = items.map(
    (item) => `- [ ] ${oneLine(item.title[lang])}${item.url === undefined ? '' : ` <${item.url}>`}`,
  )
  return [`## ${title}`, lines.join('\n')]
}

function table({ escalation }: Runbook, lang: Lang): string {
  const rows = escalation.levels.map(({ title, after, atOnce }) => {
    const conditions = [
      ...(after === undefined ? [] : [showDuration(after)]),
      ...atOnce.map((danger) => dangers[danger][lang]),
    ]
    return `| ${conditions.join(', ')} | ${oneLine(title[lang]).replaceAll('|', '\\|')} |`
  })
  return [`| ${words.condition[lang]} | ${words.action[lang]} |`, '| --- | --- |', ...rows].join('\n')
}

const dangers: { readonly [D in 'data-loss' | 'breach']: Text } = {
  'data-loss': { en: 'data loss', ja: 'データ損失' },
  breach: { en: 'breach', ja: '侵害の疑い' },
}

const words = {
  severities: { en: 'Quick reference by severity', ja: '緊急度別クイックリファレンス' },
  firstResponse: { en: 'First response', ja: '初動対応チェックリスト' },
  service: { en: 'Service', ja: 'サービス' },
  symptom: { en: 'Symptom', ja: '症状' },
  escalation: { en: 'Escalation', ja: 'エスカレーション' },
  condition: { en: 'Condition', ja: '条件' },
  action: { en: 'Action', ja: 'アクション' },
  settings: { en: 'Settings', ja: '設定' },
  afterwards: { en: 'After the incident', ja: 'インシデント終了後チェックリスト' },
} as const

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
