import { z } from 'zod'
import type { Finding, Reading, StepContext } from '../../domain/steps/contract.ts'
import { serverName } from '../../domain/steps/subject.ts'
import type { Words } from '../../domain/words.ts'
import { excerptOf, plainLine } from '../../edge/plain-text.ts'
import { age, table } from '../table.ts'
import { isTooFar, replicaLag, type TooFar } from './behind.ts'
import type { Postgres } from './client.ts'
import { blindness, seesAll } from './sight.ts'
import { standbyWords } from './standby.ts'

type Params = TooFar & { readonly connection: string; readonly replicas: number }

const mostListed = 50
const excerptBytes = 16_384

const name = z
  .string()
  .nullable()
  .transform((value) => plainLine(value ?? '', 60))
const figure = z.number().nullable()
const position = z.string().nullable()
const sender = z.object({
  name,
  client: name,
  state: name,
  sync: name,
  logical: z.boolean(),
  sent: figure,
  write: figure,
  flush: figure,
  replay: figure,
  write_ms: figure,
  flush_ms: figure,
  replay_ms: figure,
  sent_lsn: position,
  write_lsn: position,
  flush_lsn: position,
  replay_lsn: position,
})
const slot = z.object({ name, type: name, active: z.boolean(), retainedBytes: figure })

// A standby may have replicas of its own, and there is no current position to write at.
const here = `case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end`
const lag = (of: string) => `pg_wal_lsn_diff(w.at, r.${of}_lsn)::float8 as ${of}`
const lsn = (of: string) => `r.${of}_lsn::text as ${of}_lsn`
const lagMs = (of: string) => `(extract(epoch from r.${of}_lag) * 1000)::float8 as ${of}_ms`

/** The way of a record; what has only been sent has no lag yet. */
const stages = ['sent', 'write', 'flush', 'replay'] as const

const senders = `
  with w as materialized (select ${here} as at)
  select r.application_name as name, coalesce(host(r.client_addr), 'local') as client, r.state, r.sync_state as sync,
    exists (select from pg_replication_slots s where s.active_pid = r.pid and s.slot_type = 'logical') as logical,
    ${stages.map(lag).join(', ')}, ${stages.map(lsn).join(', ')}, ${stages.slice(1).map(lagMs).join(', ')}
  from pg_stat_replication r, w order by 1, 2 limit ${mostListed}`

const slots = `
  with w as materialized (select ${here} as at)
  select s.slot_name::text as name, s.slot_type as type, s.active,
    pg_wal_lsn_diff(w.at, s.restart_lsn)::float8 as "retainedBytes"
  from pg_replication_slots s, w order by 1 limit ${mostListed}`

/** Who streams from this server and how far behind each is, as bytes and as time; and slots, which keep WAL for who is gone. */
export async function readReplication(
  postgres: Postgres,
  params: Params,
  context: StepContext,
): Promise<Reading> {
  const { connection, replicas: expected } = params
  const seen = await postgres.read({
    connection,
    context,
    ask: async ({ row, rows }) => ({
      about: await row(
        z.object({ recovering: z.boolean(), sees_all: z.boolean() }),
        `select pg_is_in_recovery() as recovering, ${seesAll} as sees_all`,
      ),
      senders: await rows(sender, senders),
      slots: await rows(slot, slots),
    }),
  })
  const replicas = seen.senders.map(replicaOf)
  // A base backup under way is a sender as well, and a subscriber of logical changes is no replica.
  const attached = replicas.filter((r) => !r.logical && (r.state === 'streaming' || r.state === 'catchup'))
  const late = attached.filter((r) => isTooFar({ bytes: r.replayBytes, ms: r.replayMs }, params))
  const subject = serverName('postgres', connection)
  const isStandby = seen.about.recovering
  const standby: Finding = {
    code: 'not-primary',
    subject,
    says: standbyWords(connection),
    evidence: ['pg_is_in_recovery() = true'],
    data: { inRecovery: true },
  }
  const gone: Finding = {
    code: 'replica-gone',
    subject,
    says: {
      en: `${attached.length} of ${expected} replicas stream from ${connection}`,
      ja: `${connection} から受信中のレプリカは ${expected} 台中 ${attached.length} 台です`,
    },
    evidence: [
      {
        en: `pg_stat_replication: ${attached.length} rows in state streaming or catchup`,
        ja: `pg_stat_replication: streaming・catchup 状態の行 ${attached.length} 件`,
      },
      ...seen.slots
        .filter((s) => !s.active)
        .map((s) => ({
          en: `slot ${s.name} is inactive and keeps ${s.retainedBytes ?? 0} bytes of WAL`,
          ja: `スロット ${s.name} は停止中で、WAL を ${s.retainedBytes ?? 0} バイト保持しています`,
        })),
    ],
    data: { attached: attached.length, expected },
  }
  return {
    facts: {
      connection,
      expected,
      attached: attached.length,
      inRecovery: seen.about.recovering,
      seesLags: seen.about.sees_all,
      replicas,
      slots: [...seen.slots],
    },
    findings: [
      ...(isStandby ? [standby] : []),
      // A standby has no replicas to miss; without the right to see states nobody streams, as far as we see: that proves nothing.
      ...(!isStandby && seen.about.sees_all && attached.length < expected ? [gone] : []),
      ...late.map((r) => replicaLag(connection, r.name, { bytes: r.replayBytes, ms: r.replayMs })),
    ],
    text: excerptOf(
      [...(isStandby ? [standby.says] : []), ...(seen.about.sees_all ? [] : [blindness]), excerpt(replicas)],
      excerptBytes,
    ),
  }
}

/** PostgreSQL forgets the times of a replica that has caught up, and keeps old ones for a while: what has no byte to go is 0 behind. `reported` is what PostgreSQL itself says. */
function replicaOf(r: z.infer<typeof sender>) {
  const time = (bytes: number | null, ms: number | null) =>
    bytes === 0 ? 0 : ms === null ? null : Math.round(ms)
  return {
    name: r.name,
    client: r.client,
    state: r.state,
    sync: r.sync,
    logical: r.logical,
    sentBytes: r.sent,
    writeBytes: r.write,
    flushBytes: r.flush,
    replayBytes: r.replay,
    writeMs: time(r.write, r.write_ms),
    flushMs: time(r.flush, r.flush_ms),
    replayMs: time(r.replay, r.replay_ms),
    reported: {
      sentLsn: r.sent_lsn,
      writeLsn: r.write_lsn,
      flushLsn: r.flush_lsn,
      replayLsn: r.replay_lsn,
      writeLagMs: r.write_ms,
      flushLagMs: r.flush_ms,
      replayLagMs: r.replay_ms,
    },
  }
}

function excerpt(replicas: readonly ReturnType<typeof replicaOf>[]): Words {
  if (replicas.length === 0)
    return {
      en: 'No replica streams from this server.',
      ja: 'このサーバーから受信中のレプリカはありません。',
    }
  const shown = (ms: number | null) => (ms === null ? '-' : age(ms))
  return table([
    ['REPLICA', 'STATE', 'SYNC', 'BEHIND (BYTES)', 'BEHIND (TIME)', 'CLIENT'],
    ...replicas.map((r) => [
      r.name,
      r.state,
      r.sync,
      String(r.replayBytes ?? '-'),
      shown(r.replayMs),
      r.client,
    ]),
  ])
}
