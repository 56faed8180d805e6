import pg from 'pg'
import { gauge } from '../shodo/metrics.mjs'

/** Prometheus waits for a second, for both together. */
const connectsWithinMs = 400
const answersWithinMs = 400

const look = `
  select current_setting('max_connections')::int as slots,
    (select json_agg(a) from (
      select datname, coalesce(state, 'disabled') as state, count(*) as count
      from pg_stat_activity where datname is not null group by 1, 2
    ) a) as activity,
    (select json_agg(r) from (
      select application_name, state, pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) as behind
      from pg_stat_replication where replay_lsn is not null
    ) r) as replicas`

/**
 * Returns what postgres_exporter would say of the server. As it does, it keeps one session: so it still sees a server whose
 * slots are all taken.
 */
export function openPostgresMetrics(port, password) {
  let session
  let scrape
  // Two that ask at the same time must not open two sessions.
  return () => {
    scrape ??= metrics().finally(() => {
      scrape = undefined
    })
    return scrape
  }

  async function metrics() {
    try {
      session ??= await connect()
      const { rows } = await session.query(look)
      return render(rows[0])
    } catch {
      session?.end().catch(() => {})
      session = undefined
      return up(0)
    }
  }

  async function connect() {
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: 'hikeshi',
      database: 'postgres',
      password: password(),
      ssl: false,
      connectionTimeoutMillis: connectsWithinMs,
      query_timeout: answersWithinMs,
      application_name: 'exporter',
    })
    // The server ended it: the next scrape opens another.
    client.on('error', () => {
      if (session === client) session = undefined
    })
    await client.connect()
    return client
  }
}

function up(value) {
  return gauge('pg_up', 'Whether the server answered.', [[{}, value]])
}

function render({ slots, activity, replicas }) {
  return [
    up(1),
    gauge('pg_settings_max_connections', 'Sessions that the server can hold.', [[{}, slots]]),
    gauge(
      'pg_stat_activity_count',
      'Sessions in this state.',
      (activity ?? []).map(({ count, ...labels }) => [labels, count]),
    ),
    gauge(
      'pg_stat_replication_pg_wal_lsn_diff',
      'Bytes that the replica has yet to replay.',
      (replicas ?? []).map(({ behind, ...labels }) => [labels, behind]),
    ),
  ].join('')
}
