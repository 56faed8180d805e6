import assert from 'node:assert/strict'
import { type Effect, unwantedPages } from '../../../domain/incident/effects.ts'
import { said } from '../../../domain/words.ts'
import { bad } from '../incident/hands.ts'
import { kato, noon, person, sato, World, yamada } from '../incident/world.ts'

const minute = 60_000
const isPage = (effect: Effect): boolean => effect.type === 'page'
const notPages = (effect: Effect): boolean => !isPage(effect)

/** Pages that are out now are taken by their channel at once. */
function pagesGoOut(world: World): void {
  world.allGoesWell(notPages)
}

function people(world: World): readonly string[] {
  return world.pages().map((p) => p.person)
}

/** The one page that is being sent. */
function sending(world: World): string {
  const [key, ...more] = [...world.inFlight.values()].flatMap(({ effect, cancelled }) =>
    effect.type === 'page' && !cancelled ? [effect.page.key] : [],
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

  it('data loss that becomes known late calls everyone whom the policy names, also those who were called for less', () => {
    const world = new World()
    world.waitUntil('6:00')
    pagesGoOut(world)
    world.command('report', yamada, {
      declaration: { service: 'backend', severity: 'LOW', description: 'rows are gone', dataLoss: true },
    })
    assert.deepEqual(people(world), ['tanaka', 'tanaka', 'suzuki', 'mori', 'ito'])
    assert.ok(
      world
        .pages()
        .slice(1)
        .every((p) => p.reason === 'data-loss'),
    )
    world.command('set-risk', sato, { breach: true })
    assert.deepEqual(people(world).slice(5), ['mori', 'ito'])
  })

  it('data loss and a breach call also after somebody acknowledged', () => {
    for (const risk of [{ dataLoss: true }, { breach: true }]) {
      const world = new World({ severity: 'LOW', policy: { until: 'acknowledged' } })
      world.command('acknowledge', sato, {})
      world.wait(60 * minute)
      assert.deepEqual(world.pages(), [])
      world.command('set-risk', sato, risk)
      assert.ok(world.called().includes('security'))
      world.wait(minute)
      // Who acknowledged knew nothing of it: the others have their time again.
      world.wait(10 * minute)
      assert.deepEqual([...world.called()].sort(), ['cto', 'security', 'team-lead'])
    }
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

  const calls = (world: World) => world.pages().filter((p) => p.reason !== 'all-clear')

  it('a reopened incident starts the policy over: whoever was called has heard that it is over', () => {
    for (const reopenedAt of ['6:01', '19:59', '40:00']) {
      const world = new World()
      world.waitUntil('6:00')
      pagesGoOut(world)
      world.command('resolve', sato, {})
      world.waitUntil(reopenedAt)
      world.command('reopen', sato, { reason: 'it is back' })
      world.wait(60 * minute)
      assert.deepEqual(
        calls(world)
          .slice(1)
          .map((p) => p.person),
        ['tanaka', 'suzuki'],
      )
    }
  })

  it('a page that resolution called back goes out again when the incident is reopened, under a new key', () => {
    const world = new World()
    world.waitUntil('5:00')
    const key = sending(world)
    world.command('resolve', sato, {})
    world.answer(`page/${key}`, { type: 'page-cancelled', key })
    world.wait(minute)
    assert.equal(calls(world).length, 1)
    world.command('reopen', sato, { reason: 'it is back' })
    assert.deepEqual(
      calls(world).map((p) => p.key),
      ['shodo-42/team-lead/tanaka/oncall/1', 'shodo-42/team-lead/tanaka/oncall/3'],
    )
  })

  it('a page that is called back only after the reopening is not lost either', () => {
    const world = new World()
    world.waitUntil('5:00')
    const key = sending(world)
    world.command('resolve', sato, {})
    world.command('reopen', sato, { reason: 'too early' })
    world.answer(`page/${key}`, { type: 'page-cancelled', key })
    assert.equal(sending(world), 'shodo-42/team-lead/tanaka/oncall/3')
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
    assert.deepEqual(
      world.pages().map((p) => p.reason),
      ['due', 'all-clear'],
    )
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
    assert.equal(world.refusal('escalate', sato, { level: 'board' }), 'unknown-level')
    world.command('escalate', sato, {})
    assert.equal(world.refusal('escalate', sato, {}), 'no-level-left')
  })

  it('a level can be called by hand again, as often as somebody names it: the page may have been slept through', () => {
    const world = new World()
    world.waitUntil('5:00')
    pagesGoOut(world)
    world.command('escalate', sato, { level: 'team-lead' })
    assert.deepEqual(
      world.pages().map((p) => p.key),
      ['shodo-42/team-lead/tanaka/oncall/1', 'shodo-42/team-lead/tanaka/oncall/2'],
    )
  })

  it('internal errors call the first level once in ten minutes', () => {
    const world = new World()
    for (let second = 0; second < 1_300; second += 10) {
      world.feed({ type: 'internal-error', where: 'test', reason: 'a defect' })
      pagesGoOut(world)
      world.wait(10_000)
    }
    assert.equal(world.state.internalErrors, world.told('internal-error').length)
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

  it('a severity that rises calls those who were called for less, once for each step up; the others keep their time', () => {
    const world = new World({ severity: 'LOW' })
    world.waitUntil('6:00')
    pagesGoOut(world)
    world.command('set-severity', sato, { severity: 'HIGH' })
    world.command('set-severity', sato, { severity: 'LOW' })
    world.command('report', yamada, {
      declaration: { service: 'backend', severity: 'HIGH', description: 'still' },
    })
    world.command('report', yamada, {
      declaration: { service: 'backend', severity: 'CRITICAL', description: 'nothing answers' },
    })
    pagesGoOut(world)
    world.waitUntil('10:00')
    assert.deepEqual(
      world.told('escalated').map((e) => [e.level, e.reason]),
      [
        ['team-lead', 'due'],
        ['team-lead', 'worse'],
        ['team-lead', 'worse'],
        ['cto', 'due'],
      ],
    )
    assert.match(
      world.pages().at(-1)?.says.en ?? '',
      /^\[CRITICAL\] shodo-42 backend: The backend answers 502\. CTO is due/,
    )
  })

  it('a severity that rises after an acknowledgement calls again: nobody acknowledged that', () => {
    const world = new World({ severity: 'LOW', policy: { until: 'acknowledged' } })
    world.waitUntil('5:00')
    world.command('acknowledge', yamada, {})
    world.wait(60 * minute)
    assert.deepEqual(world.called(), ['team-lead'])
    world.command('set-severity', sato, { severity: 'HIGH' })
    assert.deepEqual(world.called(), ['team-lead', 'team-lead'])
    world.wait(10 * minute)
    assert.deepEqual(world.called(), ['team-lead', 'team-lead', 'cto'])
  })

  it('what is set as it is already is no news', () => {
    const world = new World({ severity: 'MEDIUM' })
    const before = world.events.length
    world.command('set-severity', sato, { severity: 'MEDIUM' })
    world.command('set-risk', sato, { breach: false })
    assert.equal(world.events.length, before)
  })

  it('who was called is called again until somebody acknowledges, by word or by deed', () => {
    for (const answer of ['acknowledge', 'run'] as const) {
      const world = new World({ policy: { pauses: { repeatEvery: '10m' } } })
      world.waitUntil('25:00')
      assert.deepEqual(
        world.told('escalated').map((e) => [e.level, e.reason]),
        [
          ['team-lead', 'due'],
          ['cto', 'due'],
          ['team-lead', 'repeat'],
          ['cto', 'repeat'],
          ['team-lead', 'repeat'],
        ],
      )
      if (answer === 'run') world.command('run', yamada, { step: 'scale-out' })
      else world.command('acknowledge', yamada, {})
      assert.equal(world.state.acknowledged?.by.id, 'yamada')
      world.wait(60 * minute)
      assert.equal(world.called().length, 5)
    }
  })

  it('an acknowledgement lapses after what the policy names, counted from the last thing that a person did', () => {
    const world = new World({ policy: { until: 'acknowledged', pauses: { acknowledgedFor: '30m' } } })
    world.waitUntil('1:00')
    world.command('acknowledge', yamada, {})
    world.waitUntil('20:00')
    world.command('note', yamada, { text: 'looking' })
    world.waitUntil('49:59')
    assert.deepEqual(world.told('acknowledgement-lapsed'), [])
    world.waitUntil('50:00')
    assert.equal(world.told('acknowledgement-lapsed').length, 1)
    world.waitUntil('54:59')
    assert.deepEqual(world.called(), [])
    world.waitUntil('60:00')
    assert.deepEqual(world.called(), ['team-lead', 'cto'])
    assert.ok(world.told('escalated').every(({ lateMs }) => lateMs === 0))
  })

  it('housekeeping after it was mitigated calls nobody; what comes back counts from that moment', () => {
    const world = new World({ policy: { until: 'mitigated', automatic: ['reversible'], recovers: false } })
    world.command('run', sato, { step: 'scale-out' })
    world.allGoesWell()
    assert.equal(world.state.phase, 'monitoring')
    world.wait(56 * minute)
    world.command('undo', yamada, { step: 'scale-out' })
    world.allGoesWell()
    world.wait(30 * minute)
    assert.deepEqual([world.called(), world.state.phase], [[], 'monitoring'])
    world.command('set-severity', yamada, { severity: 'CRITICAL' })
    assert.notEqual(world.state.phase, 'monitoring')
    world.wait(5 * minute)
    assert.deepEqual(
      world.told('escalated').filter(({ reason }) => reason === 'due'),
      [
        {
          level: 'team-lead',
          reason: 'due',
          due: new Date(world.now).toISOString(),
          lateMs: 0,
        },
      ],
    )
  })

  it('a proposal that waits stands in the page, reminds those who were called, and stops when it is taken up', () => {
    const world = new World({ severity: 'MEDIUM' })
    world.waitUntil('1:00')
    world.command('run', sato, { step: 'rollback' })
    world.allGoesWell()
    world.waitUntil('6:00')
    assert.deepEqual(
      world.pages().map((p) => [p.person, p.reason, p.step]),
      [
        ['tanaka', 'due', undefined],
        ['tanaka', 'waiting', 'rollback'],
      ],
    )
    assert.match(world.pages()[0]?.says.en ?? '', /Waiting for approval: rollback$/)
    assert.match(world.pages()[0]?.says.ja ?? '', /承認待ち: rollback$/)
    world.command('reject', yamada, { step: 'rollback', reason: 'no' })
    const flight = [...world.inFlight.values()].find(({ effect }) => effect.key.endsWith('oncall/2'))
    assert.equal(flight?.cancelled, true)
  })

  it('a proposal that waits before anybody was called reminds the first level, and only that', () => {
    const world = new World({ severity: 'MEDIUM', policy: { approvals: { remindAfter: minute } } })
    world.command('run', sato, { step: 'rollback' })
    world.allGoesWell()
    world.waitUntil('0:59')
    assert.deepEqual(people(world), [])
    world.waitUntil('1:00')
    assert.deepEqual(
      world.pages().map((p) => [p.person, p.reason, p.step]),
      [['tanaka', 'waiting', 'rollback']],
    )
  })

  it('the commander is reminded of the next update, again each time that nobody tells how it stands', () => {
    const world = new World({ severity: 'HIGH' })
    world.command('set-commander', sato, { person: 'suzuki' })
    const reminders = () => world.pages().filter((p) => p.reason === 'update')
    world.waitUntil('29:59')
    assert.deepEqual(reminders(), [])
    world.waitUntil('30:00')
    assert.deepEqual(unwantedPages(world.state), [])
    pagesGoOut(world)
    assert.deepEqual(
      reminders().map((p) => [p.person, p.channel, p.dueMs - noon]),
      [['suzuki', 'mail', 30 * minute]],
    )
    world.waitUntil('60:00')
    assert.equal(reminders().length, 2)
    world.command('note', sato, { text: 'the disk was full' })
    world.waitUntil('89:59')
    assert.equal(reminders().length, 2)
    world.command('set-commander', sato, { person: 'nobody-of-the-runbook' })
    world.wait(120 * minute)
    assert.equal(reminders().length, 2)
  })

  it('everybody who was called hears that it is over, once, and nobody else', () => {
    for (const end of ['resolve', 'cancel'] as const) {
      const world = new World({ breach: true })
      world.waitUntil('5:00')
      pagesGoOut(world)
      world.command('escalate', sato, { level: 'team-lead' })
      pagesGoOut(world)
      if (end === 'resolve') world.command('resolve', sato, {})
      else world.command('cancel', sato, { reason: 'a test' })
      pagesGoOut(world)
      if (end === 'resolve') world.command('close', sato, { waive: 'a test' })
      const clear = world.pages().filter((p) => p.reason === 'all-clear')
      assert.deepEqual(clear.map((p) => p.person).sort(), ['ito', 'mori', 'tanaka'])
      assert.match(
        clear[0]?.says.en ?? '',
        end === 'resolve' ? /sato ended the incident \(resolved\)$/ : /\(cancelled\)$/,
      )
      assert.equal(world.told('page-sent').length, 7)
    }
  })

  it('who hears over the next channel that it is over hears who ended it too', () => {
    const world = new World()
    world.waitUntil('6:00')
    pagesGoOut(world)
    world.command('resolve', sato, {})
    pageFails(world, 'channel-refused')
    world.wait(1)
    const clear = world.pages().filter((p) => p.reason === 'all-clear')
    assert.equal(new Set(clear.map((p) => p.channel)).size, 2)
    for (const { says } of clear) assert.match(says.en, /sato ended the incident \(resolved\)$/)
  })

  it('who was not called since a reopening hears no second time that it is over', () => {
    const world = new World()
    world.waitUntil('6:00')
    pagesGoOut(world)
    world.command('resolve', sato, {})
    pagesGoOut(world)
    world.command('reopen', sato, { reason: 'too early' })
    world.wait(minute)
    world.command('resolve', sato, {})
    assert.deepEqual(people(world), ['tanaka', 'tanaka'])
  })
})

describe('a page that failed', () => {
  it('is tried again neither before its time nor once nobody wants it', () => {
    const world = new World()
    world.waitUntil('5:00')
    const key = sending(world)
    pageFails(world, 'channel-unreachable')
    const due = () => world.feed({ type: 'due', deadline: { what: 'page-retry', key, atMs: world.now } })
    const before = world.pages().length
    world.clockAhead(4_999)
    due()
    assert.equal(world.pages().length, before)
    world.clockAhead(1)
    due()
    assert.equal(world.pages().length, before + 1)
    const other = new World()
    other.waitUntil('5:00')
    const unwanted = sending(other)
    pageFails(other, 'channel-unreachable')
    other.command('resolve', kato, {})
    const paged = other.pages().length
    other.clockAhead(60_000)
    other.feed({ type: 'due', deadline: { what: 'page-retry', key: unwanted, atMs: other.now } })
    assert.equal(other.pages().length, paged)
  })
})

describe('an internal error', () => {
  it('is written down with its first 1,000 characters', () => {
    const world = new World()
    world.feed({ type: 'internal-error', where: 'rules', reason: 'x'.repeat(2_000) })
    assert.deepEqual(
      world.told('internal-error').map(({ reason }) => said(reason).en.length),
      [1_000],
    )
  })
})

describe('a page that is being sent', () => {
  it('is called back once nobody wants it any more, and only then', () => {
    const world = new World()
    world.waitUntil('5:00')
    const key = sending(world)
    assert.deepEqual(unwantedPages(world.state), [])
    world.command('acknowledge', kato, {})
    assert.deepEqual(unwantedPages(world.state), [])
    world.command('resolve', kato, {})
    assert.deepEqual(unwantedPages(world.state), [key])
    world.answer(`page/${key}`, { type: 'page-cancelled', key })
    assert.deepEqual(unwantedPages(world.state), [])
  })
})

describe('the text of a page', () => {
  const english = (world: World) => world.pages().at(-1)?.says.en ?? assert.fail('nobody was paged')
  const said = (description: string) => {
    const world = new World({ description })
    world.waitUntil('5:00')
    return english(world)
  }

  it('is how bad it is, where, what the trouble is, and why this person is called', () => {
    const world = new World({ symptom: '5xx' })
    world.waitUntil('5:00')
    assert.deepEqual(world.pages().at(-1)?.says, {
      en: '[HIGH] shodo-42 backend/5xx: The backend answers 502. Team lead is due',
      ja: '【HIGH】shodo-42 backend/5xx: The backend answers 502。Team lead（訳）への連絡時刻になりました',
    })
  })

  it('holds 120 characters of the trouble on one line, without the full stop of whoever wrote it', () => {
    assert.match(said('a'.repeat(120)), new RegExp(`: ${'a'.repeat(120)}\\. Team lead`))
    assert.match(said('a'.repeat(121)), new RegExp(`: ${'a'.repeat(119)}…\\. Team lead`))
    assert.match(said(' one\n\n two... '), /: one two\. Team lead/)
  })

  it('names what waits for approval, but to whom it says just that, or that it is over', () => {
    const world = new World({ symptom: '5xx' })
    world.command('run', sato, { step: 'rollback' })
    world.allGoesWell(isPage)
    world.command('escalate', kato, { level: 'team-lead' })
    assert.match(english(world), /\. Team lead was called by hand\. Waiting for approval: rollback$/)
    assert.match(world.pages().at(-1)?.says.ja ?? '', /。承認待ち: rollback$/)
    pagesGoOut(world)
    world.waitUntil('5:00')
    assert.match(english(world), /\. Step rollback is waiting for approval$/)
    world.command('cancel', sato, { reason: 'a drill' })
    assert.match(english(world), /\. sato ended the incident \(cancelled\)$/)
  })

  it('names no step that needs nobody, and none that waits no more', () => {
    const world = new World({ symptom: '5xx', severity: 'MEDIUM', policy: { automatic: ['reversible'] } })
    world.command('run', sato, { step: 'rollback' })
    world.command('freeze', kato, { on: true })
    world.allGoesWell(isPage)
    assert.deepEqual([world.step('rollback').status, world.step('rollback').approvalsNeeded], ['proposed', 0])
    world.command('escalate', kato, { level: 'team-lead' })
    assert.match(english(world), /\. Team lead was called by hand$/)
  })
})
