import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { freezeAll } from '../../client/incidents/desks.ts'
import { desksKnown, findDesks } from '../../client/incidents/directory.ts'
import { reportAlerts } from '../../client/incidents/report-alerts.ts'
import type { Temporal } from '../../client/temporal/connect.ts'
import { Refused } from '../../edge/refused.ts'
import { aoki } from '../scenarios/world.ts'

const minute = 60_000

/** A visibility in the test's hand; desks answer every update. */
function world() {
  let desks: readonly string[] = ['shodo']
  let state: 'well' | 'refuses' | 'hangs' = 'well'
  let asked = 0
  const told: string[] = []
  async function* list() {
    asked += 1
    if (state === 'refuses') throw new Error('namespace rate limit exceeded')
    if (state === 'hangs') await new Promise(() => undefined)
    for (const desk of desks)
      yield { workflowId: `desk/${desk}`, typedSearchAttributes: { get: () => ['backend'] } }
  }
  const getHandle = (workflow: string) => ({
    executeUpdate: async (name: string) => {
      told.push(`${workflow} ${name}`)
      return name === 'batch' ? { answers: [{ answer: { receipt: 1 } }] } : { receipt: 1 }
    },
  })
  const temporal = {
    connection: { withDeadline: (_: unknown, call: () => unknown) => call() },
    client: { workflow: { list, getHandle } },
  } as unknown as Temporal
  return {
    temporal,
    told,
    asked: () => asked,
    becomes: (next: typeof state, those: readonly string[] = desks) => {
      state = next
      desks = those
    },
  }
}

const names = async (desks: ReturnType<typeof findDesks>) => (await desks).map(({ desk }) => desk)
/** Long enough for the next question to be asked, and for its answer to be heard. */
const moment = () => sleep(350)

describe('the directory of desks', () => {
  const { now } = performance
  let passedMs = 0
  before(() => {
    performance.now = () => now.call(performance) + passedMs
  })
  beforeEach(() => {
    passedMs = 0
  })
  after(() => {
    performance.now = now
  })

  it('serves an old page at once and asks beside it, and the next one sees what came of it', async () => {
    const { temporal, becomes, asked } = world()
    assert.deepEqual(await names(desksKnown(temporal)), ['shodo'])
    becomes('well', ['art', 'shodo'])
    assert.deepEqual(await names(desksKnown(temporal)), ['shodo'])
    assert.equal(asked(), 1)
    passedMs += 4_000
    await moment()
    assert.deepEqual(await names(desksKnown(temporal)), ['shodo'])
    await moment()
    assert.deepEqual(await names(desksKnown(temporal)), ['art', 'shodo'])
    assert.equal(asked(), 2)
    becomes('hangs')
    passedMs += 4_000
    assert.deepEqual(await names(desksKnown(temporal)), ['art', 'shodo'])
  })

  it('keeps its page when visibility refuses, whoever asked, for ten minutes from the answer', async () => {
    const { temporal, becomes } = world()
    await desksKnown(temporal)
    becomes('refuses')
    for (const _ of [1, 2, 3]) {
      passedMs += 3 * minute
      await moment()
      assert.deepEqual(await names(findDesks(temporal)), ['shodo'])
      assert.deepEqual(await names(desksKnown(temporal)), ['shodo'])
    }
    passedMs += 2 * minute
    await moment()
    await assert.rejects(desksKnown(temporal), Refused)
    await assert.rejects(findDesks(temporal), Refused)
    becomes('well', ['art'])
    await moment()
    assert.deepEqual(await names(desksKnown(temporal)), ['art'])
  })

  it('asks visibility a few times in a second, however many ask for what there is not', async () => {
    const { temporal, asked } = world()
    const end = now.call(performance) + 1_000
    while (now.call(performance) < end) await Promise.all([findDesks(temporal), sleep(10)])
    assert.ok(asked() >= 2 && asked() <= 4, `${asked()} questions in a second`)
  })

  it('finds a desk for every alert while visibility refuses', async () => {
    const { temporal, becomes, told } = world()
    await desksKnown(temporal)
    becomes('refuses')
    passedMs += 5 * minute
    await moment()
    const heard = { group: 'a'.repeat(32), alerts: [], hidden: 0 }
    for (const service of ['backend', 'unknown']) {
      const trouble = { service, severity: 'HIGH', description: 'slow' } as const
      await reportAlerts(temporal, { ...heard, trouble }, aoki)
    }
    assert.deepEqual(told, ['desk/shodo batch', 'desk/shodo batch'])
  })

  it('never keeps the emergency brake from the desks that were known, however long ago', async () => {
    const { temporal, becomes, told } = world()
    await desksKnown(temporal)
    becomes('refuses')
    passedMs += 60 * minute
    await moment()
    assert.deepEqual(await freezeAll(temporal, true, aoki, 'id-1'), [{ desk: 'shodo', receipt: 1 }])
    assert.deepEqual(told, ['desk/shodo freeze'])
  })
})
