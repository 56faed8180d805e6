import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { noteSignerOf } from '../../edge/note-keys.ts'
import { readLog } from '../../edge/transparency/read-log.ts'
import { type Lab, labDown, labUp } from '../../lab/index.ts'
import { transparencyFolder } from '../../wire/archive.ts'
import { testLabName } from '../lab/shared.ts'
import { aoki, command, finish, type OpenWorld, openDesk, openWorld, timeline } from './world.ts'

const signer = noteSignerOf(generateKeyPairSync('ed25519').privateKey)
const origin = 'log.example/incidents'

describe('a worker with a key for the log of heads', function () {
  this.timeout(900_000)
  let lab: Lab
  let here: OpenWorld
  let folder: string

  before(async () => {
    lab = await labUp({ name: testLabName('head-log') })
    here = await openWorld(lab, { headLog: { origin, signer } })
    folder = transparencyFolder(lab.env.HIKESHI_ARCHIVE ?? assert.fail('the lab has no archive'))
  })
  after(async () => {
    await here?.close()
    await labDown(lab?.name ?? testLabName('head-log'))
  })

  it('logs the head of each incident that was closed or cancelled, one of its own timeline; then one that cannot be logged still ends, and is logged with the next one', async () => {
    const { client } = here
    const desk = await openDesk(here)
    const declared = async () =>
      (await desk.declare({ service: 'frontend', severity: 'LOW', fresh: true })).incident
    const [closed, cancelled] = [await declared(), await declared()]
    await finish(client, closed)
    await command(client, cancelled, 'cancel', aoki, { reason: 'test' })
    await client.workflow.getHandle(cancelled).result()
    const { entries } = await readLog(folder, signer)
    assert.deepEqual(entries.map(({ incident }) => incident).toSorted(), [closed, cancelled].toSorted())
    for (const { incident, seq, hash, closedAt } of entries) {
      const events = await timeline(client, incident)
      assert.equal(events.find((event) => event.seq === seq)?.hash, hash)
      const end = events.find(({ type }) => type === 'closed' || type === 'cancelled')
      assert.equal(closedAt, end?.at)
      assert.ok((end?.seq ?? assert.fail()) <= seq)
    }

    const whole = await readFile(join(folder, 'checkpoint'))
    await appendFile(join(folder, 'checkpoint'), 'x')
    const third = await declared()
    await finish(client, third)
    const archived = (await timeline(client, third)).findLast(({ type }) => type === 'archived')
    assert.equal(Object(archived?.data).result.kept, true)
    await assert.rejects(readLog(folder, signer), /HK452/)

    await writeFile(join(folder, 'checkpoint'), whole)
    await finish(client, await declared())
    const logged = (await readLog(folder, signer)).entries.map(({ incident }) => incident)
    assert.deepEqual([logged.length, logged.includes(third)], [4, true])
  })
})
