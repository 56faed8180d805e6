/** From findings to the runbook's proposals, and to the readings that look again. */
import { type FailureName, failures } from '../../failures.ts'
import { present } from '../../present.ts'
import { isChange, kindOf } from '../../steps/catalogue.ts'
import { system } from '../../words.ts'
import { isOutOfSight, runsThatSaw } from '../fold/gone.ts'
import { findingKey } from '../fold/picture.ts'
import { isLookingAgain } from '../fold/proof.ts'
import type { IncidentState, KnownFinding, StepRun } from '../fold/state.ts'
import { type Story, tell } from '../fold/story.ts'
import { answering, answers, downBelow, isRecent, ownFindings } from '../fold/whose.ts'
import { openRefusal } from '../phases.ts'
import { findUnderWay, offeredSteps } from './find-step.ts'
import { holding, uncheckedBefore } from './follow.ts'
import { request, roomRefusal } from './request.ts'

/** Proposals whose reason is gone end. */
export function withdraw(story: Story): void {
  for (const step of Object.values(story.state.steps)) {
    const waits = step.status === 'proposed' || step.status === 'planning'
    if (waits && step.reasonGone) tell(story, 'step-withdrawn', system, { run: step.id })
  }
}

/** A proposal that nobody took up is made again so often while its reason stands, or comes again. */
const unansweredAtMost = 5

/**
 * Proposes what answers the standing findings of the incident's own service and was not proposed for them yet. The emergency recovery
 * goes first, and so does whatever the service depends on and is down.
 */
export function propose(story: Story): void {
  const { state } = story
  if (openRefusal(state, 'run') !== undefined || state.recovery?.status === 'running') return
  if (isLookingAgain(state) || downBelow(state).length > 0) return
  for (const finding of ownFindings(state)) {
    if (!isRecent(finding, story.now)) continue
    for (const step of offeredSteps(state)) {
      const kind = kindOf(step.kind)
      if (kind === undefined || !isChange(kind) || !answers(state, step, finding)) continue
      if (holding(story.state, step).length > 0) continue
      if (findUnderWay(story.state, step.id) !== undefined || roomRefusal(story.state) !== undefined) continue
      if (wasProposed(story.state, step.id, finding)) continue
      if (isOutOfSight(story.state, finding)) {
        lookFor(story, [finding])
        continue
      }
      const unchecked = uncheckedBefore(story.state, step)
      // Whoever declared asked for what follows from it, so somebody else approves; see docs/adr/0006-the-declarer-asks.md.
      request(story, unchecked ?? state.declaredBy, {
        step: step.id,
        kind: step.kind,
        title: step.title,
        params: answering(step, finding),
        origin: unchecked === undefined ? 'runbook' : 'person',
        because: finding.says,
        finding: findingKey(finding),
      })
    }
  }
}

function wasProposed({ steps }: IncidentState, step: string, finding: KnownFinding): boolean {
  const runs = Object.values(steps).filter((run) => run.step === step && isProposal(run))
  const unanswered = runs.filter(isUnanswered)
  if (unanswered.length >= unansweredAtMost) return true
  const known = findingKey(finding)
  return runs.some((run) => run.finding === known && !run.reasonGone && !unanswered.includes(run))
}

/** Also in the name of somebody who let it through: only what is proposed answers a finding. */
function isProposal({ origin, finding }: StepRun): boolean {
  return origin === 'runbook' || finding !== undefined
}

/** Nobody took it up, or it came to nothing for a reason that passes. */
function isUnanswered({ status, changed, failure: why }: StepRun): boolean {
  if (status === 'expired' || status === 'withdrawn') return true
  return status === 'failed' && changed === 'nothing' && why !== undefined && passes(why.name)
}

function passes(why: FailureName): boolean {
  return failures[why].retryable || mendable.includes(why) || why === 'target-changed'
}

/** What no picture sees is looked for by the reading that saw it, this often in all: before anything follows from it. */
const looksAtMost = 5

/** Once for each picture: reads again what saw these findings and has not answered since. */
export function lookFor(story: Story, findings: readonly KnownFinding[]): void {
  const pictureMs = Date.parse(story.state.situation.taken?.at ?? '')
  for (const finding of findings)
    for (const { step, kind, title, params, byHand, origin } of runsThatSaw(story.state, finding)) {
      const runs = Object.values(story.state.steps).filter((run) => run.step === step && isOurs(run))
      const isRead = runs.some(({ requestedAt }) => Date.parse(requestedAt) >= pictureMs)
      if (isRead || runs.length > looksAtMost || roomRefusal(story.state) !== undefined) continue
      if (findUnderWay(story.state, step) !== undefined) continue
      request(story, system, {
        step,
        kind,
        title,
        params,
        ...present({ byHand }),
        origin: origin === 'person' ? origin : 'runbook',
      })
    }
}

function isOurs({ requestedBy }: StepRun): boolean {
  return requestedBy.kind === system.kind
}

/** How often a failed reading of the symptom is tried in all, once per picture: what kept it may be fixed meanwhile. */
const readsAtMost = 3
const mendable: readonly FailureName[] = ['forbidden', 'exec-forbidden', 'credentials-refused']

/** Readings of the symptom that failed for a reason which may have passed. */
export function readAgain(story: Story): void {
  const { steps } = story.state
  const failed = (id: string): boolean => {
    const runs = Object.values(steps).filter(({ step, origin }) => step === id && origin === 'runbook')
    const why = runs.at(-1)?.status === 'failed' ? runs.at(-1)?.failure?.name : undefined
    if (why === undefined || runs.length >= readsAtMost) return false
    return passes(why)
  }
  if (openRefusal(story.state, 'run') === undefined) readSymptom(story, failed)
}

/** The reading steps of the symptom: they start with the incident. */
export function readSymptom(story: Story, wanted: (step: string) => boolean = () => true): void {
  const { state } = story
  const symptom = state.runbook.book.symptoms.find(
    (s) => s.service === state.service && s.id === state.symptom,
  )
  const offered = offeredSteps(state)
  for (const { id } of symptom?.steps ?? []) {
    const step = offered.find((s) => s.id === id)
    if (step === undefined || kindOf(step.kind)?.risk !== 'read' || !wanted(id)) continue
    if (holding(state, step).length > 0) continue
    if (findUnderWay(state, id) !== undefined || roomRefusal(story.state) !== undefined) continue
    request(story, system, {
      step: id,
      kind: step.kind,
      title: step.title,
      params: step.with,
      origin: 'runbook',
    })
  }
}
