import assert from 'node:assert/strict'
import { historiesIn, historiesOf } from '../../client/replay/histories.ts'
import { type Replayed, replay } from '../../client/replay/replay.ts'
import { healLab } from '../../lab/index.ts'
import { archiveFolder } from '../../wire/archive.ts'
import { reexecute } from '../../workers/reexecute.ts'
import {
  aoki,
  command,
  finish,
  ofType,
  openDesk,
  sato,
  timeline,
  until,
  view,
  type World,
  world,
} from '../scenarios/world.ts'

type Payload = { data: string }
type Json = { [key: string]: unknown }

describe('the proof of a timeline', function () {
  this.timeout(180_000)
  let here: World
  let incident: string
  let histories: readonly unknown[]

  before(async () => {
    here = await world()
    const { client } = here
    await healLab(here.lab)
    const desk = await openDesk(here, { continueAfterEvents: 60 })
    incident = (await desk.declare({ service: 'frontend', severity: 'LOW', breach: true })).incident
    await until(client, incident, 'picture taken', (v) => v.state.situation.taken !== undefined)
    await client.workflow
      .getHandle(incident)
      .signal('note', { by: 'mori', text: 'by the stock command line' })
    for (let run = 1; run <= 4; run += 1) {
      await until(client, incident, `run ${run}`, (v) => v.state.run >= run)
      for (let i = 0; i < 12; i += 1)
        await command(client, incident, 'note', sato, { text: `run ${run}, note ${i}: 確認中` })
    }
    await until(client, incident, 'four runs', (v) => v.state.run >= 4)
    await finish(client, incident)
    histories = (await historiesOf(incident, client, undefined)).histories
  })

  it('is identical across three continue-as-news, with every event sealed by a receipt', async () => {
    const events = await timeline(here.client, incident)
    const verdict = await replay(incident, { histories }, reexecute)
    assert.ok(histories.length >= 4, `${histories.length} runs`)
    assert.equal(verdict.difference, undefined)
    assert.equal(verdict.events, events.length)
    assert.equal(verdict.sha256, events.at(-1)?.hash)
    assert.equal(verdict.unsealed, 0)
    assert.equal(ofType(events, 'noted').length, 49)
    assert.ok(verdict.receipts > 48)
  })

  it('comes from the archive alone when Temporal has forgotten', async () => {
    const kept = await historiesIn(archiveFolder(here.lab.env.HIKESHI_ARCHIVE ?? '', incident))
    assert.equal(kept.histories.length, histories.length)
    const verdict = await replay(incident, kept, reexecute)
    assert.deepEqual([verdict.verdict, verdict.difference], ['identical', undefined])
    assert.deepEqual(verdict.ends, { how: 'archived', seq: verdict.events })
  })

  it('reports a changed letter in any payload that the workflow read or sent', async () => {
    const places = histories.flatMap((history, run) =>
      payloadsIn(readIn(history)).map((_, index) => ({ run, index })),
    )
    // Spread over all runs: each place costs the re-execution of its run; that of the others is known.
    const every = Math.ceil(places.length / 45)
    const chosen = places.filter((_, i) => i % every === 0)
    assert.ok(chosen.length > 30)
    const known = await reexecute(histories, incident)
    for (const { run, index } of chosen) {
      const changed = histories.map((history, i) => (i === run ? structuredClone(history) : history))
      const payload = payloadsIn(readIn(changed[run]))[index]
      assert.ok(payload !== undefined)
      const before = Buffer.from(payload.data, 'base64').toString()
      const after = changeOneLetter(before)
      if (after === undefined) continue
      payload.data = Buffer.from(after).toString('base64')
      const again: typeof reexecute = async (runs, id) => {
        const [made] = await reexecute(runs.slice(run, run + 1), id)
        return known.map((before, i) => (i === run && made !== undefined ? made : before))
      }
      const verdict = await replay(incident, { histories: changed }, again)
      assert.equal(verdict.identical, false, `run ${run + 1}, payload ${index}: ${before.slice(0, 200)}`)
      assert.ok(whereOf(verdict).length > 0)
    }
  })

  it('reports a receipt that was changed alone, and names it', async () => {
    const changed = structuredClone(histories) as { events: Json[] }[]
    const event = changed
      .flatMap(({ events }) => events)
      .find((e) => e.workflowExecutionUpdateCompletedEventAttributes !== undefined)
    const [payload] = payloadsIn(event)
    assert.ok(payload !== undefined)
    const receipt = Buffer.from(payload.data, 'base64').toString()
    payload.data = Buffer.from(
      receipt.replace(/"hash":"(.)/, (_, c: string) => `"hash":"${c === '0' ? '1' : '0'}`),
    ).toString('base64')
    const verdict = await replay(incident, { histories: changed }, reexecute)
    assert.equal(verdict.identical, false)
    assert.match(whereOf(verdict), /^update /)
  })

  it('of an open incident finds a receipt for every event: the seal of its last task', async () => {
    const desk = await openDesk(here)
    const open = await desk.declare({ service: 'frontend', severity: 'LOW' })
    await until(here.client, open.incident, 'picture taken', (v) => v.state.situation.taken !== undefined)
    const { head } = await view(here.client, open.incident)
    const verdict = await replay(
      open.incident,
      await historiesOf(open.incident, here.client, undefined),
      reexecute,
    )
    assert.equal(verdict.identical, true)
    assert.equal(verdict.events, head.seq)
    assert.equal(verdict.unsealed, 0)
    await command(here.client, open.incident, 'cancel', aoki, { reason: 'test' })
  })
})

function whereOf(verdict: Replayed): string {
  return verdict.difference?.at ?? ''
}

/** Payloads that the workflow read or sent, by reference, in the history's order. */
/** Without the answers that nobody waited for any more when they came, such as that of a picture when the incident is over. */
function readIn(history: unknown): readonly unknown[] {
  const { events } = history as { readonly events: readonly { readonly [attributes: string]: unknown }[] }
  const scheduledIn = (attributes: unknown) =>
    (attributes as { readonly scheduledEventId?: string } | undefined)?.scheduledEventId
  const withdrawn = events.flatMap(
    (event) => scheduledIn(event.activityTaskCancelRequestedEventAttributes) ?? [],
  )
  return events.filter((event) => {
    const answered = scheduledIn(event.activityTaskCompletedEventAttributes)
    return answered === undefined || !withdrawn.includes(answered)
  })
}

function payloadsIn(value: unknown): Payload[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap(payloadsIn)
  return Object.entries(value).flatMap(([key, inner]) => {
    // Headers, memos and search attributes are Temporal's own; heartbeats and summaries are not read by the workflow.
    if (
      [
        'header',
        'memo',
        'searchAttributes',
        'userMetadata',
        'lastHeartbeatDetails',
        'markerRecordedEventAttributes',
      ].includes(key)
    )
      return []
    if (key === 'payloads' && Array.isArray(inner)) return inner as Payload[]
    return payloadsIn(inner)
  })
}

/** Another letter in the last long text of the JSON. */
function changeOneLetter(json: string): string | undefined {
  const at = json.search(/[a-y](?=[^"]*"[,}\]])(?![^"]*":)/)
  if (at < 0) return undefined
  return `${json.slice(0, at)}z${json.slice(at + 1)}`
}
