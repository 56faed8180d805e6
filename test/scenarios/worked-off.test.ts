import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openIncidents } from '../../client/incidents/incidents.ts'
import { historiesOf } from '../../client/replay/histories.ts'
import { replay } from '../../client/replay/replay.ts'
import { connect, temporalSettings } from '../../client/temporal/connect.ts'
import type { IncidentEvent } from '../../domain/incident/fold/events.ts'
import { leftToDo } from '../../domain/incident/fold/state.ts'
import { ended } from '../../domain/words.ts'
import { archiveFolder } from '../../wire/archive.ts'
import type { IncidentResult } from '../../wire/messages.ts'
import { reexecute } from '../../workers/reexecute.ts'
import {
  aoki,
  command,
  fastForward,
  ofType,
  openDesk,
  refusal,
  sato,
  timeline,
  until,
  type World,
  world,
} from './world.ts'

const thirtyDays = 30 * 86_400

describe('a last checklist that is worked off after the end', function () {
  this.timeout(180_000)
  let here: World
  let items: readonly string[]
  before(async () => {
    here = await world()
  })

  async function closedForLater(): Promise<string> {
    const { client } = here
    const desk = await openDesk(here)
    const { incident } = await desk.declare({ service: 'frontend', severity: 'LOW' })
    await until(client, incident, 'picture', (v) => v.state.situation.taken !== undefined)
    await command(client, incident, 'resolve', aoki, {})
    // What it shows and counts by itself is ticked by then.
    const { state } = await until(client, incident, 'recovered and counted', (v) => {
      const { recovered } = v.state.checks
      return recovered !== undefined && ended.includes(v.state.steps['affected-users']?.status ?? 'reading')
    })
    items = leftToDo(state)
    await command(client, incident, 'check', aoki, { item: items[0] ?? '' })
    await command(client, incident, 'close', aoki, { later: true })
    await until(client, incident, 'a run of its own', (v) => v.state.run === 2 && v.state.archivedRun === 1)
    return incident
  }

  async function verdictOf(incident: string) {
    const histories = await historiesOf(incident, here.client, here.lab.env.HIKESHI_ARCHIVE)
    return replay(incident, histories, reexecute)
  }

  it('takes the ticks of what was left, is open to nothing else, and ends with the last one', async () => {
    const { client, lab } = here
    const incident = await closedForLater()
    const folder = archiveFolder(lab.env.HIKESHI_ARCHIVE ?? '', incident)
    assert.ok(existsSync(join(folder, 'run-0001.history.json')), 'what led to the end is put away by then')
    const temporal = await connect(temporalSettings(lab.env))
    try {
      const incidents = openIncidents(temporal)
      const listed = async (filter: { readonly phase?: string }) =>
        (await incidents.list(filter)).find((one) => one.incident === incident)?.goesOn
      assert.deepEqual([await listed({}), await listed({ phase: 'closed' })], [undefined, true])
      const seen: string[] = []
      for await (const { type } of incidents.watch(incident, new AbortController().signal, { fromSeq: 1 }))
        seen.push(type)
      assert.ok(seen.includes('closed'), 'nobody who watches has to wait for ticks')
    } finally {
      await temporal.close()
    }
    assert.equal((await refusal(command(client, incident, 'note', sato, { text: 'x' }))).name, 'not-open')
    assert.equal((await verdictOf(incident)).verdict, 'identical')
    for (const item of items.slice(1)) await command(client, incident, 'check', sato, { item })
    const result = (await client.workflow.getHandle(incident).result()) as IncidentResult
    assert.equal(result.phase, 'closed')
    const verdict = await verdictOf(incident)
    assert.deepEqual([verdict.verdict, verdict.runs, verdict.missing], ['identical', 2, []])
    const ticks = ofType(verdict.timeline as readonly IncidentEvent[], 'checked')
    assert.deepEqual(
      ticks.flatMap(({ data: { item, proof } }) => (proof === undefined ? [item] : [])),
      items,
    )
  })

  it('ends by itself after 30 days, with what nobody did', async () => {
    const { client } = here
    const incident = await closedForLater()
    await fastForward(here, incident, thirtyDays)
    await client.workflow.getHandle(incident).result()
    assert.equal((await verdictOf(incident)).verdict, 'identical')
    const lapsed = ofType(await timeline(client, incident), 'afterwards-lapsed').flatMap(({ data }) => [
      ...data.items,
    ])
    assert.deepEqual(lapsed, items.slice(1))
  })
})
