/** From the picture to findings, and from findings to the runbook's proposals. */
import { type FailureName, failures } from '../failures.ts'
import { isChange, kindOf } from '../steps/catalogue.ts'
import type { Reading } from '../steps/contract.ts'
import { type Actor, system } from '../words.ts'
import { looksAt } from './deadlines.ts'
import { offeredSteps } from './find-step.ts'
import { hasRoom, type KnownFinding } from './findings.ts'
import { type Answer, againBy, answersIn, isOutOfSight, runsThatSaw, sightingsOf } from './gone.ts'
import { openRefusal } from './phases.ts'
import { findingKey, named, type Parts } from './picture.ts'
import { isLookingAgain } from './proof.ts'
import { isUnderWay, request, roomRefusal } from './request.ts'
import { type IncidentState, isOver, type StepRun } from './state.ts'
import { type Story, tell } from './story.ts'
import { answering, answers, downBelow, isRecent, ownFindings, withService } from './whose.ts'

const pictureIsStuckAfterMs = 10_000

/** A request joins the picture that is being taken: asking every second must not keep it from ever arriving. */
export function situationAsked(story: Story, by: Actor): void {
  const { wanted, taken, requestedAtMs } = story.state.situation
  const underWay = wanted > (taken?.number ?? 0) && story.now - requestedAtMs < pictureIsStuckAfterMs
  if (!underWay) tell(story, 'situation-requested', by, { number: wanted + 1 })
}

/** After a change: what is being looked at meanwhile may have been seen before it. */
export function lookAgain(story: Story): void {
  tell(story, 'situation-requested', system, { number: story.state.situation.wanted + 1 })
}

/** Nobody asked for a while. */
export function lookDue(story: Story): void {
  const { wanted } = story.state.situation
  if ((looksAt(story.state) ?? Number.POSITIVE_INFINITY) > story.now) return
  tell(story, 'situation-requested', system, { number: wanted + 1, again: true })
}

export function situationEnded(story: Story, number: number, tookMs: number, parts: Parts): void {
  const { wanted, taken } = story.state.situation
  if (isOver(story.state) || number <= (taken?.number ?? 0) || number > wanted) return
  tell(story, 'situation-taken', system, { number, tookMs, parts })
  noteGone(story)
  noteFound(story, answersIn(parts))
  withdraw(story)
  propose(story)
  readAgain(story)
}

/** What a reading saw takes the place of what its last run saw. */
export function readingEnded(story: Story, step: StepRun, reading: Reading): void {
  tell(story, 'step-read', system, { run: step.id, reading })
  noteGone(story, step.id)
  noteFound(story, [{ id: againBy(step.id), ...reading }], step.id)
  withdraw(story)
  propose(story)
}

/** What no reading sees any more. */
function noteGone(story: Story, run?: string): void {
  const gone = story.state.findings.filter(({ seenBy }) => seenBy.length === 0)
  if (gone.length === 0) return
  const findings = gone.map(({ code, subject, says }) => ({ code, subject, says }))
  tell(story, 'findings-gone', system, { findings, ...(run === undefined ? {} : { run }) })
}

/** Writes down what was not known before, as far as there is room: of the incident's own service first. */
function noteFound(story: Story, answers: readonly Answer[], run?: string): void {
  const { service } = story.state
  const seen = answers.flatMap(({ findings }) => findings)
  const findings = seen.map((finding) => withService(story.state, named(finding)))
  const own = ownFindings({ service, findings })
  for (const finding of [...own, ...findings.filter((other) => !own.includes(other))]) {
    const { state } = story
    if (state.findings.some((known) => findingKey(known) === findingKey(finding))) continue
    const by = run === undefined ? { parts: sightingsOf(finding, answers) } : { run }
    if (hasRoom(state, finding)) tell(story, 'found', system, { finding, ...by })
  }
}

/** Proposals whose reason is gone end. */
function withdraw(story: Story): void {
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
      if (isUnderWay(story.state, step.id) !== undefined || roomRefusal(story.state) !== undefined) continue
      if (wasProposed(story.state, step.id, finding)) continue
      if (isOutOfSight(story.state, finding)) {
        lookFor(story, [finding])
        continue
      }
      // Whoever declared asked for what follows from it, so somebody else approves; see docs/adr/0006-the-declarer-asks.md.
      request(story, state.declaredBy, {
        step: step.id,
        kind: step.kind,
        title: step.title,
        params: answering(step, finding),
        origin: 'runbook',
        because: finding.says,
        finding: findingKey(finding),
      })
    }
  }
}

function wasProposed({ steps }: IncidentState, step: string, finding: KnownFinding): boolean {
  const runs = Object.values(steps).filter((run) => run.step === step && run.origin === 'runbook')
  const unanswered = runs.filter(isUnanswered)
  if (unanswered.length >= unansweredAtMost) return true
  const known = findingKey(finding)
  return runs.some((run) => run.finding === known && !run.reasonGone && !unanswered.includes(run))
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
      if (isUnderWay(story.state, step) !== undefined) continue
      const by = byHand === undefined ? {} : { byHand }
      request(story, system, {
        step,
        kind,
        title,
        params,
        ...by,
        origin: origin === 'person' ? origin : 'runbook',
      })
    }
}

function isOurs({ requestedBy }: StepRun): boolean {
  return requestedBy.kind === system.kind
}

/** A reading of the symptom that failed is tried so often in all, once for each picture: what kept it may be mended meanwhile. */
const readsAtMost = 3
const mendable: readonly FailureName[] = ['forbidden', 'exec-forbidden', 'credentials-refused']

function readAgain(story: Story): void {
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
    if (isUnderWay(state, id) !== undefined || roomRefusal(story.state) !== undefined) continue
    request(story, system, {
      step: id,
      kind: step.kind,
      title: step.title,
      params: step.with,
      origin: 'runbook',
    })
  }
}
