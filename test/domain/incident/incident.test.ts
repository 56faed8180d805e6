import assert from 'node:assert/strict'
import { rankedSymptoms } from '../../../domain/diagnosis/rank.ts'
import { explain } from '../../../domain/failures.ts'
import { parseCommand } from '../../../domain/incident/commands.ts'
import { evolve } from '../../../domain/incident/fold/evolve.ts'
import { lean, withoutTexts } from '../../../domain/incident/fold/findings.ts'
import type { Parts } from '../../../domain/incident/fold/picture.ts'
import { isDone, isOver, toWorkOff } from '../../../domain/incident/fold/state.ts'
import { lastResort } from '../../../domain/incident/last-resort.ts'
import { offeredSteps } from '../../../domain/incident/steps/find-step.ts'
import type { FindingCode } from '../../../domain/steps/finding-codes.ts'
import { jsonBytes } from '../../../domain/timeline/canonical.ts'
import { said } from '../../../domain/words.ts'
import { bad, finding, reading } from './hands.ts'
import { kato, noon, person, sato, World, yamada } from './world.ts'

const service = 'backend'

function seen(at: World, ...codes: readonly FindingCode[]): void {
  const of = (...wanted: readonly FindingCode[]) => ({
    ok: true as const,
    reading: reading(...codes.filter((c) => wanted.includes(c)).map((c) => finding(c))),
  })
  picture(at, {
    pods: of('crash-loop'),
    rollouts: of('bad-rollout'),
    events: of(),
    'health:backend': of('slow-responses'),
    'health:frontend': of(),
  })
}

function picture(at: World, parts: object): void {
  const { wanted: number, taken } = at.state.situation
  if (taken?.number === number) at.command('situation', sato, {})
  const next = at.state.situation.wanted
  at.answer(`situation/${next}`, {
    type: 'situation-ended',
    number: next,
    tookMs: 900,
    parts: parts as Extract<Parameters<World['answer']>[1], { type: 'situation-ended' }>['parts'],
  })
}

describe('a command that nests without end', () => {
  it('is refused, and nothing goes down into it', () => {
    const nested = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`)
    const by = { kind: 'person', id: 'sato', verified: false }
    for (const input of [
      { v: 1, by, step: 'logs', with: { tail: nested } },
      { v: 1, by, text: nested },
    ]) {
      const refusal = parseCommand('run', input)
      assert.ok('code' in refusal && refusal.code === 'HK101')
    }
  })
})

describe('reports of the same trouble', () => {
  const report = (severity: 'CRITICAL' | 'LOW') => ({ declaration: { service, severity, description: 'x' } })

  it('raise the severity and never lower it', () => {
    const at = new World({ severity: 'MEDIUM' })
    at.command('report', yamada, report('LOW'))
    assert.equal(at.state.severity, 'MEDIUM')
    at.command('report', yamada, report('CRITICAL'))
    assert.equal(at.state.severity, 'CRITICAL')
    assert.equal(at.state.reports, 3)
  })

  it('never take a risk back', () => {
    const at = new World({ dataLoss: true })
    at.command('report', yamada, report('LOW'))
    assert.equal(at.state.dataLoss, true)
  })

  it('that cross a resolution open the incident again, for nothing that was reported is lost', () => {
    const at = new World()
    at.command('resolve', sato, {})
    at.command('report', yamada, report('LOW'))
    assert.equal(at.state.phase, 'investigating')
    assert.deepEqual(
      at.events.slice(-3).map((e) => e.type),
      ['reopened', 'phase-changed', 'reported'],
    )
    at.wait(300_000)
    assert.deepEqual(at.called(), ['team-lead'])
  })

  it('are refused once the incident is over', () => {
    const at = new World()
    at.command('cancel', sato, { reason: 'false alarm' })
    assert.equal(at.refusal('report', yamada, report('LOW')), 'not-open')
  })
})

describe('findings', () => {
  it('propose the step that answers them, once', () => {
    const at = new World({ symptom: '5xx' })
    seen(at, 'bad-rollout')
    seen(at, 'bad-rollout')
    assert.deepEqual(at.told('step-requested').filter((r) => r.step === 'rollback').length, 1)
    at.command('reject', yamada, { step: 'rollback', reason: 'not that' })
    seen(at, 'bad-rollout')
    assert.equal(at.state.steps['rollback.2'], undefined)
  })

  it('propose again when they were gone and come back', () => {
    const at = new World({ symptom: '5xx' })
    seen(at, 'bad-rollout')
    at.command('reject', yamada, { step: 'rollback', reason: 'not that' })
    seen(at)
    assert.deepEqual(at.state.findings, [])
    seen(at, 'bad-rollout')
    assert.equal(at.step('rollback.2').status, 'planning')
  })

  it('are not gone because nobody answered', () => {
    const at = new World({ symptom: '5xx' })
    seen(at, 'bad-rollout', 'crash-loop')
    at.command('reject', yamada, { step: 'rollback', reason: 'not that' })
    const fine = { ok: true, reading: reading() }
    picture(at, {
      pods: fine,
      rollouts: bad('no-answer'),
      events: fine,
      'health:backend': fine,
      'health:frontend': fine,
    })
    assert.deepEqual(
      at.state.findings.map((f) => f.code),
      ['bad-rollout'],
    )
    seen(at, 'bad-rollout')
    assert.equal(at.state.steps['rollback.2'], undefined)
  })

  it('of the logs stay when a picture is taken, which looks into no log', () => {
    const at = new World({ symptom: '5xx' })
    at.answer('step/logs/read', {
      type: 'stage-ended',
      run: 'logs',
      stage: 'read',
      outcome: { ok: true, value: reading(finding('errors-in-logs')), attempt: 1 },
    })
    assert.equal(at.step('restart').origin, 'runbook')
    seen(at)
    assert.deepEqual(
      at.state.findings.map((f) => f.code),
      ['errors-in-logs'],
    )
  })

  it('of another service propose nothing here', () => {
    const at = new World({ symptom: '5xx' })
    picture(at, {
      rollouts: { ok: true, reading: reading(finding('bad-rollout', 'deployment/shodo/shodo-frontend')) },
    })
    assert.equal(at.state.findings[0]?.service, 'frontend')
    assert.equal(at.state.steps.rollback, undefined)
  })
})

describe('an incident without a symptom', () => {
  const ranked = (...codes: FindingCode[]) => {
    const at = new World()
    seen(at, ...codes)
    return rankedSymptoms(at.state).map(({ symptom, findings }) => `${symptom.id} ${findings.length}`)
  }

  it('ranks the symptoms of its service by what was found: what a repair answers weighs most', () => {
    assert.deepEqual(ranked(), [])
    assert.equal(ranked('bad-rollout')[0]?.split(' ')[0], '5xx')
    assert.equal(ranked('slow-responses')[0]?.split(' ')[0], 'slow')
  })

  it('takes no finding of another service for its own', () => {
    const at = new World()
    picture(at, {
      rollouts: { ok: true, reading: reading(finding('bad-rollout', 'deployment/shodo/shodo-frontend')) },
    })
    assert.deepEqual(rankedSymptoms(at.state), [])
  })
})

describe('a service without Deployment and address', () => {
  const database = { service: 'database', symptom: 'connections', policy: { database: true } }

  it('is looked at through its reading steps, and what they find proposes its steps', () => {
    const at = new World(database)
    picture(at, {
      'connections:database': {
        ok: true,
        reading: reading(finding('idle-connections', 'postgres/postgres-primary')),
      },
    })
    assert.equal(at.state.findings[0]?.service, 'database')
    assert.equal(at.step('terminate-idle').status, 'planning')
  })

  it('is offered no step that wants a Deployment', () => {
    const at = new World(database)
    const offered = offeredSteps(at.state).map(({ id }) => id)
    assert.ok(offered.includes('terminate-idle'))
    assert.ok(!offered.includes('quick-scale-out'))
    assert.equal(at.refusal('run', sato, { step: 'quick-scale-out' }), 'unknown-step')
  })
})

describe('the picture', () => {
  it('arrives although somebody asks for it every second', () => {
    const at = new World()
    for (let second = 0; second < 4; second += 1) {
      at.wait(1_000)
      at.command('situation', yamada, {})
    }
    seen(at)
    assert.equal(at.state.situation.taken?.number, 1)
    at.command('situation', yamada, {})
    assert.ok(at.inFlight.has('situation/2'))
  })

  it('that nobody asked for is not taken for a newer one', () => {
    const at = new World()
    at.feed({ type: 'situation-ended', number: 99, tookMs: 1, parts: {} })
    seen(at, 'crash-loop')
    assert.equal(at.state.situation.taken?.number, 1)
  })

  it('that nobody answers for is asked for again after 10 s', () => {
    const at = new World()
    at.wait(10_000)
    at.command('situation', yamada, {})
    assert.ok(at.inFlight.has('situation/2'))
    assert.ok(!at.inFlight.has('situation/1'))
  })
})

describe('the end', () => {
  it('of a closed incident is final: late answers and deadlines change nothing', () => {
    const at = new World({ severity: 'CRITICAL', symptom: '5xx', dataLoss: true })
    at.command('resolve', sato, {})
    at.command('close', sato, { waive: 'a drill' })
    at.feed({ type: 'situation-ended', number: 1, tookMs: 1, parts: {} })
    at.feed({ type: 'recovery-checked', tookMs: 1, parts: {} })
    at.feed({ type: 'stage-ended', run: 'logs', stage: 'read', outcome: bad('no-answer') })
    const after = at.events.length
    at.wait(24 * 3_600_000)
    assert.equal(at.events.length, after)
    assert.equal(at.events[after - 1]?.type, 'phase-changed')
    assert.equal(at.refusal('reopen', sato, { reason: 'x' }), 'wrong-phase')
    assert.equal(at.refusal('note', sato, { text: 'x' }), 'not-open')
    assert.equal(at.refusal('freeze', sato, { on: true }), 'not-open')
  })

  it('may be declared with things left to do, for a reason that stays in the timeline', () => {
    const at = new World()
    at.command('resolve', sato, {})
    at.command('close', sato, { waive: 'a drill' })
    assert.deepEqual(at.told('closed'), [{ waived: ['post-mortem'], reason: 'a drill' }])
  })

  it('may be closed with things left to be done later: nothing but those ticks is taken, and the last one ends it', () => {
    const at = new World({ policy: { afterwards: ['post-mortem', 'wording'] } })
    at.command('resolve', sato, {})
    assert.equal(at.refusal('close', sato, {}), 'afterwards-open')
    assert.equal(at.refusal('close', sato, { later: true, waive: 'a drill' }), 'bad-input')
    at.command('check', sato, { item: 'wording' })
    at.command('close', sato, { later: true })
    assert.deepEqual(at.told('closed'), [{ later: ['post-mortem'] }])
    assert.deepEqual(
      [isOver(at.state), isDone(at.state), toWorkOff(at.state)],
      [true, false, ['post-mortem']],
    )
    assert.equal(at.refusal('check', sato, { item: 'wording' }), 'already')
    assert.equal(at.refusal('check', sato, { item: 'alert' }), 'not-open')
    assert.equal(at.refusal('note', sato, { text: 'x' }), 'not-open')
    assert.equal(at.refusal('reopen', sato, { reason: 'x' }), 'wrong-phase')
    at.command('check', kato, { item: 'post-mortem' })
    assert.deepEqual([isDone(at.state), toWorkOff(at.state)], [true, []])
    const after = at.events.length
    at.wait(60 * 24 * 3_600_000)
    assert.equal(at.events.length, after)
  })

  it('that is closed with things left to be done later waits 30 days for them, and says what nobody did', () => {
    const at = new World({ policy: { afterwards: ['post-mortem', 'wording'] } })
    at.command('resolve', sato, {})
    at.command('close', sato, { later: true })
    at.command('check', kato, { item: 'wording' })
    at.wait(30 * 24 * 3_600_000 - 1)
    assert.deepEqual([isDone(at.state), at.told('afterwards-lapsed')], [false, []])
    at.wait(1)
    assert.deepEqual([isDone(at.state), at.told('afterwards-lapsed')], [true, [{ items: ['post-mortem'] }]])
    assert.equal(at.refusal('check', sato, { item: 'post-mortem' }), 'not-open')
  })

  it('has a last checklist whose items may have any name', () => {
    const at = new World({ policy: { afterwards: ['constructor'] } })
    at.command('check', sato, { item: 'constructor' })
    assert.equal(at.refusal('check', sato, { item: 'constructor' }), 'already')
    at.command('resolve', sato, {})
    at.command('close', sato, {})
    assert.equal(isDone(at.state), true)
  })

  it('needs no word of later where nothing is left to do', () => {
    const at = new World()
    at.command('resolve', sato, {})
    at.command('check', sato, { item: 'post-mortem' })
    at.command('close', sato, { later: true })
    assert.deepEqual([at.told('closed'), isDone(at.state)], [[{}], true])
  })

  it('takes the outcome of a page that was out, and wants no further attempt', () => {
    const at = new World({ dataLoss: true })
    at.command('cancel', sato, { reason: 'false alarm' })
    const [one = '', two = ''] = at.pages().map((p) => p.key)
    at.answer(`page/${one}`, {
      type: 'page-ended',
      key: one,
      outcome: { ok: true, value: { sentAtMs: noon }, attempt: 1 },
    })
    at.answer(`page/${two}`, { type: 'page-ended', key: two, outcome: bad('channel-unreachable') })
    assert.equal(at.told('page-sent').length, 1)
    assert.deepEqual(Object.keys(at.told('page-failed')[0] ?? {}), ['key', 'failure'])
  })

  it('is archived run by run, the last one after the end', () => {
    const at = new World()
    at.allGoesWell()
    assert.deepEqual(at.told('archived'), [])
    at.feed({ type: 'continued', run: 2 })
    at.feed({ type: 'continued', run: 3 })
    at.allGoesWell()
    at.command('cancel', sato, { reason: 'false alarm' })
    at.allGoesWell()
    assert.deepEqual(
      at.told('archived').map((a) => a.run),
      [1, 2, 3],
    )
  })

  it('is never expected in the past', () => {
    const at = new World()
    assert.equal(at.refusal('set-eta', sato, { eta: new Date(noon - 1_000).toISOString() }), 'moment-past')
    at.command('set-eta', sato, { eta: new Date(noon + 60_000).toISOString() })
  })

  it('comes only after resolution, and resolution only once', () => {
    const at = new World()
    assert.equal(at.refusal('close', sato, {}), 'wrong-phase')
    assert.equal(at.refusal('reopen', sato, { reason: 'x' }), 'wrong-phase')
    at.command('resolve', sato, {})
    assert.equal(at.refusal('resolve', kato, {}), 'not-open')
    assert.equal(at.refusal('close', sato, {}), 'afterwards-open')
    at.command('note', sato, { text: 'root cause found' })
    at.command('check', sato, { item: 'post-mortem' })
    assert.equal(at.refusal('check', kato, { item: 'post-mortem' }), 'already')
    at.command('close', sato, {})
  })
})

describe('the size of the state', () => {
  const bytes = (at: World): number => JSON.stringify(at.state).length

  it('does not grow with notes, however many and however long', () => {
    const at = new World()
    at.allGoesWell()
    for (let i = 0; i < 3_000; i += 1) at.command('note', sato, { text: `火消し ${i} `.repeat(100) })
    assert.ok(bytes(at) < 60_000, `${bytes(at)} bytes`)
  })

  it('does not grow with steps that are run again and again: at some number no further one is taken', () => {
    const at = new World({ lab: true })
    let runs = 0
    for (; ; runs += 1) {
      const refusal = at.ask('run', sato, { step: 'scale-out', with: {} })
      if (refusal !== undefined) {
        assert.equal(refusal.name, 'too-many-steps')
        break
      }
      at.allGoesWell()
      at.command('reject', yamada, { step: 'scale-out', reason: 'r'.repeat(500) })
    }
    assert.equal(Object.keys(at.state.steps).length, 200)
    assert.ok(runs > 150 && bytes(at) < 300_000, `${runs} runs, ${bytes(at)} bytes`)
    seen(at, 'slow-responses', 'bad-rollout')
    assert.equal(Object.keys(at.state.steps).length, 200)
  })

  it('does not grow with pages that fail for days, nor with alarm after alarm', () => {
    const at = new World({ dataLoss: true })
    at.allGoesWell((e) => e.type === 'page')
    const before = bytes(at)
    for (let i = 0; i < 5_000; i += 1) {
      for (const { effect } of [...at.inFlight.values()]) {
        if (effect.type !== 'page') continue
        const key = effect.page.key
        at.answer(effect.key, {
          type: 'page-ended',
          key,
          outcome:
            i % 7 === 0 ? { ok: true, value: { sentAtMs: at.now }, attempt: 1 } : bad('channel-unreachable'),
        })
      }
      if (i % 10 === 0) at.feed({ type: 'internal-error', where: 'test', reason: 'a defect' })
      at.wait(60_000)
    }
    const keys = at.pages().map((p) => p.key)
    assert.ok(keys.length > 1_000, `${keys.length} pages`)
    assert.equal(new Set(keys).size, keys.length)
    assert.ok(bytes(at) < before + 8_000, `${before} → ${bytes(at)} bytes`)
  }).timeout(120_000)
})

describe('what comes in', () => {
  const by = sato

  it('is refused with a sentence when it lies on terminals, and the sentence does not', () => {
    const evil = '\u001b[2J\u202eevil'
    const refusals = [
      parseCommand('note', { v: 1, by, text: evil }),
      parseCommand('note', { v: 1, by, text: 'x', [evil]: 1 }),
      parseCommand(evil, { v: 1, by }),
      parseCommand('note', { v: evil, by }),
      parseCommand('acknowledge', { v: 1, by: { ...by, id: evil } }),
      parseCommand('check', { v: 1, by, item: evil }),
    ]
    for (const refusal of refusals) {
      assert.ok('code' in refusal, JSON.stringify(refusal))
      for (const lang of ['ja', 'en'] as const) {
        const { what, next } = explain(refusal, lang)
        assert.doesNotMatch(what + next, /[\u001b\u202e]/)
      }
    }
  })

  it('may be Japanese, emoji, tabs and line breaks, up to 10,000 characters; an emoji is one', () => {
    const text = '🔥 火消し\tタブ\n改行 '.padEnd(10_000, 'あ')
    assert.ok(!('code' in parseCommand('note', { v: 1, by, text })))
    const long = parseCommand('note', { v: 1, by, text: `${text}ああ` })
    assert.ok('code' in long)
    assert.equal(long.name, 'text-too-long')
  })

  it('is refused when command or version are unknown, or it is no object at all', () => {
    const names = [
      parseCommand('explode', {}),
      parseCommand('note', { v: 2, by, text: 'x' }),
      parseCommand('note', null),
      parseCommand('note', 'text'),
      parseCommand('constructor', { v: 1, by }),
    ].map((refusal) => ('code' in refusal ? refusal.name : 'taken'))
    assert.deepEqual(names, [
      'unknown-command',
      'unknown-command-version',
      'unknown-command-version',
      'unknown-command-version',
      'unknown-command',
    ])
  })
})

describe('the last resort', () => {
  it('pages the first level without any rule, under new keys, once in ten minutes', () => {
    const at = new World()
    const write = () => {
      for (const fact of lastResort(at.state, 'rules', 'a defect', at.now))
        if (fact.type === 'page-requested') at.tell(fact.type, fact.by, fact.data)
        else if (fact.type === 'internal-error') at.tell(fact.type, fact.by, fact.data)
    }
    for (let minute = 0; minute < 25; minute += 1) {
      write()
      at.allGoesWell()
      at.clockAhead(60_000)
    }
    const pages = at.pages().filter((p) => p.reason === 'internal-error')
    assert.equal(pages.length, 3)
    assert.equal(new Set(pages.map((p) => p.key)).size, 3)
    at.settle()
    assert.deepEqual(at.called(), ['team-lead', 'cto'])
  })

  it('pages nobody after resolution', () => {
    const at = new World()
    at.command('resolve', sato, {})
    assert.deepEqual(
      lastResort(at.state, 'rules', 'a defect', at.now).map((f) => f.type),
      ['internal-error'],
    )
  })

  it('says what is wrong in both languages, in few words, and is quiet for ten minutes after any alarm', () => {
    const at = new World({ description: 'd'.repeat(900) })
    const [error, page] = lastResort({ ...at.state, internalErrors: 2 }, 'rules', 'x'.repeat(2_000), at.now)
    assert.ok(error?.type === 'internal-error' && page?.type === 'page-requested')
    assert.equal(said(error.data.reason).en.length, 1_000)
    const { key, attempt, description, dueMs, reason } = page.data.page
    assert.deepEqual(
      [key, attempt, description.length, dueMs, reason],
      ['shodo-42/team-lead/tanaka/oncall/error-3', 1_002, 500, at.now, 'internal-error'],
    )
    const pages = (ms: number) =>
      lastResort({ ...at.state, lastAlarmMs: at.now - ms }, 'rules', 'x', at.now).length
    assert.deepEqual([pages(0), pages(599_999), pages(600_000)], [1, 1, 2])
    const closed = { by: sato, at: '2026-11-24T03:00:00.000Z' }
    assert.equal(lastResort({ ...at.state, closed }, 'rules', 'x', at.now).length, 1)
  })
})

describe('what an incident carries', () => {
  it('is the newest twenty notes, 500 characters of each', () => {
    const at = new World({ severity: 'LOW' })
    for (let i = 1; i <= 21; i += 1) at.command('note', sato, { text: `${i} ${'x'.repeat(600)}` })
    assert.deepEqual(
      [at.state.notes.length, at.state.notes[0]?.text.slice(0, 2), at.state.notes[19]?.text.slice(0, 2)],
      [20, '2 ', '21'],
    )
    assert.ok(at.state.notes.every(({ text }) => text.length === 500))
  })

  it('is who responds, each person once, and fifty of them at most', () => {
    let { state } = new World()
    const works = (id: string) => {
      const fact = { type: 'acknowledged', by: person(id), data: {} } as const
      state = evolve(state, fact, noon)
    }
    for (let i = 1; i <= 50; i += 1) works(`p${i}`)
    works('P7')
    assert.equal(state.responders.length, 50)
    works('p51')
    assert.deepEqual([state.responders.length, state.responders.at(-1)], [50, 'p50'])
  })

  it('is a picture without its excerpts, and of very many figures without the figures', () => {
    const found = { ...finding('crash-loop'), evidence: ['a line'], data: { a: 1 } }
    const picture = (size: number): Parts => ({
      pods: {
        ok: true,
        reading: { facts: { pods: 'x'.repeat(size) }, findings: [found, found], text: 'excerpt' },
      },
      events: bad('no-answer'),
    })
    const read = (parts: Parts) => (parts.pods?.ok ? parts.pods.reading : assert.fail('no reading'))
    const small = lean(picture(10))
    assert.deepEqual(read(small), {
      facts: { pods: 'x'.repeat(10) },
      findings: [found, found].map((one) => ({ ...one, evidence: [], data: null })),
    })
    assert.deepEqual(small.events, bad('no-answer'))
    const rest = jsonBytes(small) - 10
    assert.notEqual(read(lean(picture(150_000 - rest))).facts, null)
    const large = read(lean(picture(150_001 - rest)))
    assert.deepEqual([large.facts, large.findings.length], [null, 2])
    assert.equal(read(withoutTexts(picture(10))).text, undefined)
  })
})
