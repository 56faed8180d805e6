import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { openGate } from '../test/faults/gate.ts'
import { aoki, command, openDesk, until } from '../test/scenarios/world.ts'
import { startWorker } from '../workers/main.ts'
import { type Figure, type Here, timed } from './figure.ts'

const run = promisify(execFile)
const delayMs = 1_000
const cluster = 'delayed'

/** The 5-second picture and the scope check of the runbook that hikeshi grew from, word for word. */
const seed = `
kubectl get pods -n shodo | grep -v Running
curl -sf "$API/health" || echo "API DOWN"
for svc in backend frontend ai-server; do
  echo "=== $svc ==="
  kubectl get pods -n shodo -l app=shodo-$svc
  curl -sf "$API/health" || echo "DOWN"
done`

/** The situation against the seed's own shell commands in a row, while the cluster's and the services' answers take 1 s more. */
export async function measureShell(here: Here): Promise<readonly Figure[]> {
  const { lab, env, client } = here
  try {
    await run('kubectl', ['version', '--client'])
  } catch {
    process.stderr.write('left out: the situation against the shell commands (no kubectl on this machine)\n')
    return []
  }
  const gate = await openGate(lab.workerKubeconfig, join(lab.dir, 'delayed.kubeconfig'))
  gate.on({
    answer: async (_, path) => {
      if (path.includes('/namespaces/shodo/')) await sleep(delayMs)
    },
  })
  const app = await openDelayed(lab.appUrl)
  const worker = await startWorker({
    env: {
      ...env,
      HIKESHI_KUBECONFIG: gate.kubeconfig,
      HIKESHI_CLUSTER: cluster,
      HIKESHI_WORKER_ROLES: 'cluster',
    },
  })
  try {
    const shell = await timed(() =>
      run('bash', ['-c', seed], { env: { ...env, KUBECONFIG: gate.kubeconfig, API: app.url } }),
    )
    const desk = await openDesk({ client, env: { ...env, SHODO_API_URL: app.url, HIKESHI_CLUSTER: cluster } })
    const { incident } = await desk.declare({ service: 'frontend', severity: 'LOW' })
    const { state } = await until(client, incident, 'picture', (v) => v.state.situation.taken !== undefined)
    await command(client, incident, 'cancel', aoki, { reason: 'bench' })
    const { taken } = state.situation
    const silent = Object.entries(taken?.parts ?? {}).filter(([, part]) => !part.ok)
    if (taken === undefined || silent.length > 0) throw new Error(`no answer: ${JSON.stringify(silent)}`)
    return [
      { what: "the seed's shell commands, each answer 1 s late", value: shell, unit: 'ms' },
      {
        what: 'situation against them (a third at most)',
        value: taken.tookMs / shell,
        unit: 'ratio',
        limit: 1 / 3,
      },
    ]
  } finally {
    worker.stop()
    await worker.stopped
    await gate.close()
    await app.close()
  }
}

/** The lab's app behind a wait. */
async function openDelayed(target: string): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer(async (request, response) => {
    await sleep(delayMs)
    try {
      const answer = await fetch(new URL(request.url ?? '/', target))
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
      response.end(await answer.text())
    } catch {
      response.destroy()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the delay has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
