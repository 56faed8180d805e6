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
      en: '{target} is not as it should be after the change: {reason}',
      ja: '{target} は変更後に正常になりませんでした: {reason}',
    },
    {
      en: 'Look at it by hand; then "hikeshi verify" looks whether it took effect meanwhile, and "hikeshi undo" takes it back.',
      ja: '直接確認してください。「hikeshi verify」で反映を再確認し、「hikeshi undo」で元に戻せます。',
    },
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
