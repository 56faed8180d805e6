/** What open connections cost the API, beside a bare server of Node's that holds as many in the same run. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../test/activities/free-port.ts'
import type { Figure, Here } from './figure.ts'
import { memoryOf, type Released, startReleased } from './released.ts'

const connections = 1_000
const settlesMs = 3_000
const bare = (port: number) =>
  `require('node:http').createServer((_, answer) => answer.end('{}')).listen(${port}, '127.0.0.1', () => console.log('up'))`

export async function measureConnections({ env }: Here): Promise<readonly Figure[]> {
  const [own, other] = [await freePort(), await freePort()]
  const api = await startReleased(['api', '--listen', `127.0.0.1:${own}`], env, /"ready"/)
  const server = spawn(process.execPath, ['-e', bare(other)], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    await once(server.stdout, 'data')
    await sleep(settlesMs)
    const ours = await held(api, `http://127.0.0.1:${own}/health`)
    const theirs = await held({ pid: server.pid ?? 0 }, `http://127.0.0.1:${other}/`)
    return [
      { what: `memory of the API with ${connections} connections`, value: ours.after, unit: 'MiB' },
      { what: `memory of a bare server with ${connections} connections`, value: theirs.after, unit: 'MiB' },
      {
        what: 'memory of the API against a bare server, each with them',
        value: ours.after / theirs.after,
        unit: 'ratio',
        limit: 1.5,
      },
      { what: 'memory of a connection to the API', value: ours.eachKib, unit: 'KiB' },
      { what: 'memory of a connection to a bare server', value: theirs.eachKib, unit: 'KiB' },
    ]
  } finally {
    await Promise.all([api.stop(), ended(server)])
  }
}

/** Opens all of them, has a request answered on each, and looks while they stand open. */
async function held(
  process: Pick<Released, 'pid'>,
  url: string,
): Promise<{ readonly after: number; readonly eachKib: number }> {
  const before = memoryOf(process).nowMib
  const agent = new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections })
  const answered = () =>
    new Promise<void>((resolve, reject) => {
      get(url, { agent }, (answer) => {
        answer.resume()
        answer.once('end', resolve)
      }).once('error', reject)
    })
  await Promise.all(Array.from({ length: connections }, answered))
  const after = memoryOf(process).nowMib
  agent.destroy()
  return { after, eachKib: ((after - before) * 1_024) / connections }
}

async function ended(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}
