import { entry } from './entry.ts'

/** HK9xx: a defect of ours. */
export const ownFailures = {
  internal: entry(
    'HK901',
    1,
    false,
    { en: 'Internal error in {where}: {reason}', ja: '内部エラー（{where}）: {reason}' },
    {
      en: 'Open incidents carry on, and the timeline records this. Please report it with this output.',
      ja: '対応中のインシデントは継続し、タイムラインに記録されます。出力を添えて報告してください。',
    },
  ),
  'result-unknown': entry(
    'HK902',
    1,
    false,
    {
      en: 'Unknown whether "{step}" was done: {reason}',
      ja: '「{step}」が実行されたか不明です: {reason}',
    },
    {
      en: 'Check {target} before you run it again; retrying the same run is safe.',
      ja: '再実行の前に {target} を確認してください。同じ実行の再試行は安全です。',
    },
  ),
  'rules-newer': entry(
    'HK904',
    1,
    true,
    {
      en: '{workflow} uses rules {rules} of a newer release; this worker knows rules up to {newest}',
      ja: '{workflow} は新しいリリースのルール {rules} で動いています（このワーカーは {newest} まで対応）',
    },
    {
      en: 'Start workers of the newer release; they take over and nothing is lost.',
      ja: '新しいリリースのワーカーを起動してください。処理は引き継がれ、失われるものはありません。',
    },
  ),
  'workflow-stuck': entry(
    'HK903',
    1,
    true,
    {
      en: 'Workflow {workflow} is stuck: its task keeps failing: {reason}.',
      ja: 'ワークフロー {workflow} が停止しています。タスクが失敗し続けています: {reason}。',
    },
    {
      en: 'It pages nobody and accepts no commands: call people yourself. To free it, see docs/stuck-workflow.md.',
      ja: '連絡も操作の受付もできません。関係者には直接連絡してください。解除手順は docs/stuck-workflow.md にあります。',
    },
  ),
} as const
