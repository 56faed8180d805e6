/** The checklists: ticked by people, and by what the incident itself shows; somebody is called for what stays open. */
import { type Failure, failure } from '../failures.ts'
import { none, system } from '../words.ts'
import type { Command } from './commands.ts'
import { isShown, itemsDue } from './fold/checklist.ts'
import { isOver, toWorkOff } from './fold/state.ts'
import { type Story, tell } from './fold/story.ts'
import { remind } from './pages/escalate.ts'

export function check(story: Story, { type, by, item }: Command<'check'>): Failure | undefined {
  const { state } = story
  const { firstResponse, afterwards } = state.runbook.book
  const known = [...firstResponse, ...afterwards].map(({ id }) => id)
  if (!known.includes(item)) return failure('unknown-item', { item, known: known.join(', ') || none })
  const before = Object.hasOwn(state.checks, item) ? state.checks[item] : undefined
  // Whoever ticks what ticked itself stands for it from then on.
  if (before !== undefined && before.proof === undefined)
    return failure('already', {
      what: { en: `"${item}" was ticked`, ja: `「${item}」のチェック` },
      by: before.by.id,
      at: before.at,
    })
  if (isOver(state) && !toWorkOff(state).includes(item))
    return failure('not-open', { incident: state.id, phase: state.phase, command: type })
  tell(story, 'checked', by, { item })
  return undefined
}

/** Ticks what is shown by now. Of the last list a tick goes again when what it stood for does. */
export function proveItems(story: Story): void {
  if (isOver(story.state)) return
  const { firstResponse, afterwards } = story.state.runbook.book
  for (const { id: item, proof } of [...firstResponse, ...afterwards]) {
    if (proof === undefined) continue
    const { checks } = story.state
    const tick = Object.hasOwn(checks, item) ? checks[item] : undefined
    const shown = isShown(story.state, proof)
    if (shown && tick === undefined) tell(story, 'checked', system, { item, proof })
    const isLast = afterwards.some(({ id }) => id === item)
    if (!shown && isLast && tick?.proof !== undefined) tell(story, 'unchecked', system, { item, proof })
  }
}

/** Some items have been open for so long. */
export function checklistDue(story: Story): void {
  const due = itemsDue(story.state).filter(({ dueMs }) => dueMs <= story.now)
  if (due.length === 0) return
  const dueMs = Math.min(...due.map((one) => one.dueMs))
  remind(story, 'checklist', dueMs, { items: due.map(({ item }) => item) })
}
