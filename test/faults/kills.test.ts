import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { historiesOf } from '../../client/replay/histories.ts'
import { replay } from '../../client/replay/replay.ts'
import type { Actor } from '../../domain/words.ts'
import { breakLab, healLab, type Lab, labDown, labUp } from '../../lab/index.ts'
import { until as awaited } from '../../lab/waiting.ts'
import { type DeclareReceipt, deskId } from '../../wire/messages.ts'
import { reexecute } from '../../workers/reexecute.ts'
import { testLabName } from '../lab/shared.ts'
import {
  approve,
  command,
  finish,
  ofType,
  openDesk,
  proposed,
  revisions,
  sato,
  timeline,
  until,
  verified,
  view,
} from '../scenarios/world.ts'
import { type Gate, openGate } from './gate.ts'
import { openReceiver, type Receiver } from './receiver.ts'
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts'

type Moment = 'before the patch' | 'between patch and report' | 'while it is verified'

const secret = 'the-receivers-own-secret-of-32-ch'

describe('kill -9', function () {
  this.timeout(180_000)
  let lab: Lab
  let client: Client
  let connection: Connection
  let gate: Gate
  let receiver: Receiver
  let env: NodeJS.ProcessEnv
  let worker: WorkerProcess | undefined

  before(async () => {
    lab = await labUp({ name: testLabName('kills') })
    gate = await openGate(lab.workerKubeconfig, join(lab.dir, 'gate.kubeconfig'))
    receiver = await openReceiver(secret)
    const channels = join(lab.dir, 'test-channels.yaml')
    await writeFile(
      channels,
      `channels:\n  log: { kind: webhook, url: '${receiver.url}', secretEnv: PAGER_SECRET }\n`,
    )
    env = {
      ...process.env,
      ...lab.env,
      HIKESHI_KUBECONFIG: gate.kubeconfig,
      HIKESHI_CHANNELS: channels,
      PAGER_SECRET: secret,
    }
    worker = await startWorkerProcess(env)
    connection = await Connection.connect({ address: lab.temporal.address })
    client = new Client({ connection })
  })
  after(async () => {
    await worker?.stop()
    await connection?.close()
    await gate?.close()
    await receiver?.close()
    await labDown(lab.name)
  })
  beforeEach(() => healLab(lab))
  afterEach(() => {
    gate.on(undefined)
    receiver.onPage(undefined)
    assert.deepEqual(receiver.defects, [])
  })

  const isRollback = (method: string, path: string) =>
    method === 'PATCH' && path.includes('/deployments/shodo-backend') && !path.includes('dryRun')

  /** Kills the worker (and whoever else) once at the given moment of a rollback, and brings them back. */
  async function rollBackWith(moment: Moment, also: () => Promise<void> = async () => {}) {
    await breakLab(lab, 'bad-deploy')
    const desk = await openDesk({ client, env })
    const start = Math.max(...(await revisions(lab)))
    const { incident } = await desk.declare({ symptom: '5xx' })
    await until(client, incident, 'rollback proposed', proposed('rollback'))
    let patches = 0
    let dead = false
    const killed = new Promise<void>((resolve, reject) => {
      const kill = async () => {
        dead = true
        await worker?.kill().then(also).then(resolve, reject)
      }
      const isVerified = async () =>
        (await view(client, incident)).state.steps.rollback?.status === 'verifying'
      gate.on({
        before: async (method, path) => {
          if (isRollback(method, path)) patches += 1
          if (dead) return
          if (moment === 'before the patch' && isRollback(method, path)) await kill()
          if (moment === 'while it is verified' && patches > 0 && method === 'GET' && (await isVerified()))
            await kill()
        },
        answer: async (method, path) => {
          if (!dead && moment === 'between patch and report' && isRollback(method, path)) await kill()
        },
      })
    })
    await approve(client, incident, 'rollback', sato)
    await killed
    worker = await startWorkerProcess(env)
    await until(client, incident, 'rollback verified', verified('rollback'), 90_000)
    await finish(client, incident)
    return { incident, start, patches }
  }

  async function endedWell(incident: string, start: number, attempts: 'one' | 'several'): Promise<void> {
    assert.equal(Math.max(...(await revisions(lab))), start + 1, 'exactly one rollback')
    assert.equal((await fetch(`${lab.appUrl}/health`)).status, 200)
    const events = await timeline(client, incident)
    const done = ofType(events, 'step-done').filter((e) => e.data.run === 'rollback')
    assert.equal(done.length, 1)
    const attempt = done[0]?.data.attempt ?? 0
    assert.equal(
      attempt > 1 ? 'several' : 'one',
      attempts,
      'the timeline tells whether it took another attempt',
    )
    const verdict = await replay(incident, await historiesOf(incident, client, undefined), reexecute)
    assert.equal(verdict.identical, true, JSON.stringify(verdict.difference))
  }

  /** Waits by the history's long-poll, which needs no worker. */
  async function timerFired(incident: string): Promise<void> {
    const { namespace } = client.options
    const execution = { workflowId: incident }
    for (let nextPageToken = new Uint8Array(); ; ) {
      const page = await client.workflowService.getWorkflowExecutionHistory({
        namespace,
        execution,
        waitNewEvent: true,
        nextPageToken,
      })
      if (page.history?.events?.some((event) => event.timerFiredEventAttributes)) return
      nextPageToken = page.nextPageToken as Uint8Array<ArrayBuffer>
    }
  }

  it('of the worker before the rollback reaches Kubernetes: one rollback, the incident ends the same', async () => {
    const { incident, start } = await rollBackWith('before the patch')
    await endedWell(incident, start, 'several')
  })

  it('of the worker between patch and report: one rollback, the retry finds the work already done', async () => {
    const { incident, start } = await rollBackWith('between patch and report')
    await endedWell(incident, start, 'several')
    const done = ofType(await timeline(client, incident), 'step-done').filter(
      (e) => e.data.run === 'rollback',
    )
    assert.equal(done[0]?.data.done.already, true)
  })

  it('of the worker and the Temporal server together: the incident continues where it was', async () => {
    const { incident, start } = await rollBackWith('between patch and report', async () => {
      await lab.kill('temporal')
      await lab.start('temporal')
    })
    await endedWell(incident, start, 'several')
  })

  it('of the worker after the rollback, while it is verified: verified anyway, nothing is done again', async () => {
    const { incident, start, patches } = await rollBackWith('while it is verified')
    await endedWell(incident, start, 'one')
    assert.equal(patches, 1)
  })

  it('of the worker in mid-page: the same key again, marked in the timeline, and no other key', async () => {
    const desk = await openDesk({ client, env })
    const killed = new Promise<void>((resolve, reject) => {
      receiver.onPage(async () => {
        receiver.onPage(undefined)
        await worker?.kill().then(resolve, reject)
      })
    })
    const before = receiver.received.length
    const { incident } = await desk.declare({ service: 'frontend', severity: 'LOW', breach: true })
    await killed
    worker = await startWorkerProcess(env)
    await until(client, incident, 'page sent', (v) =>
      Object.values(v.state.pages).every((p) => p.status === 'sent'),
    )
    const keys = receiver.received.slice(before).map((page) => page.key)
    const wanted = `${incident}/security/security/log/1`
    assert.deepEqual(keys, [wanted, wanted])
    const sent = ofType(await timeline(client, incident), 'page-sent')
    assert.deepEqual(
      sent.map((e) => [e.data.key, e.data.mayBeRepeat]),
      [[wanted, true]],
    )
    await finish(client, incident)
  })

  it('of the worker while people go on asking: what came meanwhile stands under one time, whoever reads it', async () => {
    const desk = await openDesk(
      { client, env },
      {
        change: (book) => {
          const levels = book.escalation.levels.map((level) =>
            level.id === 'team-lead' ? { ...level, after: 3_000 } : level,
          )
          return { ...book, escalation: { ...book.escalation, levels } }
        },
      },
    )
    const { incident } = await desk.declare({ service: 'frontend', severity: 'LOW' })
    await until(client, incident, 'picture taken', (v) => v.state.situation.taken !== undefined)
    await worker?.kill()
    // They wait for a worker, and so reach the next one beside the task of the timer that fired meanwhile, or before it.
    const asked = Array.from({ length: 8 }, () => view(client, incident).catch(() => undefined))
    await timerFired(incident)
    worker = await startWorkerProcess(env)
    await until(client, incident, 'page sent', (v) =>
      Object.values(v.state.pages).some((page) => page.status === 'sent'),
    )
    await Promise.all(asked)
    await finish(client, incident)
    const verdict = await replay(incident, await historiesOf(incident, client, undefined), reexecute)
    assert.equal(verdict.difference, undefined)
  })

  it('of every worker for several times as long as people are called again: what was missed comes once, then at its distance', async () => {
    const everyMs = 8_000
    const desk = await openDesk(
      { client, env },
      {
        change: (book) => ({
          ...book,
          escalation: {
            ...book.escalation,
            repeatEvery: everyMs,
            levels: book.escalation.levels.map((level) =>
              level.id === 'team-lead' ? { ...level, after: 1_000 } : level,
            ),
          },
          severities: {
            ...book.severities,
            LOW: { ...book.severities.LOW, updateEvery: everyMs },
          },
        }),
      },
    )
    const { incident } = await desk.declare({ service: 'frontend', severity: 'LOW' })
    await command(client, incident, 'set-commander', sato, { person: 'team-lead' })
    const { head } = await until(client, incident, 'page sent', (v) => {
      const pages = Object.values(v.state.pages)
      return (
        pages.some(({ call }) => call.level === 'team-lead') && pages.every(({ status }) => status === 'sent')
      )
    })
    await worker?.kill()
    const over = Date.now() + 3 * everyMs
    await awaited(async () => Date.now() >= over, { what: 'the outage to be over', withinMs: 4 * everyMs })
    worker = await startWorkerProcess(env)
    /** Pages that were asked for since, in the order in which they were sent. */
    const sentSince = async (level: string) => {
      const events = (await timeline(client, incident)).filter(({ seq }) => seq > head.seq)
      const asked = ofType(events, 'page-requested').filter(({ data }) => data.page.level === level)
      const keys = asked.map(({ data }) => data.page.key)
      return ofType(events, 'page-sent')
        .filter(({ data }) => keys.includes(data.key))
        .map(({ data }) => ({ atMs: Date.parse(data.sent), lateMs: data.lateMs }))
    }
    for (const level of ['team-lead', 'commander']) {
      await awaited(async () => (await sentSince(level)).length >= 2, {
        what: `two more pages for ${level}`,
        withinMs: 30_000,
      })
      const [missed, next] = await sentSince(level)
      assert.ok((missed?.lateMs ?? 0) > everyMs, `${level}: ${missed?.lateMs} ms late`)
      const apartMs = (next?.atMs ?? 0) - (missed?.atMs ?? 0)
      assert.ok(
        apartMs > 0.8 * everyMs && (next?.lateMs ?? 0) < everyMs,
        `${level}: again after ${apartMs} ms: ${JSON.stringify([missed, next])}`,
      )
    }
    const [called] = ofType(await timeline(client, incident), 'escalated').filter(({ seq }) => seq > head.seq)
    assert.ok((called?.data.lateMs ?? 0) > everyMs, 'the call says how late it is')
    // With items of the last checklist open, the commander closes it.
    await finish(client, incident, { ...sato, id: 'team-lead' })
    const verdict = await replay(incident, await historiesOf(incident, client, undefined), reexecute)
    assert.equal(verdict.difference, undefined)
  })

  it('of the worker after a picture that led to nothing: acknowledged by the next one, re-executed the same', async () => {
    const desk = await openDesk({ client, env })
    const { incident } = await desk.declare({ service: 'frontend', severity: 'LOW' })
    await until(client, incident, 'picture taken', (v) => v.state.situation.taken !== undefined)
    await worker?.kill()
    const acknowledged = command(client, incident, 'acknowledge', sato, {})
    worker = await startWorkerProcess(env)
    await acknowledged
    const types = (await timeline(client, incident)).map(({ type }) => type)
    assert.ok(types.indexOf('situation-taken') < types.indexOf('acknowledged'), types.join())
    await finish(client, incident)
    const verdict = await replay(incident, await historiesOf(incident, client, undefined), reexecute)
    assert.equal(verdict.difference, undefined)
    assert.equal(verdict.unsealed, 0)
  })

  it('of the worker while an incident ends and is reported again: nothing that was reported is lost', async () => {
    const desk = await openDesk({ client, env })
    const { incident } = await desk.declare({ service: 'frontend', severity: 'LOW' })
    await until(client, incident, 'picture taken', (v) => v.state.situation.taken !== undefined)
    await worker?.kill()
    const handle = client.workflow.getHandle(incident)
    await handle.signal('resolve', { v: 1, by: sato })
    await handle.signal('close', { v: 1, by: sato, waive: 'a test' })
    // The desk still knows it as open, and so would deliver to it what is reported now.
    const declaration = { service: 'frontend', severity: 'LOW', description: 'again' }
    await handle.signal('report', { v: 1, by: sato, id: 'again', declaration })
    worker = await startWorkerProcess(env)
    await handle.result()
    const next = `${desk.name}-2`
    const { state } = await until(client, next, 'picture taken', (v) => v.state.situation.taken !== undefined)
    assert.deepEqual([state.description, state.declaredBy.id], ['again', sato.id])
    await finish(client, next)
  })

  it('of the worker while an incident ends and its alerts fire again: they go to the next one', async () => {
    const desk = await openDesk({ client, env })
    const by: Actor = { kind: 'alert', id: 'alertmanager', verified: true }
    const group = 'a'.repeat(32)
    const trouble = { service: 'frontend', severity: 'LOW', description: 'it fires' }
    const alerts = [{ id: 'f1', startsAtMs: 1 }]
    const told = await client.workflow
      .getHandle(deskId(desk.name))
      .executeUpdate<DeclareReceipt, [unknown]>('alerts', { args: [{ v: 1, by, group, trouble, alerts }] })
    const { incident } = told
    await until(
      client,
      incident,
      'alerts told',
      (v) => v.state.alerts?.groups.find((g) => g.group === group)?.firing === 1,
    )
    await worker?.kill()
    const handle = client.workflow.getHandle(incident)
    await handle.signal('resolve', { v: 1, by: sato })
    await handle.signal('close', { v: 1, by: sato, waive: 'a test' })
    const news = { group, version: 9, fired: 2, firing: 1, clear: false, declaration: trouble }
    await handle.signal('alerts', { v: 1, by, id: 'again', ...news })
    worker = await startWorkerProcess(env)
    await handle.result()
    const next = `${desk.name}-2`
    const { state } = await until(client, next, 'alerts told', (v) => v.state.alerts !== undefined)
    assert.deepEqual([state.description, state.declaredBy.id], ['it fires', 'alertmanager'])
    assert.deepEqual(Object.values(state.alerts?.groups ?? {})[0]?.firing, 1)
    await finish(client, next)
  })

  it('without a kill: each page is sent exactly once', async () => {
    const before = receiver.received.length
    const desk = await openDesk({ client, env })
    const { incident } = await desk.declare({ service: 'frontend', severity: 'LOW', dataLoss: true })
    await until(client, incident, 'all pages sent', (v) => {
      const pages = Object.values(v.state.pages)
      return pages.length > 1 && pages.every((p) => p.status === 'sent')
    })
    const keys = receiver.received.slice(before).map((page) => page.key)
    assert.equal(new Set(keys).size, keys.length)
    const sent = ofType(await timeline(client, incident), 'page-sent')
    assert.deepEqual(sent.map((e) => e.data.key).toSorted(), keys.toSorted())
    assert.ok(sent.every((e) => !e.data.mayBeRepeat))
    await finish(client, incident)
  })
})
