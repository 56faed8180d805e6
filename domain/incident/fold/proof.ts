/**
 * What speaks for a recovery, and when it counts: a change that was verified, alerts that are clear, findings that are gone. None is
 * believed before a picture that was asked for afterwards shows the incident's own service to be well.
 */
import type { Part } from '../../runbook/parts.ts'
import { isChange, kindOf } from '../../steps/catalogue.ts'
import type { Text } from '../../words.ts'
import { isOutOfSight } from './gone.ts'
import { situationParts } from './picture.ts'
import { alertsFire, type IncidentState, type KnownFinding } from './state.ts'
import { ownFindings, speaksOfNow } from './whose.ts'

/** Only a picture after number `after` can show it. */
export function proven(state: IncidentState, says: Text, after = state.situation.wanted): IncidentState {
  return { ...state, proof: { says, after } }
}

/** Not every change repairs something. A kind that has since left the catalogue counted as a repair when it ran. */
export function isRepair(name: string): boolean {
  const kind = kindOf(name)
  return kind === undefined || (isChange(kind) && kind.repairs !== false)
}

export function verifiedBy(run: string, { ja, en }: Text): Text {
  return { ja: `手順 ${run} を確認済み: ${ja}`, en: `${run} was verified: ${en}` }
}

export const recoveryVerified: Text = {
  ja: '自動復旧を確認済み: 全サービスが正常に応答',
  en: 'emergency recovery verified: every service is healthy',
}

export const alertsClear: Text = { ja: 'アラートがすべて解消', en: 'all its alerts are clear' }
export const allGone: Text = { ja: '検出された問題がすべて解消', en: 'every finding is gone' }

/** A picture is awaited that shows what a change led to: what was seen before says nothing about it. */
export function isLookingAgain({ proof, situation }: IncidentState): boolean {
  if (proof === undefined) return false
  return situation.taken === undefined || situation.taken.number <= proof.after
}

/** A picture that was asked for since people resolved it. */
export function isSeenSinceResolved({ phase, resolved, situation }: IncidentState): boolean {
  return phase === 'resolved' && (situation.taken?.number ?? 0) > (resolved?.after ?? 0)
}

/** Such a picture looked at the incident's own service, and shows it to be well. */
export function isRecovered(state: IncidentState): boolean {
  return isSeenSinceResolved(state) && isLookedAt(state) && leftToLookAt(state)?.length === 0
}

/** Some part of each picture looks at the incident's own service: of another one none shows it to be well. */
export function isLookedAt(state: IncidentState): boolean {
  return ownParts(state).length > 0
}

function ownParts(state: IncidentState): readonly Part[] {
  return situationParts(state).filter(({ service }) => service === state.service)
}

/**
 * What stands in the way of saying that the incident's own service is well: undefined where the newest picture shows a problem, could not
 * look at it, or an alert fires; otherwise what nobody has looked at again, which is nothing where it is well.
 */
export function leftToLookAt(state: IncidentState): readonly KnownFinding[] | undefined {
  const parts = state.situation.taken?.parts ?? {}
  const isAnswered = ownParts(state).every(({ id }) => {
    const part = parts[id]
    return part?.ok === true && part.reading.partial === undefined
  })
  const standing = ownFindings(state).filter(speaksOfNow)
  const isSeen = standing.some((finding) => !isOutOfSight(state, finding))
  return isAnswered && !isSeen && !alertsFire(state) ? standing : undefined
}
