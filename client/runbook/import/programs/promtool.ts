/** promtool: a query of PromQL. */
import { optionsIn } from '../shell/arguments.ts'
import { connectionAt, queryStep } from './curl.ts'
import { firstUnsure, manual, type Program, unknownOption } from './reading.ts'

export const promtool: Program = (all) => {
  const given = optionsIn(all, { values: { '-o': 'shown', '--format': 'shown' }, flags: {} })
  if (given.unknown !== undefined) return unknownOption(given.unknown)
  const unsure = firstUnsure(given.words)
  if (unsure !== undefined) return unsure
  const [query, instant, server, expression, ...more] = given.words.map(({ text }) => text)
  if (
    query !== 'query' ||
    instant !== 'instant' ||
    server === undefined ||
    expression === undefined ||
    more.length > 0
  )
    return manual(
      'no step does what this command of promtool does',
      'この promtool コマンドに対応する手順がありません',
    )
  const whole = server.includes('://') ? server : `http://${server}`
  return URL.canParse(whole)
    ? queryStep(expression, connectionAt(new URL(whole).hostname))
    : manual('the address is not clear', 'URL が明確ではありません')
}
