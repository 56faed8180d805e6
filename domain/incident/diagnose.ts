/** From the picture to findings, and from findings to the runbook's proposals. */
import { connectionsNamed } from '../runbook/connections-used.ts'
import { isChange, kindOf } from '../steps/catalogue.ts'
import type { Finding } from '../steps/contract.ts'
import { type Actor, system } from '../words.ts'
import type { PartResult } from './events.ts'
import { offeredSteps } from './find-step.ts'
import { openRefusal } from './phases.ts'
import { findingKey, findingsIn } from './picture.ts'
import { isUnderWay, request, roomRefusal } from './request.ts'
import { type IncidentState, isOver } from './state.ts'
import { type Story, tell } from './story.ts'

const pictureIsStuckAfterMs = 10_000

/** A request joins the picture that is being taken: asking every second must not keep it from ever arriving. */
export function situationAsked(story: Story, by: Actor): void {
  const { wanted, taken, requestedAtMs } = story.state.situation
  const underWay = wanted > (taken?.number ?? 0) && story.now - requestedAtMs < pictureIsStuckAfterMs
  if (!underWay) tell(story, 'situation-requested', by, { number: wanted + 1 })
}

export function situationEnded(
  story: Story,
  number: number,
  tookMs: number,
  parts: { readonly [part: string]: PartResult },
): void {
  const { wanted, taken } = story.state.situation
  if (isOver(story.state) || number <= (taken?.number ?? 0) || number > wanted) return
  tell(story, 'situation-taken', system, { number, tookMs, parts })
  noteFindings(story, findingsIn(parts))
}

/** Writes down what was not known before and proposes the runbook's steps that answer it. */
export function noteFindings(story: Story, findings: readonly Finding[]): void {
  for (const seen of findings) {
    const finding = withService(story.state, seen)
    if (story.state.findings.some((known) => findingKey(known) === findingKey(finding))) continue
    tell(story, 'found', system, { finding })
    propose(story, finding)
  }
}

/** Proposes what answers the findings that are known; used when the emergency recovery, which goes first, did not help. */
export function proposeForKnown(story: Story): void {
  for (const finding of story.state.findings) propose(story, finding)
}

function propose(story: Story, finding: Finding): void {
  const { state } = story
  if (openRefusal(state, 'run') !== undefined || state.recovery?.status === 'running') return
  if (finding.service !== undefined && finding.service !== state.service) return
  for (const step of offeredSteps(state)) {
    const kind = kindOf(step.kind)
    if (kind === undefined || !isChange(kind) || !step.when?.includes(finding.code)) continue
    if (isUnderWay(story.state, step.id) !== undefined || roomRefusal(story.state) !== undefined) continue
    // Whoever declared asked for what follows from it, so somebody else approves; see docs/adr/0006-the-declarer-asks.md.
    request(story, state.declaredBy, {
      step: step.id,
      kind: step.kind,
      title: step.title,
      params: step.with,
      origin: 'runbook',
      because: finding.says,
    })
  }
}

/** The reading steps of the symptom: they start with the incident. */
export function readSymptom(story: Story): void {
  const { state } = story
  const symptom = state.runbook.book.symptoms.find(
    (s) => s.service === state.service && s.id === state.symptom,
  )
  const offered = offeredSteps(state)
  for (const { id } of symptom?.steps ?? []) {
    const step = offered.find((s) => s.id === id)
    if (step === undefined || kindOf(step.kind)?.risk !== 'read') continue
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

/** The service that a finding speaks of: by its Deployment, its address, or a connection that it is looked at through. */
export function withService(state: Pick<IncidentState, 'runbook'>, finding: Finding): Finding {
  if (finding.service !== undefined) return finding
  const { namespace, services } = state.runbook.book
  const found = Object.entries(services).find(([, { deployment, statefulSets = [], health, look }]) =>
    [
      ...(deployment === undefined ? [] : [`deployment/${namespace}/${deployment}`]),
      ...statefulSets.map((name) => `statefulset/${namespace}/${name}`),
      ...(health === undefined ? [] : [health]),
      ...look.flatMap(connectionsNamed).map((named) => `${named.system}/${named.name}`),
    ].includes(finding.subject),
  )
  return found === undefined ? finding : { ...finding, service: found[0] }
}
