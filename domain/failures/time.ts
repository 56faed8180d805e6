import { entry } from './entry.ts'

/** HK6xx: it took too long. */
export const timeFailures = {
  'no-answer': entry(
    'HK601',
    6,
    true,
    { en: 'unknown: no answer in {seconds} s', ja: '不明: {seconds} 秒以内に応答なし' },
    { en: 'Look at {where} by hand.', ja: '{where} を直接確認してください。' },
  ),
  'not-verified': entry(
    'HK602',
    6,
    true,
    {
      en: '{target} was not healthy within {seconds} s: {reason}',
      ja: '{target} は {seconds} 秒以内に正常になりませんでした: {reason}',
    },
    { en: 'Look at it by hand, or undo the step.', ja: '直接確認するか、手順を元に戻してください。' },
  ),
  'wait-timeout': entry(
    'HK603',
    6,
    true,
    { en: 'Still not finished after {seconds} s: {what}', ja: '{seconds} 秒後も未完了です: {what}' },
    {
      en: 'It goes on; watch it with "hikeshi watch {incident}".',
      ja: '処理は続いています。「hikeshi watch {incident}」で確認できます。',
    },
  ),
} as const
