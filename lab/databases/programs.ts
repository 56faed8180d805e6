/** Where this machine has the programs of the databases, and as whom they may run. */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findIn, pathFolders } from '../binaries/find.ts'

export type RunAs = {
  /** Words that go before a program: it does not run as root (PostgreSQL refuses that), and ends with whoever started it. */
  readonly as: readonly string[]
  /** The same words for what must go on when its starter has ended. */
  readonly outliving: readonly string[]
  /** Whom the folder of a server must belong to; undefined where that is ourselves. */
  readonly owner?: { readonly uid: number; readonly gid: number }
}

export type PostgresPrograms = RunAs & {
  readonly initdb: string
  readonly postgres: string
  readonly pg_basebackup: string
}

export type RedisPrograms = RunAs & { readonly server: string }

/** It runs as whom PostgreSQL runs. */
export type PgbackrestProgram = { readonly program: string }

export type Missing = { readonly missing: string }

export function findPostgres(): PostgresPrograms | Missing {
  const found = findIn([...pathFolders(), ...debianFolders()], 'postgres')
  // Of one version all three: the names on PATH may be links or wrappers that choose another.
  const home = found === undefined ? [] : [dirname(realpathSync(found))]
  const [postgres, initdb, basebackup] = ['postgres', 'initdb', 'pg_basebackup'].map((name) =>
    findIn([...home, ...pathFolders(), ...debianFolders()], name),
  )
  if (!initdb || !postgres || !basebackup) {
    const names = Object.entries({ initdb, postgres, pg_basebackup: basebackup })
      .filter(([, path]) => !path)
      .map(([name]) => name)
    return {
      missing: `no ${names.join(', ')} on PATH or in /usr/lib/postgresql/*/bin; install postgresql (15 or newer)`,
    }
  }
  const how = runAs(['postgres', 'nobody'])
  return 'missing' in how ? how : { initdb, postgres, pg_basebackup: basebackup, ...how }
}

export function findRedis(): RedisPrograms | Missing {
  const server = findIn(pathFolders(), 'redis-server')
  if (server === undefined) return { missing: 'no redis-server on PATH; install redis (7 or newer)' }
  const how = runAs(['redis', 'nobody'])
  return 'missing' in how ? how : { server, ...how }
}

export function findPgbackrest(): PgbackrestProgram | Missing {
  if ('missing' in findPostgres()) return { missing: 'there is no PostgreSQL to back up' }
  const found = findIn([...pathFolders(), '/usr/bin'], 'pgbackrest')
  if (found === undefined) return { missing: 'no pgbackrest on PATH; install pgbackrest (2.45 or newer)' }
  return { program: realpathSync(found) }
}

/** pg_stat_statements and amcheck are contrib: a package of its own on some systems. */
export function hasExtension({ postgres }: PostgresPrograms, name: string): boolean {
  const lib = join(dirname(postgres), '..', 'lib')
  return [lib, join(lib, 'postgresql')].some((folder) => existsSync(join(folder, `${name}.so`)))
}

function runAs(users: readonly string[]): RunAs | Missing {
  const setpriv = findIn(pathFolders(), 'setpriv')
  const together = ['--pdeathsig=QUIT']
  if (process.getuid?.() !== 0)
    return { as: setpriv === undefined ? [] : [setpriv, ...together], outliving: [] }
  const owner = users.map(account).find((found) => found !== undefined)
  if (setpriv === undefined)
    return { missing: 'databases do not run as root and there is no setpriv; install util-linux' }
  if (owner === undefined)
    return { missing: `databases do not run as root and there is no user ${users.join(' or ')}` }
  const outliving = [setpriv, `--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups']
  return { as: [...outliving, ...together], outliving, owner }
}

/** Newest version first. */
function debianFolders(): readonly string[] {
  try {
    return readdirSync('/usr/lib/postgresql')
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => `/usr/lib/postgresql/${version}/bin`)
  } catch {
    return []
  }
}

function account(name: string): { readonly uid: number; readonly gid: number } | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) }
}
