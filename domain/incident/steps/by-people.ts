/** What people say of steps: done, decided, skipped, once more. Each answers with a refusal, or tells what follows. */
import { type Failure, failure } from '../../failures.ts'
import { present } from '../../present.ts'
import { affectedStep } from '../../runbook/runbook.ts'
import { isChange, isPeoples, kindOf } from '../../steps/catalogue.ts'
import { optionsOf } from '../../steps/person.ts'
import { ended, type StepStatus } from '../../words.ts'
import type { Command } from '../commands.ts'
import { type IncidentState, isOver, type StepRun } from '../fold/state.ts'
import { type Story, tell } from '../fold/story.ts'
import { openRefusal } from '../phases.ts'
import { chosenRefusal, undo, unknownStep } from './commands.ts'
import { findRun, nextRunId, offeredSteps } from './find-step.ts'
import { heldRefusal, holdBack } from './follow.ts'
import { propose } from './propose.ts'
import { request, roomRefusal } from './request.ts'
import { verbRefusal } from './verb.ts'

export function done(story: Story, command: Command<'done'>): Failure | undefined {
  const run = runOf(story, command)
  if (typeof run !== 'string') return run
  tell(story, 'step-carried-out', command.by, { run, ...present({ saw: command.saw }) })
  propose(story)
  return undefined
}

export function decideFor(story: Story, command: Command<'decide'>): Failure | undefined {
  const { by, option, reason } = command
  const options = optionsOf(asked(story.state, command.step) ?? { kind: '', params: {} })
  if (options.length > 0 && !options.includes(option))
    return failure('unknown-option', { step: command.step, option, known: options.join(', ') })
  const run = runOf(story, command)
  if (typeof run !== 'string') return run
  tell(story, 'step-decided', by, { run, option, reason })
  propose(story)
  return undefined
}

/** What is meant by the name of a step: its newest run, or what the runbook offers. */
function asked(state: IncidentState, word: string): Pick<StepRun, 'kind' | 'title' | 'params'> | undefined {
  const run = findRun(state, word)
  if (run !== undefined) return { kind: run.kind, title: run.title, params: run.params }
  const offered = offeredSteps(state).find(({ id }) => id === word)
  return offered && { kind: offered.kind, title: offered.title, params: offered.with }
}

/** The run that is meant, begun here where nobody had asked for it yet; or why there is none. */
function runOf(story: Story, command: Command<'done' | 'decide'>): string | Failure {
  const { state } = story
  const { step: word, by, type } = command
  const known = asked(state, word)
  const refusal =
    openRefusal(state, type) ??
    (known === undefined ? notThere(state, word) : verbRefusal(state, word, type, known))
  if (refusal !== undefined) return refusal
  const run = findRun(state, word)
  if (run?.status === 'waiting') return run.id
  if (run?.told !== undefined && run.status === 'done')
    return failure('already', {
      what: { en: `${run.id} is done`, ja: `${run.id} の完了` },
      by: run.told.by.id,
      at: run.endedAt ?? '-',
    })
  const step = offeredSteps(state).find(({ id }) => id === (run?.step ?? word))
  if (step === undefined) return notThere(state, word)
  const held = heldRefusal(state, step) ?? roomRefusal(state)
  if (held !== undefined) return held
  const { id, kind, title, with: params } = step
  return request(story, by, { step: id, kind, title, params, origin: 'person' })
}

export function skip(story: Story, { type, by, step: word, reason }: Command<'skip'>): Failure | undefined {
  const { state } = story
  const refusal = openRefusal(state, type)
  if (refusal !== undefined) return refusal
  const run = findRun(state, word)
  if (run !== undefined && dropped.includes(run.status)) {
    const { id, step, kind, title, params } = run
    tell(story, 'step-skipped', by, { run: id, step, kind, title, params, reason })
    propose(story)
    return undefined
  }
  const passed = asked(state, word)
  if (passed === undefined) return notThere(state, word)
  if (run !== undefined && !isStopped(run)) return notWaiting(state, run, type)
  const full = roomRefusal(state)
  if (full !== undefined) return full
  const step = run?.step ?? word
  tell(story, 'step-skipped', by, { run: nextRunId(state, step), step, ...passed, reason })
  propose(story)
  return undefined
}

/** Not begun: it can be left as it is. */
const dropped: readonly StepStatus[] = ['waiting', 'planning', 'proposed']

/** It came to an end, and not to what was wanted. */
function isStopped({ status }: StepRun): boolean {
  return ended.includes(status) && status !== 'done' && status !== 'verified' && status !== 'undone'
}

/** The same once more, as this person's wish; what follows it goes on from there. Of people's steps also what was done or decided. */
export function retry(story: Story, { type, by, step: word }: Command<'retry'>): Failure | undefined {
  const { state } = story
  const run = findRun(state, word)
  const kind = kindOf(run?.kind ?? '')
  // The affected users are counted once it is resolved.
  const isLate = kind?.risk === 'read' && !isOver(state)
  const refusal = (isLate ? undefined : openRefusal(state, type)) ?? roomRefusal(state)
  if (refusal !== undefined) return refusal
  if (run === undefined || kind === undefined) return notThere(state, word)
  const isAgain = (isPeoples(kind) || isUncounted(state, run)) && ended.includes(run.status)
  if (!isAgain && !isStopped(run)) return notWaiting(state, run, type)
  if (run.undoes !== undefined) return undo(story, { type: 'undo', v: 1, by, step: run.undoes })
  if (isChange(kind) && state.frozen !== undefined)
    return failure('frozen', { by: state.frozen.by.id, at: state.frozen.at })
  const offered = offeredSteps(state).find(({ id }) => id === run.step)
  const forbidden =
    (offered && heldRefusal(state, offered)) ?? chosenRefusal(state, run.step, kind, run.byHand ?? [], by)
  if (forbidden !== undefined) return forbidden
  tell(story, 'step-retried', by, { run: run.id, by: nextRunId(state, run.step) })
  const { step, title, params, because, byHand } = run
  const wanted = { step, kind: run.kind, title, params, ...present({ because, byHand }) }
  request(story, by, { ...wanted, origin: 'person' })
  holdBack(story)
  return undefined
}

/** The affected users were to be counted, and their number is still unknown. */
function isUncounted({ affected }: IncidentState, { step }: StepRun): boolean {
  return step === affectedStep && affected === undefined
}

function notWaiting(
  { id: incident }: IncidentState,
  { id: step, status }: StepRun,
  command: string,
): Failure {
  return failure(ended.includes(status) ? 'step-not-waiting' : 'step-busy', {
    incident,
    step,
    status,
    ...(ended.includes(status) ? { command } : {}),
  })
}

function notThere(state: IncidentState, word: string): Failure {
  const known = [...offeredSteps(state).map(({ id }) => id), ...Object.keys(state.steps)]
  return unknownStep(state, word, [...new Set(known)])
}
