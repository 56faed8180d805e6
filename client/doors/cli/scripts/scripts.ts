/** The scripts that a team's runbook calls, by their old names: each is one verb of the command line. */
import { severities, type Text } from '../../../../domain/words.ts'

/** A flag of a script, written `--name=value` or `--name value`. */
export type Flag = {
  readonly name: string
  readonly says: Text
  /** Words of the verb; `$` stands for what was typed. Without words it is one of the choices, or stands in the verb as `{name}`. */
  readonly words?: readonly string[]
  readonly choices?: readonly string[]
  readonly needed?: true
  /** Where it is not typed. */
  readonly fallback?: string
}

export type Script = {
  readonly name: string
  readonly says: Text
  /** The verb and its first words; `{incident}` is the flag of this name. */
  readonly verb: readonly string[]
  readonly flags: readonly Flag[]
  /** Behind everything else. */
  readonly last?: readonly string[]
  readonly example: string
}

const incident: Flag = {
  name: 'incident',
  says: {
    en: 'such as shodo-42; default: the only open one',
    ja: 'shodo-42 など。既定は対応中の唯一のもの',
  },
  fallback: 'open',
}

const service: Flag = {
  name: 'service',
  says: { en: 'such as backend', ja: 'backend など' },
  needed: true,
}

const step = (kind: string): Flag => ({
  name: 'step',
  says: {
    en: `which step, if there are several; default: the one of kind ${kind}`,
    ja: `手順が複数ある場合にその名前。既定は種類 ${kind} の手順`,
  },
  fallback: kind,
})

const wait = ['--wait']

const collect = (name: string): Script => ({
  name,
  says: { en: 'keep the logs of a time span', ja: 'ログ・証跡の収集' },
  verb: ['logs', 'collect'],
  flags: [
    { name: 'start', says: { en: 'from', ja: '開始時刻' }, words: ['--start', '$'], needed: true },
    { name: 'end', says: { en: 'to', ja: '終了時刻' }, words: ['--end', '$'], needed: true },
    {
      name: 'output',
      says: { en: 'folder', ja: '保存先フォルダー' },
      words: ['--output', '$'],
      needed: true,
    },
  ],
  example: '--start="2024-01-20 14:00:00" --end="2024-01-20 15:00:00" --output=/backup/incidents/',
})

export const scripts: readonly Script[] = [
  {
    name: 'auto-recovery.sh',
    says: {
      en: 'declare a CRITICAL incident, whose quick steps recover the service',
      ja: '自動復旧（CRITICAL を宣言し、即時の手順を実行）',
    },
    verb: [
      'declare',
      '--severity',
      'CRITICAL',
      '--description',
      'auto-recovery.sh --mode=emergency',
      '--service',
      '{service}',
    ],
    flags: [
      { name: 'mode', says: { en: 'emergency', ja: 'emergency' }, choices: ['emergency'], needed: true },
      service,
    ],
    example: '--mode=emergency',
  },
  {
    name: 'health-check.sh',
    says: { en: 'look at a service now and rank the likely causes', ja: 'ヘルスチェック' },
    verb: ['diagnose', '{service}'],
    flags: [service],
    example: '--service=backend',
  },
  {
    name: 'notify.sh',
    says: { en: 'send a message to people of the runbook', ja: '通知送信' },
    verb: ['notify', '{incident}'],
    flags: [
      {
        name: 'channel',
        says: { en: 'a level, a person, or oncall', ja: 'レベル、人、または oncall' },
        words: ['--to', '$'],
        needed: true,
      },
      {
        name: 'severity',
        says: { en: 'how urgent it is', ja: '緊急度' },
        words: ['--severity', '$'],
        choices: severities,
      },
      {
        name: 'message',
        says: { en: 'what they should know', ja: '伝える内容' },
        words: ['--message', '$'],
        needed: true,
      },
      incident,
    ],
    example: '--channel=oncall --severity=HIGH --message="5xx, rolling back"',
  },
  {
    name: 'rollback.sh',
    says: { en: 'roll a Deployment back', ja: 'ロールバック' },
    verb: ['run', '{incident}', '{step}'],
    flags: [
      incident,
      step('kubernetes.rollout-undo'),
      {
        name: 'to-revision',
        says: { en: 'not to the one before, but to this one', ja: '直前ではなくこのリビジョンへ' },
        words: ['--with', 'toRevision=$'],
      },
    ],
    last: wait,
    example: '--to-revision=3',
  },
  {
    name: 'scale.sh',
    says: { en: 'scale a Deployment', ja: 'スケーリング' },
    verb: ['run', '{incident}', '{step}'],
    flags: [
      incident,
      step('kubernetes.scale'),
      { name: 'replicas', says: { en: 'how many pods', ja: 'レプリカ数' }, words: ['--with', 'replicas=$'] },
    ],
    last: wait,
    example: '--step=scale-out --replicas=8',
  },
  {
    name: 'backup.sh',
    says: { en: 'make a full backup', ja: 'バックアップ' },
    verb: ['backup', '{incident}'],
    flags: [incident],
    last: wait,
    example: '--incident=shodo-42',
  },
  {
    name: 'restore.sh',
    says: {
      en: 'restore everything that the archive has, beside the live database',
      ja: 'リストア（稼働中のデータベースとは別に、アーカイブの最後まで）',
    },
    verb: ['restore', 'run', '{incident}', '--latest'],
    flags: [
      incident,
      {
        name: 'backup',
        says: { en: 'start from this backup', ja: 'このバックアップから復元する' },
        words: ['--backup', '$'],
      },
      confirm(),
    ],
    last: wait,
    example: '--confirm=yes',
  },
  {
    name: 'pitr-recovery.sh',
    says: {
      en: 'restore a copy to a point in time, beside the live database',
      ja: '特定時点への復旧（稼働中のデータベースとは別に）',
    },
    verb: ['restore', 'run', '{incident}'],
    flags: [
      {
        name: 'timestamp',
        says: { en: 'point in time, with its zone', ja: '復元する時点（タイムゾーンも明記）' },
        words: ['--timestamp', '$'],
        needed: true,
      },
      confirm(),
      incident,
    ],
    last: wait,
    example: '--timestamp="2024-01-20 14:30:00 JST" --confirm=yes',
  },
  {
    name: 'verify-data.sh',
    says: { en: 'run the checks of the data', ja: 'データ検証' },
    verb: ['read', 'postgres.verify-data'],
    flags: [],
    example: '',
  },
  {
    name: 'smoke-test.sh',
    says: { en: 'ask the service several times whether it is well', ja: '動作確認（スモークテスト）' },
    verb: ['read', 'http.healthy', '--service', '{service}'],
    flags: [service],
    example: '--service=backend',
  },
  {
    name: 'test-dr.sh',
    says: { en: 'a drill: restore, check, measure, tear down', ja: 'DR演習' },
    verb: ['drill', 'restore'],
    flags: [],
    example: '',
  },
  collect('collect-logs.sh'),
  collect('collect-incident-logs.sh'),
]

function confirm(): Flag {
  return {
    name: 'confirm',
    says: {
      en: 'answers the question beforehand; never an approval',
      ja: '確認に先に答える。承認にはなりません',
    },
    words: ['--confirm', '$'],
    choices: ['yes', 'no'],
  }
}

/** `incident.sh VERB …` is the command line itself, for these verbs. */
export const incidentVerbs: readonly string[] = [
  'declare',
  'list',
  'show',
  'watch',
  'timeline',
  'ack',
  'note',
  'record',
  'set',
  'escalate',
  'notify',
  'check',
  'run',
  'approve',
  'reject',
  'undo',
  'verify',
  'resolve',
  'reopen',
  'close',
  'cancel',
  'report',
]
