/** Steps that come after others: what still holds them, and what starts by itself once nothing does. */
import { type Failure, failure } from '../../failures.ts'
import type { RunbookStep } from '../../runbook/runbook.ts'
import { isChange, isPeoples, kindOf } from '../../steps/catalogue.ts'
import { type Actor, type StepStatus, system, type Text } from '../../words.ts'
import type { IncidentState, StepRun } from '../fold/state.ts'
import { type Story, tell } from '../fold/story.ts'
import { answers, isRecent, ownFindings } from '../fold/whose.ts'
import { counts, isWish } from '../fold/wish.ts'
import { openRefusal } from '../phases.ts'
import { offeredSteps } from './find-step.ts'
import { request, roomRefusal } from './request.ts'

/** Which of the words in its `after` hold a step back: what was skipped holds nothing. */
export function holding({ steps }: Pick<IncidentState, 'steps'>, step: RunbookStep): readonly string[] {
  return (step.after ?? []).filter((word) => goneThrough(steps, word) === undefined)
}

export function heldRefusal(state: IncidentState, step: RunbookStep): Failure | undefined {
  const words = holding(state, step)
  const [first = ''] = words[0]?.split('/') ?? []
  if (words.length === 0) return undefined
  return failure('step-held', { incident: state.id, step: step.id, words: words.join(', '), first })
}

/** Ends that let the next step begin. A cluster without the system of a step can never carry it out. */
const passable: readonly StepStatus[] = ['done', 'verified', 'skipped', 'left-out']

/** The run that lets through what comes after `announce` or `way/add-pods`: the newest, and none that people asked for once more. */
function goneThrough(steps: IncidentState['steps'], word: string): StepRun | undefined {
  const [step, option] = word.split('/')
  const run = Object.values(steps).findLast(
    (one) => one.step === step && passable.includes(one.status) && one.retriedBy === undefined,
  )
  return option === undefined || run?.status === 'skipped' || run?.told?.option === option ? run : undefined
}

/**
 * Starts the steps whose turn it is, each once: what comes after something, and what people carry out for the incident's symptom. Where
 * `when` says for which findings, a change waits to be proposed for one (propose.ts), and people are asked only then.
 */
export function follow(story: Story): void {
  const { service, symptom, runbook } = story.state
  if (openRefusal(story.state, 'run') !== undefined) return
  const own = runbook.book.symptoms.find((one) => one.service === service && one.id === symptom)
  const ids = own?.steps.map(({ id }) => id) ?? []
  for (const step of offeredSteps(story.state))
    if ((step.after !== undefined || ids.includes(step.id)) && isItsTurn(story, step)) begin(story, step)
}

/**
 * What waits for approval and comes after something that is asked for once more waits no longer: nobody shall approve what follows from a decision that
 * was given up. Decided for again, it begins again.
 */
export function holdBack(story: Story): void {
  const offered = offeredSteps(story.state)
  for (const { id, step, status } of Object.values(story.state.steps)) {
    const found =
      status === 'proposed' || status === 'planning' ? offered.find((one) => one.id === step) : undefined
    const [after] = found === undefined ? [] : holding(story.state, found)
    if (after !== undefined) tell(story, 'step-withdrawn', system, { run: id, after })
  }
}

function isItsTurn({ state, now }: Story, step: RunbookStep): boolean {
  const kind = kindOf(step.kind)
  const { after = [], when } = step
  if (kind === undefined || !(isPeoples(kind) || after.length > 0)) return false
  if (Object.values(state.steps).some((run) => run.step === step.id && run.heldBack !== true)) return false
  if (holding(state, step).length > 0 || roomRefusal(state) !== undefined) return false
  // A decision that was skipped chose nothing.
  if (after.some((word) => word.includes('/') && goneThrough(state.steps, word)?.told?.option === undefined))
    return false
  if (isChange(kind) && (when !== undefined || state.recovery?.status === 'running')) return false
  return (
    when === undefined ||
    ownFindings(state).some((finding) => isRecent(finding, now) && answers(state, step, finding))
  )
}

function begin(story: Story, step: RunbookStep): void {
  const { id, kind, title, with: params } = step
  const last = newestOf(justBefore(story.state, step))
  const declared = kindOf(kind)
  const isChanging = declared !== undefined && isChange(declared)
  const { by, origin } = isChanging
    ? askedBy(story.state, step, last)
    : { by: system, origin: 'runbook' as const }
  request(story, by, {
    step: id,
    kind,
    title,
    params,
    origin,
    ...(last === undefined ? {} : { because: afterwards(last) }),
  })
}

type Asked = { readonly by: Actor; readonly origin: StepRun['origin'] }

/** A change that follows what a person did is that person's wish; else it is asked for as a proposal of the runbook is. */
function askedBy(state: IncidentState, step: RunbookStep, last: StepRun | undefined): Asked {
  const unchecked = uncheckedBefore(state, step)
  if (unchecked !== undefined) return { by: unchecked, origin: 'person' }
  if (last?.told !== undefined) return { by: last.told.by, origin: 'person' }
  return { by: last?.requestedBy.kind === 'person' ? last.requestedBy : state.declaredBy, origin: 'runbook' }
}

/**
 * The newest of the people whose word let a step through and whom nobody has checked, however far before it they spoke and whatever was
 * read in between: a change that follows is their wish, so it never runs at once.
 */
export function uncheckedBefore(state: IncidentState, step: RunbookStep): Actor | undefined {
  const spoken = allBefore(state, step).filter((run) => {
    const by = speakerOf(run)
    return by?.kind === 'person' && !counts(state, by)
  })
  const newest = newestOf(spoken)
  return newest && speakerOf(newest)
}

function speakerOf(run: StepRun): Actor | undefined {
  return run.told?.by ?? (isWish(run) ? run.requestedBy : undefined)
}

function justBefore({ steps }: IncidentState, { after = [] }: RunbookStep): readonly StepRun[] {
  return after.flatMap((word) => goneThrough(steps, word) ?? [])
}

function allBefore(state: IncidentState, step: RunbookStep): readonly StepRun[] {
  const offered = offeredSteps(state)
  const found = new Set<StepRun>()
  const collect = (from: RunbookStep | undefined) => {
    for (const run of from === undefined ? [] : justBefore(state, from)) {
      if (found.has(run)) continue
      found.add(run)
      collect(offered.find(({ id }) => id === run.step))
    }
  }
  collect(step)
  return [...found]
}

function newestOf(runs: readonly StepRun[]): StepRun | undefined {
  return runs.toSorted((a, b) => Date.parse(a.endedAt ?? '') - Date.parse(b.endedAt ?? '')).at(-1)
}

function afterwards({ id, told, status }: StepRun): Text {
  if (told?.option !== undefined)
    return { en: `${id}: decided for ${told.option}`, ja: `${id} で ${told.option} を選択` }
  return status === 'skipped'
    ? { en: `${id} was skipped`, ja: `${id} を省略` }
    : { en: `${id} is done`, ja: `${id} が完了` }
}
