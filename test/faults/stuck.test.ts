import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkStuckWorkflows } from '../../client/doctor/stuck.ts'
import { listIncidents } from '../../client/incidents/list.ts'
import { showIncident } from '../../client/incidents/show.ts'
import { historiesOf } from '../../client/replay/histories.ts'
import { replay } from '../../client/replay/replay.ts'
import { connect, type Temporal, temporalSettings } from '../../client/temporal/connect.ts'
import { type Lab, labDown, labUp } from '../../lab/index.ts'
import { deskId } from '../../wire/messages.ts'
import { runningRuns, stuckAmong, stuckNow } from '../../wire/server/stuck.ts'
import { reexecute } from '../../workers/reexecute.ts'
import { freePort } from '../activities/free-port.ts'
import { testLabName } from '../lab/shared.ts'
import { aoki, command, finish, openDesk, until } from '../scenarios/world.ts'
import { openReceiver, type Receiver } from './receiver.ts'
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts'

const secret = 'the-receivers-own-secret-of-32-ch'
const faulty = fileURLToPath(new URL('../scenarios/stuck-workflows.ts', import.meta.url))

describe('a workflow whose task fails for good', function () {
  this.timeout(400_000)
  let lab: Lab
  let temporal: Temporal
  let receiver: Receiver
  let env: NodeJS.ProcessEnv
  let port: number
  let workers: readonly WorkerProcess[] = []

  before(async () => {
    lab = await labUp({ name: testLabName('stuck') })
    receiver = await openReceiver(secret)
    port = await freePort()
    const channels = join(lab.dir, 'test-channels.yaml')
    await writeFile(
      channels,
      `channels: { log: { kind: webhook, url: '${receiver.url}', secretEnv: PAGER_SECRET } }\nalarm: [{ person: mori, channel: log }]\n`,
    )
    env = { ...process.env, ...lab.env, HIKESHI_CHANNELS: channels, PAGER_SECRET: secret }
    temporal = await connect(temporalSettings(lab.env))
  })
  after(async () => {
    await Promise.all(workers.map((worker) => worker.stop()))
    await temporal?.close()
    await receiver?.close()
    await labDown(lab.name)
  })

  /** Two faulty workers, or one that is right; the first of them has its figures read. */
  async function work(how: 'faulty' | 'right'): Promise<void> {
    await Promise.all(workers.map((worker) => worker.stop()))
    const measured = { ...env, HIKESHI_METRICS: `127.0.0.1:${port}` }
    const each = how === 'right' ? [measured] : [measured, env].map((e) => ({ ...e, TEST_WORKFLOWS: faulty }))
    workers = await Promise.all(each.map(startWorkerProcess))
  }

  const alarms = (workflow: string) =>
    new Set(receiver.received.map(({ key }) => key).filter((key) => key.startsWith(`stuck/${workflow}/`)))

  async function metric(type: string): Promise<number | undefined> {
    const text = await fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text())
    const value = new RegExp(`^hikeshi_stuck_workflows\\{workflow_type="${type}"\\} (\\d+)$`, 'm').exec(
      text,
    )?.[1]
    assert.match(text, /^temporal_/m, "the SDK's own figures stand beside ours")
    return value === undefined ? undefined : Number(value)
  }

  const doctor = async () =>
    (await checkStuckWorkflows(temporal)).map(({ status, says }) => `${status} ${says.en}`).join('\n')
  const marked = async () =>
    (await listIncidents(temporal)).flatMap((listed) => (listed.stuck ? [listed.incident] : []))

  it('is said by doctor, list, show and the metric, somebody is paged once by two workers, and the right release frees it', async () => {
    await work('faulty')
    const { client } = temporal
    const desk = await openDesk({ client, env })
    const { incident } = await desk.declare({ symptom: '5xx' })
    await until(client, incident, 'picture taken', (v) => v.state.situation.taken !== undefined)
    assert.deepEqual(await marked(), [])
    assert.match(await doctor(), /^ok none of \d+$/)

    const since = performance.now()
    await client.workflow.getHandle(incident).signal('break')
    const seconds = { page: 0, list: 0, metric: 0, doctor: 0 }
    const at = async (what: keyof typeof seconds, seen: () => Promise<boolean>) => {
      await eventually(what, seen)
      seconds[what] = Math.round((performance.now() - since) / 100) / 10
    }
    await Promise.all([
      at('page', async () => alarms(incident).size > 0),
      at('list', async () => (await marked()).includes(incident)),
      at('metric', async () => (await metric('incident')) === 1),
      at('doctor', async () => (await doctor()).includes(`fail HK903 Workflow ${incident} is stuck`)),
    ])
    // Fault tests print what they measured; nothing hangs on it here.
    console.log(`      noticed after (s): ${JSON.stringify(seconds)}`)
    assert.match(await doctor(), /the workflow itself has a defect/)
    const unreported = await stuckAmong(temporal, [], await runningRuns(temporal, 20))
    assert.deepEqual(
      unreported.map(({ workflow }) => workflow),
      [incident],
      'it is found as well where Temporal reports nothing',
    )
    const shown = await showIncident(temporal, incident)
    assert.ok(shown.source === 'visibility' && shown.stuck, JSON.stringify(shown))
    await eventually('both workers have paged', async () => {
      const same = receiver.received.filter(({ key }) => alarms(incident).has(key))
      return same.length >= 2
    })
    // Each makes the next try the first again, and together the history is longer than one answer of Temporal.
    for (let signals = 0; signals < 300; signals += 1) {
      await client.workflow.getHandle(incident).signal('break')
      await new Promise((resolve) => setTimeout(resolve, 40))
      if (signals % 50 === 0) assert.equal(await metric('incident'), 1)
    }
    await new Promise((resolve) => setTimeout(resolve, 6_000))
    assert.equal(await metric('incident'), 1)
    assert.deepEqual(await marked(), [incident])
    assert.match(await doctor(), /^fail HK903/)
    assert.equal(alarms(incident).size, 1)

    await work('right')
    await eventually('the metric says none', async () => (await metric('incident')) === 0)
    await eventually('list says none', async () => (await marked()).length === 0)
    assert.match(await doctor(), /^ok none of \d+$/)
    await command(client, incident, 'note', aoki, { text: 'still here' })
    await finish(client, incident)
    const verdict = await replay(incident, await historiesOf(incident, client, undefined), reexecute)
    assert.equal(verdict.difference, undefined)
    assert.equal(alarms(incident).size, 1)
    assert.deepEqual(receiver.defects, [])
  })

  it('a desk and an incident that are reset to their last good task go on, and replay says identical', async () => {
    await work('faulty')
    const { client } = temporal
    const desk = await openDesk({ client, env })
    const { incident } = await desk.declare({ symptom: '5xx' })
    await until(client, incident, 'picture taken', (v) => v.state.situation.taken !== undefined)
    for (const workflow of [deskId(desk.name), incident])
      await client.workflow.getHandle(workflow).signal('break')
    await eventually(
      'both are noticed',
      async () => alarms(deskId(desk.name)).size + alarms(incident).size === 2,
    )

    const { stuck } = await stuckNow(temporal)
    assert.equal(stuck.length, 2)
    for (const { workflow, run, lastGood } of stuck) {
      await client.workflowService.resetWorkflowExecution({
        namespace: temporal.namespace,
        workflowExecution: { workflowId: workflow, runId: run },
        workflowTaskFinishEventId: lastGood as never,
        reason: 'test',
        requestId: crypto.randomUUID(),
        resetReapplyExcludeTypes: [1],
      })
    }
    await eventually('nothing is stuck', async () => (await stuckNow(temporal)).stuck.length === 0)
    await command(client, incident, 'note', aoki, { text: 'still here' })
    const next = await desk.declare({ service: 'frontend' })
    for (const id of [incident, next.incident]) {
      await finish(client, id)
      const verdict = await replay(id, await historiesOf(id, client, undefined), reexecute)
      assert.equal(verdict.difference, undefined)
    }
  })
})

async function eventually(what: string, seen: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 120_000
  while (!(await seen())) {
    if (performance.now() > end) throw new Error(`it never came: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
