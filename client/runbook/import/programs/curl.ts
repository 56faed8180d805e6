/** curl: an address that says whether a service is healthy, or a question to Prometheus. It asks, sends nothing and shows no secret. */
import { type Argument, type Given, optionsIn, valueIn } from '../shell/arguments.ts'
import { firstUnsure, manual, type Program, type Reading, step, unknownOption } from './reading.ts'
import { connectionOf } from './server.ts'

const options = {
  values: {
    '-o': 'output',
    '--output': 'output',
    '-w': 'shown',
    '--write-out': 'shown',
    '-m': 'limit',
    '--max-time': 'limit',
    '--connect-timeout': 'limit',
    '--retry': 'limit',
    '--retry-delay': 'limit',
    '-X': 'method',
    '--request': 'method',
    '--data-urlencode': 'query',
    '--url': 'url',
  },
  flags: {
    '-s': 'silent',
    '--silent': 'silent',
    '-S': 'silent',
    '--show-error': 'silent',
    '-f': 'fails',
    '--fail': 'fails',
    '-i': 'silent',
    '--include': 'silent',
    '-v': 'silent',
    '--verbose': 'silent',
    '-G': 'get',
    '--get': 'get',
  },
} as const

export const curl: Program = (all) => {
  const given = optionsIn(all, options)
  if (given.unknown !== undefined) return unknownOption(given.unknown)
  const urls = [...given.words, ...(given.values.get('url') ?? [])]
  const [url, ...more] = urls
  if (url === undefined || more.length > 0)
    return manual('it asks no address, or several', 'URL がないか、複数あります')
  const output = valueIn(given, 'output')
  const method = valueIn(given, 'method')
  const unsure = firstUnsure([url, output, method, ...(given.values.get('query') ?? [])])
  if (unsure !== undefined) return unsure
  if (output !== undefined && output.text !== '/dev/null')
    return manual('it writes a file', 'ファイルに書き出します')
  if (method !== undefined && method.text !== 'GET')
    return manual(`it does more than ask (${method.text})`, `照会以外の要求です（${method.text}）`)
  const address = addressOf(url.text)
  if (address === undefined) return manual('the address is not clear', 'URL が明確ではありません')
  // A Cyrillic letter in a name looks like a Latin one, and leads elsewhere.
  if (/[^\x21-\x7e]/.test(url.text))
    return manual(
      `its address is not written in ASCII: it leads to ${address.hostname}`,
      `URL に ASCII 以外の文字が含まれています（実際の宛先: ${address.hostname}）`,
    )
  if (address.username !== '' || address.password !== '')
    return manual('its address holds a login', 'URL にログイン情報が含まれています')
  return ofPrometheus(address, given) ?? ofHealth(url.text, address, given)
}

/** The address that a health check of a service is asked at, as it is written; undefined for any other command. */
export function healthAddressIn(all: readonly Argument[]): string | undefined {
  const reading = curl(all, { around: nowhere, filters: [] })
  const [first] = 'steps' in reading ? reading.steps : []
  return first?.kind === 'http.health' && typeof first.with.url === 'string' ? first.with.url : undefined
}

const nowhere = {
  namespace: undefined,
  context: undefined,
  words: '',
  databases: new Set<string>(),
  deployments: new Map<string, string>(),
}

/** curl takes an address without its scheme as http. */
function addressOf(text: string): URL | undefined {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const parsed = URL.canParse(whole) ? new URL(whole) : undefined
  return parsed !== undefined && /^https?:$/.test(parsed.protocol) ? parsed : undefined
}

const healthPath =
  /(?:^|\/)(?:health(?:z|check|-check)?|live(?:z|ness)?|ready(?:z|ness)?|ping|status|up|-\/healthy|-\/ready)(?:\/[\w-]+)?\/?$/i

function ofHealth(url: string, address: URL, given: Given): Reading {
  if (isThisMachine(address.hostname))
    return manual(
      `${address.hostname} is another machine for a worker`,
      `${address.hostname} はワーカーからは別のマシンです`,
    )
  if (given.values.has('query')) return manual('it sends data', 'データを送信します')
  if (!healthPath.test(address.pathname) && !given.flags.has('fails'))
    return manual(
      'whether this address says that a service is healthy is not known',
      'このアドレスが正常性を示すかは分かりません',
    )
  return step(
    'http.health',
    { url: url.includes('://') ? url : address.href },
    {
      en: 'whether the address answers, and how fast',
      ja: '応答の有無と速さ',
    },
  )
}

function isThisMachine(host: string): boolean {
  return /^(localhost|127\.|\[::1\]|0\.0\.0\.0)/.test(host)
}

/** Its HTTP API: a query now, firing alerts, targets. */
function ofPrometheus(address: URL, given: Given): Reading | undefined {
  const [, api] =
    /\/api\/v1\/(query|query_range|alerts|targets|rules|series|labels?)\/?$/.exec(address.pathname) ?? []
  if (api === undefined) return undefined
  const at = connectionAt(address.hostname)
  switch (api) {
    case 'query': {
      const data = given.values.get('query') ?? []
      if (data.length > 0 && !given.flags.has('get')) return manual('it sends data', 'データを送信します')
      const [named, ...more] = [
        ...address.searchParams.getAll('query'),
        ...data.flatMap(({ text }) => (text.startsWith('query=') ? [text.slice('query='.length)] : [])),
      ]
      const others = [...address.searchParams.keys()].filter((name) => name !== 'query')
      if (named === undefined || more.length > 0 || others.length > 0 || data.length > 1)
        return manual('it asks for more than one query, now', '現在の 1 つのクエリではありません')
      return queryStep(named, at)
    }
    case 'alerts':
      return step('prometheus.alerts', at, { en: 'firing alerts', ja: '発火中のアラート' })
    case 'targets':
      return step('prometheus.targets', at, { en: 'target health', ja: '監視対象の死活' })
    default:
      return manual(`no step asks Prometheus for ${api}`, `Prometheus の ${api} に対応する手順がありません`)
  }
}

/** A PromQL query, now; `up` alone is what tells of targets. */
export function queryStep(query: string, at: { readonly connection?: string }): Reading {
  if (query.trim() === 'up')
    return step('prometheus.targets', at, { en: 'target health (up)', ja: '監視対象の死活（up）' })
  return step(
    'prometheus.query',
    { ...at, query: query.trim() },
    { en: 'a PromQL query, now', ja: 'PromQL の現在値' },
  )
}

/** Whichever host is called after Prometheus is the usual one; another one needs a name of its own. */
export function connectionAt(host: string): { readonly connection?: string } {
  const connection = connectionOf(host)
  return connection === undefined || /^prom/.test(connection) ? {} : { connection }
}
