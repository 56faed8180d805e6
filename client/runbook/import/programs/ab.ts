/** ab, ApacheBench: a light load on an address. */
import { optionsIn, valueIn } from '../shell/arguments.ts'
import { firstUnsure, manual, type Program, step, unknownOption } from './reading.ts'

export const ab: Program = (all) => {
  const given = optionsIn(all, {
    values: { '-n': 'requests', '-c': 'concurrency' },
    flags: { '-k': 'shown', '-q': 'shown', '-r': 'shown' },
  })
  if (given.unknown !== undefined) return unknownOption(given.unknown)
  const [url, ...more] = given.words
  if (url === undefined || more.length > 0)
    return manual('it asks no address, or several', 'URL がないか、複数あります')
  const [requests, concurrency] = [valueIn(given, 'requests'), valueIn(given, 'concurrency')]
  const unsure = firstUnsure([url, requests, concurrency])
  if (unsure !== undefined) return unsure
  // Without them ab sends one request at a time, and one at all.
  const [total, atOnce] = [Number(requests?.text ?? 1), Number(concurrency?.text ?? 1)]
  if (!Number.isInteger(total) || !Number.isInteger(atOnce))
    return manual('its numbers are not clear', '数値が明確ではありません')
  return step(
    'http.load',
    { url: url.text, requests: total, concurrency: atOnce },
    {
      en: `${total} requests, ${atOnce} at a time`,
      ja: `${total} 件、同時 ${atOnce} 件`,
    },
  )
}
