/** redis-cli: memory, keys and settings of the server that is named. */
import type { Text } from '../../../../domain/words.ts'
import { type Argument, optionsIn, valueIn } from '../shell/arguments.ts'
import {
  because,
  type Call,
  firstUnsure,
  manual,
  type Program,
  type Reading,
  step,
  unknownOption,
  wayOf,
  wayWhy,
} from './reading.ts'
import { serverOf, usualServer } from './server.ts'

const options = {
  values: {
    '-h': 'host',
    '-p': 'port',
    '-n': 'database',
    '-a': 'password',
    '--user': 'user',
    '--pass': 'password',
    '-i': 'interval',
  },
  flags: {
    '--bigkeys': 'bigkeys',
    '--memkeys': 'memkeys',
    '--no-auth-warning': 'shown',
    '--raw': 'shown',
    '--no-raw': 'shown',
    '-c': 'cluster',
    '--tls': 'tls',
  },
} as const

export const redisCli: Program = (all, call) => redisCliIn(all, undefined, call)

/** redis-cli at the server that it names, else at `own`; without either only readings are understood, of the usual connection. */
export function redisCliIn(all: readonly Argument[], own: string | undefined, call: Call): Reading {
  const given = optionsIn(all, options)
  if (given.unknown !== undefined) return unknownOption(given.unknown)
  if (given.flags.has('cluster')) return manual('it is about a Redis Cluster', 'Redis Cluster が対象です')
  const unsure = firstUnsure([...given.words, valueIn(given, 'database')])
  if (unsure !== undefined) return unsure
  if ((valueIn(given, 'database')?.text ?? '0') !== '0')
    return manual('it is about another database than 0', '0 以外のデータベースが対象です')
  const server = serverOf(valueIn(given, 'host'), valueIn(given, 'port'), '6379', own)
  if ('reading' in server) return server.reading
  const { connection } = server
  const at = connection === undefined ? {} : { connection }
  const words = given.words.map(({ text }) => text)
  const walks = given.flags.has('bigkeys') || given.flags.has('memkeys')
  if (walks && words.length > 0) return notOurs(words.join(' '))
  const biggest = { en: 'the biggest keys', ja: '大きいキー' }
  return usualServer(
    walks ? step('redis.biggest-keys', at, biggest) : readCommand(words, at, call),
    connection,
  )
}

type At = { readonly connection?: string }

function readCommand(words: readonly string[], at: At, call: Call): Reading {
  const command = words.slice(0, 2).join(' ').toLowerCase()
  const isMemory = command === 'info memory' || (command === 'info' && call.filters.some(isAboutMemory))
  if (isMemory) return step('redis.memory', at, { en: 'memory and its limit', ja: 'メモリと上限' })
  if (command === 'ping') return step('redis.ready', at, { en: 'whether it answers', ja: '応答の有無' })
  if (/^flushdb( async| sync)?$/.test(command))
    return named(at, () =>
      step('redis.flushdb', at, { en: 'deletes all keys of database 0', ja: 'データベース 0 の全キー削除' }),
    )
  if (command === 'config set' && words.length === 4)
    return named(at, () => readSetting(words[2] ?? '', words[3] ?? '', at, call))
  return notOurs(command)
}

function readSetting(name: string, value: string, at: At, { around }: Call): Reading {
  switch (name.toLowerCase()) {
    case 'maxmemory': {
      const way = wayOf(around.words)
      return step(
        'redis.set-memory',
        { ...at, maxmemory: value, ...way },
        because(limitText, wayWhy(way.only)),
      )
    }
    case 'maxmemory-policy':
      return step(
        'redis.set-memory',
        { ...at, policy: value.toLowerCase() },
        {
          en: 'which keys are evicted',
          ja: 'キーの追い出し方式',
        },
      )
    default:
      return notOurs(`config set ${name}`)
  }
}

const limitText: Text = { en: 'the memory limit', ja: 'メモリ上限' }

function isAboutMemory({ arguments: given }: Call['filters'][number]): boolean {
  return given.some(({ text }) => /memory/i.test(text))
}

/** A change is for a server that is named. */
function named(at: At, then: () => Reading): Reading {
  return at.connection === undefined
    ? manual('which server it is about is not said', '対象のサーバーが書かれていません')
    : then()
}

function notOurs(command: string): Reading {
  return manual(
    `no step does what redis-cli ${command} does`,
    `redis-cli ${command} に対応する手順がありません`,
  )
}
