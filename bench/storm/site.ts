/** What a storm comes down on: the released worker and API in processes of their own, a pager, and services that say they are well. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newToken } from '../../client/doors/http/tokens.ts'
import { freePort } from '../../test/activities/free-port.ts'
import { openReceiver, type Receiver } from '../../test/faults/receiver.ts'
import { openDesk } from '../../test/scenarios/world.ts'
import type { Here } from '../figure.ts'
import { type Released, startReleased, startReleasedWorker } from '../released.ts'
import type { Alert } from './alerts.ts'
import { stormBook } from './book.ts'
import type { Message } from './send.ts'

export type Site = {
  readonly client: Here['client']
  readonly pager: Receiver
  readonly worker: Released
  readonly api: () => Released
  /** Kills the API and starts another one on its port. */
  readonly killApi: () => Promise<void>
  /** A desk of its own with a runbook of so many services. */
  readonly desk: (services: number) => Promise<string>
  readonly toDoor: (desk: string, alert: Alert) => Message
  readonly close: () => Promise<void>
}

export async function openSite({ client, env }: Here): Promise<Site> {
  const dir = await mkdtemp(join(tmpdir(), 'hikeshi-storm-'))
  const secret = randomBytes(32).toString('hex')
  const machine = newToken()
  const pager = await openReceiver(secret)
  const health = await openHealth()
  const channels = join(dir, 'channels.yaml')
  const tokens = join(dir, 'tokens.yaml')
  await writeFile(
    channels,
    `channels:\n  pager: { kind: webhook, url: '${pager.url}', secretEnv: PAGER_SECRET }\n`,
  )
  await writeFile(tokens, JSON.stringify({ tokens: [{ machine: 'alertmanager', sha256: machine.sha256 }] }), {
    mode: 0o600,
  })
  const own = { ...env, HIKESHI_CHANNELS: channels, PAGER_SECRET: secret, HIKESHI_API_TOKENS: tokens }
  const listen = `127.0.0.1:${await freePort()}`
  const startApi = () => startReleased(['api', '--listen', listen], own, /"ready"/)
  const worker = await startReleasedWorker(own)
  let api = await startApi()
  return {
    client,
    pager,
    worker,
    api: () => api,
    killApi: async () => {
      await api.kill()
      api = await startApi()
    },
    desk: async (services) => {
      const desk = await openDesk(
        { client, env },
        { change: (book) => stormBook(book, services, health.url), lab: false },
      )
      return desk.name
    },
    toDoor: (desk, { body }) => ({
      url: `http://${listen}/doors/alertmanager?runbook=${desk}`,
      headers: { authorization: `Bearer ${machine.token}`, 'content-type': 'application/json' },
      body,
    }),
    close: async () => {
      await api.stop()
      await worker.stop()
      await pager.close()
      await health.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

async function openHealth(): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer((_, answer) => answer.end('{"status":"ok"}'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
