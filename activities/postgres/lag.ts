import { z } from 'zod'
import { showDuration } from '../../domain/duration.ts'
import type { Finding, Reading, StepContext } from '../../domain/steps/contract.ts'
import { serverName } from '../../domain/steps/subject.ts'
import type { Text } from '../../domain/words.ts'
import { plainLine } from '../../edge/plain-text.ts'
import { pause } from '../pulse.ts'
import { type Behind, behindWords, isTooFar, replicaLag, type TooFar } from './behind.ts'
import type { Postgres, Session } from './client.ts'

type Params = TooFar & { readonly connection: string }

const lookAgainMs = 200

const sample = z.object({
  recovering: z.boolean(),
  received: z.string().nullable(),
  replayed: z.string().nullable(),
  /** How far its primary was when it last said so. */
  told: z.string().nullable(),
  bytes: z.number().nullable(),
  /** Since the newest transaction that was replayed; null when none was since the server started. */
  sinceMs: z.number().nullable(),
  paused: z.boolean(),
  receiver: z.string().nullable(),
  /** Since its primary was last heard from; null where that is not known. */
  silentMs: z.number().nullable(),
  /** How long a primary that has nothing to say may be silent: the receiver asks for a word by then. */
  mayBeSilentMs: z.number(),
})
type Sample = z.infer<typeof sample>

// Each look asks the clock and the positions again: in a transaction now() stands still, and these functions do not.
// The primary says with each message how far it is itself: while much is under way, that is more than what has come.
const look = `
  with p as materialized (
    select pg_is_in_recovery() as recovering, pg_last_wal_receive_lsn() as received, pg_last_wal_replay_lsn() as replayed
  )
  select p.recovering, p.received::text, p.replayed::text, greatest(p.received, r.latest_end_lsn)::text as told,
    greatest(0, pg_wal_lsn_diff(p.received, p.replayed), pg_wal_lsn_diff(r.latest_end_lsn, p.replayed))::float8 as bytes,
    (extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::float8 as "sinceMs",
    case when p.recovering then pg_is_wal_replay_paused() else false end as paused,
    case when r.pid is not null then coalesce(r.status, 'unknown') end as receiver,
    (extract(epoch from clock_timestamp() - r.last_msg_receipt_time) * 1000)::float8 as "silentMs",
    coalesce((select nullif(setting::float8, 0) from pg_settings where name = 'wal_receiver_timeout'), 60000) / 2 as "mayBeSilentMs"
  from p left join pg_stat_wal_receiver r on true`

const hasReplayed = 'select pg_last_wal_replay_lsn() >= $1::pg_lsn as yes'

/**
 * How far the replica is behind what its primary last told it. The time is 0 when all of that is replayed, however long ago the last write
 * was; else it is at most the time since the newest replayed transaction, which says too much when nobody wrote for long before. Of a
 * primary that is silent for longer than it ever is, nothing newer is known: the silence counts as time behind.
 */
export async function readLag(postgres: Postgres, params: Params, context: StepContext): Promise<Reading> {
  const { connection } = params
  const seen = await postgres.read({ connection, context, ask: measure })
  const isReplica = seen.recovering
  // Without a stream the replica knows nothing of what it misses; an archive is the other way to get it.
  const isCutOff = isReplica && seen.receiver === null
  const says = sentence(connection, seen, isCutOff)
  const gone: Finding = {
    code: 'replica-gone',
    subject: serverName('postgres', connection),
    says,
    evidence: [`pg_is_in_recovery() = ${isReplica}; pg_stat_wal_receiver: ${seen.receiver ?? '-'}`],
    data: { inRecovery: isReplica, receiver: seen.receiver },
  }
  return {
    facts: {
      connection,
      inRecovery: isReplica,
      received: seen.received,
      replayed: seen.replayed,
      lagBytes: seen.behind.bytes,
      lagAtMostMs: seen.behind.ms,
      sinceReplayMs: seen.sinceMs === null ? null : Math.round(seen.sinceMs),
      replayPaused: seen.paused,
      receiver: seen.receiver === null ? null : plainLine(seen.receiver, 30),
      silentMs: seen.silentMs === null ? null : Math.round(seen.silentMs),
    },
    findings: [
      ...(!isReplica || isCutOff ? [gone] : []),
      ...(isReplica && isTooFar(seen.behind, params)
        ? [replicaLag(connection, connection, seen.behind)]
        : []),
    ],
    text: says,
  }
}

async function measure({ row }: Session): Promise<Sample & { readonly behind: Behind }> {
  const first = await row(sample, look)
  const since = first.sinceMs === null ? null : Math.max(0, Math.round(first.sinceMs))
  if (!first.recovering) return { ...first, behind: { bytes: null, ms: null } }
  // Nothing came over a stream, such as from an archive alone: what is missing is not known in bytes.
  if (first.received === null) return { ...first, behind: { bytes: null, ms: since } }
  if (first.bytes === 0) {
    // All that came is replayed. Cut off, it may be ever so far behind; only the time since is known.
    const ms = first.receiver === null ? since : isSilent(first) ? Math.round(first.silentMs ?? 0) : 0
    return { ...first, behind: { bytes: 0, ms } }
  }
  if (first.paused) return { ...first, behind: { bytes: first.bytes, ms: since } }
  // Caught in the middle of replaying after a quiet hour, it would look an hour late. A moment later it has passed this point.
  const startedMs = performance.now()
  await pause(lookAgainMs)
  const { yes } = await row(z.object({ yes: z.boolean() }), hasReplayed, [first.told])
  const ms = yes
    ? Math.min(since ?? Number.POSITIVE_INFINITY, Math.ceil(performance.now() - startedMs))
    : since
  return { ...first, behind: { bytes: first.bytes, ms } }
}

/** A stream that is open on one side only looks alive until the receiver's time is over. */
function isSilent({ silentMs, mayBeSilentMs }: Sample): boolean {
  return silentMs !== null && silentMs > mayBeSilentMs * 1.2
}

function sentence(connection: string, sample: Sample & { readonly behind: Behind }, isCutOff: boolean): Text {
  const { recovering, paused, behind } = sample
  if (!recovering) {
    return {
      en: `${connection} is not a replica: it is not in recovery and accepts writes`,
      ja: `${connection} はレプリカではありません（リカバリー中ではなく、書き込みを受け付けます）`,
    }
  }
  const { en, ja } = behindWords(behind)
  if (isCutOff) {
    return {
      en: `${connection} is not streaming from its primary; as far as it knows it is ${en}`,
      ja: `${connection} はプライマリから受信していません（把握している範囲で${ja}）`,
    }
  }
  const stopped = paused ? { en: '; replay is paused', ja: '（再生は一時停止中）' } : { en: '', ja: '' }
  if (isSilent(sample)) {
    const silence = showDuration(Math.round((sample.silentMs ?? 0) / 1_000) * 1_000)
    return {
      en: `${connection} has heard nothing from its primary for ${silence}; as far as it knows it is ${en}${stopped.en}`,
      ja: `${connection} はプライマリから ${silence} 間受信していません（把握している範囲で${ja}）${stopped.ja}`,
    }
  }
  return { en: `${connection} is ${en}${stopped.en}`, ja: `${connection}: ${ja}${stopped.ja}` }
}
