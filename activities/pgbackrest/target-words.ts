/** Why a target cannot be reached, with what can. */
import type { History, NoTarget } from '../../domain/restore/choose.ts'
import type { Window } from '../../domain/restore/window.ts'
import type { Text } from '../../domain/words.ts'
import { sayInstant } from '../../edge/instant/said.ts'

export function noTargetText(why: NoTarget, zone: string): Text {
  const say = (ms: number) => sayInstant(ms, zone)
  const span = ({ fromMs, beforeMs, end }: Window): Text =>
    end === 'now'
      ? { en: `from ${say(fromMs)} to now`, ja: `${say(fromMs)} から現在まで` }
      : {
          en: `from ${say(fromMs)} to ${say(beforeMs - 1)}`,
          ja: `${say(fromMs)} から ${say(beforeMs - 1)} まで`,
        }
  switch (why.reason) {
    case 'in-future':
      return {
        en: `the time is in the future; it is ${say(why.nowMs)}`,
        ja: `未来の時刻です（現在 ${say(why.nowMs)}）`,
      }
    case 'no-backups':
      return { en: 'there is no backup to start from', ja: '起点となるバックアップがありません' }
    case 'unknown-timeline':
      return {
        en: `there is no such timeline; known: ${why.known.join(', ')}`,
        ja: `そのタイムラインはありません（${why.known.join(', ')} から選べます）`,
      }
    case 'before-oldest':
      return {
        en: `the time is before the end of the oldest backup; possible is ${span(why.window).en}`,
        ja: `最も古いバックアップの完了より前です。復元できるのは${span(why.window).ja}`,
      }
    case 'in-gap': {
      const after = why.after === undefined ? undefined : span(why.after)
      return {
        en: `the log has a gap there; possible is ${span(why.before).en}${after === undefined ? '' : `, and ${after.en}`}`,
        ja: `その時刻のログが欠けています。復元できるのは${span(why.before).ja}${after === undefined ? '' : `、および${after.ja}`}`,
      }
    }
    case 'not-archived':
      return {
        en: `no later commit is archived, and no primary can make one; possible is ${span(why.window).en}, or without a time everything there is`,
        ja: `それより後のコミットがアーカイブになく、プライマリも応答しません。復元できるのは${span(why.window).ja}、または時刻を指定せず最後まで`,
      }
    case 'on-two-histories':
      return {
        en: `the time lies on ${why.histories.length} histories; choose one: ${why.histories.map((one) => historyText(one, say).en).join('; ')}`,
        ja: `その時刻は ${why.histories.length} つの履歴にあります。選んでください: ${why.histories.map((one) => historyText(one, say).ja).join('、')}`,
      }
  }
}

function historyText({ timeline, live, from }: History, say: (ms: number) => string): Text {
  const since =
    from === undefined
      ? { en: '', ja: '' }
      : from.sharedMs === null
        ? { en: `, which left timeline ${from.timeline}`, ja: `（タイムライン ${from.timeline} から分岐）` }
        : {
            en: `, which left timeline ${from.timeline} after ${say(from.sharedMs)}`,
            ja: `（${say(from.sharedMs)} の後にタイムライン ${from.timeline} から分岐）`,
          }
  return {
    en: `--timeline ${timeline} (${live ? 'live' : 'abandoned'}${since.en})`,
    ja: `--timeline ${timeline}（${live ? '稼働中' : '放棄済み'}）${since.ja}`,
  }
}
