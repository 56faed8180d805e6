/** The way to Temporal, from the standard TEMPORAL_* settings (environment and temporal.toml, as every Temporal tool reads them). */

import { Client, Connection, type ConnectionOptions } from '@temporalio/client'
import { loadClientConnectConfig } from '@temporalio/envconfig'
import { present } from '../../domain/present.ts'
import type { Text } from '../../domain/words.ts'
import { refused } from '../../edge/refused.ts'
import { tlsProblem } from '../../edge/temporal-tls.ts'
import { channelArgsTo } from '../../wire/server/direct.ts'

/** Who cannot connect is told within 5 s (issue 4, no. 10); starting Node and loading the client take up to 1.5 s of them. */
const connectWithinMs = 2_800

export type Temporal = {
  readonly client: Client
  readonly connection: Connection
  readonly address: string
  readonly namespace: string
  readonly close: () => Promise<void>
}

export type TemporalSettings = {
  readonly address: string
  readonly namespace: string
  readonly connectionOptions: ConnectionOptions
}

/** The settings without connecting; a broken file or certificate is refused with the reason. */
export function temporalSettings(
  env: Readonly<Record<string, string | undefined>> = process.env,
): TemporalSettings {
  const overrideEnvVars = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  const problem = tlsProblem(env.TEMPORAL_TLS)
  if (problem !== undefined) throw refused('bad-input', { where: 'TEMPORAL_TLS', problem })
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars })
    const { address = 'localhost:7233', tls, apiKey, metadata } = connectionOptions
    return {
      address,
      namespace: namespace ?? 'default',
      connectionOptions: {
        address,
        channelArgs: channelArgsTo(address),
        ...present({ tls, apiKey, metadata }),
      },
    }
  } catch (cause) {
    throw refused('bad-input', { where: 'TEMPORAL_*', problem: reasonOf(cause) }, { cause })
  }
}

/** Connects, or refuses with the address that was tried (`temporal-unreachable`). */
export async function connect(settings: TemporalSettings = temporalSettings()): Promise<Temporal> {
  const { address, namespace, connectionOptions } = settings
  const connection = opened({ ...connectionOptions, connectTimeout: connectWithinMs })
  try {
    await within(connectWithinMs + 200, connection.ensureConnected())
    const client = new Client({ connection, namespace })
    return { client, connection, address, namespace, close: () => connection.close() }
  } catch (cause) {
    // Else it would go on trying, and keep the process alive.
    await connection.close().catch(() => undefined)
    throw refused('temporal-unreachable', { address, reason: reasonOf(cause) }, { cause })
  }
}

function opened(options: ConnectionOptions): Connection {
  try {
    return Connection.lazy(options)
  } catch (cause) {
    throw refused('bad-input', { where: 'TEMPORAL_ADDRESS', problem: reasonOf(cause) }, { cause })
  }
}

/** Name resolution and TLS do not heed gRPC's own limit in every case, so there is a second one around it. */
async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('Failed to connect before the deadline')), limitMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** One line that a person can use; gRPC hides the real reason in `details` or in the cause. */
export function reasonOf(error: unknown): string | Text {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  if (cause instanceof Error && cause.message !== '') return reasonOf(cause)
  const details = 'details' in error && typeof error.details === 'string' ? error.details : ''
  const said = details === '' ? error.message : details
  return inOurWords((said.split('\n')[0] ?? said).slice(0, 300))
}

/** What libraries and the system say most often, as a person would. */
const ourWords: readonly (readonly [RegExp, Text])[] = [
  [
    /^Failed to connect before the deadline$/,
    { en: 'nobody answered in time', ja: '時間内に応答がありません' },
  ],
  [/^getaddrinfo (\w+) (\S+)$/, { en: 'cannot resolve $2 ($1)', ja: '$2 の名前解決ができません（$1）' }],
  [
    /^connect ECONNREFUSED (\S+)$/,
    {
      en: 'nothing is listening at $1 (ECONNREFUSED)',
      ja: '$1 で待ち受けているものがありません（ECONNREFUSED）',
    },
  ],
  [
    /^(E[A-Z]+): [^,]+, (?:scandir|read|stat|lstat|realpath)\b.*$/,
    { en: 'it cannot be read ($1)', ja: '読み取れません（$1）' },
  ],
  [
    /^(E[A-Z]+): [^,]+, (?:mkdir|write|rename|unlink|chmod)\b.*$/,
    { en: 'it cannot be written ($1)', ja: '書き込めません（$1）' },
  ],
  [/^(E[A-Z]+): [^,]+, open\b.*$/, { en: 'it cannot be opened ($1)', ja: '開けません（$1）' }],
]

function inOurWords(said: string): string | Text {
  const [form, words] = ourWords.find(([each]) => each.test(said)) ?? []
  if (form === undefined || words === undefined) return said
  return { en: said.replace(form, words.en), ja: said.replace(form, words.ja) }
}
