import { entry } from './entry.ts'

/** HK41x and HK46x: a database said no. */
export const databaseFailures = {
  'database-refused': entry(
    'HK410',
    1,
    false,
    { en: '{connection} refused it: {reason}', ja: '{connection} に拒否されました: {reason}' },
    {
      en: 'Correct what the reason names; nothing was changed by this attempt.',
      ja: '理由に従って直してください。この試行では何も変更していません。',
    },
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
      en: 'Terminate idle connections; a "reserved" role in the connections file gets in all the same.',
      ja: 'アイドル接続を切断してください。接続ファイルに "reserved" のロールがあれば、それでも接続できます。',
    },
  ),
  'pooler-in-front': entry(
    'HK460',
    1,
    false,
    {
      en: '{connection} leads to a connection pooler, not to PostgreSQL itself.',
      ja: '{connection} の接続先は PostgreSQL 本体ではなく、コネクションプーラーです。',
    },
    {
      en: "Name the server's own host and port in the connections file. Nothing was changed.",
      ja: '接続ファイルにサーバー本体のホストとポートを書いてください。何も変更していません。',
    },
  ),
  'command-missing': entry(
    'HK461',
    1,
    false,
    {
      en: '{connection} does not take {command} from its user: {reason}',
      ja: '{connection} では {command} を実行できません: {reason}',
    },
    {
      en: 'Give the user the right (docs/connections.md); a managed service is changed where it is managed. Nothing was changed.',
      ja: 'ユーザーに権限を付与してください（docs/connections.md）。マネージドサービスではその管理画面で変更します。何も変更していません。',
    },
  ),
  'pod-is-primary': entry(
    'HK462',
    1,
    false,
    {
      en: 'Pod {pod} holds a server that takes writes: the primary, not a replica.',
      ja: 'Pod {pod} のサーバーは書き込みを受け付けています。レプリカではなくプライマリです。',
    },
    {
      en: 'Nothing was changed. Name the pod of the replica.',
      ja: '何も変更していません。レプリカの Pod を指定してください。',
    },
  ),
  'pod-not-proven': entry(
    'HK463',
    1,
    false,
    {
      en: 'Nothing proves that the pod {pod} ({addresses}) holds {replica} ({replicaAddress}) and not {primary} ({primaryAddress}).',
      ja: 'Pod {pod}（{addresses}）が {primary}（{primaryAddress}）ではなく {replica}（{replicaAddress}）のものだと確認できません。',
    },
    {
      en: 'Nothing was changed. Name the right pod; where addresses tell nothing, let the worker run psql in it (docs/exec.md).',
      ja: '何も変更していません。正しい Pod を指定してください。アドレスで判別できない場合は、Pod 内での psql の実行を許可してください（docs/exec.md）。',
    },
  ),
  'identity-missing': entry(
    'HK464',
    1,
    false,
    {
      en: '{connection} does not tell which server it is ({what}).',
      ja: '{connection} がどのサーバーか確認できません（{what}）。',
    },
    {
      en: 'Nothing was changed. Without it the server that is changed may be another than the one that people approved; name the server itself, without a proxy in front.',
      ja: '何も変更していません。承認したサーバーと同じか確認できないためです。プロキシーを介さず、サーバー本体を指定してください。',
    },
  ),
  'cluster-node': entry(
    'HK465',
    1,
    false,
    {
      en: '{connection} is a node of a Redis Cluster and holds a part of the keys only.',
      ja: '{connection} は Redis Cluster のノードで、キーの一部しか持っていません。',
    },
    {
      en: 'Nothing was changed. Do this on each of its primaries by hand.',
      ja: '何も変更していません。各プライマリで手動で実行してください。',
    },
  ),
} as const
