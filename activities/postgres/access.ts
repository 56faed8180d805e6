import { z } from 'zod'
import type { Finding, Reading, StepContext } from '../../domain/steps/contract.ts'
import type { Text } from '../../domain/words.ts'
import type { Connections, PostgresSettings } from '../connections.ts'
import { type Postgres, postgresAt } from './client.ts'
import { subjectOf } from './subject.ts'

type Params = { readonly connection: string; readonly steps: readonly string[] }

const roleSees = z.object({
  user: z.string(),
  replica: z.boolean(),
  superuser: z.boolean(),
  monitor: z.boolean(),
  signal: z.boolean(),
  statements: z.boolean(),
})
type Role = z.infer<typeof roleSees>

// `pg_use_reserved_connections` is of PostgreSQL 16: it is looked for among the roles, since asking for an unknown one is an error.
const roleQuery = `
  select current_user::text as "user", pg_is_in_recovery() as replica,
    exists (select from pg_roles where rolname = current_user and rolsuper) as superuser,
    pg_has_role('pg_monitor', 'usage') as monitor, pg_has_role('pg_signal_backend', 'usage') as signal,
    exists (select from pg_extension where extname = 'pg_stat_statements') as statements`
const reservedQuery = `
  select exists (select from pg_roles
    where rolname = 'pg_use_reserved_connections' and pg_has_role(oid, 'usage')) as may`

/** Signs in as the steps do and says what its role lacks for them, and with which words it is given. */
export async function readAccess(
  connections: Connections,
  { connection, steps }: Params,
  context: StepContext,
): Promise<Reading> {
  const settings = connections.postgres(connection)
  const role = await roleOf(postgresAt(connections), connection, context)
  const about = (code: Finding['code'], says: Text, words: string): Finding => ({
    code,
    subject: subjectOf(connection),
    says,
    evidence: [words],
    data: { user: role.user },
  })
  const findings = [
    ...rightsMissing(role, steps, about),
    ...(await waysIn(connections, settings, { connection, role, context, about })),
  ]
  const { user, replica, ...may } = role
  const has = Object.entries(may).flatMap(([name, is]) => (is ? [name] : []))
  return {
    facts: {
      connection,
      ...role,
      reserved: settings.reserved?.user ?? null,
      pod: settings.pod?.name ?? null,
    },
    findings,
    text: `${connection}: ${[user, replica ? 'on a replica' : 'on a primary', ...has].join(', ')}`,
  }
}

type About = (code: Finding['code'], says: Text, words: string) => Finding

function rightsMissing(role: Role, steps: readonly string[], about: About): readonly Finding[] {
  const { user } = role
  const member = (of: string, kinds: readonly string[]) => {
    const needing = steps.filter((step) => kinds.includes(step))
    if (needing.length === 0) return []
    const says = {
      en: `${user} is no member of ${of}, which ${needing.join(', ')} needs`,
      ja: `${user} は ${needing.join('、')} に必要な ${of} のメンバーではありません`,
    }
    return [about('right-missing', says, `grant ${of} to "${user}"`)]
  }
  const extension = {
    en: 'the extension pg_stat_statements is not there: postgres.slow-queries shows only what runs at the moment',
    ja: '拡張 pg_stat_statements がないため、postgres.slow-queries は実行中のクエリのみ表示します',
  }
  const misplaced = steps.find((step) => step === (role.replica ? 'postgres.replication' : 'postgres.lag'))
  const place = role.replica
    ? {
        en: `${misplaced} asks a primary, and this is a replica`,
        ja: `${misplaced} はプライマリ用ですが、これはレプリカです`,
      }
    : {
        en: `${misplaced} asks a replica, and this is a primary`,
        ja: `${misplaced} はレプリカ用ですが、これはプライマリです`,
      }
  const wantsStatements = steps.includes('postgres.slow-queries') && !role.replica
  return [
    ...(role.monitor ? [] : member('pg_monitor', watching)),
    ...(role.signal ? [] : member('pg_signal_backend', ['postgres.terminate-idle'])),
    ...(misplaced === undefined ? [] : [about('not-prepared', place, `${misplaced} --with connection=…`)]),
    ...(wantsStatements && !role.statements
      ? [about('not-prepared', extension, 'create extension pg_stat_statements')]
      : []),
  ]
}

/** What shows other sessions, lags and settings. */
const watching = [
  'postgres.connections',
  'postgres.replication',
  'postgres.lag',
  'postgres.slow-queries',
  'postgres.terminate-idle',
  'postgres.rebuild-replica',
]

type Looked = {
  readonly connection: string
  readonly role: Role
  readonly context: StepContext
  readonly about: About
}

/** Whether anybody gets in when all connections are taken. A way through the pod is Kubernetes' to allow. */
async function waysIn(
  connections: Connections,
  { reserved, pod, ...settings }: PostgresSettings,
  { connection, role, context, about }: Looked,
): Promise<readonly Finding[]> {
  if (role.superuser || (reserved === undefined && pod !== undefined)) return []
  if (reserved === undefined) {
    const says = {
      en: 'when all connections are taken no step gets in: neither reserved nor pod is named',
      ja: '接続数が上限に達すると手順を実行できません（reserved・pod とも未設定）',
    }
    return [about('not-prepared', says, 'docs/connections.md')]
  }
  const { secretFile: _, secretEnv: __, ...rest } = settings
  const asReserved = postgresAt({ ...connections, postgres: () => ({ ...rest, ...reserved }) })
  const other = await roleOf(asReserved, connection, context)
  const { may } = await asReserved.read({
    connection,
    context,
    ask: ({ row }) => row(z.object({ may: z.boolean() }), reservedQuery),
  })
  if (other.superuser || may) return []
  const says = {
    en: `the reserved role ${other.user} may not take the slots that are kept back`,
    ja: `reserved ロール ${other.user} は予約スロットを使用できません`,
  }
  const words = `grant pg_use_reserved_connections to "${other.user}" (PostgreSQL 16 or newer; before, a superuser)`
  return [about('right-missing', says, words)]
}

function roleOf(postgres: Postgres, connection: string, context: StepContext): Promise<Role> {
  return postgres.read({ connection, context, ask: ({ row }) => row(roleSees, roleQuery) })
}
