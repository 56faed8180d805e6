/** `hikeshi api`: serve until SIGTERM or SIGINT. */

import { createPublicKey } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import { failure } from '../../../domain/failures.ts'
import { said, type Words } from '../../../domain/words.ts'
import { giveBack } from '../../../edge/memory.ts'
import { refused } from '../../../edge/refused.ts'
import { aborted } from '../../../edge/signals.ts'
import { lookAt, reportedRuns } from '../../../wire/server/stuck.ts'
import { openIncidents } from '../../incidents/incidents.ts'
import type { AlertReader } from '../../incidents/report-alerts.ts'
import { openPrivateKey, textSigner } from '../../keys.ts'
import { isLoopback } from '../../loopback.ts'
import { openSigners } from '../../runbook/signatures.ts'
import { reasonOf, type Temporal, type TemporalSettings, temporalSettings } from '../../temporal/connect.ts'
import { attester } from './attest.ts'
import { defaultListen, type Listen, parseListen, refuseOpenDoor } from './network.ts'
import { buildApi } from './server.ts'
import { openTokens } from './tokens.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Requests under way get this long to end once the API is told to stop. */
const stopWithinMs = 10_000
const healthWithinMs = 3_000

/** Who called it: its environment, where its log goes, and how it is told to end. */
type Around = {
  readonly env: Env
  readonly err: { readonly write: (line: string) => unknown }
  readonly signal: AbortSignal
}

/** `hosts`: further host names by which a proxy on this machine passes requests on. */
type Where = {
  readonly listen: string | undefined
  readonly hosts: readonly string[]
  readonly alertReaders: readonly AlertReader[]
}

/** Serves until it is told to end. Throws `Refused`. */
export async function serve(where: Where, { env, err, signal }: Around): Promise<number> {
  const { hosts, alertReaders } = where
  const listen = parseListen(where.listen ?? defaultListen)
  const { HIKESHI_API_TOKENS: tokenFile, HIKESHI_ATTESTATION_KEY: keyFile, HIKESHI_ARCHIVE: archive } = env
  refuseOpenDoor(listen, hosts, tokenFile !== undefined)
  const log = { write: (line: string) => void err.write(line) }
  const complain = (reason: Words) =>
    app.log.error({ reason: said(reason).en }, 'token file not reread; the last good version is in force')
  const tokens = tokenFile === undefined ? undefined : await openTokens(tokenFile, complain)
  const privateKey = keyFile === undefined ? undefined : await openPrivateKey(keyFile, 'approvals')
  const attest = privateKey && attester(privateKey)
  const signers = await openSigners(env, {
    ofOwn: privateKey === undefined ? [] : [createPublicKey(privateKey)],
    onTrouble: (error) =>
      app.log.error({ reason: said(reasonOf(error)).en }, 'keys not reread; those read before are in force'),
  })
  const temporal = lazily(temporalSettings(env))
  const app = buildApi({
    incidents: openIncidents(temporal, { archive }),
    alertReaders,
    tokens,
    attest,
    sign: privateKey && textSigner(privateKey),
    signers,
    unreachable: () => unreachable(temporal),
    stuck: () => stuckReported(temporal),
    onLoopback: isLoopback(listen.host),
    hosts,
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
    giveBack()
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
