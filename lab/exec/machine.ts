/** What of this machine's programs the lab's containers may have. */
import { execFileSync } from 'node:child_process'
import { readdirSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { findIn, pathFolders } from '../binaries/find.ts'
import { findPostgres, findRedis } from '../databases/programs.ts'

export type User = { readonly uid: number; readonly gid: number }

/** Where the program really lies; undefined when the machine has none. */
export function find(name: string, folders = systemFolders()): string | undefined {
  const found = findIn(folders, name)
  return found === undefined ? undefined : realpathSync(found)
}

export type Python = {
  readonly program: string
  /** The folder that its library lies in. */
  readonly prefix: string
}

/** Python itself, also where the name on PATH is only a script that chooses one. */
export function findPython(): Python | undefined {
  const found = find('python3')
  if (found === undefined) return undefined
  try {
    const script = 'import os, sys; print(os.path.realpath(sys.executable), sys.base_prefix, sep="\\n")'
    const [program = '', prefix = ''] = execFileSync(found, ['-c', script], {
      encoding: 'utf8',
      timeout: 10_000,
    })
      .trim()
      .split('\n')
    return { program, prefix }
  } catch {
    return undefined
  }
}

/** The machine's nvidia-smi and the devices it talks to, where there is a GPU that answers. */
export function findGpu(): { readonly program: string; readonly devices: readonly string[] } | undefined {
  const program = find('nvidia-smi')
  if (program === undefined) return undefined
  try {
    const list = execFileSync(program, ['-L'], { encoding: 'utf8', timeout: 20_000, stdio: 'pipe' })
    if (!/GPU 0/.test(list)) return undefined
  } catch {
    return undefined
  }
  const devices = readdirSync('/dev').filter((name) => /^nvidia(\d+|ctl|-uvm)$/.test(name))
  return { program, devices: devices.map((name) => `/dev/${name}`) }
}

type Tools = { readonly programs: Readonly<Record<string, string>>; readonly user: User | undefined }

export type DatabaseTools = { readonly postgres?: Tools; readonly redis?: Tools }

/** The programs that talk to databases, of the same version as the servers that the lab runs. */
export function databaseTools(): DatabaseTools {
  const [postgres, redis] = [findPostgres(), findRedis()]
  return {
    ...('missing' in postgres
      ? {}
      : {
          postgres: {
            user: postgres.owner,
            programs: programsIn(
              ['psql', 'pg_isready', 'pg_waldump', 'pg_controldata'],
              [dirname(realpathSync(postgres.postgres)), ...systemFolders()],
            ),
          },
        }),
    ...('missing' in redis ? {} : { redis: { user: redis.owner, programs: programsIn(['redis-cli']) } }),
  }
}

function programsIn(names: readonly string[], folders = systemFolders()): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const path = find(name, folders)
      return path === undefined ? [] : [[name, path] as const]
    }),
  )
}

function systemFolders(): readonly string[] {
  return ['/usr/bin', '/bin', ...pathFolders()]
}
