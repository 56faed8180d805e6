import { atTheDoor, beforeAnything, entry } from './entry.ts'

/** HK41x and HK46x: a database said no. */
export const databaseFailures = {
  'database-refused': entry(
    'HK410',
    1,
    false,
    { en: '{connection} refused it: {reason}', ja: '{connection} に拒否されました: {reason}' },
    {
      en: 'Fix what the reason names; nothing was changed by this attempt.',
      ja: '理由に従って直してください。この試行では何も変更していません。',
    },
    atTheDoor,
  ),
  'database-full': entry(
    'HK411',
    1,
    true,
    {
      en: 'All connections of {connection} are taken ({reason}).',
      ja: '{connection} の接続数が上限に達しています（{reason}）。',
    },
    {
      en: 'Terminate idle connections; a "reserved" role in the connections file can still log in.',
      ja: 'アイドル接続を切断してください。接続ファイルに "reserved" のロールがあれば、それでも接続できます。',
    },
    beforeAnything,
  ),
  'pooler-in-front': entry(
    'HK460',
    1,
    false,
    {
      en: '{connection} points at a connection pooler, not at PostgreSQL itself.',
      ja: '{connection} の接続先は PostgreSQL 本体ではなく、コネクションプーラーです。',
    },
    {
      en: "Put the server's own host and port in the connections file. Nothing was changed.",
      ja: '接続ファイルにサーバー本体のホストとポートを書いてください。何も変更していません。',
    },
    beforeAnything,
  ),
  'command-missing': entry(
    'HK461',
    1,
    false,
    {
      en: 'The user of {connection} cannot run {command}: {reason}',
      ja: '{connection} では {command} を実行できません: {reason}',
    },
    {
      en: "Grant the user the right (docs/connections.md); for a managed service, change it in the provider's console. Nothing was changed.",
      ja: 'ユーザーに権限を付与してください（docs/connections.md）。マネージドサービスではその管理画面で変更します。何も変更していません。',
    },
    atTheDoor,
  ),
  'pod-is-primary': entry(
    'HK462',
    1,
    false,
    {
      en: 'Pod {pod} runs a server that accepts writes: the primary, not a replica.',
      ja: 'Pod {pod} のサーバーは書き込みを受け付けています。レプリカではなくプライマリです。',
    },
    {
      en: "Nothing was changed. Name the replica's pod.",
      ja: '何も変更していません。レプリカの Pod を指定してください。',
    },
    beforeAnything,
  ),
  'pod-not-proven': entry(
    'HK463',
    1,
    false,
    {
      en: 'Cannot prove that pod {pod} ({addresses}) runs {replica} ({replicaAddress}) and not {primary} ({primaryAddress}).',
      ja: 'Pod {pod}（{addresses}）が {primary}（{primaryAddress}）ではなく {replica}（{replicaAddress}）のものだと確認できません。',
    },
    {
      en: 'Nothing was changed. Name the right pod; if addresses cannot tell, allow the worker to run psql in it (docs/exec.md).',
      ja: '何も変更していません。正しい Pod を指定してください。アドレスで判別できない場合は、Pod 内での psql の実行を許可してください（docs/exec.md）。',
    },
    beforeAnything,
  ),
  'identity-missing': entry(
    'HK464',
    1,
    false,
    {
      en: '{connection} does not say which server it is ({what}).',
      ja: '{connection} がどのサーバーか確認できません（{what}）。',
    },
    {
      en: 'Nothing was changed, because this may not be the server that was approved. Connect to the server itself, not through a proxy.',
      ja: '何も変更していません。承認したサーバーと同じか確認できないためです。プロキシーを介さず、サーバー本体を指定してください。',
    },
    beforeAnything,
  ),
  'cluster-node': entry(
    'HK465',
    1,
    false,
    {
      en: '{connection} is one node of a Redis Cluster and holds only part of the keys.',
      ja: '{connection} は Redis Cluster のノードで、キーの一部しか持っていません。',
    },
    {
      en: 'Nothing was changed. Do this by hand on each primary.',
      ja: '何も変更していません。各プライマリで手動で実行してください。',
    },
    beforeAnything,
  ),
} as const
