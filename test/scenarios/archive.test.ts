import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { historiesIn, historiesOf } from '../../client/replay/histories.ts'
import { replay } from '../../client/replay/replay.ts'
import { archiveFolder } from '../../wire/archive.ts'
import { type DeskView, deskId } from '../../wire/messages.ts'
import { reexecute } from '../../workers/reexecute.ts'
import { hikeshi } from '../surfaces/cli-process.ts'
import { aoki, command, finish, ofType, openDesk, timeline, until, type World, world } from './world.ts'

describe('the archive of the workers', function () {
  this.timeout(300_000)
  let here: World
  const folderOf = (workflow: string) => archiveFolder(here.lab.env.HIKESHI_ARCHIVE ?? '', workflow)
  before(async () => {
    here = await world()
  })

  async function eventually(what: string, seen: () => boolean | Promise<boolean>): Promise<void> {
    for (const end = Date.now() + 120_000; !(await seen()); ) {
      if (Date.now() > end) throw new Error(`it never came: ${what}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  it('holds each run of a desk, and its timeline is proven like that of an incident', async () => {
    const { client } = here
    const desk = await openDesk(here, { continueAfterEvents: 20 })
    const incidents: string[] = []
    for (let i = 0; i < 5; i += 1)
      incidents.push((await desk.declare({ service: 'frontend', severity: 'LOW', fresh: true })).incident)
    await desk.declare({ service: 'no-such-service' }).catch(() => undefined)
    for (const incident of incidents) {
      await until(client, incident, 'started', () => true)
      await command(client, incident, 'cancel', aoki, { reason: 'test' })
    }
    const folder = folderOf(deskId(desk.name))
    const handle = client.workflow.getHandle(deskId(desk.name))
    let on = false
    await eventually('two runs of the desk are put away', async () => {
      on = !on
      await handle.executeUpdate('freeze', { args: [{ v: 1, by: aoki, on }] }).catch(() => undefined)
      const { state } = await handle.query<DeskView>('desk')
      return (state.archivedRun ?? 0) >= 2
    })
    for (const run of ['run-0001', 'run-0002']) assert.ok(existsSync(join(folder, `${run}.events.json`)))
    const verdict = await replay(
      deskId(desk.name),
      await historiesOf(deskId(desk.name), client, here.lab.env.HIKESHI_ARCHIVE),
      reexecute,
    )
    assert.deepEqual([verdict.verdict, verdict.difference, verdict.missing], ['identical', undefined, []])
    assert.equal(verdict.ends.how, 'open')
    assert.equal(verdict.unsealed, 0)
    const opened = verdict.timeline.filter(({ type }) => type === 'opened')
    assert.equal(opened.length, 5)
    const alone = await replay(deskId(desk.name), await historiesIn(folder), reexecute)
    assert.deepEqual(
      [alone.verdict, alone.missing.map(({ what, run }) => [what, run])],
      ['incomplete', [['run', alone.runs + 1]]],
    )
  })

  it('leaves what it finds under a name as it is, and the timeline says where the new one lies', async () => {
    const { client } = here
    const desk = await openDesk(here)
    const { incident } = await desk.declare({ service: 'frontend', severity: 'LOW' })
    await until(client, incident, 'picture', (v) => v.state.situation.taken !== undefined)
    const folder = folderOf(incident)
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'run-0001.history.json'), '"of another incident"')
    await finish(client, incident)
    const [archived] = ofType(await timeline(client, incident), 'archived')
    const { files } = (archived?.data.result ?? {}) as { files: string[] }
    assert.match(files[0] ?? '', /^run-0001\.[0-9a-f-]{36}\.history\.json$/)
    assert.equal(files[1], 'run-0001.events.json')
    assert.equal((await runsIn(folder)).length, 4)
    const verdict = await replay(
      incident,
      await historiesOf(incident, client, here.lab.env.HIKESHI_ARCHIVE),
      reexecute,
    )
    // The other file is none of a run: that it cannot be read is said.
    assert.deepEqual([verdict.verdict, verdict.missing.map(({ what }) => what)], ['incomplete', ['file']])
  })

  it('is tried again until it can be written, and the incident waits for it', async () => {
    const { client } = here
    const desk = await openDesk(here)
    const { incident } = await desk.declare({ service: 'frontend', severity: 'LOW' })
    await until(client, incident, 'picture', (v) => v.state.situation.taken !== undefined)
    const folder = folderOf(incident)
    await mkdir(dirname(folder), { recursive: true })
    await writeFile(folder, 'a file where the folder should be')
    await command(client, incident, 'resolve', aoki, {})
    await command(client, incident, 'close', aoki, { waive: 'a test' })
    const handle = client.workflow.getHandle(incident)
    await eventually('it was tried several times', async () => {
      const { raw } = await handle.describe()
      return (raw.pendingActivities ?? []).some(({ attempt }) => (attempt ?? 0) >= 2)
    })
    assert.equal((await handle.describe()).status.name, 'RUNNING')
    await rm(folder)
    await handle.result()
    const [archived] = ofType(await timeline(client, incident), 'archived')
    assert.equal(((archived?.data.result ?? {}) as { kept?: boolean }).kept, true)
    assert.deepEqual((await runsIn(folder)).toSorted(), [
      'run-0001.events.json',
      'run-0001.figures.json',
      'run-0001.history.json',
    ])
  })

  it('holds what statistics count and a post-mortem is made from, without any server', async () => {
    const { client, env } = here
    const desk = await openDesk(here)
    const { incident } = await desk.declare({ service: 'frontend', severity: 'LOW' })
    await until(client, incident, 'picture', (v) => v.state.situation.taken !== undefined)
    await command(client, incident, 'acknowledge', aoki, {})
    const fromTemporal = await hikeshi(['postmortem', incident, '-o', 'json'], { env: { ...env } })
    assert.match(JSON.parse(fromTemporal.out).text, /## Still open\n\n- The incident itself: investigating/)
    await finish(client, incident)
    const nobody = { HIKESHI_ARCHIVE: here.lab.env.HIKESHI_ARCHIVE, TEMPORAL_ADDRESS: '127.0.0.1:1' }
    const { out } = await hikeshi(['stats', '-o', 'json'], { env: nobody })
    const group = JSON.parse(out).groups.find(
      ({ name }: { name: string }) => name === `${desk.name}/frontend`,
    )
    assert.deepEqual([group?.incidents, group?.mtta?.of, group?.mttr?.of], [1, 1, 1])
    const alone = await hikeshi(['postmortem', folderOf(incident)], { env: nobody })
    const known = await hikeshi(['postmortem', incident], { env: { ...env } })
    assert.deepEqual([alone.exit, known.exit], [0, 0], alone.err + known.err)
    // Only that it was archived comes after what the archive holds.
    assert.equal(
      alone.out.split('\n').find((line) => line.startsWith('- Over after')),
      known.out.split('\n').find((line) => line.startsWith('- Over after')),
    )
  })
})

/** What is archived of the runs; what is collected at the close comes beside it when there is time. */
async function runsIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith('run-'))
}
