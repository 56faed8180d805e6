/** How help is laid out and worded: Commander's own words in both languages, Japanese measured by columns. */
import type { Argument, Command, Help, HelpConfiguration, Option } from 'commander'
import { columnsOf, wrap } from './terminal.ts'
import type { Say } from './verb.ts'

/** The settings of Commander's help; commands take them over from the program. */
export function helpIn(say: Say): HelpConfiguration {
  const titles: Readonly<Record<string, string>> = {
    'Usage:': say('Usage:', '使い方:'),
    'Arguments:': say('Arguments:', '引数:'),
    'Options:': say('Options:', 'オプション:'),
    'Global Options:': say('Options for every verb:', '共通オプション:'),
    'Commands:': say('Commands:', 'コマンド:'),
  }
  const described = (word: Option | Argument) => {
    const { description, argChoices, defaultValue } = word
    const isNeeded = 'mandatory' in word && word.mandatory
    const isShown = typeof defaultValue === 'string' && defaultValue !== ''
    const beside = [
      ...(isNeeded ? [say('required', '必須')] : []),
      ...(argChoices === undefined ? [] : [say(`one of ${argChoices.join(', ')}`, argChoices.join('、'))]),
      ...(isShown ? [say(`default: ${defaultValue}`, `既定は ${defaultValue}`)] : []),
    ].join(say('; ', '。'))
    if (beside === '') return description
    return description === '' ? beside : `${description}${say(` (${beside})`, `（${beside}）`)}`
  }
  return {
    showGlobalOptions: true,
    // Of the program's flags those that the verb does not have for itself.
    visibleGlobalOptions: (verb) =>
      (verb.parent === null ? [] : rootOf(verb).options).flatMap((option) => {
        const [names = '', value = ''] = option.flags.split(/(?= <)/)
        const left = names
          .split(', ')
          .filter((flag) => !verb.options.some(({ short, long }) => short === flag || long === flag))
        if (left.length === 0) return []
        return [Object.assign(Object.create(option), { flags: `${left.join(', ')}${value}` })]
      }),
    displayWidth: columnsOf,
    boxWrap: (text, width) => wrap(text, width).join('\n'),
    styleTitle: (title) => titles[title] ?? title,
    optionDescription: described,
    argumentDescription: described,
  } satisfies Partial<Help>
}

function rootOf(verb: Command): Command {
  return verb.parent === null ? verb : rootOf(verb.parent)
}
