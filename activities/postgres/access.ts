import { z } from 'zod'
import { explain, inShort } from '../../domain/failures.ts'
import { kindOf, needsOf } from '../../domain/steps/catalogue.ts'
import type { Finding, Reading, StepContext } from '../../domain/steps/contract.ts'
import { grantSql, isExtension, needsTogether, type PostgresGrant } from '../../domain/steps/needs.ts'
import { serverName } from '../../domain/steps/subject.ts'
import type { Text, Words } from '../../domain/words.ts'
import { carriedBy } from '../../wire/carried.ts'
import type { Connections, PostgresSettings } from '../connections-file.ts'
import { postgresAt } from './client.ts'
import { amcheckFunction } from './index-check.ts'
import { maySignal, readsAll, seesAll } from './sight.ts'

type Params = { readonly connection: string; readonly steps: readonly string[] }

const roleSees = z.object({
  user: z.string(),
  replica: z.boolean(),
  seesAll: z.boolean(),
  maySignal: z.boolean(),
  readsAll: z.boolean(),
  /** It may take connections that the server keeps back. */
  getsKept: z.boolean(),
  statements: z.boolean(),
  amcheck: z.boolean(),
})
type Role = z.infer<typeof roleSees> & { readonly isPooled: boolean }

// Neither pg_use_reserved_connections nor reserved_connections is there before PostgreSQL 16.
const roleQuery = `
  select current_user::text as "user", pg_is_in_recovery() as replica,
    ${seesAll} as "seesAll", ${maySignal} as "maySignal", ${readsAll} as "readsAll",
    exists (select from pg_roles where rolname = current_user and rolsuper)
      or coalesce(current_setting('reserved_connections', true), '0')::int > 0 and exists (
        select from pg_roles where rolname = 'pg_use_reserved_connections' and pg_has_role(oid, 'usage'))
      as "getsKept",
    exists (select from pg_extension where extname = 'pg_stat_statements') as statements,
    exists (select from (${amcheckFunction}) f where f.usable) as amcheck`

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
  const lacks = [
    ...rolesMissing(role, steps),
    ...pooled(role),
    ...misplaced(role, steps),
    ...alsoMissing(role, steps),
    ...spare,
  ]
  const { user, replica, isPooled, ...may } = role
  const has = Object.entries(may).flatMap(([name, is]) => (is ? [name] : []))
  return {
    facts: { connection, ...role, reserved: reserved?.user ?? null, pod: pod?.name ?? null },
    findings: lacks.map(({ code, says, words }) => ({
      code,
      subject: serverName('postgres', connection),
      says,
      evidence: [words],
      data: null,
    })),
    text: `${connection}: ${[user, replica ? 'replica' : 'primary', ...has].join(', ')}`,
  }
}

/** `words` are what gives the role what it lacks. */
type Lack = { readonly code: Finding['code']; readonly says: Text; readonly words: Words }

const seenAs = {
  pg_monitor: 'seesAll',
  pg_signal_backend: 'maySignal',
  pg_read_all_data: 'readsAll',
  pg_stat_statements: 'statements',
  amcheck: 'amcheck',
} as const satisfies Record<PostgresGrant, keyof Role>

function isGranted(role: Role, grant: PostgresGrant): boolean {
  return role[seenAs[grant]]
}

function needed(steps: readonly string[]) {
  return needsTogether(needsOf(steps).map(({ postgres }) => postgres))
}

function rolesMissing(role: Role, steps: readonly string[]): readonly Lack[] {
  const { user } = role
  return needed(steps)
    .needs.filter((grant) => !isGranted(role, grant))
    .map((grant) => {
      const needing = steps.filter((step) => kindOf(step)?.needs.postgres?.needs.includes(grant))
      const says = {
        en: `${user} is not a member of ${grant}, which ${needing.join(', ')} needs`,
        ja: `${user} は ${needing.join('、')} に必要な ${grant} のメンバーではありません`,
      }
      return { code: 'right-missing', says, words: grantSql(grant, `"${user}"`) }
    })
}

/** What steps do without. */
function alsoMissing(role: Role, steps: readonly string[]): readonly Lack[] {
  const { user } = role
  return needed(steps).optional.flatMap(({ what, without }) =>
    what
      .filter((grant) => !isGranted(role, grant))
      .map((grant): Lack => {
        const says = isExtension(grant)
          ? {
              en: `${user} cannot use the extension ${grant}: ${without.en}`,
              ja: `${user} は拡張 ${grant} を使えないため、${without.ja}`,
            }
          : {
              en: `${user} is not a member of ${grant}: ${without.en}`,
              ja: `${user} は ${grant} のメンバーではないため、${without.ja}`,
            }
        return { code: 'not-prepared', says, words: grantSql(grant, `"${user}"`) }
      }),
  )
}

/** Steps that change anything are refused there. */
function pooled({ isPooled }: Role): readonly Lack[] {
  const says = {
    en: 'a connection pooler answers, not the server itself: changes are refused, and a full pool looks like a full server',
    ja: 'サーバー本体ではなくコネクションプーラーが応答しています（変更は拒否されます）',
  }
  const words = {
    en: "the server's own host and port in the connections file",
    ja: '接続ファイルにサーバー本体の host と port を指定',
  }
  return isPooled ? [{ code: 'not-prepared', says, words }] : []
}

/** Another server than the steps take it for, as after a failover. */
function misplaced({ replica }: Role, steps: readonly string[]): readonly Lack[] {
  const other = replica ? 'primary' : 'replica'
  const step = steps.find((kind) => kindOf(kind)?.needs.postgres?.server === other)
  if (step === undefined) return []
  const says = replica
    ? {
        en: `${step} needs a primary, but this is a replica`,
        ja: `${step} はプライマリ用ですが、これはレプリカです`,
      }
    : {
        en: `${step} needs a replica, but this is a primary`,
        ja: `${step} はレプリカ用ですが、これはプライマリです`,
      }
  const words = {
    en: "another host in the connections file, or another connection in the runbook's step",
    ja: '接続ファイルの host か、Runbook の手順の接続を変更',
  }
  return [{ code: 'not-prepared', says, words }]
}

/** A way through the pod is Kubernetes' to allow, and checked there. */
function noSpare({ getsKept }: Role, hasPod: boolean): readonly Lack[] {
  if (getsKept || hasPod) return []
  const says = {
    en: 'when all connections are taken no step can connect: neither "reserved" nor "pod" is set',
    ja: '接続数が上限に達すると手順を実行できません（reserved・pod とも未設定）',
  }
  return [{ code: 'not-prepared', says, words: 'docs/connections.md' }]
}

/** Whether the reserved role can log in when all connections are taken, and may then do what the steps do. */
async function spareLacks(
  user: string,
  steps: readonly string[],
  signIn: () => Promise<Role>,
): Promise<readonly Lack[]> {
  let role: Role
  try {
    role = await signIn()
  } catch (error) {
    const failure = carriedBy(error)
    if (failure === undefined) throw error
    const why = inShort(failure)
    const says = {
      en: `the reserved role ${user} cannot log in: ${why.en}`,
      ja: `reserved ロール ${user} で接続できません: ${why.ja}`,
    }
    const words = { en: explain(failure, 'en').next, ja: explain(failure, 'ja').next }
    return [{ code: 'right-missing', says, words }]
  }
  const says = {
    en: `the reserved role ${user} may not use the reserved connections`,
    ja: `reserved ロール ${user} は予約済みの接続を使えません`,
  }
  const grant = `grant pg_use_reserved_connections to "${user}"`
  const words = {
    en: `${grant}, with reserved_connections above 0 (PostgreSQL 16 or newer; a superuser before that)`,
    ja: `${grant}（reserved_connections を 1 以上に。PostgreSQL 15 以前はスーパーユーザー）`,
  }
  return [
    ...(role.getsKept ? [] : [{ code: 'right-missing', says, words } as const]),
    ...rolesMissing(role, steps),
  ]
}
