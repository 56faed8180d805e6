/**
 * What a document of ours says at its end and no other document does: services, policies, people. `runbook export` writes it, so that its
 * import is the same runbook. All of it is checked with the runbook that it becomes part of.
 */
import { present } from '../../../../domain/present.ts'
import { severities, type Text, verbatim } from '../../../../domain/words.ts'
import type { Line } from '../report.ts'
import { isGroup, membersIn } from './exact.ts'
import type { Service } from './services.ts'
import { lineOf } from './steps.ts'
import type { Parsed } from './units.ts'

export type Settings = Readonly<Record<string, unknown>>

/** The first block of settings counts; what became of each is said. */
export function settingsIn(parsed: readonly Parsed[]): {
  readonly settings?: Settings
  readonly lines: readonly Line[]
} {
  const blocks = parsed.flatMap((each) =>
    each.kind === 'code' && each.fence.kind === 'settings' ? [each.block] : [],
  )
  const [first] = blocks
  const settings = first && membersIn(first.text)
  const lines = blocks.map((block): Line => {
    if (block !== first) return { ...lineOf(block), became: 'left-out', why: second }
    return settings === undefined
      ? { ...lineOf(block), became: 'left-out', why: unreadable }
      : { ...lineOf(block), became: 'settings', at: Object.keys(settings), why: ownWords }
  })
  return { ...present({ settings }), lines }
}

const ownWords: Text = { en: 'settings in our own words', ja: 'hikeshi の形式で書かれた設定' }
const second: Text = { en: 'only the first block of settings counts', ja: '有効な設定は最初のブロックのみ' }
const unreadable: Text = { en: 'it is not a YAML group of settings', ja: '設定の YAML として読み取れません' }

/** The services that the settings declare. */
export function declaredServices(settings: Settings | undefined): readonly Service[] {
  if (!isGroup(settings?.services)) return []
  return Object.entries(settings.services).flatMap(([id, given]) => {
    if (!isGroup(given)) return []
    const text = (key: string) => {
      const value = given[key]
      return typeof value === 'string' ? { [key]: value } : {}
    }
    return [
      { id, title: verbatim(id), line: 1, ...text('deployment'), ...text('selector'), ...text('health') },
    ]
  })
}

/** The service of a symptom, by its name. */
export function declaredService(
  settings: Settings | undefined,
  symptom: string | undefined,
): string | undefined {
  const own = isGroup(settings?.symptoms) && symptom !== undefined ? settings.symptoms[symptom] : undefined
  return isGroup(own) && typeof own.service === 'string' ? own.service : undefined
}

type Book = {
  readonly severities: Readonly<Record<string, object>>
  readonly symptoms: readonly { readonly id: string; readonly title: Text }[]
}

/** The book with what the settings say of it; steps and checklists stay those of the document. */
export function withSettings<B extends Book>(book: B, settings: Settings | undefined): object {
  if (settings === undefined) return book
  const { severities: policies, symptoms, ...rest } = settings
  const of = (group: unknown, key: string) => (isGroup(group) && isGroup(group[key]) ? group[key] : {})
  return {
    ...book,
    ...rest,
    severities: Object.fromEntries(
      severities.map((severity) => [severity, { ...book.severities[severity], ...of(policies, severity) }]),
    ),
    symptoms: book.symptoms.map((symptom) => ({ ...symptom, ...of(symptoms, symptom.id) })),
  }
}
