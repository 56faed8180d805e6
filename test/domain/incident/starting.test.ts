import assert from 'node:assert/strict'
import { effects } from '../../../domain/incident/effects.ts'
import { finding, planOf } from './hands.ts'
import { isPicture, picture, read } from './pictures.ts'
import { kato, sato, World, yamada } from './world.ts'

const policy = { automatic: ['reversible' as const] }
const halfAnHour = 30 * 60_000

function planned(at: World, run: string): void {
  at.answer(`step/${run}/plan`, {
    type: 'stage-ended',
    run,
    stage: 'plan',
    outcome: { ok: true, value: planOf(at.step(run)), attempt: 1 },
  })
}

describe('a proposal', () => {
  it('that a freeze held back starts at the thaw until the moment at which it expires, and not at it', () => {
    for (const [after, status] of [
      [halfAnHour - 1, 'running'],
      [halfAnHour, 'expired'],
      [halfAnHour + 1, 'expired'],
    ] as const) {
      const at = new World({ severity: 'MEDIUM', policy })
      at.command('run', sato, { step: 'rollback' })
      at.command('freeze', kato, { on: true })
      planned(at, 'rollback')
      assert.equal(at.step('rollback').status, 'proposed')
      // Nobody has woken up to its end yet.
      at.clockAhead(after)
      at.command('freeze', kato, { on: false })
      assert.equal(at.step('rollback').status, status, `${after} ms after it was made`)
    }
  })

  it('expires at its moment and not before, whoever wakes up early', () => {
    const at = new World({ severity: 'LOW' })
    at.command('run', sato, { step: 'rollback' })
    planned(at, 'rollback')
    const early = { what: 'step-expiry', run: 'rollback', atMs: at.now } as const
    at.feed({ type: 'due', deadline: early })
    assert.equal(at.step('rollback').status, 'proposed')
    at.wait(halfAnHour - 1)
    at.feed({ type: 'due', deadline: early })
    assert.equal(at.step('rollback').status, 'proposed')
    at.wait(1)
    assert.equal(at.step('rollback').status, 'expired')
  })

  it('keeps its exact change while another one starts', () => {
    const at = new World({ severity: 'LOW' })
    for (const step of ['rollback', 'scale-out']) {
      at.command('run', sato, { step })
      planned(at, step)
    }
    at.command('approve', yamada, { step: 'rollback', hash: at.step('rollback').hash ?? '' })
    assert.equal(at.step('rollback').status, 'running')
    assert.deepEqual(at.step('scale-out').plan?.change, planOf(at.step('scale-out')).change)
    assert.deepEqual(at.step('rollback').plan?.change, planOf(at.step('rollback')).change)
  })

  it('says whose policy lets it run at once: the severity and its risk', () => {
    const at = new World({ severity: 'MEDIUM', policy })
    at.command('run', sato, { step: 'rollback' })
    planned(at, 'rollback')
    assert.deepEqual(at.told('step-started')[0]?.allowed, { policy: 'MEDIUM: reversible' })
    assert.equal(at.step('rollback').allowedBy, 'MEDIUM: reversible')
  })
})

describe('a change that was verified', () => {
  it('lets nothing be proposed before a picture shows what it led to', () => {
    const at = new World({ severity: 'MEDIUM', symptom: '5xx', policy })
    picture(at, { rollouts: [finding('bad-rollout')] })
    at.allGoesWell((effect) => isPicture(effect) || effect.key === 'step/logs/read')
    assert.equal(at.step('rollback').status, 'verified')
    // The newest picture is the very one after which it counts.
    assert.equal(at.state.situation.taken?.number, at.state.proof?.after)
    read(at, 'logs', finding('errors-in-logs'))
    assert.equal(at.state.steps.restart, undefined)
    picture(at, { 'again:logs': [finding('errors-in-logs')] })
    assert.equal(at.step('restart').status, 'planning')
  })

  it('is no recovery while one of several things that were found still stands', () => {
    const at = new World({ severity: 'MEDIUM', symptom: 'slow', policy: { ...policy, timings: true } })
    const slow = finding('slow-responses', 'http://127.0.0.1:8080/health/shodo-backend')
    picture(at)
    read(at, 'timings', slow)
    at.allGoesWell(isPicture)
    assert.equal(at.step('scale-out').status, 'verified')
    at.wait(1_000)
    // One is seen, and the other one nobody has looked at again.
    picture(at, { pods: [finding('crash-loop')] })
    assert.deepEqual(Object.keys(at.state.steps), ['timings', 'scale-out'])
    assert.equal(at.state.resolutionProposed, false)
  })

  it('repairs nothing where it was a load test: neither while it runs nor once it went well', () => {
    const load = { id: 'load', title: { ja: '負荷', en: 'Load' }, kind: 'http.load' } as const
    const at = new World({ severity: 'LOW' })
    const { runbook } = at.state
    const [slow, ...others] = runbook.book.symptoms
    assert.ok(slow !== undefined)
    const params = { url: 'http://127.0.0.1:8080/health/shodo-backend' }
    const symptoms = [{ ...slow, steps: [...slow.steps, { ...load, with: params }] }, ...others]
    at.state = { ...at.state, runbook: { ...runbook, book: { ...runbook.book, symptoms } } }
    at.allGoesWell()
    const approve = (run: string) =>
      at.command('approve', yamada, { step: run, hash: at.step(run).hash ?? '' })
    at.command('run', sato, { step: 'load' })
    planned(at, 'load')
    approve('load')
    assert.deepEqual([at.step('load').status, at.state.phase], ['running', 'investigating'])
    // Beside it somebody repairs something: now it is being mitigated.
    at.command('run', sato, { step: 'rollback' })
    planned(at, 'rollback')
    approve('rollback')
    assert.equal(at.state.phase, 'mitigating')
    const { wanted } = at.state.situation
    at.allGoesWell((effect) => isPicture(effect) || effect.key.startsWith('step/rollback/'))
    assert.equal(at.step('load').status, 'verified')
    assert.deepEqual([at.state.proof, at.state.situation.wanted], [undefined, wanted])
  })

  it('has its service asked only where it changed the very Deployment of one', () => {
    const at = new World({
      severity: 'MEDIUM',
      policy: { automatic: ['reversible', 'disruptive'], database: true },
    })
    at.command('run', sato, { step: 'delete-pods' })
    at.allGoesWell((effect) => effect.key === 'step/delete-pods/verify')
    assert.ok(effects(at.state).some(({ key }) => key === 'step/delete-pods/verify'))
    at.allGoesWell()
    assert.equal(at.step('delete-pods').status, 'verified')
    assert.deepEqual(at.told('step-settled'), [])
    at.command('run', sato, { step: 'rollback' })
    at.allGoesWell()
    assert.deepEqual(
      at.told('step-settled').map(({ run }) => run),
      ['rollback'],
    )
    assert.deepEqual(
      at.told('step-verified').map(({ run, verified }) => [run, verified.ok, verified.says.en]),
      [
        ['delete-pods', true, 'as wanted'],
        ['rollback', true, 'as wanted'],
      ],
    )
  })
})
