/** psql and pg_isready: the server is a connection of the worker's, the SQL is one of the questions that our steps ask. */
import { type Argument, type Given, optionsIn, valueIn } from '../shell/arguments.ts'
import { type Call, firstUnsure, manual, type Program, type Reading, step, unknownOption } from './reading.ts'
import { type Server, serverOf, usualServer } from './server.ts'
import { stepOfSql } from './sql.ts'

const options = {
  values: {
    '-U': 'user',
    '--username': 'user',
    '-d': 'database',
    '--dbname': 'database',
    '-h': 'host',
    '--host': 'host',
    '-p': 'port',
    '--port': 'port',
    '-c': 'command',
    '--command': 'command',
    '-P': 'shown',
    '-F': 'shown',
  },
  flags: {
    '-t': 'shown',
    '-A': 'shown',
    '-x': 'shown',
    '-X': 'shown',
    '-q': 'shown',
    '-w': 'shown',
    '-W': 'shown',
    '--tuples-only': 'shown',
    '--no-align': 'shown',
    '--expanded': 'shown',
    '--no-psqlrc': 'shown',
    '--quiet': 'shown',
  },
} as const

export const psql: Program = (all, call) => psqlIn(all, undefined, call)
export const pgIsReady: Program = (all) => pgIsReadyIn(all, undefined)

/** psql at the server that it names, else at `own`; without either only readings are understood, of the usual connection. */
export function psqlIn(all: readonly Argument[], own: string | undefined, call: Call): Reading {
  const given = optionsIn(all, options)
  if (given.unknown !== undefined) return unknownOption(given.unknown)
  const server = serverIn(given, own)
  if ('reading' in server) return server.reading
  const commands = given.values.get('command') ?? []
  const [command] = commands
  const unsure = firstUnsure(commands)
  if (unsure !== undefined) return unsure
  if (commands.length > 1) return manual('several statements at once', '文が複数あります')
  const sql = command?.text ?? call.input
  if (sql === undefined) return manual('it opens a session', '対話セッションを開きます')
  return stepOfSql(sql, server.connection)
}

export function pgIsReadyIn(all: readonly Argument[], own: string | undefined): Reading {
  const given = optionsIn(all, {
    values: { ...options.values, '-t': 'timeout', '--timeout': 'timeout' },
    flags: { '-q': 'shown' },
  })
  if (given.unknown !== undefined) return unknownOption(given.unknown)
  const server = serverIn(given, own)
  if ('reading' in server) return server.reading
  const { connection } = server
  const why = { en: 'whether it accepts connections', ja: '接続の受け付け' }
  return usualServer(step('postgres.ready', connection === undefined ? {} : { connection }, why), connection)
}

function serverIn(given: Given, own: string | undefined): Server {
  const [database] = [...given.words, ...(given.values.get('database') ?? [])]
  // An address holds a password more often than not, and a variable may hold the address.
  if (database !== undefined && (database.unsure !== undefined || /:\/\/|=/.test(database.text)))
    return {
      reading: manual('the server is in a connection string', 'サーバーが接続文字列で指定されています'),
    }
  return serverOf(valueIn(given, 'host'), valueIn(given, 'port'), '5432', own)
}
