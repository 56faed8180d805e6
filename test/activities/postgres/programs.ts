/** Where this machine has PostgreSQL's programs, and as whom they may run; a block that needs them is skipped where they are missing. */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { isExecutable } from '../../../lab/binaries/find.ts'

export type Programs = {
  readonly initdb: string
  readonly postgres: string
  readonly pg_basebackup: string
  /** Words that go before a program, so that it does not run as root: initdb and postgres refuse that. */
  readonly as: readonly string[]
  /** Whom the folder of a server must belong to; undefined where that is ourselves. */
  readonly owner?: { readonly uid: number; readonly gid: number }
}

type Looked = Programs | { readonly missing: string }

const looked = look()

/** A describe block on a PostgreSQL of its own; says why where there can be none. */
export function describeWithPostgres(title: string, block: (programs: Programs) => void): void {
  if ('missing' in looked) {
    const why = looked.missing
    describe.skip(title, () => {
      it(why)
    })
    console.log(`  skipped: ${title} (${why})`)
  } else {
    describe(title, () => block(looked))
  }
}

/** pg_stat_statements is contrib: a package of its own on some systems. */
export function hasStatements({ postgres }: Programs): boolean {
  const lib = join(dirname(postgres), '..', 'lib')
  return [lib, join(lib, 'postgresql')].some((folder) => existsSync(join(folder, 'pg_stat_statements.so')))
}

function look(): Looked {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...debianFolders()]
  const find = (name: string, first: readonly string[] = []) =>
    [...first, ...folders].map((folder) => join(folder, name)).find(isExecutable)
  const found = find('postgres')
  // Of one version all three: the names on PATH may be links or wrappers that choose another.
  const home = found === undefined ? [] : [dirname(realpathSync(found))]
  const [postgres, initdb, basebackup] = ['postgres', 'initdb', 'pg_basebackup'].map((name) =>
    find(name, home),
  )
  if (!initdb || !postgres || !basebackup) {
    const names = Object.entries({ initdb, postgres, pg_basebackup: basebackup })
      .filter(([, path]) => !path)
      .map(([name]) => name)
    return {
      missing: `no ${names.join(', ')} on PATH or in /usr/lib/postgresql/*/bin; install postgresql-15`,
    }
  }
  const programs = { initdb, postgres, pg_basebackup: basebackup }
  if (process.getuid?.() !== 0) return { ...programs, as: [] }
  const setpriv = find('setpriv')
  const owner = ['postgres', 'nobody'].map(account).find((found) => found !== undefined)
  if (!setpriv)
    return { missing: 'PostgreSQL does not run as root and there is no setpriv; install util-linux' }
  if (!owner) return { missing: 'PostgreSQL does not run as root and there is no user postgres or nobody' }
  // When this process is killed, its servers end as well.
  const as = [setpriv, `--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups', '--pdeathsig=QUIT']
  return { ...programs, as, owner }
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
