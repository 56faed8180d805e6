import { itemsDue } from './fold/checklist.ts'
import { type IncidentState, toWorkOff } from './fold/state.ts'
import {
  acknowledgedUntil,
  isWanted,
  levelsDue,
  levelsRepeated,
  reminderAt,
  updateAt,
} from './pages/escalate.ts'
import { looksAt } from './situation/situation.ts'

/** Something that will be due at a moment if nothing else happens. `atMs` is epoch milliseconds. */
export type Deadline =
  | { readonly what: 'escalate'; readonly level: string; readonly atMs: number }
  | { readonly what: 'repeat'; readonly level: string; readonly atMs: number }
  | { readonly what: 'page-retry'; readonly key: string; readonly atMs: number }
  | { readonly what: 'step-expiry'; readonly run: string; readonly atMs: number }
  | { readonly what: 'step-reminder'; readonly run: string; readonly atMs: number }
  | { readonly what: 'recovery-over'; readonly atMs: number }
  | { readonly what: 'acknowledgement-over'; readonly atMs: number }
  | { readonly what: 'checklist'; readonly atMs: number }
  | { readonly what: 'update'; readonly atMs: number }
  | { readonly what: 'look'; readonly atMs: number }
  | { readonly what: 'afterwards-over'; readonly atMs: number }

/** Everything that is due when, earliest first. Derived from the state alone: nothing to lose, nothing to cancel. */
export function deadlines(state: IncidentState): readonly Deadline[] {
  const due: Deadline[] = [
    ...levelsDue(state).map(({ level, dueMs }) => ({ what: 'escalate', level, atMs: dueMs }) as const),
    ...levelsRepeated(state).map(({ level, dueMs }) => ({ what: 'repeat', level, atMs: dueMs }) as const),
  ]
  for (const [key, page] of Object.entries(state.pages)) {
    if (page.retryAtMs !== undefined && isWanted(state, page))
      due.push({ what: 'page-retry', key, atMs: page.retryAtMs })
  }
  for (const step of Object.values(state.steps)) {
    if (step.status === 'proposed' && step.expiresAtMs !== undefined)
      due.push({ what: 'step-expiry', run: step.id, atMs: step.expiresAtMs })
    const reminder = reminderAt(state, step)
    if (reminder !== undefined) due.push({ what: 'step-reminder', run: step.id, atMs: reminder })
  }
  if (state.recovery?.status === 'running') due.push({ what: 'recovery-over', atMs: state.recovery.untilMs })
  const once = {
    'acknowledgement-over': acknowledgedUntil(state),
    checklist: earliest(itemsDue(state).map(({ dueMs }) => dueMs)),
    update: updateAt(state),
    look: looksAt(state),
    'afterwards-over': toWorkOff(state).length === 0 ? undefined : state.closed?.later?.untilMs,
  }
  for (const [what, atMs] of Object.entries(once) as [keyof typeof once, number | undefined][])
    if (atMs !== undefined) due.push({ what, atMs })
  return due.sort((a, b) => a.atMs - b.atMs)
}

function earliest(moments: readonly number[]): number | undefined {
  return moments.length === 0 ? undefined : Math.min(...moments)
}
