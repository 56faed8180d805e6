/** How help is laid out and worded: Commander's own words in both languages, Japanese measured by columns. */
import type { Argument, Help, HelpConfiguration, Option } from 'commander'
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
  const described = ({ description, argChoices, defaultValue }: Option | Argument) => {
    const isShown = typeof defaultValue === 'string'
    const beside = [
      ...(argChoices === undefined ? [] : [say(`one of ${argChoices.join(', ')}`, argChoices.join('、'))]),
      ...(isShown ? [say(`default: ${defaultValue}`, `既定は ${defaultValue}`)] : []),
    ].join(say('; ', '。'))
    if (beside === '') return description
    return description === '' ? beside : `${description}${say(` (${beside})`, `（${beside}）`)}`
  }
  return {
    showGlobalOptions: true,
    displayWidth: columnsOf,
    boxWrap: (text, width) => wrap(text, width).join('\n'),
    styleTitle: (title) => titles[title] ?? title,
    optionDescription: described,
    argumentDescription: described,
  } satisfies Partial<Help>
}
