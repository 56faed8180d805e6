/** `hikeshi api`: serve until SIGTERM or SIGINT; `hikeshi api token PERSON` and `hikeshi api keygen DIR` prepare its files. */
import { parseArgs } from 'node:util'
import { Client, Connection } from '@temporalio/client'
import { durationMs } from '../../domain/duration.ts'
import { failure } from '../../domain/failures.ts'
import { aborted } from '../../edge/signals.ts'
import { lookAt, reportedRuns } from '../../wire/stuck.ts'
import { reasonOf, type Temporal, type TemporalSettings, temporalSettings } from '../connect.ts'
import { openIncidents } from '../incidents.ts'
import { refused } from '../refused.ts'
import { openAttester, writeKeyPair } from './attest.ts'
import { defaultListen, isLoopback, type Listen, parseListen, refuseOpenDoor } from './network.ts'
import { buildApi } from './server.ts'
import { newToken, openTokens, personName } from './tokens.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Requests under way get this long to end once the API is told to stop. */
const stopWithinMs = 10_000
const healthWithinMs = 3_000

const help = `hikeshi api [--listen ${defaultListen}] [--host NAME]...   serve until SIGTERM or SIGINT
hikeshi api token PERSON [--expires 90d] [-o json]    make a personal token and its line for the token file
hikeshi api token --machine NAME [--expires 90d]      the same for a monitoring system: it opens the doors for alerts alone
hikeshi api keygen DIR                                make the key pair for attestations of approvals

  --host NAME    a further host name by which a proxy on this machine passes requests on
  HIKESHI_API_TOKENS       file of people's tokens; without it people are unverified and only loopback is served
  HIKESHI_ATTESTATION_KEY  private key that signs approvals; workers check with HIKESHI_ATTESTATION_PUBLIC_KEYS
  TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, …, HIKESHI_ARCHIVE  as everywhere; see docs/api.md
`

/** Who called it: its environment, and how it is told to end. */
type Around = { readonly env: Env; readonly signal: AbortSignal }

/** Runs the command line that follows `hikeshi api`; the exit code of the contract. Throws `Refused`. */
export async function runApi(argv: readonly string[], around: Around): Promise<number> {
  const [verb, ...rest] = argv
  if (argv.includes('--help') || argv.includes('-h') || verb === 'help') {
    process.stdout.write(help)
    return 0
  }
  if (verb === 'token') return printToken(rest)
  if (verb === 'keygen') return printKeyPair(rest)
  return serve(argv, around)
}

async function serve(argv: readonly string[], { env, signal }: Around): Promise<number> {
  const { values, positionals } = options(argv, {
    listen: { type: 'string', default: defaultListen },
    host: { type: 'string', multiple: true, default: [] },
  })
  if (positionals.length > 0)
    throw refused('bad-input', { where: 'hikeshi api', problem: 'expected token, keygen or no word' })
  const listen = parseListen(values.listen)
  const { HIKESHI_API_TOKENS: tokenFile, HIKESHI_ATTESTATION_KEY: keyFile, HIKESHI_ARCHIVE: archive } = env
  refuseOpenDoor(listen, tokenFile !== undefined)
  const log = process.stderr
  const complain = (reason: string) =>
    app.log.error({ reason }, 'token file not reread; the last good version is in force')
  const tokens = tokenFile === undefined ? undefined : await openTokens(tokenFile, complain)
  const attest = keyFile === undefined ? undefined : await openAttester(keyFile)
  const temporal = lazily(temporalSettings(env))
  const app = buildApi({
    incidents: openIncidents(temporal, { archive }),
    tokens,
    attest,
    unreachable: () => unreachable(temporal),
    stuck: () => stuckReported(temporal),
    onLoopback: isLoopback(listen.host),
    hosts: values.host,
    log,
  })
  try {
    await listenOn(app, listen)
    app.log.info(
      { tokens: tokens !== undefined, attests: attest !== undefined, temporal: temporal.address },
      'ready',
    )
    if (tokens === undefined)
      app.log.warn('no tokens: people are not verified and cannot approve disruptive steps')
    if (attest !== undefined && tokens === undefined)
      app.log.warn('the attestation key is of no use without tokens')
    await aborted(signal)
    app.log.info('stopping')
    const force = setTimeout(() => app.server.closeAllConnections(), stopWithinMs)
    await app.close()
    clearTimeout(force)
    return 0
  } finally {
    await temporal.close()
  }
}

async function listenOn(app: ReturnType<typeof buildApi>, listen: Listen): Promise<void> {
  try {
    await app.listen(listen)
  } catch (error) {
    throw refused('bad-input', { where: '--listen', problem: reasonOf(error) })
  }
}

/** Connects at the first call and again after every loss, so that the API may start before Temporal does. */
function lazily({ address, namespace, connectionOptions }: TemporalSettings): Temporal {
  // At gRPC's own pace it could be two minutes after Temporal is back until it is noticed.
  const pace = { 'grpc.initial_reconnect_backoff_ms': 200, 'grpc.max_reconnect_backoff_ms': 2_000 }
  const channelArgs = { ...connectionOptions.channelArgs, ...pace }
  const connection = Connection.lazy({ ...connectionOptions, channelArgs })
  const client = new Client({ connection, namespace })
  return { client, connection, address, namespace, close: () => connection.close() }
}

/** What cannot be read counts: a probe that says "none" has looked at all. */
async function stuckReported(temporal: Temporal): Promise<number> {
  const { stuck, unread } = await lookAt(temporal, await reportedRuns(temporal))
  return stuck.length + unread.length
}

async function unreachable({ connection, address, namespace }: Temporal) {
  try {
    await connection.withDeadline(Date.now() + healthWithinMs, () =>
      connection.workflowService.describeNamespace({ namespace }),
    )
    return undefined
  } catch (error) {
    return failure('temporal-unreachable', { address, reason: reasonOf(error) })
  }
}

function printToken(argv: readonly string[]): number {
  const { values, positionals } = options(argv, {
    expires: { type: 'string' },
    output: { type: 'string', short: 'o', default: 'table' },
    machine: { type: 'string' },
  })
  const named = values.machine === undefined ? positionals : [values.machine, ...positionals]
  const person = personName.safeParse(only(named, 'hikeshi api token PERSON, or --machine NAME'))
  if (!person.success)
    throw refused('bad-input', { where: 'PERSON', problem: 'expected the name of a person or machine' })
  const expires = values.expires === undefined ? {} : { expires: expiry(values.expires) }
  const { token, sha256 } = newToken()
  const line = { [values.machine === undefined ? 'person' : 'machine']: person.data, sha256, ...expires }
  if (values.output === 'json') process.stdout.write(`${JSON.stringify({ token, ...line })}\n`)
  else {
    // JSON is YAML, so the line can be pasted below `tokens:` as it is.
    const note = `For ${person.data}, shown only now:\n  ${token}\n\nLine for the file that HIKESHI_API_TOKENS names:\n`
    process.stdout.write(`${note}  - ${JSON.stringify(line)}\n`)
  }
  return 0
}

function expiry(source: string): string {
  const ms = durationMs(source)
  if (ms !== undefined) return new Date(Date.now() + ms).toISOString()
  if (/^\d{4}-\d{2}-\d{2}/.test(source) && !Number.isNaN(Date.parse(source)))
    return new Date(source).toISOString()
  throw refused('bad-input', { where: '--expires', problem: 'expected a duration such as 90d, or a date' })
}

async function printKeyPair(argv: readonly string[]): Promise<number> {
  const { positionals } = options(argv, {})
  const files = await writeKeyPair(only(positionals, 'hikeshi api keygen DIR'))
  process.stdout.write(
    `HIKESHI_ATTESTATION_KEY=${files.privateKey}\nHIKESHI_ATTESTATION_PUBLIC_KEYS=${files.publicKey}\n`,
  )
  return 0
}

function only(positionals: readonly string[], usage: string): string {
  const [first] = positionals
  if (first !== undefined && positionals.length === 1) return first
  throw refused('bad-input', { where: 'hikeshi api', problem: `expected ${usage}` })
}

type Known = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>

function options<const T extends Known>(argv: readonly string[], known: T) {
  try {
    return parseArgs({ args: [...argv], options: known, allowPositionals: true })
  } catch (error) {
    throw refused('bad-input', { where: 'hikeshi api', problem: reasonOf(error) })
  }
}
