/** What a declaration is answered: whether it opened an incident or joined one, and who is called when. */
import { showDuration } from '../../domain/duration.ts'
import { type Text, verbatim } from '../../domain/words.ts'
import type { DeclareReceipt } from '../../wire/messages.ts'
import type { Fact } from './fact.ts'
import type { Moments } from './moments.ts'

export function declaredSays({ created, reports, repeated, raisedTo }: DeclareReceipt): Text {
  if (repeated) return { en: 'this report is already known', ja: 'この報告は登録済みです' }
  if (created) return { en: 'declared', ja: '宣言しました' }
  const raised =
    raisedTo === undefined
      ? { en: '', ja: '' }
      : { en: `, raising it to ${raisedTo}`, ja: `、緊急度は ${raisedTo} に上昇` }
  return {
    en: `joined the open incident as report ${reports}${raised.en}`,
    ja: `対応中のインシデントに追加（報告 ${reports} 件目${raised.ja}）`,
  }
}

/** Who is called next if nobody does anything; under it when. */
export function nextPageFact(
  { level, at }: NonNullable<DeclareReceipt['next']>,
  { time, now }: Moments,
): Fact {
  const dueMs = Date.parse(at)
  const left = showDuration(dueMs - now)
  const when =
    dueMs - now > 1_000
      ? { en: `${time(dueMs)} (in ${left})`, ja: `${time(dueMs)}（あと ${left}）` }
      : { en: 'now', ja: '今すぐ' }
  return {
    label: { en: 'next page', ja: '次の連絡' },
    value: verbatim(level),
    tone: 'warning',
    under: [{ label: { en: 'When', ja: '時刻' }, value: when }],
  }
}
