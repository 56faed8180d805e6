import { historiesOf } from '../client/replay/histories.ts'
import { replay } from '../client/replay/replay.ts'
import { aoki, command, finish, openDesk, sato, until } from '../test/scenarios/world.ts'
import { reexecute } from '../workers/reexecute.ts'
import { type Figure, type Here, timed } from './figure.ts'
import { bareBundle, bareUpdates } from './storm/bare.ts'

const timelineEvents = 10_000
/** What a client holds in flight on one workflow. */
const atOnce = 8

/** How fast a long incident is proven, and what a proof costs before its first event. */
export async function measureReplay(here: Here): Promise<readonly Figure[]> {
  const desk = await openDesk(here)
  const short = await incidentOf(here, desk, 0)
  const long = await incidentOf(here, desk, timelineEvents)
  // The first proof of a process also reads the workflows; what is seen of that is its start-up.
  const startUp = await proof(here, short)
  const few = await proof(here, short)
  const many = await proof(here, long)
  const perSecond = (long: Proof) => ((long.events - few.events) * 1_000) / (long.ms - few.ms)
  const recordedPerSecond = ((many.recorded - few.recorded) * 1_000) / (many.ms - few.ms)
  const inOneProcess = perSecond(await proof(here, long, 0))
  const bare = await bareReplay(here, few.ms)
  return [
    { what: 'replay: start-up with a short incident', value: startUp.ms, unit: 'ms' },
    { what: 'replay: events of the long incident', value: many.events, unit: 'events' },
    { what: 'replay: events of its histories at Temporal', value: many.recorded, unit: 'events' },
    { what: 'replay: timeline events a second after start-up', value: perSecond(many), unit: 'events/s' },
    {
      what: 'replay: events of the histories a second after start-up',
      value: recordedPerSecond,
      unit: 'events/s',
      least: 5_000,
    },
    { what: 'replay: the same in one process', value: inOneProcess, unit: 'events/s' },
    { what: 'replay: updates a second of a bare workflow, in one process', value: bare, unit: 'updates/s' },
    { what: 'replay: in one process against a bare workflow', value: inOneProcess / bare, unit: 'ratio' },
    { what: 'replay: against a bare workflow', value: perSecond(many) / bare, unit: 'ratio' },
  ]
}

/** What Temporal itself takes: a workflow that only counts is re-executed from as many updates. Beyond `startUpMs`, which it costs too. */
async function bareReplay(here: Here, startUpMs: number): Promise<number> {
  const messages = Array.from({ length: timelineEvents }, (_, note) => ({ body: `note ${note}` }))
  let ms = Number.NaN
  await bareUpdates(here, messages, async (workflowId) => {
    const { histories } = await historiesOf(workflowId, here.client, undefined)
    const bundle = await bareBundle()
    ms = await timed(async () => {
      const made = await reexecute(histories, workflowId, bundle, 0)
      const broken = made.find(({ broke }) => broke !== undefined)
      if (broken !== undefined) throw new Error(broken.broke)
    })
  })
  return (timelineEvents * 1_000) / (ms - startUpMs)
}

async function incidentOf(
  here: Here,
  desk: Awaited<ReturnType<typeof openDesk>>,
  notes: number,
): Promise<string> {
  const { incident } = await desk.declare({ service: 'frontend', severity: 'LOW', fresh: true })
  await until(here.client, incident, 'picture', (v) => v.state.situation.taken !== undefined)
  await command(here.client, incident, 'acknowledge', aoki, {})
  let next = 0
  const write = async () => {
    for (let note = next++; note < notes; note = next++) await written(here, incident, `note ${note}`)
  }
  await Promise.all(Array.from({ length: atOnce }, write))
  await finish(here.client, incident)
  return incident
}

/** An update that comes while the incident continues as new is sent again. */
async function written(here: Here, incident: string, text: string, attempt = 1): Promise<void> {
  try {
    await command(here.client, incident, 'note', sato, { text })
  } catch (error) {
    if (attempt === 5) throw error
    await written(here, incident, text, attempt + 1)
  }
}

/** `events` are those of the timeline, `recorded` those that Temporal keeps of it. */
type Proof = { readonly ms: number; readonly events: number; readonly recorded: number }

/** In as many processes as it is worth, or with so many others. */
async function proof(here: Here, incident: string, others?: number): Promise<Proof> {
  const histories = await historiesOf(incident, here.client, undefined)
  const recorded = histories.histories.map(eventsOf).reduce((sum, events) => sum + events, 0)
  let events = 0
  const ms = await timed(async () => {
    const verdict = await replay(incident, histories, (runs, workflow) =>
      reexecute(runs, workflow, undefined, others),
    )
    if (!verdict.identical) throw new Error(JSON.stringify(verdict.difference))
    events = verdict.events
  })
  return { ms, events, recorded }
}

function eventsOf(history: unknown): number {
  return (history as { readonly events: readonly unknown[] }).events.length
}
