/** Words that several verbs take. */
import { InvalidArgumentError } from 'commander'
import { expects } from '../../../domain/expected.ts'
import { nearest } from '../../../domain/nearest.ts'
import { severities } from '../../../domain/words.ts'
import type { Say } from './verb.ts'

export const idOf = (say: Say) =>
  [
    '<incident>',
    say('such as shodo-42; open is the only open one', 'shodo-42 など。open は対応中の唯一のもの'),
  ] as const

export const stepOf = (say: Say) => ['<step>', say('such as rollback', 'rollback など')] as const

/** A severity in whatever letters; says which one was meant. */
export function upper(value: string): string {
  const severity = value.toUpperCase()
  if ((severities as readonly string[]).includes(severity)) return severity
  const meant = nearest(severity, severities)
  const hint =
    meant === undefined ? { en: '', ja: '' } : { en: ` Did you mean ${meant}?`, ja: `。もしかして: ${meant}` }
  throw new InvalidArgumentError(
    expects(`one of ${severities.join(', ')}.${hint.en}`, `${severities.join(', ')} のいずれか${hint.ja}`),
  )
}

/** The values of an option that may be repeated, in their order. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}
