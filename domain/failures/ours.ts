import { entry } from './entry.ts'

/** HK9xx: a defect of ours. */
export const ownFailures = {
  internal: entry(
    'HK901',
    1,
    false,
    { en: 'Internal error in {where}: {reason}', ja: '内部エラー（{where}）: {reason}' },
    {
      en: 'An open incident goes on, and its timeline says so. Please report this with what it printed.',
      ja: '対応中のインシデントは継続し、タイムラインに記録されます。出力を添えて報告してください。',
    },
  ),
  'result-unknown': entry(
    'HK902',
    1,
    false,
    {
      en: 'It is not known whether "{step}" was done: {reason}',
      ja: '「{step}」が実行されたか不明です: {reason}',
    },
    {
      en: 'Look at {target} before you run it again; a repeat of the same run is safe.',
      ja: '再実行の前に {target} を確認してください。同じ実行の再試行は安全です。',
    },
  ),
  'rules-newer': entry(
    'HK904',
    1,
    true,
    {
      en: '{workflow} goes by rules {rules} of a newer release; this worker knows rules up to {newest}',
      ja: '{workflow} は新しいリリースのルール {rules} で動いています（このワーカーは {newest} まで対応）',
    },
    {
      en: 'Start workers of the newer release; they take it over and nothing is lost.',
      ja: '新しいリリースのワーカーを起動してください。処理は引き継がれ、失われるものはありません。',
    },
  ),
  'workflow-stuck': entry(
    'HK903',
    1,
    true,
    {
      en: 'The workflow {workflow} is stuck, its task fails again and again: {reason}.',
      ja: 'ワークフロー {workflow} が停止しています。タスクが失敗し続けています: {reason}。',
    },
    {
      en: 'It pages nobody and takes no command: call people yourself. docs/stuck-workflow.md says how to free it.',
      ja: '連絡も操作の受付もできません。関係者へは直接連絡してください。解除手順は docs/stuck-workflow.md にあります。',
    },
  ),
} as const
