import assert from 'node:assert/strict'
import { isWorse, riskOfPlan } from '../../../domain/approval/risk.ts'
import type { StepRun } from '../../../domain/incident/fold/state.ts'
import { shareTakenDown } from '../../../domain/incident/steps/taken-down.ts'
import { catalogue, type KindName } from '../../../domain/steps/catalogue.ts'
import type { ChangeKind, Plan } from '../../../domain/steps/contract.ts'
import { planOf } from '../incident/hands.ts'
import { noon, sato, World } from '../incident/world.ts'

const minute = 60_000

const world = new World({ severity: 'MEDIUM' })
world.command('run', sato, { step: 'scale-out' })
const asked = world.step('scale-out')
const { target } = planOf(asked)

function planFor(ready: number, ofReady: number, of = target): Plan {
  return { ...planOf(asked, { ready, notReady: 0, ofReady }), target: of }
}

describe('the risk of a plan', () => {
  const risk = (kind: KindName, [ready, ofReady]: readonly [number, number], before?: number) => {
    const { risk, tooWide } = riskOfPlan(catalogue[kind] as ChangeKind, planFor(ready, ofReady), 50, before)
    return tooWide ? `${risk}, too wide` : risk
  }

  it('is that of its kind while no more of the Ready pods go than the runbook lets go', () => {
    assert.equal(risk('kubernetes.scale', [50, 100]), 'reversible')
    assert.equal(risk('kubernetes.scale', [51, 100]), 'disruptive, too wide')
    assert.equal(risk('kubernetes.scale', [1, 1]), 'disruptive, too wide')
    assert.equal(risk('kubernetes.delete-pods', [1, 3]), 'disruptive')
    assert.equal(risk('kubernetes.delete-pods', [0, 3]), 'reversible')
    assert.equal(risk('kubernetes.exec', [3, 3]), 'destructive, too wide')
  })

  it('counts what went down before, but not for a plan that takes down nothing', () => {
    assert.equal(risk('kubernetes.scale', [1, 100], 49), 'reversible')
    assert.equal(risk('kubernetes.scale', [1, 100], 50), 'disruptive, too wide')
    for (const ofReady of [0, 1, 3])
      assert.equal(risk('kubernetes.scale', [0, ofReady], 100), 'reversible', `${ofReady}`)
  })

  it('is worse than another one only where it stands above it', () => {
    assert.equal(isWorse('destructive', 'disruptive'), true)
    assert.equal(isWorse('disruptive', 'disruptive'), false)
    assert.equal(isWorse('reversible', 'disruptive'), false)
  })
})

describe('the share of a workload that an incident took down', () => {
  const run = (id: string, more: Partial<StepRun> = {}): StepRun => ({
    ...asked,
    id,
    startedAtMs: noon,
    plan: planFor(1, 4),
    ...more,
  })
  const share = (of: StepRun, others: readonly StepRun[], now = noon) =>
    shareTakenDown(
      { steps: Object.fromEntries([of, ...others].map((one) => [one.id, one])) },
      of,
      target,
      now,
    )

  it('is that of its other runs within ten minutes', () => {
    const own = run('own')
    const other = run('other')
    assert.equal(share(own, []), 0)
    assert.equal(share(own, [other]), 25)
    assert.equal(share(own, [other, run('third', { plan: planFor(2, 4) })]), 75)
    assert.equal(share(own, [other], noon + 10 * minute - 1), 25)
    assert.equal(share(own, [other], noon + 10 * minute), 0)
  })

  it('is not that of another workload, of what never started, or of a workload without a Ready pod', () => {
    const { startedAtMs: _, ...waiting } = run('waiting')
    const { plan: __, ...unplanned } = run('unplanned')
    for (const other of [
      run('elsewhere', { plan: planFor(1, 4, 'deployment/shodo/other') }),
      waiting,
      unplanned,
      run('none-ready', { plan: planFor(0, 0) }),
    ])
      assert.equal(share(run('own'), [other]), 0, other.id)
  })

  it('counts a change and the undos of it once for each other, and both for everything else', () => {
    const change = run('change')
    const undo = run('change-undo', { undoes: 'change' })
    const again = run('change-undo-undo', { undoes: 'change-undo' })
    assert.equal(share(undo, [change]), 0)
    assert.equal(share(again, [change, undo]), 0)
    assert.equal(share(change, [undo, again]), 0)
    assert.equal(share(run('own'), [change, undo]), 50)
    assert.equal(share(run('own-undo', { undoes: 'own' }), [change, run('own')]), 25)
  })
})
