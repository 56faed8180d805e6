/** What is piped behind a command: our steps show everything, so what only chooses what is shown can be left out. */
import type { Text } from '../../../../domain/words.ts'
import { optionsIn, valueIn } from '../shell/arguments.ts'
import type { Filter } from './reading.ts'

/** They show a part, or the same in another form. */
const showing = new Set(
  'grep egrep fgrep rg jq yq head tail sort uniq wc cut tr column less more cat nl tac rev fold'.split(' '),
)

/** Whether a filter only shows; undefined where it does, else why not. */
export function whyNotShowing({ program, arguments: given }: Filter): Text | undefined {
  const texts = given.map(({ text }) => text)
  if (showing.has(program)) return undefined
  if (program === 'sed' && !texts.some((text) => /^-\w*i|^--in-place|(?:^|[\d;}/])[ew]\b/.test(text)))
    return undefined
  if (
    program === 'awk' &&
    !texts.some((text) => /system\s*\(|getline|["']\s*\||\|\s*["']|print[^;}]*>/.test(text))
  )
    return undefined
  if (/^python3?$/.test(program) && texts[0] === '-m' && texts[1] === 'json.tool') return undefined
  return {
    en: `what it prints goes on into ${program}`,
    ja: `出力が ${program} に渡されています`,
  }
}

/** Words of which a line has to hold one, where grep says just that. */
export function grepWords({ program, arguments: given }: Filter): readonly string[] | undefined {
  if (!/^[ef]?grep$/.test(program)) return undefined
  const options = optionsIn(given, {
    values: { '-e': 'pattern', '--regexp': 'pattern' },
    flags: {
      '-E': 'extended',
      '--extended-regexp': 'extended',
      '-F': 'fixed',
      '--color': 'shown',
      '-n': 'shown',
    },
  })
  if (options.unknown !== undefined || options.behind !== undefined) return undefined
  const pattern = valueIn(options, 'pattern')
  const patterns = pattern === undefined ? options.words.slice(0, 1) : (options.values.get('pattern') ?? [])
  if (options.words.length > (pattern === undefined ? 1 : 0) || patterns.length === 0) return undefined
  if (patterns.some(({ unsure }) => unsure !== undefined)) return undefined
  const bar = program === 'egrep' || options.flags.has('extended') ? '|' : '\\|'
  const texts = patterns.map(({ text }) => text)
  const fixed = program === 'fgrep' || options.flags.has('fixed')
  const words = fixed ? texts : texts.flatMap((text) => text.split(bar))
  const isPlain = (word: string) =>
    word.length > 0 && word.length <= 200 && (fixed || !/[\\^$.*+?()[\]{}|]/.test(word))
  return words.length <= 10 && words.every(isPlain) ? words : undefined
}

/** N of `head -n N`, `tail -N`. */
export function lineCount({ arguments: given }: Filter): number | undefined {
  const texts = given.map(({ text }) => text)
  const [, amount] = /^(?:-n |--lines=|-n|-)(\d{1,9})$/.exec(texts.join(' ')) ?? []
  return amount === undefined ? undefined : Number(amount)
}
