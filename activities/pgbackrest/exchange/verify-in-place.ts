/** What holds once folders were exchanged: the live server is the one that was put there, it is whom others reach, its checks hold, and every replica follows it. */
import { z } from 'zod'
import type { DataCheck } from '../../../domain/restore/checks.ts'
import type { Done, Plan, StepContext, Verified } from '../../../domain/steps/contract.ts'
import type { Text } from '../../../domain/words.ts'
import { checkLive } from '../check-copy.ts'
import { isInPlace } from '../live.ts'
import type { Place } from '../place.ts'
import { whoAnswersInstead } from './answers-there.ts'
import { following } from './replicas.ts'

const planned = z.looseObject({ system: z.string() })
const opened = z.looseObject({ timeline: z.number() })

/** `checks` are those of the runbook; a way back has none, its data is known. */
export async function verifyInPlace(
  place: Place,
  { backups, checks = [] }: { readonly backups: string; readonly checks?: readonly DataCheck[] },
  { change }: Plan,
  { after }: Done,
  context: StepContext,
): Promise<Verified> {
  const at = place.of(backups, context)
  const { system } = planned.parse(change)
  const { timeline } = opened.parse(after)
  const bad = (en: string, ja: string): Verified => ({ ok: false, says: { en, ja }, facts: { timeline } })
  if (!(await isInPlace(at, system, timeline)))
    return bad(
      'the live server is not the one that was put there',
      '稼働中のサーバーは置き換えたものではありません',
    )
  const instead = await whoAnswersInstead(place, at.settings.primary, { system, timeline }, context)
  if (instead !== undefined) return bad(instead.en, instead.ja)
  const results = await checkLive(place, { backups, checks }, context)
  const open = results.find(({ status }) => status !== 'ok')
  if (open !== undefined)
    return bad(`check ${open.name}: ${open.says.en}`, `検証 ${open.name}: ${open.says.ja}`)
  const behind = await following(place, at, timeline, context)
  if (behind.length > 0)
    return bad(
      `${behind.join(', ')} does not follow timeline ${timeline}`,
      `${behind.join('、')} がタイムライン ${timeline} に追従していません`,
    )
  const held = heldText(results.length)
  return {
    ok: true,
    says: {
      en: `timeline ${timeline} accepts writes, ${held.en}every replica follows`,
      ja: `タイムライン ${timeline} で書き込み可能。${held.ja}レプリカはすべて追従`,
    },
    facts: { timeline, checks: results.map(({ name, status }) => ({ name, status })) },
  }
}

function heldText(count: number): Text {
  return count === 0 ? { en: '', ja: '' } : { en: `${count} checks hold, `, ja: `検証 ${count} 件合格、` }
}
