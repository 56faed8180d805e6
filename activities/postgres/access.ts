import { z } from 'zod'
import { explain } from '../../domain/failures.ts'
import type { Finding, Reading, StepContext } from '../../domain/steps/contract.ts'
import type { Text } from '../../domain/words.ts'
import type { Connections, PostgresSettings } from '../connections.ts'
import { failureIn } from '../refusal.ts'
import { postgresAt } from './client.ts'
import { maySignal, seesAll } from './sight.ts'
import { subjectOf } from './subject.ts'

type Params = { readonly connection: string; readonly steps: readonly string[] }

const roleSees = z.object({
  user: z.string(),
  replica: z.boolean(),
  seesAll: z.boolean(),
  maySignal: z.boolean(),
  /** It may take connections that the server keeps back. */
  getsKept: z.boolean(),
  statements: z.boolean(),
})
type Role = z.infer<typeof roleSees> & { readonly isPooled: boolean }

// Neither pg_use_reserved_connections nor reserved_connections is there before PostgreSQL 16.
const roleQuery = `
  select current_user::text as "user", pg_is_in_recovery() as replica,
    ${seesAll} as "seesAll", ${maySignal} as "maySignal",
    exists (select from pg_roles where rolname = current_user and rolsuper)
      or coalesce(current_setting('reserved_connections', true), '0')::int > 0 and exists (
        select from pg_roles where rolname = 'pg_use_reserved_connections' and pg_has_role(oid, 'usage'))
      as "getsKept",
    exists (select from pg_extension where extname = 'pg_stat_statements') as statements`

/** Signs in as the steps do and says what its role lacks for them, and with which words it is given. */
export async function readAccess(
  connections: Connections,
  { connection, steps }: Params,
  context: StepContext,
): Promise<Reading> {
  // By its own login alone: another way in would tell nothing of the role that steps usually have.
  const { reserved, pod, ...own } = connections.postgres(connection)
  const signIn = (settings: PostgresSettings) =>
    postgresAt({ ...connections, postgres: () => settings }).read({
      connection,
      context,
      ask: async ({ row, isPooled }) => ({ ...(await row(roleSees, roleQuery)), isPooled }),
    })
  const role = await signIn(own)
  const { secretFile: _, secretEnv: __, ...place } = own
  const spare =
    reserved === undefined
      ? noSpare(role, pod !== undefined)
      : await spareLacks(reserved.user, steps, () => signIn({ ...place, ...reserved }))
  const lacks = [...rolesMissing(role, steps), ...pooled(role), ...misplaced(role, steps), ...spare]
  const { user, replica, isPooled, ...may } = role
  const has = Object.entries(may).flatMap(([name, is]) => (is ? [name] : []))
  return {
    facts: { connection, ...role, reserved: reserved?.user ?? null, pod: pod?.name ?? null },
    findings: lacks.map(({ code, says, words }) => ({
      code,
      subject: subjectOf(connection),
      says,
      evidence: [words],
      data: null,
    })),
    text: `${connection}: ${[user, replica ? 'replica' : 'primary', ...has].join(', ')}`,
  }
}

/** `words` are what gives the role what it lacks. */
type Lack = { readonly code: Finding['code']; readonly says: Text; readonly words: string }

const signalling = ['postgres.terminate-idle']
const watching = [
  ...signalling,
  'postgres.connections',
  'postgres.replication',
  'postgres.slow-queries',
  'postgres.rebuild-replica',
]

function rolesMissing({ user, ...may }: Role, steps: readonly string[]): readonly Lack[] {
  const member = (of: string, kinds: readonly string[]): readonly Lack[] => {
    const needing = steps.filter((step) => kinds.includes(step))
    if (needing.length === 0) return []
    const says = {
      en: `${user} is no member of ${of}, which ${needing.join(', ')} needs`,
      ja: `${user} は ${needing.join('、')} に必要な ${of} のメンバーではありません`,
    }
    return [{ code: 'right-missing', says, words: `grant ${of} to "${user}"` }]
  }
  return [
    ...(may.seesAll ? [] : member('pg_monitor', watching)),
    ...(may.maySignal ? [] : member('pg_signal_backend', signalling)),
  ]
}

/** Steps that change anything are refused there. */
function pooled({ isPooled }: Role): readonly Lack[] {
  const says = {
    en: 'a connection pooler answers there, not the server itself: changes are refused, and its full pool looks like a full server',
    ja: 'サーバー本体ではなくコネクションプーラーが応答しています（変更は拒否されます）',
  }
  const words = "the server's own host and port in the connections file"
  return isPooled ? [{ code: 'not-prepared', says, words }] : []
}

/** Another server than the steps take it for, as after a failover, or one without the extension. */
function misplaced({ replica, statements }: Role, steps: readonly string[]): readonly Lack[] {
  const step = steps.find((kind) => kind === (replica ? 'postgres.replication' : 'postgres.lag'))
  const place = replica
    ? {
        en: `${step} asks a primary, and this is a replica`,
        ja: `${step} はプライマリ用ですが、これはレプリカです`,
      }
    : {
        en: `${step} asks a replica, and this is a primary`,
        ja: `${step} はレプリカ用ですが、これはプライマリです`,
      }
  const extension = {
    en: 'the extension pg_stat_statements is not there: postgres.slow-queries shows only what runs at the moment',
    ja: '拡張 pg_stat_statements がないため、postgres.slow-queries は実行中のクエリのみ表示します',
  }
  const words = "another host in the connections file, or another connection in the runbook's step"
  return [
    ...(step === undefined ? [] : [{ code: 'not-prepared', says: place, words } as const]),
    ...(statements || !steps.includes('postgres.slow-queries')
      ? []
      : [{ code: 'not-prepared', says: extension, words: 'create extension pg_stat_statements' } as const]),
  ]
}

/** A way through the pod is Kubernetes' to allow, and checked there. */
function noSpare({ getsKept }: Role, hasPod: boolean): readonly Lack[] {
  if (getsKept || hasPod) return []
  const says = {
    en: 'when all connections are taken no step gets in: neither reserved nor pod is named',
    ja: '接続数が上限に達すると手順を実行できません（reserved・pod とも未設定）',
  }
  return [{ code: 'not-prepared', says, words: 'docs/connections.md' }]
}

/** Whether the reserved role gets in when all connections are taken, and may then do what the steps do. */
async function spareLacks(
  user: string,
  steps: readonly string[],
  signIn: () => Promise<Role>,
): Promise<readonly Lack[]> {
  let role: Role
  try {
    role = await signIn()
  } catch (error) {
    const failure = failureIn(error)
    if (failure === undefined) throw error
    const [en, ja] = [explain(failure, 'en'), explain(failure, 'ja')]
    const says = {
      en: `the reserved role ${user} does not get in: ${failure.code} ${en.what}`,
      ja: `reserved ロール ${user} で接続できません: ${failure.code} ${ja.what}`,
    }
    return [{ code: 'right-missing', says, words: en.next }]
  }
  const says = {
    en: `the reserved role ${user} may not take the connections that are kept back`,
    ja: `reserved ロール ${user} は予約済みの接続を使えません`,
  }
  const words = `grant pg_use_reserved_connections to "${user}", with reserved_connections above 0 (PostgreSQL 16 or newer; before, a superuser)`
  return [
    ...(role.getsKept ? [] : [{ code: 'right-missing', says, words } as const]),
    ...rolesMissing(role, steps),
  ]
}
