import assert from 'node:assert/strict'
import type { Effect } from '../../../domain/incident/effects.ts'
import { bad } from '../incident/hands.ts'
import { kato, noon, person, sato, World, yamada } from '../incident/world.ts'

const minute = 60_000
const notPages = (effect: Effect): boolean => effect.type !== 'page'

/** Pages that are out now are taken by their channel at once. */
function pagesGoOut(world: World): void {
  world.allGoesWell(notPages)
}

function people(world: World): readonly string[] {
  return world.pages().map((p) => p.person)
}

/** The one page that is being sent. */
function sending(world: World): string {
  const [key, ...more] = [...world.inFlight.values()].flatMap(({ effect }) =>
    effect.type === 'page' ? [effect.page.key] : [],
  )
  assert.deepEqual(more, [])
  return key ?? assert.fail('no page is being sent')
}

function pageFails(world: World, name: 'channel-unreachable' | 'channel-refused'): void {
  const key = sending(world)
  world.answer(`page/${key}`, { type: 'page-ended', key, outcome: bad(name) })
}

describe('escalation', () => {
  it('at 4:59 nobody, at 5:00 the team lead once, at 10:00 the CTO once, and nobody after that', () => {
    const world = new World()
    world.waitUntil('4:59')
    assert.deepEqual(world.called(), [])
    world.waitUntil('5:00')
    pagesGoOut(world)
    assert.deepEqual(people(world), ['tanaka'])
    world.waitUntil('9:59')
    assert.deepEqual(people(world), ['tanaka'])
    world.waitUntil('10:00')
    pagesGoOut(world)
    assert.deepEqual(people(world), ['tanaka', 'suzuki'])
    world.wait(48 * 60 * minute)
    assert.deepEqual(people(world), ['tanaka', 'suzuki'])
    assert.deepEqual(
      world.told('escalated').map((e) => [e.level, e.reason, e.lateMs]),
      [
        ['team-lead', 'due', 0],
        ['cto', 'due', 0],
      ],
    )
  })

  it('each page says when it was due, when it was sent, and how late that was', () => {
    const world = new World()
    world.waitUntil('5:00')
    const key = sending(world)
    world.clockAhead(1_300)
    world.answer(`page/${key}`, {
      type: 'page-ended',
      key,
      outcome: { ok: true, value: { sentAtMs: world.now, reference: 'm-7' }, attempt: 1 },
    })
    assert.deepEqual(world.told('page-sent'), [
      {
        key: 'shodo-42/team-lead/tanaka/oncall/1',
        due: '2026-11-24T03:05:00.000Z',
        sent: '2026-11-24T03:05:01.300Z',
        lateMs: 1_300,
        reference: 'm-7',
        mayBeRepeat: false,
      },
    ])
  })

  it('a page whose worker died before it reported is marked as one that may have gone out twice', () => {
    const world = new World()
    world.waitUntil('5:00')
    const key = sending(world)
    world.answer(`page/${key}`, {
      type: 'page-ended',
      key,
      outcome: { ok: true, value: { sentAtMs: world.now }, attempt: 2 },
    })
    assert.deepEqual(
      world.told('page-sent').map((p) => p.mayBeRepeat),
      [true],
    )
  })

  it('at risk of data loss everyone is called at 0:00, once', () => {
    const world = new World({ dataLoss: true })
    pagesGoOut(world)
    assert.deepEqual(people(world), ['tanaka', 'suzuki', 'mori', 'ito'])
    assert.deepEqual([...new Set(world.pages().map((p) => p.reason))], ['data-loss'])
    world.wait(60 * minute)
    assert.equal(world.pages().length, 4)
  })

  it('on suspicion of a breach security is called at 0:00, the others at their times', () => {
    const world = new World({ breach: true })
    assert.deepEqual(world.called(), ['security'])
    world.waitUntil('10:00')
    assert.deepEqual(world.called(), ['security', 'team-lead', 'cto'])
  })

  it('resolved at 4:58: nobody is called', () => {
    const world = new World()
    world.waitUntil('4:58')
    world.command('resolve', sato, {})
    world.wait(24 * 60 * minute)
    assert.deepEqual(world.pages(), [])
  })

  it('data loss that becomes known at minute 3 calls everyone at minute 3, and nobody a second time', () => {
    const world = new World()
    world.waitUntil('3:00')
    world.command('set-risk', sato, { dataLoss: true })
    assert.deepEqual(world.called(), ['team-lead', 'cto', 'security'])
    assert.ok(world.pages().every((p) => p.dueMs === noon + 3 * minute))
    world.waitUntil('15:00')
    assert.equal(world.pages().length, 4)
  })

  it('data loss that becomes known at minute 6 calls those who were not called yet', () => {
    const world = new World()
    world.waitUntil('6:00')
    pagesGoOut(world)
    world.command('report', yamada, {
      declaration: { service: 'backend', severity: 'LOW', description: 'rows are gone', dataLoss: true },
    })
    assert.deepEqual(people(world), ['tanaka', 'suzuki', 'mori', 'ito'])
  })

  it('after an outage all overdue levels are called at once, in order, with their lateness', () => {
    const world = new World()
    world.outage(12 * minute)
    assert.deepEqual(
      world.told('escalated').map((e) => [e.level, e.lateMs]),
      [
        ['team-lead', 7 * minute],
        ['cto', 2 * minute],
      ],
    )
  })

  it('a desk that was slow to start the incident takes nothing from its time: 5:00 counts from the declaration', () => {
    const world = new World({ startedLateMs: 2 * minute })
    world.waitUntil('4:59')
    assert.deepEqual(world.called(), [])
    world.waitUntil('5:00')
    assert.deepEqual(world.called(), ['team-lead'])
  })

  it('a reopened incident counts anew for those who were not called, and leaves those who were', () => {
    const world = new World()
    world.waitUntil('6:00')
    pagesGoOut(world)
    world.command('resolve', sato, {})
    world.waitUntil('20:00')
    world.command('reopen', sato, { reason: 'it is back' })
    world.waitUntil('29:59')
    assert.deepEqual(people(world), ['tanaka'])
    world.waitUntil('30:00')
    assert.deepEqual(people(world), ['tanaka', 'suzuki'])
  })

  it('a page that resolution called back goes out again when the incident is reopened, under a new key', () => {
    const world = new World()
    world.waitUntil('5:00')
    const key = sending(world)
    world.command('resolve', sato, {})
    world.answer(`page/${key}`, { type: 'page-cancelled', key })
    world.wait(minute)
    assert.equal(world.pages().length, 1)
    world.command('reopen', sato, { reason: 'it is back' })
    assert.deepEqual(
      world.pages().map((p) => p.key),
      ['shodo-42/team-lead/tanaka/oncall/1', 'shodo-42/team-lead/tanaka/oncall/2'],
    )
  })

  it('a page that is called back only after the reopening is not lost either', () => {
    const world = new World()
    world.waitUntil('5:00')
    const key = sending(world)
    world.command('resolve', sato, {})
    world.command('reopen', sato, { reason: 'too early' })
    world.answer(`page/${key}`, { type: 'page-cancelled', key })
    assert.equal(sending(world), 'shodo-42/team-lead/tanaka/oncall/2')
  })

  it('a failing channel is tried three times, then the next one, and after all of them from the start a minute later', () => {
    const world = new World()
    world.waitUntil('5:00')
    for (let attempt = 1; attempt <= 7; attempt += 1) {
      pageFails(world, 'channel-unreachable')
      world.wait(attempt % 6 === 0 ? minute : 5_000)
    }
    assert.ok(world.pages().every((p) => p.dueMs === noon + 5 * minute))
    assert.deepEqual(
      world.pages().map((p) => `${p.channel}/${p.attempt}`),
      ['oncall/1', 'oncall/2', 'oncall/3', 'mail/4', 'mail/5', 'mail/6', 'oncall/7', 'oncall/8'],
    )
    const tries = world.events.filter((e) => e.type === 'page-requested').map((e) => Date.parse(e.at) - noon)
    const failed = world.events.filter((e) => e.type === 'page-failed').map((e) => Date.parse(e.at) - noon)
    assert.deepEqual(
      failed.slice(0, 6).map((at, i) => (tries[i + 1] ?? 0) - at),
      [5_000, 5_000, 0, 5_000, 5_000, 60_000],
    )
  })

  it('a channel that refuses is left at once for the next one', () => {
    const world = new World()
    world.waitUntil('5:00')
    pageFails(world, 'channel-refused')
    assert.equal(sending(world), 'shodo-42/team-lead/tanaka/mail/2')
    pageFails(world, 'channel-refused')
    world.wait(minute - 1)
    assert.equal(world.pages().length, 2)
    world.wait(1)
    assert.equal(sending(world), 'shodo-42/team-lead/tanaka/oncall/3')
  })

  it('a page that failed is not tried again after resolution', () => {
    const world = new World()
    world.waitUntil('5:00')
    pageFails(world, 'channel-unreachable')
    world.command('resolve', sato, {})
    world.wait(60 * minute)
    assert.equal(world.pages().length, 1)
  })

  it('an acknowledgement ends escalation where the policy says so, and only there', () => {
    for (const until of ['acknowledged', 'resolved'] as const) {
      const world = new World({ policy: { until } })
      world.waitUntil('4:00')
      world.command('acknowledge', sato, {})
      world.waitUntil('10:00')
      assert.deepEqual(world.called(), until === 'acknowledged' ? [] : ['team-lead', 'cto'])
    }
  })

  it('who acknowledged before is not asked again, but a reopening wants a new acknowledgement', () => {
    const world = new World({ policy: { until: 'acknowledged' } })
    world.command('acknowledge', sato, {})
    assert.equal(world.refusal('acknowledge', yamada, {}), 'already')
    world.command('resolve', sato, {})
    world.command('reopen', kato, { reason: 'it is back' })
    world.wait(5 * minute)
    assert.deepEqual(world.called(), ['team-lead'])
    world.command('acknowledge', yamada, {})
    world.wait(5 * minute)
    assert.deepEqual(world.called(), ['team-lead'])
  })

  it('escalating by hand calls the next level, or the one that is named, even after acknowledgement', () => {
    const world = new World({ policy: { until: 'acknowledged' } })
    world.command('acknowledge', sato, {})
    world.command('escalate', sato, {})
    world.command('escalate', sato, { level: 'security' })
    assert.deepEqual(world.called(), ['team-lead', 'security'])
    assert.equal(world.refusal('escalate', sato, { level: 'security' }), 'no-level-left')
    assert.equal(world.refusal('escalate', sato, { level: 'board' }), 'unknown-level')
    world.command('escalate', sato, {})
    assert.equal(world.refusal('escalate', sato, {}), 'no-level-left')
  })

  it('internal errors call the first level once in ten minutes', () => {
    const world = new World()
    for (let second = 0; second < 1_300; second += 10) {
      world.feed({ type: 'internal-error', where: 'test', reason: 'a defect' })
      pagesGoOut(world)
      world.wait(10_000)
    }
    const alarms = world.pages().filter((p) => p.reason === 'internal-error')
    assert.deepEqual(
      alarms.map((p) => (p.dueMs - noon) / minute),
      [0, 10, 20],
    )
  })

  it('an unverified person can escalate: calling for help needs no token', () => {
    const world = new World()
    world.command('escalate', person('watanabe', false), {})
    assert.deepEqual(people(world), ['tanaka'])
  })
})
