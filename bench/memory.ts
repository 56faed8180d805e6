import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../test/activities/free-port.ts'
import { aoki, command, openDesk, until } from '../test/scenarios/world.ts'
import type { Figure, Here } from './figure.ts'
import { memoryOf, startReleased, startReleasedWorker } from './released.ts'

const incidents = 500
/** A desk takes ten updates at a time. */
const atOnce = 8
const settlesMs = 5_000

/** What a worker and the API hold: just started, and the worker while it opens as many incidents as it keeps twice over. */
export async function measureMemory({ env, client }: Here): Promise<readonly Figure[]> {
  const name = `memory-${process.pid}`
  const worker = await startReleasedWorker({ ...env, HIKESHI_CLUSTER: name })
  const listen = `127.0.0.1:${await freePort()}`
  const api = await startReleased(['api', '--listen', listen], env, /"ready"/)
  try {
    await sleep(settlesMs)
    const [workerAtRest, apiAtRest] = [memoryOf(worker).nowMib, memoryOf(api).nowMib]
    const desk = await openDesk({ client, env }, { change: (book) => ({ ...book, cluster: name }) })
    const opened: string[] = []
    for (let i = 0; i < incidents; i += atOnce) {
      const some = Array.from({ length: Math.min(atOnce, incidents - i) }, () =>
        desk.declare({ severity: 'LOW', fresh: true }),
      )
      opened.push(...(await Promise.all(some)).map(({ incident }) => incident))
    }
    const last = opened.at(-1) ?? ''
    await until(client, last, 'picture', (v) => v.state.situation.taken !== undefined, 120_000)
    const inTheBurst = memoryOf(worker).peakMib
    for (const incident of opened) await command(client, incident, 'cancel', aoki, { reason: 'bench' })
    return [
      { what: 'memory of a worker at rest', value: workerAtRest, unit: 'MiB', limit: 200 },
      {
        what: `memory of a worker in a burst of ${incidents}, highest`,
        value: inTheBurst,
        unit: 'MiB',
        limit: 350,
      },
      { what: 'memory of the API at rest', value: apiAtRest, unit: 'MiB', limit: 120 },
    ]
  } finally {
    await Promise.all([worker.stop(), api.stop()])
  }
}
