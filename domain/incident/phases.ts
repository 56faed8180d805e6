import { type Failure, failure } from '../failures.ts'
import type { Actor, Phase } from '../words.ts'
import { type IncidentState, isOver, type StepRun } from './state.ts'
import { type Story, tell } from './story.ts'

export function enter(story: Story, by: Actor, to: Phase): void {
  if (story.state.phase !== to) tell(story, 'phase-changed', by, { from: story.state.phase, to })
}

/** Changes under way: planned ones may still be dropped, these may not. */
export function stepsUnderWay(state: IncidentState): readonly StepRun[] {
  return Object.values(state.steps).filter(
    (s) =>
      s.risk !== 'read' && (s.status === 'running' || s.status === 'verifying' || s.status === 'checking'),
  )
}

export function openRefusal(state: IncidentState, command: string): Failure | undefined {
  if (isOver(state) || state.phase === 'resolved') {
    return failure('not-open', { incident: state.id, phase: state.phase, command })
  }
  return undefined
}

export function resolve(story: Story, by: Actor): Failure | undefined {
  const refusal = openRefusal(story.state, 'resolve') ?? busyRefusal(story.state)
  if (refusal !== undefined) return refusal
  dropWaiting(story, by)
  tell(story, 'resolved', by, {})
  enter(story, by, 'resolved')
  return undefined
}

export function reopen(story: Story, by: Actor, reason: string): Failure | undefined {
  const { state } = story
  if (state.phase !== 'resolved') {
    return failure('wrong-phase', {
      incident: state.id,
      phase: state.phase,
      command: 'reopen',
      needed: 'resolved',
    })
  }
  tell(story, 'reopened', by, { reason })
  enter(story, by, 'investigating')
  return undefined
}

export function close(story: Story, by: Actor): Failure | undefined {
  const { state } = story
  if (state.phase !== 'resolved') {
    return failure('wrong-phase', {
      incident: state.id,
      phase: state.phase,
      command: 'close',
      needed: 'resolved',
    })
  }
  tell(story, 'closed', by, {})
  enter(story, by, 'closed')
  return undefined
}

export function cancel(story: Story, by: Actor, reason: string): Failure | undefined {
  const refusal = openRefusal(story.state, 'cancel') ?? busyRefusal(story.state)
  if (refusal !== undefined) return refusal
  dropWaiting(story, by)
  tell(story, 'cancelled', by, { reason })
  enter(story, by, 'cancelled')
  return undefined
}

function busyRefusal(state: IncidentState): Failure | undefined {
  const busy = stepsUnderWay(state)
  if (busy.length === 0) return undefined
  return failure('steps-under-way', { incident: state.id, steps: busy.map((s) => s.id).join(', ') })
}

/** Proposals nobody needs any more: they end, and can no longer be approved. */
function dropWaiting(story: Story, by: Actor): void {
  for (const step of Object.values(story.state.steps)) {
    if (step.status === 'proposed' || step.status === 'planning' || step.status === 'reading') {
      tell(story, 'step-expired', by, { run: step.id })
    }
  }
}
