import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { closedAt } from '../../activities/archive/archive-run.ts'
import { headLog } from '../../activities/archive/head-log.ts'
import type { IncidentEvent } from '../../domain/incident/fold/events.ts'
import type { IncidentState } from '../../domain/incident/fold/state.ts'
import { noteSignerOf } from '../../edge/note-keys.ts'
import { readLog } from '../../edge/transparency/read-log.ts'
import { putWaiting, waitingIn } from '../../edge/transparency/waiting.ts'
import { transparencyFolder } from '../../wire/archive.ts'
import { entryOf, origin } from '../edge/transparency-entries.ts'
import { scratch } from '../scenarios/world.ts'

const signer = noteSignerOf(generateKeyPairSync('ed25519').privateKey)

describe('the head of an incident that is over', () => {
  const { v: _, ...head } = entryOf('shodo-7')

  function logThatTells() {
    const told: string[] = []
    const log = headLog({ origin, signer }, (line, incident) => told.push(`${incident}: ${line}`))
    return { log, told }
  }

  it('goes into the log of the archive, once, at whatever attempt', () =>
    scratch(async (archive) => {
      const { log, told } = logThatTells()
      await log.add(archive, head)
      await log.add(archive, head)
      const { entries } = await readLog(transparencyFolder(archive), signer)
      assert.deepEqual(entries, [{ v: 1, ...head }])
      assert.deepEqual(told, [])
    }))

  it('holds the archive up neither where the log was changed nor where it cannot be written; that is told', () =>
    scratch(async (dir) => {
      const { log, told } = logThatTells()
      const changed = join(dir, 'changed')
      await mkdir(transparencyFolder(changed), { recursive: true })
      await writeFile(join(transparencyFolder(changed), 'checkpoint'), 'x')
      await log.add(changed, head)
      assert.match(told.pop() ?? '', /^shodo-7: HK452 .*checkpoint cannot be read/)
      const closed = join(dir, 'closed')
      await writeFile(closed, 'a file')
      await log.add(closed, head)
      assert.match(told.pop() ?? '', /^shodo-7: HK554 .*ENOTDIR/)
    }))

  it('waits where it could not be logged, and is logged with the next one and by the next worker', () =>
    scratch(async (archive) => {
      const folder = transparencyFolder(archive)
      const { log, told } = logThatTells()
      const names = async () => (await readLog(folder, signer)).entries.map(({ incident }) => incident)
      await log.add(archive, head)
      const checkpoint = join(folder, 'checkpoint')
      const whole = await readFile(checkpoint)
      const next = (incident: string) => log.add(archive, { ...head, incident })
      await writeFile(checkpoint, 'x')
      await next('shodo-8')
      await next('shodo-9')
      assert.deepEqual(
        told.splice(0).map((line) => line.slice(0, 40)),
        ['shodo-8: HK452 the head of shodo-8 is no', 'shodo-9: HK452 the head of shodo-9 is no'],
      )
      assert.equal((await waitingIn(folder)).length, 2)
      await writeFile(checkpoint, whole)
      await next('shodo-10')
      assert.deepEqual((await names()).toSorted(), ['shodo-10', 'shodo-7', 'shodo-8', 'shodo-9'])
      assert.deepEqual(await waitingIn(folder), [])

      const { v: _, ...eleven } = entryOf('shodo-11')
      await putWaiting(folder, { v: 1, ...eleven }, { origin, signer })
      await log.addWaiting(archive)
      assert.equal((await names()).at(-1), 'shodo-11')
      assert.deepEqual([told, await waitingIn(folder)], [[], []])
    }))

  it('of somebody who can write the folder and has not the key goes into no log, and keeps no other out', () =>
    scratch(async (archive) => {
      const folder = transparencyFolder(archive)
      const { log, told } = logThatTells()
      const stranger = noteSignerOf(generateKeyPairSync('ed25519').privateKey)
      await putWaiting(folder, { v: 1, ...head, incident: 'shodo-1' }, { origin, signer: stranger })
      await putWaiting(folder, { v: 1, ...head, incident: 'shodo-2' }, { origin, signer })
      const [, second = ''] = await waitingIn(folder)
      // Signed, and of another head than its name says.
      await rename(
        join(folder, 'waiting', second),
        join(folder, 'waiting', second.replace('shodo-2', 'shodo-3')),
      )
      await log.add(archive, head)
      const { entries } = await readLog(folder, signer)
      assert.deepEqual(
        entries.map(({ incident }) => incident),
        ['shodo-7'],
      )
      assert.equal(told.length, 2)
      for (const line of told) assert.match(line, /HK452 waiting\/shodo-[13]\S+ is not in the log: /)
    }))

  it('is that of one which was closed or cancelled, with the time of that', () => {
    const at = '2026-11-30T05:00:00.000Z'
    const events = [
      { type: 'cancelled', at },
      { type: 'note', at: '2026-11-30T06:00:00.000Z' },
    ]
    const of = (state: object) => closedAt(state as IncidentState, events as unknown as IncidentEvent[])
    assert.equal(of({ phase: 'monitoring' }), undefined)
    assert.equal(
      of({ phase: 'closed', closed: { at: '2026-11-30T04:00:00.000Z' } }),
      '2026-11-30T04:00:00.000Z',
    )
    assert.equal(of({ phase: 'cancelled' }), at)
  })
})
