/** What is told of the copy that an incident made, and what one does with it next. */

import type { IncidentState } from '../../domain/incident/fold/state.ts'
import { type CopyNow, copyNow } from '../../domain/incident/steps/copy-of.ts'
import { offeredSteps } from '../../domain/incident/steps/find-step.ts'
import type { Text } from '../../domain/words.ts'
import { explained, inBoth } from './fact.ts'
import type { Moments } from './moments.ts'

/** Undefined where there is none. */
export function copyText(state: IncidentState, at: Moments): Text | undefined {
  const now = copyNow(state)
  if (now === undefined) return undefined
  const { run } = now
  if (now.kind === 'in-use') {
    const until = keptUntil(now)
    const back = `hikeshi undo ${state.id} ${run.step}`
    return {
      en: `is the live database since ${run.id}; the way back${until === undefined ? '' : `, until ${at.time(until)}`}: ${back}`,
      ja: `${run.id} により稼働中。切り替え前に戻すには${until === undefined ? '' : `（${at.time(until)} まで）`}: ${back}`,
    }
  }
  if (now.kind === 'halfway')
    return {
      en: `${run.id} did not come to its end: request it again, and it continues`,
      ja: `${run.id} が途中で止まっています。もう一度依頼すると続きから再開します`,
    }
  if (run.status === 'verified')
    return {
      en: `of ${run.id}, verified; it stays until it is cut over or discarded`,
      ja: `${run.id} が作成、検証済み。切り替えるか破棄するまで残ります`,
    }
  const why = run.failure === undefined ? undefined : explained(run.failure).what
  return inBoth((lang) =>
    lang === 'en'
      ? `of ${run.id}, cannot be used${why === undefined ? '' : `: ${why.en}`}`
      : `${run.id} が作成、使用不可${why === undefined ? '' : `: ${why.ja}`}`,
  )
}

/** The commands, without the program's name. The way back of what is in use is none that one would most likely type. */
export function copyCommands(state: IncidentState): readonly string[] {
  const now = copyNow(state)
  if (now === undefined || now.kind === 'in-use') return []
  const { id } = state
  const { run } = now
  if (now.kind === 'halfway') {
    const again = run.undoes === undefined ? `run ${id} ${run.step}` : `undo ${id} ${run.undoes}`
    return [`show ${id} ${run.id}`, again]
  }
  const discard = `restore discard ${id}`
  // Nobody needs it any more, and it takes its room until somebody says so.
  if (state.phase === 'resolved') return [discard]
  if (run.status !== 'verified') return [`show ${id} ${run.id}`, discard]
  const cutsOver = offeredSteps(state).some(({ kind }) => kind === 'postgres.cut-over')
  return [...(cutsOver ? [`restore cut-over ${id}`] : []), discard]
}

/** Epoch ms. */
function keptUntil({ run }: CopyNow): number | undefined {
  const { after } = run.done ?? {}
  const said =
    after !== null && typeof after === 'object' && 'keptUntil' in after ? after.keptUntil : undefined
  return typeof said === 'string' ? Date.parse(said) : undefined
}
