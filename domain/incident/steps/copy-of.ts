/** What became of the copies that an incident made: as far as its own steps tell, the one that stands, or is in use. */
import { ended } from '../../words.ts'
import type { IncidentState, StepRun } from '../fold/state.ts'
import { mayHaveChanged } from './find-step.ts'

export type CopyNow =
  /** Beside the live database, by this run; it can be cut over once that is verified. */
  | { readonly kind: 'standing'; readonly run: StepRun }
  /** On its way into use, or out of it: this run did not come to its end. */
  | { readonly kind: 'halfway'; readonly run: StepRun }
  /** It is the live database, since this run. */
  | { readonly kind: 'in-use'; readonly run: StepRun }

/** Their undo discards the copy. */
export const makesCopies: readonly string[] = ['postgres.restore', 'postgres.bisect']

/** Undefined where none was made, or it is gone; of a run that is under way its progress tells. */
export function copyNow({ steps }: Pick<IncidentState, 'steps'>): CopyNow | undefined {
  let now: CopyNow | undefined
  for (const run of Object.values(steps)) {
    if (!ended.includes(run.status) || !mayHaveChanged(run)) continue
    const stays = run.status !== 'undone'
    if (makesCopies.includes(run.kind) && stays) now = { kind: 'standing', run }
    // Taken back, its data lies where it cannot be taken into use again.
    else if (run.kind === 'postgres.cut-over')
      now = stays ? { kind: run.done === undefined ? 'halfway' : 'in-use', run } : undefined
    // Which folder is in place nobody knows before it was seen; afterwards it is the one from before.
    else if (run.kind === 'postgres.cut-back')
      now = run.status === 'verified' ? undefined : { kind: 'halfway', run }
    else if (run.kind === 'postgres.discard-copy' && now?.kind === 'standing') now = undefined
  }
  return now
}
