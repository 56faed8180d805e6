/** The backups of the primary, kept by pgBackRest: where they lie, its settings, and the entry by which workers reach them. */
import { chownSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LabError } from '../failure.ts'
import type { Site } from '../part.ts'
import type { Ports } from '../ports.ts'
import { readJson } from '../state.ts'
import { until } from '../waiting.ts'
import { findPgbackrest, findPostgres, type RunAs } from './programs.ts'

export type Backups = Pick<RunAs, 'outliving' | 'owner'> & {
  readonly program: string
  readonly stanza: 'shodo'
  /** Everything of pgBackRest's. */
  readonly folder: string
  readonly config: string
  readonly repository: string
  /** The node agent writes there how the first backup ended. */
  readonly outcome: string
  /** Where workers put what they restore. */
  readonly copies: string
  readonly copyPort: number
  readonly postgresFolder: string
  readonly primary: { readonly pgdata: string; readonly socket: string; readonly port: number }
}

/** How the first backup ended. */
type Outcome = { readonly failed?: string }

/** Undefined where this machine has no pgBackRest. */
export function backupsOf(data: string, ports: Ports): Backups | undefined {
  const [postgres, pgbackrest] = [findPostgres(), findPgbackrest()]
  if ('missing' in postgres || 'missing' in pgbackrest) return undefined
  const folder = join(data, 'pgbackrest')
  const socket = join(data, 'postgres-primary')
  const { outliving, owner } = postgres
  return {
    program: pgbackrest.program,
    outliving,
    ...(owner && { owner }),
    stanza: 'shodo',
    folder,
    config: join(folder, 'pgbackrest.conf'),
    repository: join(folder, 'repository'),
    outcome: join(folder, 'first-backup.json'),
    copies: join(data, 'copies'),
    copyPort: ports.postgresCopy,
    postgresFolder: dirname(realpathSync(postgres.postgres)),
    primary: { pgdata: join(socket, 'pgdata'), socket, port: ports.postgresPrimary },
  }
}

export function prepareBackups(backups: Backups): void {
  const { folder, config, repository, copies, owner } = backups
  const own = (path: string) => {
    if (owner) chownSync(path, owner.uid, owner.gid)
  }
  const inside = ['log', 'lock', 'spool'].map((name) => join(folder, name))
  for (const path of [folder, repository, copies, ...inside]) {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    own(path)
  }
  writeFileSync(config, settings(backups), { mode: 0o600 })
  own(config)
}

/** What the connections file says of them. */
export function backupsConnection({ stanza, config, primary, ...backups }: Backups) {
  return {
    kind: 'pgbackrest',
    stanza,
    configFile: config,
    primary: 'postgres-primary',
    statefulSet: 'postgres-primary',
    replicas: [{ connection: 'postgres-replica', pod: 'postgres-replica-0' }],
    dataFolder: primary.pgdata,
    copiesFolder: backups.copies,
    copyPort: backups.copyPort,
    pgbackrest: backups.program,
    postgresFolder: backups.postgresFolder,
    as: backups.outliving,
    keepFor: '1h',
  }
}

/** Returns when there is a backup to restore; the node agent makes it beside everything else that comes up. */
export async function firstBackup({ dir, data, ports }: Pick<Site, 'dir' | 'data' | 'ports'>): Promise<void> {
  const backups = backupsOf(data, ports)
  if (backups === undefined) return
  const { failed } = await until(async () => readJson<Outcome>(backups.outcome), {
    what: 'the first backup of PostgreSQL',
    withinMs: 60_000,
  })
  if (failed === undefined) return
  throw new LabError(
    `pgBackRest made no first backup, see ${join(dir, 'log', 'node-agent.log')}`,
    `${failed.trim()}; a lab comes up without backups where there is no pgbackrest`,
  )
}

function settings({ folder, repository, stanza, primary }: Backups): string {
  return [
    '[global]',
    `repo1-path=${repository}`,
    // More than anybody makes in the life of a lab: nothing that a test counts on expires.
    'repo1-retention-full=20',
    `log-path=${join(folder, 'log')}`,
    `lock-path=${join(folder, 'lock')}`,
    `spool-path=${join(folder, 'spool')}`,
    'log-level-console=off',
    'log-level-stderr=warn',
    'log-level-file=info',
    'archive-timeout=30',
    'process-max=2',
    'compress-type=none',
    'start-fast=y',
    '',
    `[${stanza}]`,
    `pg1-path=${primary.pgdata}`,
    `pg1-port=${primary.port}`,
    `pg1-socket-path=${primary.socket}`,
    'pg1-user=postgres',
    '',
  ].join('\n')
}
