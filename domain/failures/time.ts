import { entry } from './entry.ts'

/** HK6xx: it took too long. */
export const timeFailures = {
  'no-answer': entry(
    'HK601',
    6,
    true,
    { en: 'unknown: no answer in {seconds} s', ja: '不明: {seconds} 秒以内に応答なし' },
    { en: 'Check {where} by hand.', ja: '{where} を直接確認してください。' },
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
      en: 'Check it by hand; then use "hikeshi verify" if it has taken effect since, or "hikeshi undo" to take it back.',
      ja: '直接確認してください。その後「hikeshi verify」で反映を再確認するか、「hikeshi undo」で元に戻せます。',
    },
  ),
  'wait-timeout': entry(
    'HK603',
    6,
    true,
    { en: 'Still not finished after {seconds} s: {what}', ja: '{seconds} 秒後も未完了です: {what}' },
    {
      en: 'It continues; watch it with "hikeshi watch {incident}".',
      ja: '処理は続いています。「hikeshi watch {incident}」で確認できます。',
    },
  ),
  'drill-going-on': entry(
    'HK604',
    6,
    true,
    {
      en: 'The drill of {runbook} is still running after {seconds} s.',
      ja: '{runbook} の訓練は {seconds} 秒後も実行中です。',
    },
    {
      en: 'It continues; see its report with "hikeshi drill list {runbook}".',
      ja: '訓練は続いています。結果は「hikeshi drill list {runbook}」で確認してください。',
    },
  ),
  'rehearsal-going-on': entry(
    'HK605',
    6,
    true,
    {
      en: 'The rehearsal of {runbook} is still running after {seconds} s.',
      ja: '{runbook} のリハーサルは {seconds} 秒後も実行中です。',
    },
    {
      en: 'It continues; see its report with "hikeshi rehearse {runbook} --last".',
      ja: 'リハーサルは続いています。結果は「hikeshi rehearse {runbook} --last」で確認してください。',
    },
  ),
} as const
