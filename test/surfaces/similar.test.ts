/** Earlier incidents beside a new one: from an archive on disk, and told by every door. */
import assert from 'node:assert/strict'
import { openIncidents } from '../../client/incidents/incidents.ts'
import { similarIncidents } from '../../client/stats/similar.ts'
import type { Temporal } from '../../client/temporal/connect.ts'
import type { Similar } from '../../domain/figures/similar.ts'
import { refused } from '../../edge/refused.ts'
import { kato, sato, World, yamada } from '../domain/incident/world.ts'
import { scratch } from '../scenarios/world.ts'
import { openDoor } from './api-door.ts'
import { putFigures } from './archived.ts'
import { hikeshi } from './cli-process.ts'

const day = 86_400_000

/** Rolled back, so many days ago. */
function rolledBack(daysAgo: number): World {
  const world = new World({ symptom: '5xx', atMs: Date.now() - daysAgo * day })
  world.wait(60_000)
  world.command('run', sato, { step: 'rollback' })
  world.allGoesWell()
  world.command('approve', yamada, { step: 'rollback', hash: world.step('rollback').hash ?? '' })
  world.allGoesWell()
  world.command('resolve', kato, {})
  world.command('close', kato, { waive: 'a test' })
  return world
}

function put(archive: string, incident: string, { events, state }: World): Promise<void> {
  return putFigures(archive, incident, events, state.runbook.book)
}

const about = { service: 'backend', symptom: '5xx' }
const patient = { withinMs: 60_000 }
const names = (similar: readonly Similar[]) => similar.map(({ incident }) => incident)

describe('incidents that are like one', () => {
  it('come from the archive, with what healed them', () =>
    scratch(async (archive) => {
      await put(archive, 'shodo-3', rolledBack(10))
      await put(archive, 'shodo-30', rolledBack(2))
      await put(archive, 'other-9', rolledBack(2))
      const found = await similarIncidents(archive, 'shodo-42', about, patient)
      assert.deepEqual(names(found), ['shodo-30', 'shodo-3'])
      assert.equal(found[0]?.healedBy?.step, 'rollback')
      assert.ok((found[0]?.tookMs ?? 0) >= 60_000)
      const placed = await similarIncidents(archive, 'shodo-42', { service: 'shodo/backend' }, patient)
      assert.deepEqual(names(placed), ['shodo-30', 'shodo-3'])
    }))

  it('are none where there is no archive, where it cannot be read, and where it does not answer in time', () =>
    scratch(async (archive) => {
      await put(archive, 'shodo-3', rolledBack(10))
      assert.deepEqual(await similarIncidents(undefined, 'shodo-42', about), [])
      assert.deepEqual(await similarIncidents('/no/such/archive', 'shodo-42', about), [])
      const silent = { read: () => new Promise<never>(() => undefined) }
      assert.deepEqual(await similarIncidents(archive, 'shodo-42', about, silent), [])
    }))

  it('need no look at the incident where it is known what it is about', async () => {
    async function* list() {
      yield* []
    }
    const shown: string[] = []
    const getHandle = (id: string) => {
      shown.push(id)
      return assert.fail()
    }
    const connection = { withDeadline: (_: unknown, call: () => unknown) => call() }
    const temporal = { connection, client: { workflow: { list, getHandle } } } as unknown as Temporal
    assert.deepEqual(await openIncidents(temporal).similar('shodo-42', about), [])
    assert.deepEqual(shown, [])
  })
})

const last: Similar = {
  incident: 'shodo-3',
  service: 'backend',
  symptom: '5xx',
  severity: 'HIGH',
  declaredAt: '2025-11-28T16:00:00.000Z',
  timezone: 'Asia/Tokyo',
  healedBy: { step: 'rollback', title: { en: 'Roll back', ja: 'ロールバック' } },
  tookMs: 18 * 60_000,
  yearsAgo: 1,
}

describe('what doors tell of earlier incidents', () => {
  const receipt = { seq: 1, hash: 'a'.repeat(64) }
  const declared = { incident: 'shodo-42', created: true, reports: 1, repeated: false, receipt }
  const words = ['declare', '--service', 'shodo/backend', '--severity', 'HIGH', '--description', '502']

  async function told(similar: () => Promise<readonly Similar[]>, argv: readonly string[]) {
    const world = new World({ symptom: '5xx', atMs: Date.now() })
    const asked: unknown[] = []
    const door = await openDoor({
      declare: async () => declared,
      show: async () => ({ source: 'worker', state: world.state, head: receipt, earlierRuns: [] }),
      similar: async (...words) => {
        asked.push(words)
        return similar()
      },
    })
    try {
      const env = { HIKESHI_API_URL: door.url, HIKESHI_API_TOKEN: 'x' }
      return { ...(await hikeshi(argv, { env })), asked }
    } finally {
      await door.close()
    }
  }

  it('stands below the answer of declare and in show, with the day, the season, the step and the time', async () => {
    const line =
      /^ {2}shodo-3 +2025-11-29 \(also around this day, last year\), backend\/5xx: rollback \(Roll back\) healed it, resolved after 18m$/m
    const { exit, out, asked } = await told(async () => [last], [...words, '--symptom', '5xx'])
    assert.equal(exit, 0)
    assert.match(out, /^shodo-42 {2}declared\n[\s\S]*\n\nSimilar earlier incidents\n {2}shodo-3/)
    assert.match(out, line)
    assert.deepEqual(asked, [['shodo-42', { service: 'shodo/backend', symptom: '5xx' }]])
    const shown = await told(async () => [last], ['show', 'shodo-42'])
    assert.match(shown.out, line)
    assert.deepEqual(shown.asked, [['shodo-42', about]])
    const japanese = await told(async () => [last], ['show', 'shodo-42', '--lang', 'ja'])
    assert.match(
      japanese.out,
      /過去の類似インシデント\n {2}shodo-3 +2025-11-29（去年の同じ頃）、backend\/5xx: rollback（ロールバック）で回復、18m 後に復旧/,
    )
  })

  it('is a member of the data where there is any, and nothing where there is none or it fails', async () => {
    const json = async (similar: () => Promise<readonly Similar[]>, argv: readonly string[]) =>
      JSON.parse((await told(similar, [...argv, '-o', 'json'])).out)
    assert.deepEqual((await json(async () => [last], words)).similar, [last])
    assert.deepEqual((await json(async () => [last], ['show', 'shodo-42'])).similar, [last])
    const fails = async () => {
      throw refused('no-worker', { queue: 'incidents' })
    }
    for (const none of [async () => [], fails]) {
      assert.deepEqual(await json(none, words), declared)
      const { exit, out, err } = await told(none, words)
      assert.deepEqual([exit, /Similar/.test(out), err], [0, false, ''])
    }
  })

  it('is an address of the API', async () => {
    const asked: unknown[] = []
    const door = await openDoor({
      similar: async (...words) => {
        asked.push(words)
        return [last]
      },
    })
    const { status, body } = await door.ask('GET', '/incidents/shodo-42/similar')
    assert.deepEqual([status, body], [200, [last]])
    await door.ask('GET', '/incidents/shodo-42/similar?service=backend&symptom=5xx')
    assert.deepEqual(asked, [
      ['shodo-42', undefined],
      ['shodo-42', about],
    ])
    assert.equal((await door.ask('GET', '/incidents/shodo-42/similar?limit=3')).status, 400)
    await door.close()
  })
})
