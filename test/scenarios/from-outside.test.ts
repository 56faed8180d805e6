import assert from 'node:assert/strict'
import type { Client } from '@temporalio/client'
import { historiesOf } from '../../client/replay/histories.ts'
import { type HistoryEvent, inputOf } from '../../client/replay/recorded.ts'
import { replay } from '../../client/replay/replay.ts'
import { newestRules } from '../../domain/incident/fold/state.ts'
import { said } from '../../domain/words.ts'
import {
  type DeskView,
  deskId,
  type IncidentInput,
  incidentsQueue,
  taskTimeout,
} from '../../wire/messages.ts'
import { stuckNow } from '../../wire/server/stuck.ts'
import { reexecute } from '../../workers/reexecute.ts'
import { aoki, command, finish, ofType, openDesk, timeline, until, type World, world } from './world.ts'

/** Whoever may write to Temporal can send this with any tool; none of it ends a workflow or makes its history differ. */
describe('what comes from outside of hikeshi', () => {
  let here: World
  before(async () => {
    here = await world()
  })

  const deep = JSON.stringify({ text: 'x' }).replace(
    '}',
    `,"deep":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
  )
  const nested = {
    payloads: [{ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(deep) }],
  }
  const unreadable = {
    payloads: [{ metadata: { encoding: Buffer.from('of/another-world') }, data: Buffer.from('?') }],
  }

  async function signal(
    client: Client,
    workflowId: string,
    signalName: string,
    input = unreadable,
  ): Promise<void> {
    const { namespace } = client.options
    await client.workflowService.signalWorkflowExecution({
      namespace,
      workflowExecution: { workflowId },
      signalName,
      input,
    })
  }

  async function update(client: Client, workflowId: string, name: string): Promise<string> {
    const { outcome } = await client.workflowService.updateWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId },
      waitPolicy: { lifecycleStage: 3 },
      request: { meta: { updateId: crypto.randomUUID() }, input: { name, args: unreadable } },
    })
    return outcome?.failure?.applicationFailureInfo?.type ?? ''
  }

  it('names that Temporal keeps for itself and input that nobody can read are refused, and the incident goes on', async () => {
    const { client } = here
    const desk = await openDesk(here)
    const { incident } = await desk.declare({ service: 'frontend', severity: 'LOW' })
    await until(client, incident, 'picture', (v) => v.state.situation.taken !== undefined)
    for (const workflow of [incident, deskId(desk.name)]) {
      for (const name of ['__temporal_x', 'freeze', 'batch']) {
        await signal(client, workflow, name)
        assert.match(await update(client, workflow, name), /^HK/, `${name} to ${workflow}`)
      }
    }
    await signal(client, incident, 'note', nested)
    await command(client, incident, 'note', aoki, { text: 'still here' })
    const refused = ofType(await timeline(client, incident), 'signal-refused').map(({ data }) => data.signal)
    assert.deepEqual(refused, ['reserved: __temporal_x', 'freeze', 'batch', 'note'])
    const again = await desk.declare({ service: 'frontend', severity: 'LOW', fresh: true })
    for (const id of [incident, again.incident]) await finish(client, id)
    const verdict = await replay(incident, await historiesOf(incident, client, undefined), reexecute)
    assert.equal(verdict.difference, undefined)
  })

  it('a cancellation is written down, somebody is paged, and desk and incident go on', async () => {
    const { client } = here
    const desk = await openDesk(here)
    const { incident } = await desk.declare({ service: 'frontend', severity: 'LOW' })
    await until(client, incident, 'picture', (v) => v.state.situation.taken !== undefined)
    for (const workflow of [incident, deskId(desk.name)]) await client.workflow.getHandle(workflow).cancel()
    await until(client, incident, 'somebody is called', (v) =>
      Object.values(v.state.pages).some((page) => page.call.reason === 'cancel-refused'),
    )
    assert.equal(ofType(await timeline(client, incident), 'cancel-refused').length, 1)
    await command(client, incident, 'run', aoki, { step: 'quick-top' })
    await until(client, incident, 'a step after it', (v) => v.state.steps['quick-top']?.status === 'done')
    const next = await desk.declare({ service: 'frontend', severity: 'LOW' })
    assert.equal(next.incident, incident)
    await until(client, incident, 'report delivered', (v) => v.state.reports === 2)
    await finish(client, incident)
    const verdict = await replay(incident, await historiesOf(incident, client, undefined), reexecute)
    assert.equal(verdict.difference, undefined)
  })

  it('an incident of a newer release is left alone, and what is wrong is said', async () => {
    const { client, lab } = here
    const desk = await openDesk(here)
    const { incident } = await desk.declare({ service: 'frontend', severity: 'LOW' })
    const { histories } = await historiesOf(incident, client, undefined)
    const input = inputOf((histories[0] as { events: HistoryEvent[] }).events) as IncidentInput
    assert.ok('opening' in input)
    const rules = newestRules + 1
    const newer = `${desk.name}-77`
    const handle = await client.workflow.start('incident', {
      workflowId: newer,
      taskQueue: incidentsQueue,
      workflowTaskTimeout: taskTimeout,
      args: [{ ...input, opening: { ...input.opening, incident: newer, rules } }],
    })
    const asked = { connection: client.connection as never, namespace: lab.temporal.namespace }
    for (const end = Date.now() + 30_000; ; ) {
      const { stuck } = await stuckNow(asked)
      const found = stuck.find(({ workflow }) => workflow === newer)
      if (found !== undefined) {
        assert.match(said(found.problem).en, /^HK904 .* uses rules \d+ of a newer release/)
        break
      }
      assert.ok(Date.now() < end, 'it was never found')
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    const { events = [] } = await handle.fetchHistory()
    assert.ok(!events?.some((event) => event.workflowTaskCompletedEventAttributes))
    await handle.terminate()
    await command(client, incident, 'cancel', aoki, { reason: 'test' })
  })

  it('what an incident makes of its own opening is told its desk', async () => {
    const { client } = here
    const desk = await openDesk(here)
    const { incident } = await desk.declare({ service: 'frontend', severity: 'CRITICAL' })
    const { state } = await until(
      client,
      incident,
      'repaired by itself',
      (v) => v.state.phase !== 'investigating',
    )
    const known = async () =>
      (await client.workflow.getHandle(deskId(desk.name)).query<DeskView>('desk')).state.open[incident]?.phase
    for (const end = Date.now() + 10_000; (await known()) === 'investigating'; ) {
      assert.ok(Date.now() < end, `the desk never heard of ${state.phase}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await until(client, incident, 'recovered or not', (v) => v.state.recovery?.status !== 'running')
    await finish(client, incident)
  })
})
