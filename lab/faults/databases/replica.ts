import type { Lab } from '../../lab.ts'
import { until } from '../../waiting.ts'
import { noteFault } from '../active.ts'
import type { Fault } from '../fault.ts'
import { holdDown } from './down.ts'
import { needs } from './needs.ts'

/** More than the runbook's 16 MiB. */
const megabytesBehind = 20

export const replicaLag: Fault = {
  name: 'replica-lag',
  description: `the replica receives but no longer replays: it is ${megabytesBehind} MB behind and falling further back`,
  async begin(lab) {
    needs(lab, 'postgres')
    noteFault(lab.dir, 'replica-lag')
    await lab.databases.replica('select pg_wal_replay_pause()')
    await writeWal(lab, megabytesBehind)
    const behind =
      'select pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::float8 as bytes'
    await until(async () => Number((await lab.databases.replica(behind))[0]?.bytes) > megabytesBehind * 1e6, {
      what: 'the replica to be behind',
      withinMs: 30_000,
    })
  },
}

export const replicaGone: Fault = {
  name: 'replica-gone',
  description:
    'the replica was away for so long that the WAL it needs is gone: it runs but can no longer stream',
  async begin(lab) {
    needs(lab, 'postgres')
    await holdDown(lab, 'replica-gone', 'postgres-replica')
    await setKept(lab, '0')
    const [{ name } = {}] = await lab.databases.primary(
      'select pg_walfile_name(pg_current_wal_lsn()) as name',
    )
    await until(
      async () => {
        await writeWal(lab, 3)
        await lab.databases.primary('select pg_switch_wal()')
        await lab.databases.primary('checkpoint')
        const files = await lab.databases.primary('select from pg_ls_waldir() where name = $1', [name])
        return files.length === 0
      },
      { what: 'the WAL that the replica needs to be gone', withinMs: 30_000 },
    )
    await setKept(lab, undefined)
    noteFault(lab.dir, 'replica-gone')
    await until(async () => (await lab.databases.replica('select 1')).length === 1, {
      what: 'the replica to run again, without a stream',
      withinMs: 30_000,
    })
  },
}

/** A replica that streams and has replayed all that was there when this was asked. */
export async function hasCaughtUp(lab: Lab): Promise<boolean> {
  const [{ at } = {}] = await lab.databases.primary('select pg_current_wal_lsn()::text as at')
  const streaming = "select from pg_stat_replication where state = 'streaming'"
  if ((await lab.databases.primary(streaming)).length === 0) return false
  const [row] = await lab.databases.replica('select pg_last_wal_replay_lsn() >= $1::pg_lsn as yes', [at])
  return row?.yes === true
}

async function writeWal(lab: Lab, megabytes: number): Promise<void> {
  const message =
    "select pg_logical_emit_message(false, 'lab', repeat('x', 1000000)) from generate_series(1, $1::int)"
  await lab.databases.primary(message, [megabytes])
}

async function setKept(lab: Lab, size: string | undefined): Promise<void> {
  await lab.databases.primary(
    size === undefined ? 'alter system reset wal_keep_size' : `alter system set wal_keep_size = '${size}'`,
  )
  await lab.databases.primary('select pg_reload_conf()')
}
