/** What Commander says of a mistake, in both languages: its own sentences are English, and what our parsers add has both already. */
import { expectedIn } from '../../../domain/expected.ts'
import type { Words } from '../../../domain/words.ts'

const japanese: readonly (readonly [RegExp, string])[] = [
  [/^unknown command '(.*?)' \(Did you mean (.*)\?\)$/, 'コマンド「$1」はありません（もしかして: $2）'],
  [/^unknown command '(.*)'$/, 'コマンド「$1」はありません'],
  [/^unknown option '(.*?)' \(Did you mean (.*)\?\)$/, 'オプション「$1」はありません（もしかして: $2）'],
  [/^unknown option '(.*)'$/, 'オプション「$1」はありません'],
  [/^missing required argument '(.*)'$/, '引数「$1」がありません'],
  [/^required option '(.*)' not specified$/, 'オプション「$1」は必須です'],
  [/^option '(.*)' argument missing$/, 'オプション「$1」の値がありません'],
  [
    /^option '(.*?)' argument '(.*)' is invalid\. Allowed choices are (.*)\.$/,
    'オプション「$1」の値「$2」は使えません。使える値: $3。',
  ],
  [
    /^command-argument value '(.*)' is invalid for argument '(.*)'\. Allowed choices are (.*)\.$/,
    '値「$1」は引数「$2」に使えません。使える値: $3。',
  ],
  [
    /^too many arguments for '(.*)'\. \(expected (\d+), got (\d+)\)$/,
    '「$1」の引数が多すぎます（$2 個のところ $3 個）。',
  ],
]

/** The message of a CommanderError. */
export function commanderWords(message: string): Words {
  const bare = message.replace(/^error: /, '')
  const [, option, value, own = ''] = /^option '(.*?)' argument '(.*?)' is invalid\. (.*)$/s.exec(bare) ?? []
  const wanted = expectedIn(own)
  if (wanted !== undefined)
    return {
      en: `option '${option}' argument '${value}' is invalid. expected ${wanted.en}`,
      ja: `オプション「${option}」の値「${value}」は使えません。期待: ${wanted.ja}`,
    }
  const en = bare
    .replace(/\s*\n\s*/g, ' ')
    .replace(/ Expected (\d+) arguments? but got (\d+)(: .*)?\.$/, ' (expected $1, got $2)')
  const [form, ja] = japanese.find(([each]) => each.test(en)) ?? []
  return form === undefined || ja === undefined ? en : { en, ja: en.replace(form, ja) }
}
