/**
 * Wrote `histories/`: npx tsx test/replay/record.ts. It plays a few incidents on a lab and keeps Temporal's history of every run beside
 * the timeline that came of it and the logs that were kept, under the version of package.json. A released version's folder is never written again: see docs/patches.md.
 */
import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AlertsReceipt } from '../../client/incidents/report-alerts.ts'
import { historiesOf } from '../../client/replay/histories.ts'
import { breakLab, healLab, labDown, labUp } from '../../lab/index.ts'
import { logsFolder } from '../../wire/archive.ts'
import { deskId } from '../../wire/messages.ts'
import {
  aoki,
  approve,
  command,
  finish,
  mori,
  type OpenWorld,
  openDesk,
  openWorld,
  proposed,
  refusal,
  sato,
  timeline,
  until,
  verified,
} from '../scenarios/world.ts'
import { stored } from './histories.ts'

type Play = (here: OpenWorld) => Promise<string>

const plays: Readonly<Record<string, Play>> = {
  'bad-deploy': async (here) => {
    await breakLab(here.lab, 'bad-deploy')
    const desk = await openDesk(here)
    const { incident } = await desk.declare({ symptom: '5xx' })
    const { state } = await until(here.client, incident, 'proposed', proposed('rollback'))
    const hash = state.steps.rollback?.hash ?? ''
    await refusal(command(here.client, incident, 'approve', aoki, { step: 'rollback', hash }))
    await approve(here.client, incident, 'rollback', sato)
    await until(here.client, incident, 'verified', verified('rollback'))
    await command(here.client, incident, 'undo', aoki, { step: 'rollback' })
    await until(here.client, incident, 'undo proposed', proposed('rollback-undo'))
    await command(here.client, incident, 'reject', sato, { step: 'rollback-undo', reason: 'it was right' })
    await finish(here.client, incident)
    return incident
  },
  'dead-and-critical': async (here) => {
    await breakLab(here.lab, 'dead')
    const desk = await openDesk(here)
    const { incident } = await desk.declare({ severity: 'CRITICAL', dataLoss: true })
    await until(here.client, incident, 'recovered', (v) => v.state.recovery?.status === 'verified')
    await finish(here.client, incident)
    return incident
  },
  'database-down-and-critical': async (here) => {
    await breakLab(here.lab, 'pg-down')
    const desk = await openDesk(here)
    const { incident } = await desk.declare({ severity: 'CRITICAL' })
    await until(here.client, incident, 'recovered', (v) => v.state.recovery?.status === 'verified')
    await finish(here.client, incident)
    return incident
  },
  alerts: async (here) => {
    const desk = await openDesk(here)
    const started = Date.now()
    const say = (ended: boolean) =>
      here.client.workflow.getHandle(deskId(desk.name)).executeUpdate<AlertsReceipt, [unknown]>('alerts', {
        args: [
          {
            v: 1,
            by: { kind: 'alert', id: 'prometheus', verified: true },
            group: 'a'.repeat(32),
            trouble: { service: 'frontend', severity: 'LOW', description: '応答が遅い' },
            alerts: [{ id: 'f1', startsAtMs: started, ...(ended ? { endsAtMs: started + 60_000 } : {}) }],
          },
        ],
      })
    const { incident = '' } = await say(false)
    await say(false)
    await say(true)
    await until(here.client, incident, 'resolution proposed', (v) => v.state.resolutionProposed)
    await finish(here.client, incident)
    return incident
  },
  'many-notes': async (here) => {
    const desk = await openDesk(here, { continueAfterEvents: 60 })
    const { incident } = await desk.declare({ service: 'frontend', severity: 'LOW', breach: true })
    await until(here.client, incident, 'picture', (v) => v.state.situation.taken !== undefined)
    const handle = here.client.workflow.getHandle(incident)
    for (let i = 1; i <= 20; i += 1)
      await command(here.client, incident, 'note', mori, { text: `ノート ${i} 🔥` })
    await handle.signal('note', { by: 'mori', text: 'by the stock command line' })
    await handle.signal('no-such-command', ['nothing', { of: 'use' }])
    await command(here.client, incident, 'escalate', aoki, {})
    await until(here.client, incident, 'all pages sent', (v) =>
      Object.values(v.state.pages).every((page) => page.status === 'sent'),
    )
    await finish(here.client, incident)
    return incident
  },
}

/** A failure's stack names folders of whoever recorded it; replay does not read it. */
function withoutPlaces(key: string, value: unknown): unknown {
  return key === 'stackTrace' ? '' : value
}

process.env.HIKESHI_FOLLOW_LOGS = '1'
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string }
const name = `record-${process.pid}`
const lab = await labUp({ name })
try {
  const here = await openWorld(lab)
  for (const [play, run] of Object.entries(plays)) {
    const folder = join(stored, version, play)
    if (existsSync(folder))
      throw new Error(`${folder} is there already; a released version's histories are never written again`)
    await healLab(lab)
    const incident = await run(here)
    await mkdir(folder, { recursive: true })
    const keep = (file: string, content: unknown) =>
      writeFile(join(folder, file), `${JSON.stringify(content, withoutPlaces)}\n`)
    const { histories } = await historiesOf(incident, here.client, undefined)
    for (const [index, history] of histories.entries()) await keep(`${index + 1}.history.json`, history)
    await cp(logsFolder(here.env.HIKESHI_ARCHIVE ?? '', incident), join(folder, 'logs'), { recursive: true })
    await keep('timeline.json', { incident, events: await timeline(here.client, incident) })
  }
  await here.close()
} finally {
  await labDown(name)
}
process.exit(0)
