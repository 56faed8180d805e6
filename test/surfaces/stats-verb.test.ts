/** `hikeshi stats` over an archive alone: no server is needed. */
import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import type { IncidentEvent } from '../../domain/incident/fold/events.ts'
import { archiveFolder } from '../../wire/archive.ts'
import { kato, noon, sato, World, yamada } from '../domain/incident/world.ts'
import { scratch } from '../scenarios/world.ts'
import { putFigures } from './archived.ts'
import { hikeshi } from './cli-process.ts'

function put(
  archive: string,
  incident: string,
  events: readonly IncidentEvent[],
  book = new World().state.runbook.book,
): Promise<void> {
  return putFigures(archive, incident, events, book)
}

function rolledBack(): World {
  const world = new World({ symptom: '5xx' })
  world.wait(60_000)
  world.command('acknowledge', yamada, {})
  world.command('run', sato, { step: 'rollback' })
  world.allGoesWell()
  world.command('approve', yamada, { step: 'rollback', hash: world.step('rollback').hash ?? '' })
  world.allGoesWell()
  world.command('resolve', kato, {})
  world.command('close', kato, { waive: 'a test' })
  return world
}

/** One that was rolled back, one that paged at night, one without figures. */
async function archiveIn(archive: string): Promise<void> {
  await put(archive, 'shodo-1', rolledBack().events)
  const night = new World({ service: 'frontend', severity: 'LOW', atMs: noon + 12 * 3_600_000 })
  night.wait(20 * 60_000)
  night.allGoesWell()
  night.command('cancel', kato, { reason: 'a false alarm' })
  await put(archive, 'shodo-2', night.events)
  await mkdir(archiveFolder(archive, 'shodo-3'))
  await mkdir(archiveFolder(archive, 'desk/shodo'), { recursive: true })
}

describe('hikeshi stats', () => {
  const stats = (archive: string, ...argv: readonly string[]) =>
    hikeshi(['stats', ...argv], { env: { HIKESHI_ARCHIVE: archive } })

  it('counts an archive without any server, and says what was not counted', () =>
    scratch(async (archive) => {
      await archiveIn(archive)
      const { exit, out, err } = await stats(archive)
      assert.equal(exit, 0)
      assert.match(out, /^shodo\/backend +1 +0 +0 +\d+ +1m \(mean 1m\)/m)
      assert.match(out, /^shodo\/rollback +1 +1 +1 +0/m)
      assert.match(out, /Symptoms never seen\n {2}- shodo\/backend\/slow: Slow/)
      assert.match(err, /Only the archive is counted: /)
      assert.match(err, /1 without figures, not counted: shodo-3/)
    }))

  it('gives the same as data, as rows, as a picture, by severity and by week', () =>
    scratch(async (archive) => {
      await archiveIn(archive)
      const data = JSON.parse((await stats(archive, '-o', 'json', '--by', 'severity')).out)
      assert.deepEqual(
        data.groups.map(
          ({ name, incidents, cancelled }: { name: string; incidents: number; cancelled: number }) => [
            name,
            incidents,
            cancelled,
          ],
        ),
        [
          ['HIGH', 1, 0],
          ['LOW', 1, 1],
        ],
      )
      assert.equal(data.all.mtta.medianMs, 60_000)
      const { out: csv } = await stats(archive, '--output', 'csv', '--by', 'week')
      assert.match(csv, /^table,name,measure,value\r?\n/)
      assert.match(csv, /week,2026-W48,incidents,2/)
      assert.match(csv, /step,shodo\/rollback,healed,1/)
      const { out: svg } = await stats(archive, '-o', 'svg')
      assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]*>/)
      assert.ok(svg.includes('shodo/backend') && svg.trimEnd().endsWith('</svg>'))
      assert.match((await stats(archive, '-o', 'yaml')).out, /^by: service/)
    }))

  it('takes the format from before the verb too, as every verb does', () =>
    scratch(async (archive) => {
      await archiveIn(archive)
      const behind = await stats(archive, '-o', 'csv')
      for (const before of [['-o', 'csv'], ['-ocsv'], ['--lang', 'en', '--output=csv']]) {
        const ran = await hikeshi([...before, 'stats'], { env: { HIKESHI_ARCHIVE: archive } })
        assert.deepEqual([ran.exit, ran.out], [0, behind.out], before.join(' '))
      }
    }))

  it('counts only what was declared in the time that is asked for', () =>
    scratch(async (archive) => {
      await archiveIn(archive)
      const of = async (...argv: readonly string[]) =>
        JSON.parse((await stats(archive, '-o', 'json', ...argv)).out).all.incidents
      assert.equal(await of('--since', '2026-11-24T06:00:00Z'), 1)
      assert.equal(await of('--until', '2026-11-24T15:00:00+09:00'), 1)
      assert.equal(await of('--since', '2026-11-25T06:00:00Z'), 0)
      const wrong = await stats(archive, '--since', '2026-11-24')
      assert.deepEqual([wrong.exit, /--since/.test(wrong.err)], [2, true])
    }))

  it('is Japanese in Japanese', () =>
    scratch(async (archive) => {
      await archiveIn(archive)
      const { out } = await stats(archive, '--lang', 'ja')
      assert.match(out, /一度も起きていない症状/)
      assert.match(out, /1m（平均 1m）/)
    }))

  it('without an archive and without a server is refused', async () => {
    const { exit, err } = await hikeshi(['stats'])
    assert.equal(exit, 5)
    assert.match(err, /HIKESHI_ARCHIVE is not set/)
  })

  it('of an archive that is not there is refused', async () => {
    const { exit, err } = await stats('/no/such/archive')
    assert.deepEqual([exit, /HK101 HIKESHI_ARCHIVE \/no\/such\/archive/.test(err)], [2, true])
  })

  it('has more formats than other verbs, and its mistakes in the format that was asked for', async () => {
    const { exit, err } = await hikeshi(['stats', '-o', 'json'])
    assert.deepEqual([exit, err.split('\n').some((line) => line.startsWith('{"error"'))], [5, true])
    assert.equal((await hikeshi(['stats', '-o', 'xml'])).exit, 2)
    assert.equal((await hikeshi(['show', 'shodo-1', '-o', 'csv'])).exit, 2)
  })
})
