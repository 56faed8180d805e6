/** A step in our own words, as `runbook export` writes it where no command says it: kind and parameters as YAML. */
import { isKind } from '../../../../domain/steps/catalogue.ts'
import { parseYaml, plainValues } from '../../yaml-document.ts'
import { yamlText } from '../../yaml-text.ts'
import { within } from '../fits.ts'
import { manualKind } from '../manual-step.ts'
import type { Block } from '../markdown/blocks.ts'
import { manual, type Reading } from '../programs/reading.ts'
import { titleOf } from './names.ts'

/** What the block says; anything that our kinds do not accept is for a person. */
export function exactStep({ text }: Extract<Block, { readonly kind: 'code' }>): {
  readonly reading: Reading
  readonly title?: string
} {
  const { title, kind, with: params = {} } = membersIn(text) ?? {}
  if (typeof kind !== 'string' || !(isKind(kind) || kind === manualKind)) return { reading: notAStep }
  if (!isGroup(params)) return { reading: notAStep }
  const why = { en: 'a step in our own words', ja: 'hikeshi の形式で書かれた手順' }
  const reading = within({ steps: [{ kind, with: params }], why })
  return { reading, ...(typeof title === 'string' && title.trim() !== '' ? { title: titleOf(title) } : {}) }
}

/** The members of a YAML document that is one group of keys; undefined for any other text. */
export function membersIn(text: string): Readonly<Record<string, unknown>> | undefined {
  const read = yamlText(new TextEncoder().encode(text))
  if ('refusal' in read) return undefined
  const parsed = parseYaml(read.text)
  const plain = parsed.refusals.length > 0 ? undefined : plainValues(parsed.document)
  return isGroup(plain?.value) ? plain.value : undefined
}

export function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

const notAStep = manual('it is not a step of ours', '手順として読み取れません')
