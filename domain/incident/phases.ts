import { expected } from '../expected.ts'
import { type Failure, failure } from '../failures.ts'
import { isSamePerson } from '../person.ts'
import { type Actor, type Phase, type StepStatus, system, type Text, type Words } from '../words.ts'
import type { Command } from './commands.ts'
import { hasEnded, type IncidentState, leftToDo, type StepRun, toWorkOff } from './fold/state.ts'
import { type Story, tell } from './fold/story.ts'
import { allClear } from './pages/escalate.ts'

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
  if (hasEnded(state)) {
    return failure('not-open', { incident: state.id, phase: state.phase, command })
  }
  return undefined
}

export function resolve(story: Story, by: Actor): Failure | undefined {
  const { state } = story
  const refusal = openRefusal(story.state, 'resolve') ?? busyRefusal(story.state)
  if (refusal !== undefined) return refusal
  dropWaiting(story, by)
  tell(story, 'resolved', by, {})
  enter(story, by, 'resolved')
  allClear(story)
  // What the report and the review show is how it was left, and not how it was found.
  tell(story, 'situation-requested', system, { number: state.situation.wanted + 1 })
  return undefined
}

/** Why what was resolved is open again, where nobody gave a reason of their own. */
export const reportedAgain: Text = { en: 'it was reported again', ja: '同じ障害の再報告' }

export function reopen(story: Story, by: Actor, reason: Words): Failure | undefined {
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

export function close(
  story: Story,
  { by, waive, later = false }: Pick<Command<'close'>, 'by' | 'waive' | 'later'>,
): Failure | undefined {
  const { state } = story
  if (state.phase !== 'resolved') {
    return failure('wrong-phase', {
      incident: state.id,
      phase: state.phase,
      command: 'close',
      needed: 'resolved',
    })
  }
  if (waive !== undefined && later)
    return failure('bad-input', {
      where: 'close',
      problem: expected('waive or later, not both', 'waive か later のどちらか一方'),
    })
  const { commander } = state
  if (waive !== undefined && commander !== undefined && !isSamePerson(commander, by.id))
    return failure('commander-only', { incident: state.id, commander, person: by.id })
  const left = leftToDo(state)
  if (left.length > 0 && waive === undefined && !later) {
    return failure('afterwards-open', { incident: state.id, items: left.join(', ') })
  }
  // A count that is still under way.
  dropWaiting(story, by)
  tell(
    story,
    'closed',
    by,
    left.length === 0 ? {} : waive === undefined ? { later: left } : { waived: left, reason: waive },
  )
  enter(story, by, 'closed')
  return undefined
}

/** A last checklist that nobody worked off in time ends with what is left of it. */
export function afterwardsOver(story: Story): void {
  const items = toWorkOff(story.state)
  if (items.length > 0 && (story.state.closed?.later?.untilMs ?? 0) <= story.now)
    tell(story, 'afterwards-lapsed', system, { items })
}

export function cancel(story: Story, by: Actor, reason: string): Failure | undefined {
  const refusal = openRefusal(story.state, 'cancel') ?? busyRefusal(story.state)
  if (refusal !== undefined) return refusal
  dropWaiting(story, by)
  tell(story, 'cancelled', by, { reason })
  enter(story, by, 'cancelled')
  allClear(story)
  return undefined
}

function busyRefusal(state: IncidentState): Failure | undefined {
  const busy = stepsUnderWay(state)
  if (busy.length === 0) return undefined
  return failure('steps-under-way', { incident: state.id, steps: busy.map((s) => s.id).join(', ') })
}

const waiting: readonly StepStatus[] = ['proposed', 'planning', 'reading', 'waiting']

/** Proposals nobody needs any more: they end, and can no longer be approved. */
function dropWaiting(story: Story, by: Actor): void {
  for (const step of Object.values(story.state.steps)) {
    if (waiting.includes(step.status)) tell(story, 'step-expired', by, { run: step.id })
  }
}
