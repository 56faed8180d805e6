import assert from 'node:assert/strict'
import { explain } from '../../../domain/failures.ts'
import { deadlines } from '../../../domain/incident/deadlines.ts'
import { type Effect, effects } from '../../../domain/incident/effects.ts'
import { report } from '../../../domain/telling/report.ts'
import { sentence } from '../../../domain/telling/sentences.ts'
import { bad, finding, reading } from './hands.ts'
import { isPicture, pictureOf } from './pictures.ts'
import { type Circumstances, kato, noon, person, sato, World, yamada } from './world.ts'

const nobody = person('watanabe', false)
const reason = 'there is room'
const isPage = ({ type }: { readonly type: string }) => type === 'page'

/** An incident whose symptom asks people to announce it, to decide, and then goes their way. */
function handover(more: Circumstances = {}): World {
  const at = new World({
    severity: 'MEDIUM',
    symptom: 'handover',
    ...more,
    policy: { people: true, ...more.policy },
  })
  at.allGoesWell(isPage)
  return at
}

/** Announced, and decided for more pods. */
function decided(more: Circumstances = {}): World {
  const at = handover(more)
  at.command('done', sato, { step: 'announce' })
  at.command('decide', yamada, { step: 'way', option: 'add-pods', reason })
  at.allGoesWell(isPage)
  return at
}

const said = (at: World, type: string): readonly string[] =>
  at.events.filter((event) => event.type === type).map((event) => sentence(event, 'en'))

describe('a step that people carry out', () => {
  it('waits from the start for somebody to do it, and no worker hears of it', () => {
    const at = handover()
    const { status, risk, requestedBy } = at.step('announce')
    assert.deepEqual([status, risk, requestedBy.id], ['waiting', undefined, 'hikeshi'])
    assert.ok(!effects(at.state).some(({ key }) => key.includes('announce')))
  })

  it('is done when a person says so, with what they saw, and whoever does it has acknowledged', () => {
    const at = handover()
    at.wait(30_000)
    at.command('done', sato, { step: 'announce', saw: 'the banner is up' })
    const { status, told, endedAt } = at.step('announce')
    assert.deepEqual([status, told], ['done', { by: sato, saw: 'the banner is up' }])
    assert.equal(Date.parse(endedAt ?? ''), noon + 30_000)
    assert.equal(at.state.acknowledged?.by.id, 'sato')
    assert.deepEqual(said(at, 'step-carried-out'), ['sato did step announce: the banner is up'])
    assert.equal(at.refusal('done', yamada, { step: 'announce' }), 'already')
  })

  it('is asked for by its finding where it has one, and may be done before anybody asks', () => {
    const at = handover()
    assert.equal(at.state.steps['tell-support'], undefined)
    at.command('done', sato, { step: 'tell-support' })
    assert.equal(at.step('tell-support').status, 'done')

    const other = handover()
    pictureOf(other, { pods: [finding('errors-in-logs')] })
    assert.equal(other.step('tell-support').status, 'waiting')
  })

  it('calls somebody once when it has waited for as long as it says, else as proposals do', () => {
    const at = handover()
    at.waitUntil('1:59')
    assert.deepEqual(at.pages(), [])
    at.waitUntil('2:00')
    assert.deepEqual(
      at.pages().map(({ reason, person, step }) => [reason, person, step]),
      [['to-do', 'tanaka', 'announce']],
    )
    assert.match(at.pages()[0]?.says.en ?? '', /Step announce is waiting for people/)
    at.waitUntil('4:59')
    assert.equal(at.pages().length, 1)

    const late = handover()
    late.command('done', sato, { step: 'announce' })
    late.waitUntil('4:59')
    assert.deepEqual(late.pages(), [])
    late.waitUntil('5:00')
    assert.deepEqual(
      late.pages().flatMap(({ reason, step }) => (reason === 'to-do' ? [step] : [])),
      ['way'],
    )
  })

  it('calls the commander about it, where the runbook knows how to reach them', () => {
    const at = handover()
    at.command('set-commander', sato, { person: 'suzuki' })
    at.waitUntil('2:00')
    assert.deepEqual(
      at.pages().map(({ reason, person, level }) => [reason, person, level]),
      [['to-do', 'suzuki', 'commander']],
    )
  })

  it('takes back the page about it once it is done', () => {
    const at = handover()
    at.waitUntil('2:00')
    at.command('done', sato, { step: 'announce' })
    assert.ok(!effects(at.state).some(({ type }) => type === 'page'))
    assert.ok(!deadlines(at.state).some((due) => due.what === 'step-reminder' && due.run === 'announce'))
  })

  it('is told apart from a decision and from what hikeshi does: each has its own word', () => {
    const at = handover()
    assert.equal(at.refusal('decide', sato, { step: 'announce', option: 'add-pods', reason }), 'other-verb')
    assert.equal(at.refusal('done', sato, { step: 'rollback' }), 'other-verb')
    assert.equal(at.refusal('done', sato, { step: 'nothing' }), 'unknown-step')
    at.command('done', sato, { step: 'announce' })
    assert.equal(at.refusal('done', sato, { step: 'way' }), 'other-verb')
    assert.equal(at.refusal('decide', sato, { step: 'way', option: 'wait', reason }), 'unknown-option')
    assert.equal(at.refusal('run', sato, { step: 'way' }), 'step-busy')
  })

  it('stands in the report with who did it, and ends with the incident', () => {
    const at = handover()
    at.command('done', sato, { step: 'announce', saw: 'the banner is up' })
    const text = report(at.state, 'en', { localTime: (ms) => new Date(ms).toISOString(), now: at.now })
    assert.match(text, /- Announce it: the banner is up, sato \(done\)/)
    assert.match(text, /- More pods, or new ones \(waiting for people\)/)
    at.command('resolve', sato, {})
    assert.equal(at.step('way').status, 'expired')
    assert.equal(at.refusal('done', sato, { step: 'way' }), 'not-open')
  })

  it('keeps the first 500 characters of what was seen; the timeline has all of it', () => {
    const at = handover()
    at.command('done', sato, { step: 'announce', saw: '火'.repeat(2_000) })
    assert.equal(at.step('announce').told?.saw?.length, 500)
    assert.equal(at.told('step-carried-out')[0]?.saw?.length, 2_000)
  })
})

describe('what comes after a step', () => {
  it('is refused before that is done, and starts by itself then', () => {
    const at = handover()
    assert.equal(at.state.steps.way, undefined)
    assert.equal(at.refusal('decide', sato, { step: 'way', option: 'add-pods', reason }), 'step-held')
    assert.equal(at.refusal('run', sato, { step: 'add-pods' }), 'step-held')
    at.command('done', sato, { step: 'announce' })
    assert.equal(at.step('way').status, 'waiting')
    assert.deepEqual(at.step('way').because, { en: 'announce is done', ja: 'announce が完了' })
    assert.equal(at.refusal('run', sato, { step: 'add-pods' }), 'step-held')
  })

  it('says in its refusal how to finish what it comes after, be that for a person or for hikeshi', () => {
    const at = handover()
    const ways = (step: string) => {
      const held = at.ask('run', sato, { step }) ?? assert.fail(`${step} was not refused`)
      return [explain(held, 'en').next, explain(held, 'ja').next].map((next) =>
        [...next.matchAll(/hikeshi (\w+) shodo-42 ([\w/-]+)/g)].map(([, verb, of]) => `${verb} ${of}`),
      )
    }
    for (const first of ['announce', 'way', 'add-pods']) {
      const step = { announce: 'way', way: 'add-pods', 'add-pods': 'look-again' }[first] ?? ''
      for (const found of ways(step))
        assert.deepEqual(found, [
          `run ${first}`,
          `done ${first}`,
          `decide ${first}/OPTION`,
          `retry ${first}`,
          `skip ${first}`,
        ])
    }
  })

  it('follows the option that was decided for, and only that one', () => {
    const at = decided()
    assert.deepEqual(at.step('way').told, { by: yamada, option: 'add-pods', reason })
    assert.equal(at.step('add-pods').status, 'proposed')
    assert.equal(at.state.steps['replace-pods'], undefined)
    assert.equal(at.refusal('run', sato, { step: 'replace-pods' }), 'step-held')
    assert.deepEqual(said(at, 'step-decided'), [`yamada decided way: add-pods, because ${reason}`])
  })

  it('is the wish of whoever decided: another person has to approve it', () => {
    const at = decided()
    const approve = { step: 'add-pods', hash: at.step('add-pods').hash ?? '' }
    assert.equal(at.step('add-pods').requestedBy.id, 'yamada')
    assert.equal(at.refusal('approve', yamada, approve), 'requester-cannot-approve')
    at.command('approve', kato, approve)
    assert.equal(at.step('add-pods').status, 'running')
  })

  it('runs at once where the severity lets it, but never for a name that nobody has checked', () => {
    const policy = { automatic: ['reversible' as const] }
    const at = decided({ policy })
    assert.equal(at.step('add-pods').status, 'verified')
    const unchecked = handover({ policy })
    unchecked.command('skip', nobody, { step: 'announce', reason: 'no' })
    unchecked.command('decide', nobody, { step: 'way', option: 'add-pods', reason })
    unchecked.allGoesWell(isPage)
    assert.equal(unchecked.step('add-pods').status, 'proposed')
  })

  it('never runs at once for such a name, whatever was read since, or found, or said by others', () => {
    const policy = { automatic: ['reversible' as const], between: true }
    for (const announces of [nobody, sato]) {
      const at = handover({ policy })
      at.command('skip', announces, { step: 'announce', reason: 'no' })
      at.command('decide', announces === sato ? nobody : yamada, { step: 'way', option: 'add-pods', reason })
      const { actedAtMs } = at.state
      at.wait(60_000)
      at.allGoesWell(isPage)
      const { status, requestedBy } = at.step('add-pods')
      assert.deepEqual([at.step('look-first').status, status, requestedBy], ['done', 'proposed', nobody])
      // Nobody did anything by that: the deed was the decision.
      assert.equal(at.state.actedAtMs, actedAtMs)
    }
    const all = handover({ policy })
    all.command('skip', sato, { step: 'announce', reason: 'no' })
    all.command('decide', yamada, { step: 'way', option: 'add-pods', reason })
    all.allGoesWell(isPage)
    assert.equal(all.step('add-pods').status, 'verified')
  })

  it('is proposed for a finding in the name that let it through, and once', () => {
    const policy = { automatic: ['reversible' as const], between: true }
    const at = handover({ policy })
    at.command('skip', nobody, { step: 'announce', reason: 'no' })
    const isLater = (effect: Effect) => isPage(effect) || isPicture(effect)
    pictureOf(at, { pods: [finding('errors-in-logs')] })
    at.allGoesWell(isLater)
    const { status, requestedBy } = at.step('scale-for-errors')
    assert.deepEqual([status, requestedBy], ['proposed', nobody])
    at.command('reject', kato, { step: 'scale-for-errors', reason: 'no' })
    pictureOf(at, { pods: [finding('errors-in-logs')] })
    at.allGoesWell(isLater)
    assert.equal(at.state.steps['scale-for-errors.2'], undefined)

    const checked = handover({ policy })
    checked.command('skip', sato, { step: 'announce', reason: 'no' })
    pictureOf(checked, { pods: [finding('errors-in-logs')] })
    checked.allGoesWell(isLater)
    assert.equal(checked.step('scale-for-errors').status, 'verified')
  })

  it('goes on after a change that was verified, also with a reading', () => {
    const at = decided({ policy: { automatic: ['reversible'] } })
    assert.equal(at.step('look-again').status, 'done')
    assert.equal(at.step('look-again').requestedBy.id, 'hikeshi')
  })

  it('is asked for once, however often it is looked at', () => {
    const at = decided()
    at.command('reject', kato, { step: 'add-pods', reason: 'no' })
    pictureOf(at)
    assert.deepEqual(
      Object.keys(at.state.steps).filter((run) => run.startsWith('add-pods')),
      ['add-pods'],
    )
  })
})

describe('a step that is skipped', () => {
  it('lets what comes after it begin, with the reason and who said so', () => {
    const at = handover()
    at.command('skip', kato, { step: 'announce', reason: 'nobody is awake' })
    assert.deepEqual(at.step('announce').status, 'skipped')
    assert.equal(at.step('way').status, 'waiting')
    assert.deepEqual(said(at, 'step-skipped'), ['kato skipped step announce (Announce it): nobody is awake'])
  })

  it('may be one that nobody has asked for, and no worker plans it', () => {
    const at = handover()
    at.command('skip', kato, { step: 'add-pods', reason: 'scaled by hand' })
    assert.equal(at.step('add-pods').status, 'skipped')
    assert.ok(!effects(at.state).some(({ key }) => key.includes('add-pods')))
    assert.equal(at.step('look-again').status, 'reading')
    assert.equal(at.refusal('retry', sato, { step: 'add-pods' }), 'step-held')
    at.command('skip', kato, { step: 'rollback', reason: 'nothing to go back to' })
    at.command('retry', sato, { step: 'rollback' })
    assert.deepEqual(at.step('rollback.2').params, { deployment: 'shodo-backend' })
  })

  it('chooses nothing where it is a decision, and holds nothing back that a person wants', () => {
    const at = handover()
    at.command('done', sato, { step: 'announce' })
    at.command('skip', kato, { step: 'way', reason: 'no time' })
    assert.deepEqual([at.state.steps['add-pods'], at.state.steps['replace-pods']], [undefined, undefined])
    at.command('run', sato, { step: 'replace-pods' })
    assert.equal(at.step('replace-pods').status, 'planning')
    // Whoever has the time after all decides.
    at.command('decide', sato, { step: 'way', option: 'add-pods', reason })
    assert.equal(at.step('way.2').told?.option, 'add-pods')
    assert.equal(at.step('add-pods').status, 'planning')
  })

  it('may have failed, and keeps that beside it; what is under way or done is not skipped', () => {
    const at = decided()
    at.command('approve', kato, { step: 'add-pods', hash: at.step('add-pods').hash ?? '' })
    assert.equal(at.refusal('skip', sato, { step: 'add-pods', reason }), 'step-busy')
    const outcome = bad('target-changed')
    at.answer('step/add-pods/run', { type: 'stage-ended', run: 'add-pods', stage: 'run', outcome })
    at.command('skip', sato, { step: 'add-pods', reason: 'scaled by hand' })
    assert.deepEqual([at.step('add-pods').status, at.step('add-pods.2').status], ['failed', 'skipped'])
    assert.equal(at.step('look-again').status, 'reading')
    at.allGoesWell(isPage)
    assert.equal(at.refusal('skip', sato, { step: 'look-again', reason }), 'step-not-waiting')
    assert.equal(at.refusal('skip', sato, { step: 'nothing', reason }), 'unknown-step')
  })

  it('is not one that a verified person asked for, if nobody has checked who says so', () => {
    const at = handover()
    at.command('run', sato, { step: 'rollback' })
    at.allGoesWell(isPage)
    assert.equal(at.refusal('skip', nobody, { step: 'rollback', reason }), 'verified-only')
    at.command('skip', kato, { step: 'rollback', reason })
    assert.equal(at.step('rollback').status, 'skipped')
  })
})

describe('what a verified person said of a step', () => {
  it('is said otherwise by nobody who may be anybody, in whatever words', () => {
    const at = decided()
    const other = { step: 'way', option: 'replace-pods', reason: 'mine' }
    assert.equal(at.refusal('decide', nobody, other), 'verified-only')
    assert.equal(at.refusal('run', nobody, { step: 'way' }), 'verified-only')
    assert.equal(at.refusal('retry', nobody, { step: 'way' }), 'verified-only')
    assert.equal(at.refusal('done', nobody, { step: 'announce' }), 'verified-only')
    assert.deepEqual(Object.keys(at.state.steps), ['announce', 'way', 'add-pods'])
    at.command('retry', sato, { step: 'way' })
    at.command('decide', nobody, other)
    assert.equal(at.step('way.2').told?.option, 'replace-pods')
  })

  it('stands also where it was skipped, and where an older run is named', () => {
    const at = handover()
    at.command('skip', sato, { step: 'announce', reason })
    at.command('skip', nobody, { step: 'way', reason })
    at.command('retry', sato, { step: 'way' })
    at.command('skip', kato, { step: 'way', reason })
    for (const step of ['way', 'way.2']) {
      assert.equal(at.refusal('decide', nobody, { step, option: 'add-pods', reason }), 'verified-only')
      assert.equal(at.refusal('skip', nobody, { step, reason }), 'verified-only')
      assert.equal(at.refusal('retry', nobody, { step }), 'verified-only')
    }
    assert.equal(at.refusal('done', nobody, { step: 'announce' }), 'verified-only')
    at.command('skip', kato, { step: 'rollback', reason })
    assert.equal(at.refusal('run', nobody, { step: 'rollback' }), 'verified-only')
  })

  it('is never run: what people carry out has its own word', () => {
    const at = decided()
    assert.equal(at.refusal('run', sato, { step: 'way' }), 'other-verb')
    assert.equal(at.refusal('run', sato, { step: 'tell-support' }), 'other-verb')
  })
})

describe('a step once more', () => {
  it('holds back again what comes after it, until it is through', () => {
    const at = decided()
    at.command('reject', kato, { step: 'add-pods', reason: 'not yet' })
    at.command('retry', kato, { step: 'way' })
    assert.equal(at.refusal('run', sato, { step: 'add-pods' }), 'step-held')
    at.command('decide', kato, { step: 'way.2', option: 'add-pods', reason })
    at.command('run', sato, { step: 'add-pods' })
  })

  it('of a decision takes back what waits for approval because of it, so that nobody approves what was given up', () => {
    for (const isPlanned of [true, false]) {
      const at = handover()
      at.command('done', sato, { step: 'announce' })
      at.command('decide', yamada, { step: 'way', option: 'add-pods', reason })
      if (isPlanned) at.allGoesWell(isPage)
      const { hash = 'a'.repeat(64), status } = at.step('add-pods')
      assert.equal(status, isPlanned ? 'proposed' : 'planning')
      at.command('retry', kato, { step: 'way' })
      at.allGoesWell(isPage)
      assert.equal(at.step('add-pods').status, 'withdrawn')
      assert.equal(at.refusal('approve', sato, { step: 'add-pods', hash }), 'step-not-waiting')
      assert.deepEqual(said(at, 'step-withdrawn'), [
        'step add-pods withdrawn: way/add-pods, which it comes after, is asked again',
      ])
      at.command('decide', kato, { step: 'way', option: 'replace-pods', reason })
      at.allGoesWell(isPage)
      assert.equal(at.step('add-pods').status, 'withdrawn')
      assert.equal(at.step('replace-pods').status, 'proposed')
    }
  })

  it('of a decision lets what was decided for again begin again, as the wish of whoever decided now', () => {
    const at = decided()
    at.command('retry', kato, { step: 'way' })
    at.command('decide', kato, { step: 'way', option: 'add-pods', reason })
    at.allGoesWell(isPage)
    const again = at.step('add-pods.2')
    assert.deepEqual([again.status, again.requestedBy], ['proposed', kato])
    at.command('reject', sato, { step: 'add-pods', reason: 'no' })
    at.allGoesWell(isPage)
    assert.equal(at.state.steps['add-pods.3'], undefined)
  })

  it('of a decision leaves alone what runs already, and what comes after something else', () => {
    const at = decided()
    at.command('run', sato, { step: 'rollback' })
    at.allGoesWell(isPage)
    at.command('approve', kato, { step: 'add-pods', hash: at.step('add-pods').hash ?? '' })
    assert.equal(at.step('add-pods').status, 'running')
    at.command('retry', kato, { step: 'way' })
    assert.equal(at.step('add-pods').status, 'running')
    assert.equal(at.step('rollback').status, 'proposed')
  })

  it('is the same change, asked for by whoever says so, and a plan goes on from there', () => {
    const at = decided()
    at.command('approve', kato, { step: 'add-pods', hash: at.step('add-pods').hash ?? '' })
    const outcome = bad('target-changed')
    at.answer('step/add-pods/run', { type: 'stage-ended', run: 'add-pods', stage: 'run', outcome })
    assert.equal(at.state.steps['look-again'], undefined)
    at.command('retry', sato, { step: 'add-pods' })
    at.allGoesWell(isPage)
    const again = at.step('add-pods.2')
    assert.deepEqual(again.params, at.step('add-pods').params)
    assert.deepEqual([again.requestedBy, again.origin, again.status], [sato, 'person', 'proposed'])
    assert.equal(at.step('add-pods').retriedBy, 'add-pods.2')
    assert.deepEqual(said(at, 'step-retried'), ['sato retries step add-pods as add-pods.2'])
    at.command('approve', kato, { step: 'add-pods.2', hash: again.hash ?? '' })
    at.allGoesWell(isPage)
    assert.equal(at.step('look-again').status, 'done')
  })

  it('keeps what the finding knew better than the runbook', () => {
    const at = handover({ symptom: '5xx' })
    const answers = { 'kubernetes.rollout-undo': { toRevision: 3 } }
    pictureOf(at, { rollouts: [{ ...finding('bad-rollout'), answers }] })
    at.allGoesWell(isPage)
    at.command('reject', kato, { step: 'rollback', reason: 'not yet' })
    at.command('retry', sato, { step: 'rollback' })
    assert.equal(at.step('rollback.2').params.toRevision, 3)
  })

  it('asks again for a decision, whose newest answer counts', () => {
    const at = decided()
    at.command('retry', kato, { step: 'way' })
    assert.equal(at.step('way.2').status, 'waiting')
    at.command('decide', kato, { step: 'way', option: 'replace-pods', reason: 'no room' })
    assert.equal(at.step('way.2').told?.option, 'replace-pods')
    at.allGoesWell(isPage)
    assert.equal(at.step('replace-pods').requestedBy.id, 'kato')
    assert.equal(at.refusal('retry', sato, { step: 'add-pods' }), 'step-held')
  })

  it('is not for what ended well or has not ended, nor against a verified person’s decision', () => {
    const at = decided({ policy: { automatic: ['reversible'] } })
    assert.equal(at.refusal('retry', sato, { step: 'add-pods' }), 'step-not-waiting')
    assert.equal(at.refusal('retry', sato, { step: 'nothing' }), 'unknown-step')
    assert.equal(at.refusal('retry', nobody, { step: 'way' }), 'verified-only')
    at.command('run', sato, { step: 'rollback' })
    assert.equal(at.refusal('retry', sato, { step: 'rollback' }), 'step-busy')
  })

  it('takes back once more what could not be taken back', () => {
    const at = decided({ policy: { automatic: ['reversible'] } })
    at.command('undo', sato, { step: 'add-pods' })
    const outcome = bad('no-answer')
    at.answer('step/add-pods-undo/plan', {
      type: 'stage-ended',
      run: 'add-pods-undo',
      stage: 'plan',
      outcome,
    })
    at.command('retry', sato, { step: 'add-pods-undo' })
    assert.equal(at.step('add-pods-undo.2').undoes, 'add-pods')
  })

  it('changes nothing while automation is frozen', () => {
    const at = decided()
    at.command('reject', kato, { step: 'add-pods', reason: 'not yet' })
    at.command('freeze', kato, { on: true })
    assert.equal(at.refusal('retry', sato, { step: 'add-pods' }), 'frozen')
  })

  it('of a reading reads again', () => {
    const at = handover({ symptom: '5xx' })
    const value = reading()
    assert.equal(at.step('logs').status, 'done')
    assert.equal(at.refusal('retry', sato, { step: 'logs' }), 'step-not-waiting')
    at.command('run', sato, { step: 'logs' })
    at.answer('step/logs.2/read', {
      type: 'stage-ended',
      run: 'logs.2',
      stage: 'read',
      outcome: bad('no-answer'),
    })
    at.command('retry', sato, { step: 'logs' })
    at.answer('step/logs.3/read', {
      type: 'stage-ended',
      run: 'logs.3',
      stage: 'read',
      outcome: { ok: true, value, attempt: 1 },
    })
    assert.equal(at.step('logs.3').status, 'done')
  })
})
