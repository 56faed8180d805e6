import assert from 'node:assert/strict'
import { copyCommands } from '../../client/words/copy.ts'
import type { StepRun } from '../../domain/incident/fold/state.ts'
import { World } from '../domain/incident/world.ts'

describe('the commands for a copy that is halfway', () => {
  const stopped = (id: string, more: Partial<StepRun>): StepRun => ({
    id,
    step: id,
    kind: 'postgres.cut-over',
    title: { en: 'Cut over', ja: '切り替え' },
    params: {},
    origin: 'person',
    requestedBy: { kind: 'person', id: 'sato', verified: true },
    requestedAt: '2026-11-24T03:00:00.000Z',
    status: 'failed',
    risk: 'destructive',
    approvalsNeeded: 2,
    approvals: [],
    changed: 'unknown',
    ...more,
  })

  it('run the cut-over again, or undo it again where the way back has stopped', () => {
    const { state } = new World()
    const cutOver = stopped('cut-over', {})
    const cutBack = stopped('cut-over-undo', { kind: 'postgres.cut-back', undoes: 'cut-over' })
    const commands = (...runs: StepRun[]) =>
      copyCommands({ ...state, id: 'shodo-1', steps: Object.fromEntries(runs.map((run) => [run.id, run])) })
    assert.deepEqual(commands(cutOver), ['show shodo-1 cut-over', 'run shodo-1 cut-over'])
    assert.deepEqual(commands(cutOver, cutBack), ['show shodo-1 cut-over-undo', 'undo shodo-1 cut-over'])
  })
})
