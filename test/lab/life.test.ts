import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { Client, Connection } from '@temporalio/client'
import { labDir } from '../../lab/folders.ts'
import { healLab, type Lab, labDown, labOpen, labStatus, labUp } from '../../lab/index.ts'
import { partNames } from '../../lab/part.ts'
import { identify } from '../../lab/process.ts'
import { podsOf } from '../../lab/shodo/rollout.ts'
import { readState, recordedProcesses } from '../../lab/state.ts'
import { until } from '../../lab/waiting.ts'
import { testLabName } from './shared.ts'

const name = testLabName('life')

describe('a lab from up to down', () => {
  let lab: Lab

  before(async () => {
    lab = await labUp({ name })
  })

  after(() => labDown(name))

  it('comes up whole: every part runs, every service is healthy', async () => {
    const status = await labStatus(name)
    assert.equal(status.state, 'up')
    assert.deepEqual(status.faults, [])
    for (const path of ['/health', '/health/backend', '/health/frontend', '/health/ai-server']) {
      const response = await fetch(lab.appUrl + path)
      assert.equal(response.status, 200, path)
    }
  })

  it('has two or more revisions of every Deployment, each with its cause', async () => {
    type Sets = { items: { metadata: { labels: { app: string }; annotations: Record<string, string> } }[] }
    const { items } = await lab.cluster().get<Sets>('/apis/apps/v1/namespaces/shodo/replicasets')
    const revisions = items.map(({ metadata }) => ({
      app: metadata.labels.app,
      revision: metadata.annotations['deployment.kubernetes.io/revision'],
      cause: metadata.annotations['kubernetes.io/change-cause'],
    }))
    const count = (app: string) => revisions.filter((each) => each.app === app).length
    assert.deepEqual([count('shodo-backend'), count('shodo-frontend'), count('shodo-ai-server')], [3, 2, 2])
    assert.ok(revisions.every(({ cause }) => cause?.startsWith('release ')))
    assert.equal(new Set(revisions.map(({ app, cause }) => app + cause)).size, 7)
  })

  it('serves the own log of each pod through the API', async () => {
    const pods = '/api/v1/namespaces/shodo/pods'
    for (const { metadata } of await podsOf(lab.cluster())) {
      const service = /^shodo-(.*)-\w+-\w+$/.exec(metadata.name)?.[1]
      await until(
        async () => {
          const log = await lab.cluster().get<string>(`${pods}/${metadata.name}/log?tailLines=3`)
          return log.trim().split('\n').length === 3 && log.includes(` INFO [shodo-${service}] `)
        },
        { what: `the log of ${metadata.name}`, withinMs: 5_000 },
      )
    }
  })

  it('keeps the namespace of Temporal for 30 days and allows time skipping', async () => {
    const connection = await Connection.connect({ address: lab.temporal.address })
    try {
      const client = new Client({ connection, namespace: lab.temporal.namespace })
      const { config } = await client.workflowService.describeNamespace({ namespace: 'default' })
      assert.equal(Number(config?.workflowExecutionRetentionTtl?.seconds), 30 * 86_400)
      const handle = await client.workflow.start('nobody-runs-this', {
        workflowId: 'skip',
        taskQueue: 'none',
      })
      await client.workflowService.updateWorkflowExecutionOptions({
        namespace: 'default',
        workflowExecution: { workflowId: 'skip' },
        workflowExecutionOptions: { timeSkippingConfig: { enabled: true } },
        updateMask: { paths: ['time_skipping_config'] },
      })
      await handle.terminate()
    } finally {
      await connection.close()
    }
  })

  it('gives Temporal its data back after kill -9', async () => {
    const connection = await Connection.connect({ address: lab.temporal.address })
    try {
      const client = new Client({ connection })
      const handle = await client.workflow.start('nobody-runs-this', {
        workflowId: 'kept',
        taskQueue: 'none',
      })
      await lab.kill('temporal', 'SIGKILL')
      assert.equal((await labStatus(name)).state, 'broken')
      await lab.start('temporal')
      assert.equal((await handle.describe()).status.name, 'RUNNING')
      assert.equal((await labStatus(name)).state, 'up')
    } finally {
      await connection.close()
    }
  })

  it('goes on after kill -9 of each part, on the same ports', async () => {
    for (const part of partNames) {
      if (lab.without[part] !== undefined) continue
      await lab.kill(part)
      await lab.start(part)
    }
    assert.equal((await fetch(`${lab.appUrl}/live`)).status, 200)
    assert.equal((await podsOf(lab.cluster())).length, 6)
  })

  it('is the same lab when up is asked for again', async () => {
    const pids = [...recordedProcesses(lab.dir).values()]
    const again = await labUp({ name })
    assert.deepEqual(again.env, lab.env)
    assert.deepEqual([...recordedProcesses(lab.dir).values()], pids)
  })

  it('stands beside another lab that shares nothing with it, and goes without it', async () => {
    const other = await labUp({ name: testLabName('other') })
    const same = ['HIKESHI_LAB', 'HIKESHI_CLUSTER', 'TEMPORAL_NAMESPACE', 'SHODO_IDLE_AFTER']
    const theirs = Object.entries(other.env).filter(
      ([key, value]) => lab.env[key] === value && !same.includes(key),
    )
    assert.deepEqual(theirs, [])
    await labDown(other.name)
    assert.equal((await fetch(`${lab.appUrl}/health`)).status, 200)
    assert.equal((await labOpen(name)).dir, lab.dir)
  })

  it('is cleaned up by the next up after a crash of some parts', async () => {
    const before = recordedProcesses(lab.dir)
    await lab.kill('etcd')
    await lab.kill('app')
    await lab.kill('temporal', 'SIGSTOP') // hangs, and does not hear SIGTERM
    lab = await labUp({ name })
    assert.equal((await labStatus(name)).state, 'up')
    for (const [part, { pid, started }] of before) {
      assert.notEqual(identify(pid)?.started, started, `the old ${part} still runs`)
    }
  })

  it('starts nothing any more once it goes down, whoever heals it meanwhile', async () => {
    const gone = recordedProcesses(lab.dir)
    const down = labDown(name, { keepData: true })
    await until(async () => readState(lab.dir)?.goingDown, { what: 'the lab to go down', withinMs: 5_000 })
    await assert.rejects(healLab(lab))
    await down
    assert.equal(recordedProcesses(lab.dir).size, 0)
    for (const [part, { pid }] of gone) assert.equal(identify(pid), undefined, `${part} still runs`)
    await assert.rejects(lab.start('kube-scheduler'), /kube-scheduler was not started/)
    lab = await labUp({ name })
  })

  it('leaves no process and no folder behind when it goes down', async () => {
    const processes = recordedProcesses(lab.dir)
    assert.equal(processes.size, partNames.filter((part) => lab.without[part] === undefined).length)
    const data = readState(lab.dir)?.data ?? ''
    await labDown(name)
    assert.equal(existsSync(data), false)
    for (const [part, { pid }] of processes) assert.equal(identify(pid), undefined, `${part} still runs`)
    assert.equal(existsSync(labDir(name)), false)
    assert.deepEqual(await labDown(name), undefined)
  })
})

describe('the names of processes', () => {
  it('tell a process from a later one with the same number', () => {
    const self = identify(process.pid)
    assert.equal(self?.pid, process.pid)
    assert.match(readFileSync('/proc/self/stat', 'utf8'), new RegExp(` ${self?.started} `))
    assert.equal(identify(2 ** 22 + 1), undefined)
  })
})
