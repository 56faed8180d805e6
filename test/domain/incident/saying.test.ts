import assert from 'node:assert/strict'
import { type Actor, none } from '../../../domain/words.ts'
import { finding } from './hands.ts'
import { picture } from './pictures.ts'
import { kato, noon, person, sato, World, yamada } from './world.ts'

const nobody = person('watanabe', false)
const alertmanager: Actor = { kind: 'alert', id: 'alertmanager', verified: true }
const calm = { severity: 'LOW' } as const

describe('what people say of an incident', () => {
  it('is an end that is expected after now, and not at this very moment', () => {
    const at = new World(calm)
    const eta = (ms: number) => ({ eta: new Date(noon + ms).toISOString() })
    assert.equal(at.refusal('set-eta', sato, eta(0)), 'moment-past')
    at.command('set-eta', sato, eta(1))
    assert.equal(at.state.eta, eta(1).eta)
  })

  it('is no news where it is so already: the severity, but for whoever seconds the one who raised it', () => {
    const at = new World({ ...calm, by: yamada })
    const set = (by: Actor, severity: 'LOW' | 'MEDIUM') => {
      const before = at.told('severity-set').length
      at.command('set-severity', by, { severity })
      return at.told('severity-set').length - before
    }
    assert.equal(set(sato, 'LOW'), 0)
    assert.equal(set(sato, 'MEDIUM'), 1)
    assert.equal(set(sato, 'MEDIUM'), 0)
    assert.equal(set(person('Sato'), 'MEDIUM'), 0)
    // An alert is nobody who could stand behind it with them.
    assert.equal(set(alertmanager, 'MEDIUM'), 0)
    assert.equal(set(kato, 'MEDIUM'), 1)
    assert.equal(set(kato, 'MEDIUM'), 0)
    assert.equal(set(kato, 'LOW'), 1)
    assert.equal(set(yamada, 'LOW'), 0)
  })

  it('is no news where it is so already: a risk; of the one that nobody names it stays as it is', () => {
    const at = new World({ ...calm, dataLoss: true })
    const set = (input: { dataLoss?: boolean; breach?: boolean }) => {
      const before = at.told('risk-set').length
      at.command('set-risk', sato, input)
      return at.told('risk-set').slice(before)
    }
    assert.deepEqual(set({}), [])
    assert.deepEqual(set({ dataLoss: true }), [])
    assert.deepEqual(set({ dataLoss: true, breach: false }), [])
    assert.deepEqual(set({ breach: true }), [{ dataLoss: true, breach: true }])
    assert.deepEqual(set({ dataLoss: false }), [{ dataLoss: false, breach: true }])
    assert.deepEqual(set({ dataLoss: true, breach: false }), [{ dataLoss: true, breach: false }])
  })

  it('is a symptom of its own service; any other is refused with those that there are', () => {
    const known = (service: string, symptom: string) => {
      const at = new World({ ...calm, service, policy: { database: true } })
      const refused = at.ask('set-symptom', sato, { symptom })
      return [refused?.name, refused?.params.known]
    }
    assert.deepEqual(known('backend', 'nonsense'), ['unknown-symptom', 'slow, 5xx'])
    assert.deepEqual(known('backend', 'connections'), ['unknown-symptom', 'slow, 5xx'])
    assert.deepEqual(known('frontend', 'slow'), ['unknown-symptom', none])
    assert.deepEqual(known('database', 'connections'), [undefined, undefined])
  })

  it('is a thing of its checklists; any other is refused with those that there are', () => {
    const at = new World(calm)
    const refused = at.ask('check', sato, { item: 'nonsense' })
    assert.deepEqual([refused?.name, refused?.params.known], ['unknown-item', 'alert, post-mortem'])
    const { runbook } = at.state
    const book = { ...runbook.book, firstResponse: [], afterwards: [] }
    at.state = { ...at.state, runbook: { ...runbook, book } }
    assert.deepEqual(at.ask('check', sato, { item: 'alert' })?.params.known, none)
  })

  it('is the word of the desk on a freeze from its very first moment', () => {
    const at = new World(calm)
    at.command('freeze', kato, { on: true, version: 0 })
    assert.deepEqual(at.state.frozen?.by, kato)
    at.command('freeze', kato, { on: false })
    assert.deepEqual([at.state.frozen, at.state.freezeVersion], [undefined, 0])
  })

  it('waives nothing where nothing is left to do', () => {
    const at = new World(calm)
    at.command('resolve', sato, {})
    at.command('check', sato, { item: 'post-mortem' })
    at.command('close', sato, { waive: 'a drill' })
    assert.deepEqual(at.told('closed'), [{}])
  })

  it('ends whatever waits once it is over: what is planned, proposed or read', () => {
    for (const end of ['resolve', 'cancel'] as const) {
      const at = new World({ ...calm, symptom: '5xx' })
      for (const step of ['rollback', 'scale-out']) at.command('run', sato, { step })
      at.allGoesWell((effect) => effect.key !== 'step/scale-out/plan')
      const statuses = () => Object.values(at.state.steps).map(({ id, status }) => `${id} ${status}`)
      assert.deepEqual(statuses(), ['logs reading', 'rollback planning', 'scale-out proposed'])
      at.ask(end, sato, end === 'cancel' ? { reason: 'a drill' } : {})
      assert.deepEqual(statuses(), ['logs expired', 'rollback expired', 'scale-out expired'])
    }
  })
})

describe('a report of the same trouble', () => {
  const report = (risks: { dataLoss?: boolean; breach?: boolean }) => ({
    declaration: { service: 'backend', severity: 'LOW', description: 'x', ...risks } as const,
  })

  it('names a risk that nobody knew of, and takes none back', () => {
    for (const risk of ['dataLoss', 'breach'] as const) {
      const at = new World(calm)
      at.command('report', yamada, report({ [risk]: true }))
      assert.deepEqual([at.state.dataLoss, at.state.breach], [risk === 'dataLoss', risk === 'breach'])
      at.command('report', yamada, report({}))
      assert.equal(at.state[risk], true)
      assert.equal(at.told('escalated').filter(({ reason }) => reason !== 'due').length > 0, true)
    }
  })

  it('tells of a symptom of its own service alone', () => {
    const at = new World(calm)
    const { declaration } = report({})
    at.command('report', yamada, { declaration: { ...declaration, service: 'frontend', symptom: '5xx' } })
    assert.equal(at.state.symptom, undefined)
    at.command('report', yamada, report({}))
    assert.equal(at.state.symptom, undefined)
    at.command('report', yamada, { declaration: { ...declaration, symptom: '5xx' } })
    assert.equal(at.state.symptom, '5xx')
  })
})

describe('a risk that a verified person named', () => {
  it('is denied by nobody who may be anybody, whichever it is and whenever it was named', () => {
    for (const [risk, other] of [
      ['dataLoss', 'breach'],
      ['breach', 'dataLoss'],
    ] as const) {
      const at = new World({ ...calm, by: nobody })
      at.command('set-risk', kato, { [risk]: true })
      assert.equal(at.refusal('set-risk', nobody, { [risk]: false }), 'verified-only')
      // To say again that it stands, or to name and deny the other one, is open to everybody.
      at.command('set-risk', nobody, { [risk]: true })
      at.command('set-risk', nobody, { [other]: true })
      assert.equal(at.refusal('set-risk', nobody, { [risk]: false }), 'verified-only')
      at.command('set-risk', nobody, { [other]: false })
      assert.deepEqual([at.state[risk], at.state[other]], [true, false])
      at.command('set-risk', sato, { [risk]: false })
      assert.equal(at.state[risk], false)
    }
  })

  it('is taken over by whoever names it again, once it was denied', () => {
    const at = new World({ ...calm, by: nobody })
    at.command('set-risk', kato, { breach: true })
    at.command('set-risk', kato, { breach: false })
    at.command('set-risk', nobody, { breach: true })
    at.command('set-risk', nobody, { breach: false })
    assert.equal(at.state.breach, false)
  })
})

describe('a proposal that a verified person approved', () => {
  it('is rejected by nobody who may be anybody, though the runbook asked for it', () => {
    const at = new World({ ...calm, by: nobody, policy: { approvals: { reversible: 2 } } })
    picture(at, { rollouts: [finding('bad-rollout')] })
    at.allGoesWell()
    const { status, hash = '' } = at.step('rollback')
    assert.equal(status, 'proposed')
    at.command('approve', kato, { step: 'rollback', hash })
    assert.equal(at.refusal('reject', nobody, { step: 'rollback', reason: 'no' }), 'verified-only')
    at.command('reject', yamada, { step: 'rollback', reason: 'no' })
  })
})

describe('an incident that goes on in another run', () => {
  it('counts each of them once', () => {
    const at = new World(calm)
    at.feed({ type: 'continued', run: 1 })
    at.feed({ type: 'continued', run: 2 })
    at.feed({ type: 'continued', run: 2 })
    assert.deepEqual(at.told('continued'), [{ run: 2 }])
  })
})

describe('an incident at its very beginning', () => {
  it('has counted nothing yet but its declaration', () => {
    const { blank } = new World(calm)
    const { reports, recoveries, internalErrors, run, archivedRun, situation, resolutionProposed } = blank
    assert.deepEqual(
      { reports, recoveries, internalErrors, run, archivedRun, situation, resolutionProposed },
      {
        reports: 1,
        recoveries: 0,
        internalErrors: 0,
        run: 1,
        archivedRun: 0,
        situation: { wanted: 0, requestedAtMs: noon },
        resolutionProposed: false,
      },
    )
  })
})
