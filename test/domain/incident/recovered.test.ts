import assert from 'node:assert/strict'
import { evolve } from '../../../domain/incident/fold/evolve.ts'
import { isOutOfSight } from '../../../domain/incident/fold/gone.ts'
import { situationParts } from '../../../domain/incident/fold/picture.ts'
import type { IncidentState } from '../../../domain/incident/fold/state.ts'
import { present } from '../../../domain/present.ts'
import type { Finding } from '../../../domain/steps/contract.ts'
import { report } from '../../../domain/telling/report.ts'
import { system } from '../../../domain/words.ts'
import { bad, finding, reading } from './hands.ts'
import { picture, read } from './pictures.ts'
import { sato, World, yamada } from './world.ts'

const policy = { automatic: ['reversible' as const] }
const minute = 60_000

const notPictures = (effect: { readonly type: string }) => effect.type === 'situation'
const codes = (at: World) => at.state.findings.map(({ code }) => code)

/** A bad rollout was found, rolled back by the policy, and that was verified. */
function rolledBack(): World {
  const at = new World({ severity: 'MEDIUM', symptom: '5xx', policy })
  picture(at, { rollouts: [finding('bad-rollout')], pods: [finding('crash-loop')] })
  at.allGoesWell((effect) => notPictures(effect) || effect.key === 'step/logs/read')
  assert.equal(at.step('rollback').status, 'verified')
  return at
}

describe('a reading of the symptom', () => {
  it('that failed is tried again with the next pictures while somebody may fix what kept it, three times at most', () => {
    const runs = (at: World) => Object.values(at.state.steps).filter(({ step }) => step === 'logs')
    const fails = (at: World, name: Parameters<typeof bad>[0]) => {
      const run = runs(at).at(-1)?.id ?? ''
      at.answer(`step/${run}/read`, { type: 'stage-ended', run, stage: 'read', outcome: bad(name) })
    }
    const at = new World({ severity: 'MEDIUM', symptom: '5xx' })
    fails(at, 'forbidden')
    picture(at)
    fails(at, 'no-answer')
    at.wait(5 * minute)
    picture(at)
    assert.equal(runs(at).at(-1)?.status, 'reading')
    fails(at, 'forbidden')
    at.wait(5 * minute)
    picture(at)
    assert.deepEqual(
      runs(at).map(({ status }) => status),
      ['failed', 'failed', 'failed'],
    )
    const wrong = new World({ severity: 'MEDIUM', symptom: '5xx' })
    fails(wrong, 'query-refused')
    picture(wrong)
    assert.equal(runs(wrong).length, 1)
  })
})

describe('findings that are gone', () => {
  it('prove something only where all of the own service are, and nothing else does already', () => {
    const world = new World({ severity: 'LOW' })
    const own = { ...finding('crash-loop'), service: 'backend' }
    const second = { ...finding('no-room'), service: 'backend' }
    const other = { ...finding('crash-loop', 'x'), service: 'frontend' }
    const proofAfter = (
      known: readonly Finding[],
      gone: readonly Finding[],
      proof?: IncidentState['proof'],
    ) => {
      const findings = known.map((each) => ({
        ...each,
        foundAt: '2026-11-24T03:00:00.000Z',
        seenBy: ['pods'],
        seenIn: 1,
      }))
      const state = { ...world.state, findings, ...present({ proof }) }
      const by = system
      return evolve(state, { type: 'findings-gone', by, data: { findings: gone } }, world.now).proof?.says.en
    }
    assert.equal(proofAfter([own, other], [own]), 'every finding is gone')
    assert.equal(proofAfter([other], [other]), undefined)
    assert.equal(proofAfter([own, second], [own]), undefined)
    const proof = { says: { ja: '他', en: 'another proof' }, after: 1 }
    assert.equal(proofAfter([own], [own], proof), 'another proof')
  })
})

describe('a change that was verified', () => {
  it('is looked at with a new picture: what is gone is said to be gone, and only then it looks recovered', () => {
    const at = rolledBack()
    assert.deepEqual([at.state.phase, at.state.resolutionProposed], ['mitigating', false])
    picture(at)
    assert.deepEqual(
      at.told('findings-gone').map(({ findings }) => findings.map(({ code }) => code)),
      [['crash-loop', 'bad-rollout']],
    )
    assert.deepEqual([at.state.phase, at.state.resolutionProposed, codes(at)], ['monitoring', true, []])
    assert.match(at.told('resolution-proposed')[0]?.because.en ?? '', /^rollback was verified/)
  })

  it('is watched closely for a while: what dies a minute after it was Ready takes the proposal back', () => {
    const at = rolledBack()
    picture(at)
    assert.equal(at.state.phase, 'monitoring')
    at.wait(minute)
    picture(at)
    at.wait(minute)
    picture(at, { pods: [finding('crash-loop')] })
    assert.deepEqual([at.state.phase, at.state.resolutionProposed], ['investigating', false])
    const calm = rolledBack()
    picture(calm)
    for (let looks = 0; looks < 5; looks++) {
      calm.wait(minute)
      picture(calm)
    }
    calm.wait(minute)
    assert.throws(() => picture(calm), /no picture is awaited/)
  })

  it('is not believed of a picture that was asked for before it was verified', () => {
    const at = new World({ severity: 'MEDIUM', policy })
    picture(at, { rollouts: [finding('bad-rollout')] })
    const last = 'step/rollback/health'
    at.allGoesWell((effect) => notPictures(effect) || effect.key === last)
    at.command('situation', sato, {})
    const number = at.state.situation.wanted
    at.allGoesWell(notPictures)
    assert.equal(at.step('rollback').status, 'verified')
    const parts = Object.fromEntries(
      situationParts(at.state).map(({ id }) => [id, { ok: true as const, reading: reading() }]),
    )
    at.feed({ type: 'situation-ended', number, tookMs: 900, parts })
    assert.deepEqual([at.state.phase, at.state.resolutionProposed], ['mitigating', false])
    picture(at)
    assert.deepEqual([at.state.phase, at.state.resolutionProposed], ['monitoring', true])
  })

  it('proposes nothing while the symptom stands; a later picture without it does', () => {
    const at = rolledBack()
    picture(at, { pods: [finding('crash-loop')] })
    assert.deepEqual([at.state.phase, at.state.resolutionProposed], ['mitigating', false])
    at.wait(5 * minute)
    picture(at)
    assert.deepEqual([at.state.phase, at.state.resolutionProposed], ['monitoring', true])
  })

  it('is not believed when nobody could look at the service', () => {
    const at = rolledBack()
    picture(at, { 'health:backend': 'silent' })
    assert.deepEqual(codes(at), [])
    assert.equal(at.state.resolutionProposed, false)
  })

  it('is not believed while alerts fire, and people are asked once they are clear', () => {
    const at = rolledBack()
    const alerts = (version: number, firing: number) => ({
      group: 'a'.repeat(32),
      version,
      fired: 1,
      firing,
      clear: firing === 0,
      declaration: { service: 'backend', severity: 'MEDIUM' as const, description: '5xx' },
    })
    at.command('alerts', { kind: 'alert', id: 'alertmanager', verified: true }, alerts(1, 1))
    picture(at)
    assert.equal(at.state.resolutionProposed, false)
    at.command('alerts', { kind: 'alert', id: 'alertmanager', verified: true }, alerts(2, 0))
    picture(at)
    assert.equal(at.state.resolutionProposed, true)
  })

  it('is believed although the logs still tell of what was', () => {
    const at = rolledBack()
    read(at, 'logs', finding('errors-in-logs'))
    picture(at, { 'again:logs': [finding('errors-in-logs')] })
    assert.deepEqual([codes(at), at.state.resolutionProposed], [['errors-in-logs'], true])
  })

  it('that failed and stands, or may, is looked at as well', () => {
    const at = new World({ severity: 'MEDIUM', policy })
    picture(at)
    at.command('run', sato, { step: 'rollback' })
    at.allGoesWell((effect) => effect.key === 'step/rollback/verify')
    at.answer('step/rollback/verify', {
      type: 'stage-ended',
      run: 'rollback',
      stage: 'verify',
      outcome: bad('no-answer'),
    })
    assert.ok(at.inFlight.has('situation/2'))
    picture(at)
    assert.equal(at.state.resolutionProposed, false)
  })

  it('says of itself what was seen, not what was begun', () => {
    const at = rolledBack()
    const [verified] = at.told('step-verified')
    assert.equal(verified?.verified.says.en, 'as wanted')
  })
})

describe('what looked recovered', () => {
  it('and shows a new finding is investigated again, and looks recovered no more', () => {
    const at = rolledBack()
    picture(at)
    at.wait(5 * minute)
    picture(at, { pods: [finding('crash-loop')] })
    assert.deepEqual([at.state.phase, at.state.resolutionProposed], ['investigating', false])
  })

  it('is not moved by what is found of others', () => {
    const at = rolledBack()
    picture(at)
    at.wait(5 * minute)
    picture(at, { pods: [finding('crash-loop', 'deployment/shodo/shodo-frontend')] })
    assert.deepEqual([at.state.phase, at.state.resolutionProposed], ['monitoring', true])
  })

  it('and is resolved has its picture taken once more, so that nothing that is gone stands in the report', () => {
    const at = new World({ severity: 'MEDIUM' })
    picture(at, { pods: [finding('crash-loop')] })
    at.command('resolve', sato, {})
    picture(at)
    assert.deepEqual([at.state.phase, codes(at)], ['resolved', []])
  })
})

describe('findings that go by themselves', () => {
  it('take the proposals that they led to with them, and it looks recovered', () => {
    const at = new World({ severity: 'MEDIUM', symptom: '5xx' })
    picture(at, { rollouts: [finding('bad-rollout')] })
    at.allGoesWell(notPictures)
    assert.equal(at.step('rollback').status, 'proposed')
    at.command('situation', yamada, {})
    picture(at)
    assert.equal(at.step('rollback').status, 'withdrawn')
    assert.deepEqual(at.told('resolution-proposed'), [
      { because: { ja: '検出された問題がすべて解消', en: 'every finding is gone' } },
    ])
  })

  it('of a reading are gone when its next run does not see them, and come back as new', () => {
    const at = new World({ severity: 'MEDIUM', symptom: '5xx' })
    picture(at)
    read(at, 'logs', finding('errors-in-logs'))
    assert.equal(at.step('restart').status, 'planning')
    at.command('run', sato, { step: 'logs' })
    read(at, 'logs.2')
    assert.deepEqual([codes(at), at.step('restart').status], [[], 'withdrawn'])
    picture(at)
    at.command('run', sato, { step: 'logs' })
    read(at, 'logs.3', finding('errors-in-logs'))
    assert.equal(at.step('restart.2').status, 'planning')
  })

  it('that only a reading can see are looked for again by every picture, as long as they stand', () => {
    const at = new World({ severity: 'MEDIUM', symptom: '5xx' })
    picture(at)
    read(at, 'logs', finding('errors-in-logs'))
    at.wait(5 * minute)
    picture(at, { 'again:logs': [finding('errors-in-logs')] })
    assert.deepEqual(codes(at), ['errors-in-logs'])
    at.wait(5 * minute)
    picture(at)
    assert.deepEqual(codes(at), [])
    at.wait(5 * minute)
    const { effect } = at.inFlight.get('situation/4') ?? assert.fail('no picture')
    assert.ok(effect.type === 'situation' && !effect.parts.some(({ id }) => id === 'again:logs'))
  })

  it('are told as they are now when they are seen again', () => {
    const at = new World({ severity: 'MEDIUM' })
    picture(at, { pods: [finding('crash-loop')] })
    at.command('situation', sato, {})
    const says = { ja: '3 個中 1 個', en: '1 of 3' }
    picture(at, { pods: [{ ...finding('crash-loop'), says }] })
    assert.deepEqual(at.state.findings[0]?.says, says)
    assert.equal(at.told('found').length, 1)
  })
})

describe('what only a heavy reading saw', () => {
  const health = 'http://127.0.0.1:8080/health/shodo-backend'
  const slow = finding('slow-responses', health)
  const isUnseen = (at: World) => at.state.findings.map((known) => isOutOfSight(at.state, known))
  const readings = (at: World) => Object.keys(at.state.steps).filter((run) => run.startsWith('timings'))
  const timed = (severity: 'LOW' | 'MEDIUM' = 'MEDIUM', automatic = policy.automatic): World => {
    const at = new World({ severity, symptom: 'slow', policy: { timings: true, automatic } })
    picture(at)
    read(at, 'timings', slow)
    return at
  }

  it('is not gone by one quick answer: it stands, not checked since, and so does what was proposed for it', () => {
    const at = timed('LOW')
    at.allGoesWell(notPictures)
    assert.deepEqual([at.step('scale-out').status, isUnseen(at)], ['proposed', [false]])
    at.wait(5 * minute)
    const { effect } = at.inFlight.get('situation/2') ?? assert.fail('no picture')
    assert.ok(effect.type === 'situation' && !effect.parts.some(({ kind }) => kind === 'http.timings'))
    picture(at)
    assert.deepEqual([codes(at), isUnseen(at)], [['slow-responses'], [true]])
    assert.equal(at.step('scale-out').status, 'proposed')
    at.command('run', sato, { step: 'timings' })
    read(at, 'timings.2')
    assert.deepEqual([codes(at), at.step('scale-out').status], [[], 'withdrawn'])
  })

  it('is not gone by it either where the quick one had seen the same', () => {
    const at = new World({ severity: 'LOW', symptom: 'slow', policy: { timings: true } })
    picture(at, { 'health:backend': [slow] })
    read(at, 'timings', slow)
    at.wait(5 * minute)
    picture(at)
    assert.deepEqual([codes(at), isUnseen(at)], [['slow-responses'], [true]])
    at.command('run', sato, { step: 'timings' })
    read(at, 'timings.2')
    assert.deepEqual(codes(at), [])
  })

  it('stands in the report as not checked since', () => {
    const at = timed('LOW')
    at.wait(5 * minute)
    const told = () => report(at.state, 'en', { localTime: (ms) => new Date(ms).toISOString(), now: at.now })
    assert.ok(!told().includes('not checked since'))
    picture(at)
    assert.ok(
      told().includes('slow-responses at http://127.0.0.1:8080/health/shodo-backend (not checked since)'),
    )
  })

  it('is read again by itself when all else shows a recovery, and only then it looks recovered', () => {
    const at = timed()
    at.allGoesWell(notPictures)
    assert.equal(at.step('scale-out').status, 'verified')
    at.wait(1_000)
    picture(at)
    assert.deepEqual([at.state.resolutionProposed, readings(at)], [false, ['timings', 'timings.2']])
    read(at, 'timings.2')
    assert.deepEqual([codes(at), at.state.phase, at.state.resolutionProposed], [[], 'monitoring', true])
    assert.match(at.told('resolution-proposed')[0]?.because.en ?? '', /^scale-out was verified/)
  })

  it('is read again once for each picture, whether it stands or nobody answered, and five times at most', () => {
    const at = timed()
    at.allGoesWell(notPictures)
    at.wait(1_000)
    picture(at)
    read(at, 'timings.2', slow)
    assert.deepEqual([at.state.resolutionProposed, isUnseen(at), readings(at).length], [false, [false], 2])
    for (let runs = 3; runs < 9; runs += 1) {
      at.wait(5 * minute)
      picture(at)
      const run = `timings.${runs}`
      if (at.state.steps[run] === undefined) break
      at.answer(`step/${run}/read`, { type: 'stage-ended', run, stage: 'read', outcome: bad('no-answer') })
    }
    assert.deepEqual([at.state.resolutionProposed, isUnseen(at), readings(at).length], [false, [true], 6])
  })

  it('is read again before anything is proposed for it a second time', () => {
    const at = timed('LOW')
    at.allGoesWell(notPictures)
    at.wait(5 * minute)
    picture(at)
    at.wait(26 * minute)
    assert.deepEqual([at.step('scale-out').status, readings(at)], ['expired', ['timings', 'timings.2']])
    assert.equal(at.state.steps['scale-out.2'], undefined)
    read(at, 'timings.2', slow)
    assert.equal(at.step('scale-out.2').status, 'planning')
  })
})

describe('a proposal that nobody took up', () => {
  it('is made again while its reason stands, five times in all, and after a rejection not at all', () => {
    const at = new World({ severity: 'MEDIUM', symptom: '5xx' })
    picture(at, { rollouts: [finding('bad-rollout')] })
    for (let hour = 0; hour < 12; hour += 1) {
      at.allGoesWell(notPictures)
      at.wait(30 * minute)
    }
    assert.equal(at.told('step-expired').length, 5)
    assert.equal(at.state.steps['rollback.6'], undefined)
  })
})

describe('an open incident', () => {
  it('looks again by itself every five minutes, more often where people are told more often, until it is resolved', () => {
    for (const [severity, every] of [
      ['LOW', 5],
      ['HIGH', 5],
    ] as const) {
      const at = new World({ severity })
      picture(at)
      at.wait(every * minute - 1)
      assert.equal(at.state.situation.wanted, 1)
      at.wait(1)
      assert.equal(at.state.situation.wanted, 2)
      picture(at)
      at.command('resolve', sato, {})
      picture(at)
      at.wait(60 * minute)
      assert.equal(at.state.situation.wanted, 3)
    }
  })

  it('has the symptom that a later report names, and its readings are taken', () => {
    const at = new World({ severity: 'MEDIUM' })
    at.command('report', yamada, {
      declaration: { service: 'backend', severity: 'LOW', description: '5xx', symptom: '5xx' },
    })
    assert.deepEqual([at.state.symptom, at.step('logs').status], ['5xx', 'reading'])
    at.command('report', yamada, {
      declaration: { service: 'backend', severity: 'LOW', description: 'slow', symptom: 'slow' },
    })
    assert.equal(at.state.symptom, '5xx')
  })
})

describe('whoever alone raises the severity', () => {
  const asked = (at: World, by = sato) => {
    at.command('run', by, { step: 'scale-out' })
    at.allGoesWell()
    return at.step('scale-out').status
  }

  it('does not have run at once what the new severity lets run at once', () => {
    const at = new World({ severity: 'LOW', policy, by: yamada })
    at.command('set-severity', sato, { severity: 'MEDIUM' })
    assert.equal(asked(at), 'proposed')
  })

  it('is one of two when somebody else says so too, or asks for the step', () => {
    const seconded = new World({ severity: 'LOW', policy, by: yamada })
    seconded.command('set-severity', sato, { severity: 'MEDIUM' })
    seconded.command('set-severity', yamada, { severity: 'MEDIUM' })
    assert.equal(asked(seconded), 'verified')
    const other = new World({ severity: 'LOW', policy, by: yamada })
    other.command('set-severity', sato, { severity: 'MEDIUM' })
    assert.equal(asked(other, yamada), 'verified')
  })
})
