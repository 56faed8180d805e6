/** The emergency recovery of a severity that says `recoverWithin`: it starts by itself, is verified, or calls people at once. */
import { alarm } from '../escalation/escalate.ts'
import { explain } from '../failures.ts'
import { system } from '../words.ts'
import { proposeForKnown } from './diagnose.ts'
import type { PartResult } from './events.ts'
import { offeredSteps } from './find-step.ts'
import type { Part } from './picture.ts'
import { request } from './request.ts'
import { ended, type IncidentState } from './state.ts'
import { iso, type Story, tell } from './story.ts'

/** Starts the quick steps of the severity, if its policy wants them started. */
export function startRecovery(story: Story): void {
  const { state } = story
  const policy = state.runbook.book.severities[state.severity]
  if (policy.recoverWithin === undefined || state.frozen !== undefined || state.recovery !== undefined) return
  const offered = offeredSteps(state)
  const runs = policy.quick.map(({ id }) => {
    const step = offered.find((s) => s.id === id)
    return step === undefined
      ? []
      : [
          request(story, system, {
            step: id,
            kind: step.kind,
            title: step.title,
            params: step.with,
            origin: 'recovery',
          }),
        ]
  })
  tell(story, 'recovery-started', system, {
    steps: runs.flat(),
    until: iso(story.now + policy.recoverWithin),
  })
}

/** The steps have ended one way or another; now every service must answer well. */
export function recoveryWantsCheck(state: IncidentState): boolean {
  const { recovery } = state
  return (
    recovery?.status === 'running' &&
    recovery.steps.every((run) => ended.includes(state.steps[run]?.status ?? 'done'))
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
  tell(story, 'recovery-failed', system, { tried, why })
  alarm(story, 'recovery-failed')
  proposeForKnown(story)
  tell(story, 'situation-requested', system, { number: story.state.situation.wanted + 1 })
}
