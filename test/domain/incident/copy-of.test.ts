import assert from 'node:assert/strict'
import type { StepRun } from '../../../domain/incident/fold/state.ts'
import { copyNow } from '../../../domain/incident/steps/copy-of.ts'
import { World } from './world.ts'

const done = { says: { en: 'done', ja: '完了' }, already: false, after: null }
const someRun: StepRun = {
  id: 'restore',
  step: 'restore',
  kind: 'postgres.restore',
  title: { en: 'Restore', ja: '復元' },
  params: {},
  origin: 'person',
  requestedBy: { kind: 'person', id: 'sato', verified: true },
  requestedAt: '2026-11-24T03:00:00.000Z',
  status: 'verified',
  risk: 'reversible',
  approvalsNeeded: 0,
  approvals: [],
  done,
}
const restored = someRun
const cutOver: StepRun = { ...someRun, id: 'cut-over', step: 'cut-over', kind: 'postgres.cut-over' }
const cutBack: StepRun = {
  ...someRun,
  id: 'cut-over-undo',
  step: 'cut-over-undo',
  kind: 'postgres.cut-back',
  undoes: 'cut-over',
}
const discarded: StepRun = { ...someRun, id: 'discard', step: 'discard', kind: 'postgres.discard-copy' }

/** What is known of the copy after these runs, in this order. */
function copyAfter(...runs: readonly StepRun[]): string | undefined {
  const { state } = new World()
  const steps = Object.fromEntries(runs.map((run, i) => [`${run.id}${i}`, run]))
  const now = copyNow({ ...state, steps })
  return now && `${now.kind} ${now.run.id}`
}

describe('the copy of an incident', () => {
  it('stands from its restore or bisect on, verified or not, until it is discarded or taken into use', () => {
    assert.equal(copyAfter(), undefined)
    assert.equal(copyAfter(restored), 'standing restore')
    assert.equal(copyAfter({ ...restored, kind: 'postgres.bisect' }), 'standing restore')
    assert.equal(copyAfter({ ...restored, status: 'failed' }), 'standing restore')
    assert.equal(copyAfter(restored, discarded), undefined)
    assert.equal(copyAfter({ ...restored, status: 'undone' }), undefined)
    assert.equal(copyAfter(restored, cutOver), 'in-use cut-over')
    assert.equal(copyAfter(restored, { ...cutOver, status: 'undone' }), undefined)
    assert.equal(copyAfter(restored, cutOver, { ...restored, id: 'restore.2' }), 'standing restore.2')
  })

  it('is not said of what is under way, nor of a run that changed nothing', () => {
    const { done: _, ...without } = restored
    assert.equal(copyAfter({ ...without, status: 'running' }), undefined)
    assert.equal(copyAfter({ ...without, status: 'failed', changed: 'nothing' }), undefined)
    assert.equal(copyAfter({ ...without, status: 'failed', changed: 'unknown' }), 'standing restore')
  })

  it('is neither beside nor in use while its cut-over has stopped halfway', () => {
    const { done: _, ...without } = cutOver
    assert.equal(
      copyAfter(restored, { ...without, status: 'failed', changed: 'unknown' }),
      'halfway cut-over',
    )
    assert.equal(
      copyAfter(restored, { ...without, status: 'failed', changed: 'nothing' }),
      'standing restore',
    )
  })

  it('is neither in use nor gone while its cut-back may have changed something and nobody has seen that it did', () => {
    const { done: _, ...without } = cutBack
    const unknown: StepRun = { ...without, status: 'failed', changed: 'unknown' }
    assert.equal(copyAfter(restored, cutOver, unknown), 'halfway cut-over-undo')
    assert.equal(copyAfter(restored, cutOver, { ...cutBack, status: 'failed' }), 'halfway cut-over-undo')
    assert.equal(copyAfter(restored, cutOver, { ...unknown, changed: 'nothing' }), 'in-use cut-over')
    const undone: StepRun = { ...cutOver, status: 'undone' }
    assert.equal(copyAfter(restored, undone, cutBack), undefined)
    assert.equal(copyAfter(restored, undone, unknown, cutBack), undefined)
  })
})
