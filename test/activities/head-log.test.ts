import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { closedAt } from '../../activities/archive/archive-run.ts'
import { headLog } from '../../activities/archive/head-log.ts'
import type { IncidentEvent } from '../../domain/incident/fold/events.ts'
import type { IncidentState } from '../../domain/incident/fold/state.ts'
import { noteSignerOf } from '../../edge/note-keys.ts'
import { readLog } from '../../edge/transparency/read-log.ts'
import { transparencyFolder } from '../../wire/archive.ts'
import { entryOf, origin } from '../edge/transparency-entries.ts'
import { scratch } from '../scenarios/world.ts'

const signer = noteSignerOf(generateKeyPairSync('ed25519').privateKey)

describe('the head of an incident that is over', () => {
  const { v: _, ...head } = entryOf('shodo-7')

  function logThatTells() {
    const told: string[] = []
    const log = headLog({ origin, signer }, (incident, line) => told.push(`${incident}: ${line}`))
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
