/**
 * What the state wants to have done in the world. The shell starts what is wanted and not in flight, and cancels what is in
 * flight and not wanted any more; nothing is remembered twice.
 */

import type { Part } from '../runbook/parts.ts'
import { partsToLookAt } from './fold/gone.ts'
import type { PageCall } from './fold/page.ts'
import { firstPictureSharesMs, partAnswersWithinMs } from './fold/picture.ts'
import { type IncidentState, isDone, isOver, type StepRun } from './fold/state.ts'
import { isWanted } from './pages/escalate.ts'
import { recoveryParts, recoveryWantsCheck, recoveryWithin } from './recovery/recover.ts'
import { healthOf, type StepStage, stageOf } from './steps/stages.ts'

export type Effect =
  | {
      readonly type: 'situation'
      readonly key: string
      readonly number: number
      readonly parts: readonly Part[]
      readonly withinMs: number
      readonly sharesMs: number
      readonly withoutTexts?: true
    }
  | {
      readonly type: 'recovery-check'
      readonly key: string
      readonly parts: readonly Part[]
      readonly withinMs: number
    }
  | {
      readonly type: 'step'
      readonly key: string
      readonly stage: StepStage
      readonly step: StepRun
      readonly health?: Part
    }
  | { readonly type: 'page'; readonly key: string; readonly page: Omit<PageCall, 'head'> }
  | { readonly type: 'archive'; readonly key: string; readonly run: number }

/** Pages and the archive of a run that ended come before everything else. */
export function effects(state: IncidentState): readonly Effect[] {
  const wanted: Effect[] = []
  for (const [key, page] of Object.entries(state.pages)) {
    if (page.status === 'sending' && isWanted(state, page))
      wanted.push({ type: 'page', key: pageEffect(key), page: page.call })
  }
  const run = runToArchive(state)
  if (run !== undefined) wanted.push({ type: 'archive', key: archiveEffect(run), run })
  if (isOver(state)) return wanted
  const { wanted: number, taken, again } = state.situation
  if ((taken?.number ?? 0) < number) {
    wanted.push({
      type: 'situation',
      key: `situation/${number}`,
      number,
      parts: partsToLookAt(state),
      withinMs: partAnswersWithinMs,
      sharesMs: number === 1 || again ? firstPictureSharesMs : 0,
      ...(again ? { withoutTexts: true as const } : {}),
    })
  }
  for (const step of Object.values(state.steps)) {
    const stage = stageOf(step)
    if (stage !== undefined) wanted.push(stepEffect(state, step, stage))
  }
  if (recoveryWantsCheck(state)) {
    const key = `recovery-check/${state.recovery?.number}`
    wanted.push({ type: 'recovery-check', key, parts: recoveryParts(state), withinMs: recoveryWithin(state) })
  }
  return wanted
}

export function archiveEffect(run: number | ''): string {
  return `archive/${run}`
}

export function pageEffect(key: string): string {
  return `page/${key}`
}

/** Pages that were asked for, and that nobody wants any more. */
export function unwantedPages(state: IncidentState): readonly string[] {
  return Object.entries(state.pages).flatMap(([key, page]) =>
    page.status === 'sending' && !isWanted(state, page) ? [key] : [],
  )
}

/** The oldest run of the workflow that is to be laid into the archive; the last one only when the incident is over. */
export function runToArchive(state: IncidentState): number | undefined {
  const upTo = isDone(state) ? state.run : state.run - 1
  return state.archivedRun < upTo ? state.archivedRun + 1 : undefined
}

function stepEffect(state: IncidentState, step: StepRun, stage: StepStage): Effect {
  // Asked again it is another effect: what has ended is not started a second time.
  const again = step.verifications === undefined ? '' : `/${step.verifications + 1}`
  const effect = { type: 'step', key: `step/${step.id}/${stage}${again}`, stage, step } as const
  const asked = stage === 'health' ? healthOf(state, step) : undefined
  if (asked === undefined) return effect
  return {
    ...effect,
    health: { id: 'health', kind: 'http.healthy', params: { ...asked, times: 5, within: 30_000 } },
  }
}
