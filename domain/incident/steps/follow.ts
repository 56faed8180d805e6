/** Steps that come after others: what still holds them, and what starts by itself once nothing does. */
import { type Failure, failure } from '../../failures.ts'
import type { RunbookStep } from '../../runbook/runbook.ts'
import { isChange, isPeoples, kindOf } from '../../steps/catalogue.ts'
import { type Actor, type StepStatus, system, type Text } from '../../words.ts'
import type { IncidentState, StepRun } from '../fold/state.ts'
import type { Story } from '../fold/story.ts'
import { answers, isRecent, ownFindings } from '../fold/whose.ts'
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

/** The run that lets through what comes after `announce` or `way/add-pods`; of a decision the newest counts. */
function goneThrough(steps: IncidentState['steps'], word: string): StepRun | undefined {
  const [step, option] = word.split('/')
  const run = Object.values(steps).findLast((one) => one.step === step && passable.includes(one.status))
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

function isItsTurn({ state, now }: Story, step: RunbookStep): boolean {
  const kind = kindOf(step.kind)
  const { after = [], when } = step
  if (kind === undefined || !(isPeoples(kind) || after.length > 0)) return false
  if (Object.values(state.steps).some((run) => run.step === step.id)) return false
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

function begin(story: Story, { id, kind, title, with: params, after = [] }: RunbookStep): void {
  const gone = after.flatMap((word) => goneThrough(story.state.steps, word) ?? [])
  const last = gone.toSorted((a, b) => Date.parse(a.endedAt ?? '') - Date.parse(b.endedAt ?? '')).at(-1)
  const declared = kindOf(kind)
  const isChanging = declared !== undefined && isChange(declared)
  const { by, origin } = isChanging ? askedBy(story.state, last) : { by: system, origin: 'runbook' as const }
  request(story, by, {
    step: id,
    kind,
    title,
    params,
    origin,
    ...(last === undefined ? {} : { because: afterwards(last) }),
  })
}

/** A change that follows what a person did is that person's wish; else it is asked for as a proposal of the runbook is. */
function askedBy(
  { declaredBy }: IncidentState,
  last: StepRun | undefined,
): { readonly by: Actor; readonly origin: StepRun['origin'] } {
  if (last?.told !== undefined) return { by: last.told.by, origin: 'person' }
  return { by: last?.requestedBy.kind === 'person' ? last.requestedBy : declaredBy, origin: 'runbook' }
}

function afterwards({ id, told, status }: StepRun): Text {
  if (told?.option !== undefined)
    return { en: `${id}: decided for ${told.option}`, ja: `${id} で ${told.option} を選択` }
  return status === 'skipped'
    ? { en: `${id} was skipped`, ja: `${id} を省略` }
    : { en: `${id} is done`, ja: `${id} が完了` }
}
