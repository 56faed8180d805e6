/** Carries out one effect of an incident: which call, and what its end means. */
import type { Occurrence } from '../../domain/incident/decide.ts'
import type { Effect } from '../../domain/incident/effects.ts'
import type { IncidentState } from '../../domain/incident/fold/state.ts'
import { archiveRun } from '../calls/archive.ts'
import { sendPage } from '../calls/page.ts'
import { type Looking, readParts } from '../calls/parts.ts'
import { carryOut } from '../calls/step.ts'

/** The moment an effect starts: what its activities are told about the incident. */
export type Moment = Looking & {
  readonly state: IncidentState
  readonly runIdOf: (run: number) => string
}

/** Never throws but for cancellation; every other end is an occurrence that the rules understand. */
export async function perform(effect: Effect, moment: Moment): Promise<Occurrence> {
  const { state, head, runIdOf } = moment
  switch (effect.type) {
    case 'situation': {
      const { type: _, key, number, ...asked } = effect
      return { type: 'situation-ended', number, ...(await readParts(key, asked, moment)) }
    }
    case 'recovery-check': {
      const { key, parts, withinMs } = effect
      const asked = { parts, withinMs, sharesMs: 0 }
      return { type: 'recovery-checked', ...(await readParts(key, asked, moment)) }
    }
    case 'page': {
      const { key, page } = effect
      return { type: 'page-ended', key: page.key, outcome: await sendPage(key, { ...page, head }, moment) }
    }
    case 'archive': {
      const { run } = effect
      const runId = runIdOf(run)
      const outcome = await archiveRun({ incident: state.id, run, runId, head }, moment)
      return { type: 'archive-ended', run, runId, outcome }
    }
    case 'step': {
      const { step, stage } = effect
      return { type: 'stage-ended', run: step.id, stage, outcome: await carryOut(effect, moment) }
    }
  }
}
