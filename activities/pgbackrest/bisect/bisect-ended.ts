/** A search that leads nowhere: why, and that nothing of it stays. */
import type { Seen } from '../../../domain/restore/bisect.ts'
import type { Text } from '../../../domain/words.ts'
import { refuse } from '../../refusal.ts'
import { type Copy, must } from '../copy.ts'
import { discard, endTasks } from '../discard.ts'
import type { At } from '../place.ts'
import type { Asked, Journal } from './bisect-state.ts'

/** Nobody has a use for the copy. Why is written down first, so that who continues this does not begin the search again. */
export async function giveUp(
  at: At,
  copy: Copy,
  owner: string,
  journal: Journal,
  reason: Text,
): Promise<never> {
  const { check } = journal.now().asked
  await journal.save({ ended: reason })
  await endTasks(at, copy)
  const others = 'find "$1" -mindepth 1 -maxdepth 1 ! -name bisect.json -exec rm -rf -- {} +'
  await must(at.station, ['sh', '-c', others, 'sh', copy.folder], { withinMs: 600_000 })
  await discard(at, copy, owner)
  return refuse('bisect-ended', { check, reason })
}

export function noCommits({ good, bad }: Asked): Text {
  return {
    en: `nothing was committed from ${good} to ${bad}`,
    ja: `${good} から ${bad} までの間にコミットがありません`,
  }
}

export function wrongEnd(
  { end, seen }: { readonly end: 'good' | 'bad'; readonly seen: Seen },
  { good, bad }: Asked,
  says: Text = { en: '-', ja: '-' },
): Text {
  const time = end === 'good' ? good : bad
  if (seen === 'unknown')
    return {
      en: `the check could not be run at the ${end} time (${time}): ${says.en}`,
      ja: `${end === 'good' ? '正常だった' : '異常のある'}時刻（${time}）でチェックを実行できませんでした: ${says.ja}`,
    }
  return end === 'good'
    ? {
        en: `the check does not hold at the good time (${time}): ${says.en}`,
        ja: `正常だった時刻（${time}）でチェックが不合格です: ${says.ja}`,
      }
    : {
        en: `the check still holds at the bad time (${time}): ${says.en}`,
        ja: `異常のある時刻（${time}）でもチェックに合格します: ${says.ja}`,
      }
}
