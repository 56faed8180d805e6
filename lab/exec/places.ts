/** The containers that programs can be run in, with which programs, as whom. Everything else does not exist there. */
import { join } from 'node:path'
import { type DatabaseSet, databasePods } from '../databases/site.ts'
import type { Site } from '../part.ts'
import { type DatabaseTools, databaseTools, type User } from './machine.ts'

/** Inside the root of kwok's own: where it looks every program up, whatever the container. */
export const programFolder = '/opt/lab/bin'
/** Inside it: the programs of each place. */
export const placesFolder = '/opt/lab/places'
/** Inside it: the machine's database programs, for the scripts that lead them to the lab's own servers. */
export const toolsFolder = '/opt/lab/tools'

/** Inside it, and only for root: the machine's programs and the lab's data, for the pod in which data are restored. */
export const imageFolder = '/opt/lab/private/image'

/** What the node agent knows its programs by. */
export const restorePlaceName = 'restore'

/** Owns nothing, and cannot enter the lab's own folder. */
export const nobody: User = { uid: 65_534, gid: 65_534 }

export type Place = {
  readonly name: string
  /** Of this container in the namespace shodo; without it of any container that no other place has. */
  readonly container?: string
  /** Of this pod alone. */
  readonly pod?: string
  readonly workDir: string
  readonly user: User
  readonly env: Readonly<Record<string, string>>
  /** Nothing but its scripts: it is root, until they make it somebody else. */
  readonly isBare?: true
  /** Scripts of the lab (programs/), by what they are called. */
  readonly scripts: Readonly<Record<string, string>>
  readonly hasPython?: true
}

/** What every container has, as far as the machine has it. */
export const ordinaryPrograms = [
  'sh',
  'cat',
  'ls',
  'grep',
  'head',
  'tail',
  'wc',
  'cut',
  'sed',
  'sleep',
  'date',
  'echo',
  'true',
  'false',
  'env',
  'netstat',
] as const

/** The first that fits a container counts. */
export function placesOf(site: Site): readonly Place[] {
  const tools = databaseTools()
  return [
    {
      name: 'backend',
      container: 'backend',
      workDir: '/app',
      user: nobody,
      env:
        site.without.postgres === undefined
          ? { DATABASE_HOST: '127.0.0.1', DATABASE_PORT: String(site.ports.postgresPrimary) }
          : {},
      scripts: {},
      hasPython: true,
    },
    {
      name: 'ai-server',
      container: 'ai-server',
      workDir: '/',
      user: nobody,
      env: {},
      scripts: { 'nvidia-smi': 'nvidia-smi.sh' },
    },
    ...postgresPlace(site, tools, 'postgres-primary'),
    ...postgresPlace(site, tools, 'postgres-replica'),
    ...redisPlace(site, tools),
    ...restorePlace(site, tools),
    { name: 'any', workDir: '/', user: nobody, env: {}, scripts: {} },
  ]
}

function postgresPlace(site: Site, { postgres }: DatabaseTools, set: DatabaseSet): readonly Place[] {
  if (site.without.postgres !== undefined || postgres === undefined) return []
  const folder = join(site.data, set)
  const names = ['psql', 'pg_isready', 'pg_waldump'].filter((name) => postgres.programs[name] !== undefined)
  return [
    {
      name: set,
      container: 'postgres',
      pod: `${set}-0`,
      workDir: '/',
      // Its socket trusts whoever may enter its folder: the database's user.
      user: postgres.user ?? nobody,
      env: { PGHOST: folder, PGPORT: String(site.ports[databasePods[set]]), PGDATA: join(folder, 'pgdata') },
      scripts: Object.fromEntries(names.map((name) => [name, `${name.replace('_', '-')}.sh`])),
    },
  ]
}

/** Of the pod of a Job in which data are restored: a shell in a root of its own, as whom the data belong to. Only root can make it. */
function restorePlace(site: Site, { postgres }: DatabaseTools): readonly Place[] {
  const user = postgres?.user
  if (site.without.postgres !== undefined || user === undefined) return []
  return [
    {
      name: restorePlaceName,
      container: 'hikeshi',
      workDir: '/',
      user: { uid: 0, gid: 0 },
      env: { LAB_USER: `${user.uid}:${user.gid}` },
      isBare: true,
      scripts: { sh: 'image-sh.sh' },
    },
  ]
}

function redisPlace(site: Site, { redis }: DatabaseTools): readonly Place[] {
  if (site.without.redis !== undefined || redis === undefined) return []
  return [
    {
      name: 'redis-master',
      container: 'redis',
      pod: 'redis-master-0',
      workDir: '/',
      user: redis.user ?? nobody,
      env: {
        REDIS_PORT: String(site.ports.redis),
        REDIS_CONF: join(site.data, 'redis-master', 'redis.conf'),
      },
      scripts: { 'redis-cli': 'redis-cli.sh' },
    },
  ]
}
