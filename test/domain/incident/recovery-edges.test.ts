import assert from 'node:assert/strict'
import type { IncidentState, StepRun } from '../../../domain/incident/fold/state.ts'
import { recoveryOrder } from '../../../domain/incident/recovery/order.ts'
import { recoveryParts, recoveryWithin } from '../../../domain/incident/recovery/recover.ts'
import type { PublishedRunbook } from '../../../domain/runbook/runbook.ts'
import type { StepStatus } from '../../../domain/words.ts'
import { bad, finding, planOf } from './hands.ts'
import { picture } from './pictures.ts'
import { smokeTest } from './small-runbook.ts'
import { kato, noon, sato, World, yamada } from './world.ts'

const runs = ['recover-backend', 'recover-frontend'] as const

function planned(at: World, run: string, pods: Parameters<typeof planOf>[1]): void {
  at.answer(`step/${run}/plan`, {
    type: 'stage-ended',
    run,
    stage: 'plan',
    outcome: { ok: true, value: planOf(at.step(run), pods), attempt: 1 },
  })
}

function withBook(at: World, change: (book: PublishedRunbook['book']) => Partial<PublishedRunbook['book']>) {
  const { runbook } = at.state
  at.state = { ...at.state, runbook: { ...runbook, book: { ...runbook.book, ...change(runbook.book) } } }
}

describe('an emergency recovery that failed', () => {
  it('takes back what would start by itself, and leaves what waits for people to them', () => {
    const at = new World({ severity: 'CRITICAL' })
    planned(at, 'recover-backend', { ready: 2, notReady: 1, ofReady: 2 })
    assert.deepEqual(
      [at.step('recover-backend').status, at.step('recover-backend').approvalsNeeded],
      ['proposed', 1],
    )
    at.waitUntil('0:30')
    assert.deepEqual(
      runs.map((run) => at.step(run).status),
      ['proposed', 'withdrawn'],
    )
    at.command('approve', yamada, { step: 'recover-backend', hash: at.step('recover-backend').hash ?? '' })
    assert.equal(at.step('recover-backend').status, 'running')
  })

  it('is over at its moment and not before, whoever wakes up early', () => {
    const at = new World({ severity: 'CRITICAL' })
    at.wait(29_999)
    at.feed({ type: 'due', deadline: { what: 'recovery-over', atMs: at.now } })
    assert.equal(at.state.recovery?.status, 'running')
    at.wait(1)
    assert.equal(at.state.recovery?.status, 'failed')
  })

  it('has every proposal of the runbook made, and the picture taken again', () => {
    const at = new World({ severity: 'CRITICAL' })
    picture(at, { rollouts: [finding('bad-rollout')] })
    at.waitUntil('0:30')
    assert.deepEqual([at.step('rollback').status, at.state.situation.wanted], ['planning', 2])
  })
})

describe('an emergency recovery', () => {
  it('is counted again each time that it starts', () => {
    const at = new World({ severity: 'CRITICAL' })
    assert.deepEqual([at.state.recovery?.number, at.state.recoveries], [1, 1])
    at.command('resolve', sato, {})
    at.command('reopen', sato, { reason: 'it is back' })
    assert.deepEqual([at.state.recovery?.number, at.state.recoveries], [2, 2])
  })

  it('of a worse severity starts when the one before it has ended, and has its own time and steps', () => {
    const at = new World({ severity: 'LOW' })
    withBook(at, ({ severities }) => ({
      severities: { ...severities, HIGH: { ...severities.HIGH, recoverWithin: 60_000 } },
    }))
    at.command('set-severity', sato, { severity: 'HIGH' })
    assert.deepEqual(at.state.recovery?.steps, ['quick-scale-out'])
    at.command('set-severity', sato, { severity: 'CRITICAL' })
    assert.equal(at.told('recovery-started').length, 1)
    assert.equal(recoveryWithin(at.state), 60_000)
    at.wait(59_999)
    assert.equal(at.state.recovery?.number, 1)
    at.wait(1)
    assert.deepEqual([at.state.recovery?.number, at.state.recovery?.severity], [2, 'CRITICAL'])
    assert.deepEqual([at.state.recovery?.steps, at.state.recovery?.untilMs], [runs, noon + 90_000])
    assert.equal(recoveryWithin(at.state), 30_000)
  })

  it('does not begin for what looks recovered, though a freeze held it back', () => {
    const at = new World({ severity: 'CRITICAL', frozen: true })
    picture(at, { pods: [finding('crash-loop')] })
    at.command('situation', kato, {})
    picture(at)
    assert.equal(at.state.phase, 'monitoring')
    at.command('freeze', kato, { on: false })
    assert.equal(at.state.recovery, undefined)
  })

  it('asks each service three times over within its time, and one without an address by its look', () => {
    const at = new World({ severity: 'CRITICAL', policy: { database: true } })
    const params = (name: string) => ({
      url: `http://127.0.0.1:8080/health/shodo-${name}`,
      times: 3,
      within: 30_000,
      slowAfter: 1_000,
    })
    assert.deepEqual(
      recoveryParts(at.state).map(({ id, kind, params: asked }) => [id, kind, asked]),
      [
        ['health:backend', 'http.healthy', params('backend')],
        ['health:frontend', 'http.healthy', params('frontend')],
        ['connections:database', 'postgres.connections', {}],
      ],
    )
  })

  it('asks for the smoke test of each service as well', () => {
    const at = new World({ severity: 'CRITICAL', policy: { smokes: true } })
    const asked = recoveryParts(at.state).map(({ id, params }) => [id, params.smokeTest])
    assert.deepEqual(asked, [
      ['health:backend', smokeTest],
      ['health:frontend', undefined],
    ])
  })

  it('has half a minute where the runbook says nothing', () => {
    assert.equal(recoveryWithin(new World({ severity: 'LOW' }).state), 30_000)
  })

  it('goes on with what waited only once it thaws', () => {
    const at = new World({ severity: 'CRITICAL', policy: { depends: true } })
    planned(at, 'recover-backend', { ready: 0, notReady: 3, ofReady: 0 })
    at.command('freeze', kato, { on: true })
    at.allGoesWell((effect) => effect.type === 'recovery-check')
    assert.equal(at.step('recover-backend').status, 'verified')
    assert.deepEqual(at.told('recovery-continued'), [])
    at.command('freeze', kato, { on: false })
    assert.deepEqual(at.told('recovery-continued'), [{ steps: ['recover-frontend'] }])
  })

  it('says at once what went wrong, and only when nothing is under way any more', () => {
    const at = new World({ severity: 'CRITICAL' })
    const fails = (run: string) =>
      at.answer(`step/${run}/plan`, { type: 'stage-ended', run, stage: 'plan', outcome: bad('no-answer') })
    fails('recover-backend')
    assert.equal(at.state.recovery?.status, 'running')
    fails('recover-frontend')
    assert.equal(at.state.recovery?.status, 'failed')
    assert.equal(at.told('recovery-failed')[0]?.why.length, 2)
  })
})

describe('the order of an emergency recovery', () => {
  const at = new World({ severity: 'CRITICAL', policy: { recovers: false } })
  withBook(at, ({ services, severities }) => {
    const { backend, frontend } = services
    const [first] = severities.CRITICAL.quick
    assert.ok(backend !== undefined && frontend !== undefined && first !== undefined)
    const web = { ...frontend, dependsOn: ['backend', 'frontend'] }
    const { service: _, ...ofNone } = { ...first, id: 'recover-all' }
    const quick = [...severities.CRITICAL.quick, { ...first, id: 'recover-web', service: 'web' }, ofNone]
    const missing = { ...first, id: 'of-no-database', with: { selector: '$service.selector' } }
    return {
      services: { ...services, web },
      severities: { ...severities, CRITICAL: { ...severities.CRITICAL, quick: [...quick, missing] } },
    }
  })
  const order = (began: Readonly<Record<string, StepStatus>>, service = 'backend') => {
    const steps = Object.fromEntries(
      Object.entries(began).map(([step, status]) => [step, { id: step, step, status } as StepRun]),
    ) as IncidentState['steps']
    const of = recoveryOrder(
      { ...at.state, service, steps },
      { severity: 'CRITICAL', steps: Object.keys(began) },
    )
    const ids = (some: typeof of.ready) => some.map(({ id }) => id)
    return { ready: ids(of.ready), blocked: ids(of.blocked) }
  }
  const others = { 'recover-all': 'done', 'of-no-database': 'done' } as const

  it('begins with what needs nothing', () => {
    assert.deepEqual(order({}), {
      ready: ['recover-backend', 'recover-frontend', 'recover-all', 'of-no-database'],
      blocked: [],
    })
  })

  it('goes on when all of what a service needs went well, waits for the rest, and gives up where one did not', () => {
    for (const [backend, frontend, ready, blocked] of [
      ['verified', 'verified', true, false],
      ['done', 'verified', true, false],
      ['verified', 'running', false, false],
      ['planning', 'done', false, false],
      ['verified', 'failed', false, true],
      ['failed', 'running', false, true],
      ['expired', 'verified', false, true],
      ['withdrawn', 'proposed', false, true],
    ] as const)
      assert.deepEqual(
        order({ ...others, 'recover-backend': backend, 'recover-frontend': frontend }),
        { ready: ready ? ['recover-web'] : [], blocked: blocked ? ['recover-web'] : [] },
        `${backend}, ${frontend}`,
      )
    assert.deepEqual(order({ ...others, 'recover-backend': 'verified' }).ready, ['recover-frontend'])
  })

  it('leaves out what the service of the incident does not have, and all where no runbook knows it', () => {
    const bare = new World({ severity: 'CRITICAL', service: 'database', policy: { database: true } }).state
    const { book } = bare.runbook
    const [first] = book.severities.CRITICAL.quick
    assert.ok(first !== undefined)
    const quick = [first, { ...first, id: 'of-no-database', with: { selector: '$service.selector' } }]
    const severities = { ...book.severities, CRITICAL: { ...book.severities.CRITICAL, quick } }
    const state = { ...bare, runbook: { ...bare.runbook, book: { ...book, severities } } }
    const ready = (service: string) =>
      recoveryOrder({ ...state, service }, { severity: 'CRITICAL', steps: [] }).ready.map(({ id }) => id)
    assert.deepEqual(ready('database'), ['recover-backend'])
    assert.deepEqual(ready('backend'), ['recover-backend', 'of-no-database'])
    assert.deepEqual(ready('nothing'), [])
  })
})
