/** The emergency recovery of a severity that says `recoverWithin`: it starts by itself, is verified, or calls people at once. */
import { alarm } from '../escalation/escalate.ts'
import { explain } from '../failures.ts'
import type { QuickStep } from '../runbook/runbook.ts'
import { system } from '../words.ts'
import { proposeForKnown } from './diagnose.ts'
import type { PartResult } from './events.ts'
import type { Part } from './picture.ts'
import { recoveryOrder } from './recovery-order.ts'
import { request } from './request.ts'
import { ended, type IncidentState } from './state.ts'
import { iso, type Story, tell } from './story.ts'

/** Starts the quick steps of the severity, if its policy wants them started; those of a service wait for what it depends on. */
export function startRecovery(story: Story): void {
  const { state } = story
  const policy = state.runbook.book.severities[state.severity]
  if (policy.recoverWithin === undefined || state.frozen !== undefined || state.recovery !== undefined) return
  tell(story, 'recovery-started', system, {
    steps: begin(story, recoveryOrder(state).ready),
    until: iso(story.now + policy.recoverWithin),
  })
}

/** Goes on with what waited for steps that have ended well meanwhile. */
export function continueRecovery(story: Story): void {
  const { recovery, frozen } = story.state
  if (recovery?.status !== 'running' || frozen !== undefined) return
  const { ready } = recoveryOrder(story.state)
  if (ready.length > 0) tell(story, 'recovery-continued', system, { steps: begin(story, ready) })
}

function begin(story: Story, ready: readonly QuickStep[]): readonly string[] {
  return ready.map(({ id, kind, title, with: params }) =>
    request(story, system, { step: id, kind, title, params, origin: 'recovery' }),
  )
}

/** The steps have ended one way or another, and none is left that could start; now every service must answer well. */
export function recoveryWantsCheck(state: IncidentState): boolean {
  const { recovery } = state
  return (
    recovery?.status === 'running' &&
    recovery.steps.every((run) => ended.includes(state.steps[run]?.status ?? 'done')) &&
    recoveryOrder(state).ready.length === 0
  )
}

/** What has to answer well before a recovery counts: every service of the runbook that has an address, three times in a row. */
export function recoveryParts(state: IncidentState): readonly Part[] {
  const { services, severities } = state.runbook.book
  const within = severities[state.severity].recoverWithin ?? 30_000
  return Object.entries(services).flatMap(([id, { health: url, slowAfter }]) =>
    url === undefined
      ? []
      : [{ id: `health:${id}`, kind: 'http.healthy', params: { url, times: 3, within, slowAfter } }],
  )
}

export function recoveryChecked(
  story: Story,
  tookMs: number,
  parts: { readonly [part: string]: PartResult },
): void {
  if (!recoveryWantsCheck(story.state)) return
  // Asked service by service: one that nobody answered for is not healthy.
  const bad = recoveryParts(story.state).flatMap(({ id }) => {
    const part = parts[id]
    if (part === undefined) return [`${id}: unknown`]
    return part.ok
      ? part.reading.findings.map((f) => `${id}: ${f.says.en}`)
      : [`${id}: ${explain(part.failure, 'en').what}`]
  })
  if (bad.length === 0) tell(story, 'recovery-verified', system, { tookMs, parts })
  else recoveryFailed(story, bad)
}

export function recoveryOver(story: Story): void {
  const { recovery } = story.state
  if (recovery?.status !== 'running' || recovery.untilMs > story.now) return
  recoveryFailed(story, ['the time is over and not every service answers well'])
}

function recoveryFailed(story: Story, why: readonly string[]): void {
  const tried = (story.state.recovery?.steps ?? []).map((run) => {
    const step = story.state.steps[run]
    const how = step?.failure === undefined ? step?.status : explain(step.failure, 'en').what
    return `${run}: ${step?.done?.says.en ?? step?.plan?.says.en ?? step?.title.en ?? run} (${how ?? 'unknown'})`
  })
  const untried = recoveryOrder(story.state).blocked.map(
    ({ id, service }) => `${id}: not tried, for what ${service} depends on was not repaired`,
  )
  tell(story, 'recovery-failed', system, { tried: [...tried, ...untried], why })
  alarm(story, 'recovery-failed')
  proposeForKnown(story)
  tell(story, 'situation-requested', system, { number: story.state.situation.wanted + 1 })
}
