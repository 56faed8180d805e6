/** The situation of an incident: who asks for a picture, when one is due again, and what follows from it. */
import { type Actor, system } from '../../words.ts'
import { answersIn } from '../fold/gone.ts'
import type { Parts } from '../fold/picture.ts'
import { isLookedAt, isRecovered } from '../fold/proof.ts'
import { type IncidentState, isOver } from '../fold/state.ts'
import { type Story, tell } from '../fold/story.ts'
import { answered } from '../steps/answered.ts'
import { readAgain } from '../steps/propose.ts'

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
  answered(story, answersIn(parts))
  readAgain(story)
}

/** As often as people are told how it stands, and never less than this. */
const looksEveryMs = { atLeast: 60_000, atMost: 300_000 }
/** Resolved, and no picture has shown it yet: after twice as long each time, and never less often than this. */
const recoveryLooksEveryMs = 3_600_000

/** When an incident takes its picture again by itself, epoch ms; not while one is being taken. */
export function looksAt(state: IncidentState): number | undefined {
  const { wanted, taken, requestedAtMs } = state.situation
  const { watchedTo, resolved } = state
  if (isOver(state) || wanted > (taken?.number ?? 0)) return undefined
  if (resolved !== undefined) {
    if (isRecovered(state) || !isLookedAt(state)) return undefined
    const looks = wanted - resolved.after
    return requestedAtMs + Math.min(looksEveryMs.atLeast * 2 ** (looks - 1), recoveryLooksEveryMs)
  }
  if (watchedTo !== undefined && wanted < watchedTo) return requestedAtMs + looksEveryMs.atLeast
  const { updateEvery } = state.runbook.book.severities[state.severity]
  return requestedAtMs + Math.max(looksEveryMs.atLeast, Math.min(looksEveryMs.atMost, updateEvery))
}
