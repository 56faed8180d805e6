/** What became of each line of a document and why, for machines and for people. */
import type { Lang, Text } from '../../../domain/words.ts'
import { withoutSecrets } from './secrets.ts'

export type Became =
  | 'step'
  | 'manual'
  | 'severity'
  | 'symptom'
  | 'checklist'
  | 'level'
  | 'link'
  | 'settings'
  | 'left-out'

export type Line = {
  readonly line: number
  /** How it begins, without secrets. */
  readonly source: string
  readonly became: Became
  /** Where it stands in the runbook: `symptoms.slow.logs`. */
  readonly at?: readonly string[]
  /** Kinds of the steps that it became. */
  readonly kinds?: readonly string[]
  readonly why: Text
}

/** What a runbook needs and the document does not say. */
export type Assumed = { readonly path: string; readonly value: string; readonly why: Text }

export type Report = { readonly lines: readonly Line[]; readonly assumed: readonly Assumed[] }

const longestSource = 160

export function sourceOf(text: string): string {
  const line = withoutSecrets(text.slice(0, 4 * longestSource))
    .replace(/\s+/g, ' ')
    .trim()
  return line.length <= longestSource
    ? line
    : `${line.slice(0, longestSource - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

export function countOf({ lines }: Report, became: Became): number {
  return lines.filter((line) => line.became === became).length
}

const words: { readonly [B in Became]: Text } = {
  step: { en: 'step', ja: '手順' },
  manual: { en: 'by hand', ja: '手作業' },
  severity: { en: 'severity', ja: '緊急度' },
  symptom: { en: 'symptom', ja: '症状' },
  checklist: { en: 'checklist', ja: 'チェックリスト' },
  level: { en: 'escalation', ja: 'エスカレーション' },
  link: { en: 'link', ja: 'リンク' },
  settings: { en: 'settings', ja: '設定' },
  'left-out': { en: 'left out', ja: '対象外' },
}

/** `RUNBOOK.md:34: step symptoms.slow.logs (kubernetes.logs): logs` and below it the line itself. */
export function reportText(file: string, { lines, assumed }: Report, lang: Lang): string {
  const told = lines.map(({ line, source, became, at = [], kinds = [], why }) => {
    const where = [...at, ...(kinds.length === 0 ? [] : [`(${kinds.join(', ')})`])].join(' ')
    return `${file}:${line}: ${[words[became][lang], where].filter((part) => part !== '').join(' ')}: ${why[lang]}\n    ${source}`
  })
  const said = { en: 'not in the document', ja: '文書に記載なし' }
  return [
    ...told,
    ...assumed.map(({ path, value, why }) => `${file}: ${said[lang]}: ${path} = ${value}: ${why[lang]}`),
    '',
  ].join('\n')
}
