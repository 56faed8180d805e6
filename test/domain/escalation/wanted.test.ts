import assert from 'node:assert/strict'
import type { Effect } from '../../../domain/incident/effects.ts'
import { isWanted, levelsDue, levelsLeft, levelsRepeated } from '../../../domain/incident/pages/escalate.ts'
import type { PageReason } from '../../../domain/words.ts'
import { bad } from '../incident/hands.ts'
import { type Circumstances, kato, noon, sato, World, yamada } from '../incident/world.ts'

const minute = 60_000
const isPage = (effect: Effect): boolean => effect.type === 'page'

/** Whether the newest page of a reason is still wanted. */
function wanted(world: World, reason: PageReason): boolean {
  const page = Object.values(world.state.pages).findLast(({ call }) => call.reason === reason)
  return isWanted(world.state, page ?? assert.fail(`nobody was called: ${reason}`))
}

/** A rollback that waits for people. */
function waiting(circumstances: Circumstances = {}): World {
  const world = new World({ severity: 'MEDIUM', ...circumstances })
  world.command('run', sato, { step: 'rollback' })
  world.allGoesWell(isPage)
  return world
}

describe('a page', () => {
  it('of the policy is wanted until what the policy says, and one of the gravest kinds until the incident is over', () => {
    for (const [until, due] of [
      ['acknowledged', false],
      ['resolved', true],
    ] as const) {
      const world = new World({ policy: { until } })
      world.waitUntil('5:00')
      world.command('escalate', kato, { level: 'cto' })
      world.command('set-risk', kato, { breach: true })
      const all = () => (['due', 'by-hand', 'breach'] as const).map((reason) => wanted(world, reason))
      assert.deepEqual(all(), [true, true, true])
      world.command('acknowledge', yamada, {})
      assert.deepEqual(all(), [due, true, true])
      world.command('resolve', sato, {})
      assert.deepEqual(all(), [false, false, false])
    }
  })

  it('that asks once more is wanted until somebody acknowledges, though the policy goes on', () => {
    const world = new World({ policy: { pauses: { repeatEvery: '10m' } } })
    world.waitUntil('15:00')
    assert.equal(wanted(world, 'repeat'), true)
    world.command('acknowledge', yamada, {})
    assert.deepEqual([wanted(world, 'repeat'), wanted(world, 'due')], [false, true])
  })

  it('about a proposal is wanted while that waits', () => {
    const world = waiting()
    world.waitUntil('5:00')
    assert.equal(wanted(world, 'waiting'), true)
    world.command('reject', yamada, { step: 'rollback', reason: 'no' })
    assert.equal(wanted(world, 'waiting'), false)
  })

  it('about an update is wanted until the commander gives one, or somebody else commands', () => {
    for (const [end, still] of [
      [(world: World) => world.command('acknowledge', kato, {}), true],
      [(world: World) => world.command('note', sato, { text: 'the disk was full' }), false],
      [(world: World) => world.command('set-commander', sato, { person: 'tanaka' }), false],
    ] as const) {
      const world = new World({ severity: 'HIGH' })
      world.command('set-commander', sato, { person: 'suzuki' })
      // In this very moment it is due.
      world.waitUntil('30:00')
      assert.equal(wanted(world, 'update'), true)
      end(world)
      assert.equal(wanted(world, 'update'), still)
    }
  })

  it('that it is over is wanted until it is not', () => {
    const world = new World()
    world.waitUntil('5:00')
    world.command('resolve', sato, {})
    assert.equal(wanted(world, 'all-clear'), true)
    world.command('reopen', sato, { reason: 'it is back' })
    assert.equal(wanted(world, 'all-clear'), false)
  })

  it('holds the first 500 characters of the declaration', () => {
    for (const [length, held] of [
      [500, 500],
      [501, 500],
    ] as const) {
      const world = new World({ description: 'x'.repeat(length) })
      world.waitUntil('5:00')
      assert.equal(world.pages()[0]?.description.length, held)
    }
  })

  it('is late by what its channel took it after its time, and never early', () => {
    for (const [afterDue, lateMs] of [
      [-1_000, 0],
      [0, 0],
      [1, 1],
    ] as const) {
      const world = new World()
      world.waitUntil('5:00')
      const key = world.pages()[0]?.key ?? assert.fail('nobody was called')
      const sentAtMs = world.now + afterDue
      world.answer(`page/${key}`, {
        type: 'page-ended',
        key,
        outcome: { ok: true, value: { sentAtMs }, attempt: 1 },
      })
      assert.deepEqual(
        world.told('page-sent').map((sent) => sent.lateMs),
        [lateMs],
      )
    }
  })

  it('about a proposal still names it when it is tried again', () => {
    const world = waiting()
    world.waitUntil('5:00')
    const before = world.pages().findLast(({ reason }) => reason === 'waiting')
    const key = before?.key ?? assert.fail('nobody was reminded')
    world.answer(`page/${key}`, { type: 'page-ended', key, outcome: bad('channel-refused') })
    world.wait(1)
    const { step, says, channel } = world.pages().at(-1) ?? assert.fail()
    assert.deepEqual([step, says, channel], ['rollback', before?.says, 'mail'])
  })
})

describe('the levels of a policy', () => {
  const ids = (levels: readonly { readonly level: string }[]) => levels.map(({ level }) => level)

  it('are due in the order of their times, whatever order they stand in', () => {
    const { state } = new World()
    const escalation = {
      'team-lead': { reason: 'due', dueMs: noon + 3 * minute, repeatMs: noon + 2 * minute },
      cto: { reason: 'due', dueMs: noon + minute, repeatMs: noon + 3 * minute },
      security: { reason: 'due', dueMs: noon + 2 * minute, repeatMs: noon + minute },
    } as const
    assert.deepEqual(ids(levelsDue({ ...state, escalation })), ['cto', 'security', 'team-lead'])
    assert.deepEqual(ids(levelsRepeated({ ...state, escalation })), ['security', 'team-lead', 'cto'])
  })

  it('are those of which nobody was called yet, and of these some are due', () => {
    const world = new World()
    world.waitUntil('5:00')
    assert.deepEqual(
      [ids(levelsDue(world.state)), levelsLeft(world.state).map(({ id }) => id)],
      [['cto'], ['cto', 'security']],
    )
    world.command('resolve', sato, {})
    assert.deepEqual(levelsDue(world.state), [])
  })

  it('that were called keep their calls when the others get their time again', () => {
    const world = new World({ severity: 'LOW', policy: { until: 'acknowledged' } })
    world.waitUntil('6:00')
    world.command('acknowledge', yamada, {})
    world.waitUntil('20:00')
    world.command('set-risk', sato, { breach: true })
    world.wait(60 * minute)
    assert.deepEqual(
      world.told('escalated').map(({ level, reason }) => `${level} ${reason}`),
      ['team-lead due', 'security breach', 'cto due'],
    )
  })
})

describe('a reminder of what waits', () => {
  const reminded = (world: World) =>
    world.pages().flatMap(({ reason, person }) => (reason === 'waiting' ? [person] : []))

  it('goes to those who were called, be it one level that is not the first', () => {
    const world = waiting({ policy: { approvals: { remindAfter: minute } } })
    world.command('escalate', kato, { level: 'cto' })
    world.waitUntil('1:00')
    assert.deepEqual(reminded(world), ['suzuki'])
  })

  it('is for nobody where nobody is asked, or somebody took it up', () => {
    const held = new World({ severity: 'MEDIUM', policy: { automatic: ['reversible'] } })
    held.command('run', sato, { step: 'rollback' })
    held.command('freeze', kato, { on: true })
    held.allGoesWell(isPage)
    held.wait(20 * minute)
    assert.equal(held.step('rollback').status, 'proposed')
    assert.deepEqual(reminded(held), [])
    const taken = waiting()
    const { hash = '' } = taken.step('rollback')
    taken.command('approve', yamada, { step: 'rollback', hash })
    taken.wait(20 * minute)
    assert.deepEqual(reminded(taken), [])
  })
})
