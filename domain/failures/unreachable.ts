import { entry } from './entry.ts'

/** HK5xx: nobody answers there. */
export const unreachableFailures = {
  'temporal-unreachable': entry(
    'HK501',
    5,
    true,
    {
      en: 'Temporal does not answer at {address}: {reason}',
      ja: 'Temporal ({address}) に接続できません: {reason}',
    },
    {
      en: 'Check that it runs and that TEMPORAL_ADDRESS is right.',
      ja: '起動していること、TEMPORAL_ADDRESS が正しいことを確認してください。',
    },
  ),
  'kubernetes-unreachable': entry(
    'HK502',
    5,
    true,
    {
      en: 'The Kubernetes API of cluster "{cluster}" does not answer: {reason}',
      ja: 'クラスター「{cluster}」の Kubernetes API が応答しません: {reason}',
    },
    {
      en: "Check the API server and the worker's kubeconfig.",
      ja: 'API サーバーとワーカーの kubeconfig を確認してください。',
    },
  ),
  'http-unreachable': entry(
    'HK503',
    5,
    true,
    { en: '{url} cannot be reached: {reason}', ja: '{url} に接続できません: {reason}' },
    {
      en: 'Check the service and the address in the runbook.',
      ja: 'サービスと Runbook の URL を確認してください。',
    },
  ),
  'channel-unreachable': entry(
    'HK504',
    5,
    true,
    {
      en: 'Channel "{channel}" does not answer: {reason}',
      ja: '通知先「{channel}」が応答しません: {reason}',
    },
    { en: 'It is tried again, then the next channel.', ja: '再試行し、その後は次の通知先を試します。' },
  ),
  'api-unreachable': entry(
    'HK505',
    5,
    true,
    {
      en: 'The hikeshi API does not answer at {address}: {reason}',
      ja: 'hikeshi API ({address}) に接続できません: {reason}',
    },
    {
      en: 'Check that it runs and that HIKESHI_API_URL is right.',
      ja: '起動していること、HIKESHI_API_URL が正しいことを確認してください。',
    },
  ),
  'no-worker': entry(
    'HK506',
    5,
    true,
    {
      en: 'No worker answers on task queue "{queue}".',
      ja: 'タスクキュー「{queue}」に応答するワーカーがありません。',
    },
    {
      en: 'Start one: hikeshi worker. What was sent may still be carried out when one comes: look before you repeat it.',
      ja: 'ワーカーを起動してください: hikeshi worker。送信した操作は後で実行される場合があります。再実行の前に確認してください。',
    },
  ),
  'search-attribute-missing': entry(
    'HK507',
    5,
    false,
    {
      en: 'Temporal has no search attribute {attribute} and it could not be added: {reason}',
      ja: 'Temporal に検索属性 {attribute} がなく、追加もできません: {reason}',
    },
    { en: 'Let an administrator add it, type {type}.', ja: '管理者に追加（型 {type}）を依頼してください。' },
  ),
  'database-unreachable': entry(
    'HK508',
    5,
    true,
    {
      en: '{connection} at {address} cannot be reached: {reason}',
      ja: '{connection}（{address}）に接続できません: {reason}',
    },
    {
      en: 'Look whether it runs and whether the worker may reach it.',
      ja: '稼働しているか、ワーカーから接続できるかを確認してください。',
    },
  ),
  'replica-copying': entry(
    'HK509',
    5,
    true,
    {
      en: '{replica} is still copying from {primary} ({percent}%).',
      ja: '{replica} は {primary} からの複製を続けています（{percent}%）。',
    },
    {
      en: 'It goes on by itself; look with postgres.replication, and run the step again when it has ended without a stream.',
      ja: '複製は継続しています。postgres.replication で確認し、受信が始まらずに終わった場合は再実行してください。',
    },
  ),
  'too-busy': entry(
    'HK530',
    5,
    true,
    {
      en: '{limit} messages are being worked on already.',
      ja: '{limit} 件のメッセージを処理中です。',
    },
    { en: 'Send it again in a few seconds.', ja: '数秒後に再送してください。' },
  ),
} as const
