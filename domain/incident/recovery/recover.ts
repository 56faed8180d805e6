/**
 * The emergency recovery of a severity that says `recoverWithin`: it starts by itself, once for each step up, is verified by asking every
 * service, or calls people at once.
 */
import { isUnknownPlace } from '../../alert/place.ts'
import { explain, type Failure } from '../../failures.ts'
import { iso } from '../../iso.ts'
import { present } from '../../present.ts'
import { type Part, partsOf } from '../../runbook/parts.ts'
import type { QuickStep, Service } from '../../runbook/runbook.ts'
import { weightOf } from '../../steps/finding-codes.ts'
import { statusTitles } from '../../titles.ts'
import { atLeast, ended, system, type Text } from '../../words.ts'
import type { PartResult } from '../fold/events.ts'
import type { Parts } from '../fold/picture.ts'
import type { IncidentState, StepRun } from '../fold/state.ts'
import { type Story, tell } from '../fold/story.ts'
import { alarm } from '../pages/escalate.ts'
import { lookAgain } from '../situation/situation.ts'
import { propose } from '../steps/propose.ts'
import { request } from '../steps/request.ts'
import { recoveryOrder } from './order.ts'

/** Starts the quick steps of the severity, if its policy wants them started; those of a service wait for what it depends on. */
export function startRecovery(story: Story): void {
  const { state } = story
  // What no runbook knows is nothing that its steps repair.
  if (isUnknownPlace(state.service)) return
  const within = state.runbook.book.severities[state.severity].recoverWithin
  if (within === undefined || state.frozen !== undefined || !isWorseThanRecovered(state)) return
  const { ready } = recoveryOrder(state, { severity: state.severity, steps: [] })
  tell(story, 'recovery-started', system, { steps: begin(story, ready), until: iso(story.now + within) })
}

/** As at a declaration: at the worst that the incident has been, and no recovery was tried for that. */
function isWorseThanRecovered({ severity, worst, recovery, phase }: IncidentState): boolean {
  if (severity !== worst || phase === 'monitoring' || recovery?.status === 'running') return false
  return recovery === undefined || (recovery.severity !== severity && atLeast(severity, recovery.severity))
}

/** Goes on with what waited for steps that have ended well meanwhile; when nothing is left to wait for, what went wrong is said at once. */
export function continueRecovery(story: Story): void {
  const { recovery, frozen } = story.state
  if (recovery?.status !== 'running') return
  const { ready } = recoveryOrder(story.state, recovery)
  if (ready.length > 0 && frozen === undefined)
    tell(story, 'recovery-continued', system, { steps: begin(story, ready) })
  const troubles = hasEnded(story.state) ? troublesOf(story.state) : []
  if (troubles.length > 0) recoveryFailed(story, troubles)
}

function begin(story: Story, ready: readonly QuickStep[]): readonly string[] {
  return ready.map(({ id, kind, title, with: params }) =>
    request(story, system, { step: id, kind, title, params, origin: 'recovery' }),
  )
}

/** Every step that was started has ended one way or another, and none is left that could start. */
function hasEnded(state: IncidentState): boolean {
  const { recovery } = state
  return (
    recovery?.status === 'running' &&
    runsOf(state).every(({ status }) => ended.includes(status)) &&
    recoveryOrder(state, recovery).ready.length === 0
  )
}

/** The steps went well; now every service must answer well. */
export function recoveryWantsCheck(state: IncidentState): boolean {
  return hasEnded(state) && troublesOf(state).length === 0
}

function runsOf({ recovery, steps }: IncidentState): readonly StepRun[] {
  return (recovery?.steps ?? []).flatMap((run) => steps[run] ?? [])
}

/** What failed and what was not tried: with that no recovery is one, whatever the services answer. */
function troublesOf(state: IncidentState): readonly Text[] {
  const { recovery } = state
  if (recovery === undefined) return []
  const failed = runsOf(state).filter(({ status }) => status !== 'done' && status !== 'verified')
  return [
    ...failed.map((step) => about(step.id, howItEnded(step))),
    ...recoveryOrder(state, recovery).blocked.map(({ id }) => about(id, notTried)),
  ]
}

/** What has to answer well before a recovery counts: every service of the runbook, by its address and by its `look`. */
export function recoveryParts(state: IncidentState): readonly Part[] {
  const within = recoveryWithin(state)
  return Object.entries(state.runbook.book.services).flatMap(([id, service]) =>
    partsOf(id, service).map((part) =>
      part.kind === 'http.health' ? severalTimes(part, service, within) : part,
    ),
  )
}

function severalTimes(part: Part, { health: url, slowAfter, smokeTest }: Service, within: number): Part {
  const params = { url, times: 3, within, slowAfter, ...present({ smokeTest }) }
  return { ...part, kind: 'http.healthy', params }
}

export function recoveryWithin({ runbook, recovery, severity }: IncidentState): number {
  return runbook.book.severities[recovery?.severity ?? severity].recoverWithin ?? 30_000
}

export function recoveryChecked(story: Story, tookMs: number, parts: Parts): void {
  if (!recoveryWantsCheck(story.state)) return
  // Asked part by part: one that nobody answered for is not healthy.
  const bad = recoveryParts(story.state).flatMap(({ id }) => troublesIn(id, parts[id]))
  if (bad.length === 0) tell(story, 'recovery-verified', system, { tookMs, parts })
  else recoveryFailed(story, bad)
}

function troublesIn(id: string, part: PartResult | undefined): readonly Text[] {
  if (part === undefined) return [about(id, unknown)]
  if (!part.ok) return [about(id, told(part.failure))]
  return part.reading.findings
    .filter(({ code }) => weightOf(code).service !== 'answers')
    .map(({ says }) => about(id, says))
}

export function recoveryOver(story: Story): void {
  const { recovery } = story.state
  if (recovery?.status !== 'running' || recovery.untilMs > story.now) return
  recoveryFailed(story, [timeIsOver])
}

function recoveryFailed(story: Story, why: readonly Text[]): void {
  const { recovery } = story.state
  if (recovery === undefined) return
  const tried = runsOf(story.state).map((step) => {
    const what = (step.done ?? step.plan)?.says ?? step.title
    const how = howItEnded(step)
    return about(step.id, { ja: `${what.ja}（${how.ja}）`, en: `${what.en} (${how.en})` })
  })
  const untried = recoveryOrder(story.state, recovery).blocked.map(({ id, service = '-' }) =>
    about(id, {
      ja: `未実施（${service} の依存先を復旧できなかったため）`,
      en: `not tried, because what ${service} depends on was not repaired`,
    }),
  )
  tell(story, 'recovery-failed', system, { tried: [...tried, ...untried], why })
  // From here on people decide: what has not begun does not begin by itself any more. What waits for them goes on waiting.
  for (const { id, status, approvalsNeeded } of runsOf(story.state))
    if (status === 'planning' || (status === 'proposed' && approvalsNeeded === 0))
      tell(story, 'step-withdrawn', system, { run: id, recoveryFailed: true })
  alarm(story, 'recovery-failed')
  propose(story)
  lookAgain(story)
}

const notTried: Text = { ja: '未実施', en: 'not tried' }
const unknown: Text = { ja: '不明', en: 'unknown' }
const timeIsOver: Text = {
  ja: '制限時間内に全サービスの正常応答を確認できず',
  en: 'time ran out before every service was healthy',
}

function about(what: string, { ja, en }: Text): Text {
  return { ja: `${what}: ${ja}`, en: `${what}: ${en}` }
}

function howItEnded({ failure, status }: StepRun): Text {
  return failure === undefined ? statusTitles[status] : told(failure)
}

function told(failure: Failure): Text {
  return { ja: explain(failure, 'ja').what, en: explain(failure, 'en').what }
}
