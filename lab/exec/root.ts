/** What is to be seen inside kwok's own root: chosen programs and the libraries they need, the lab's folder, and the containers' own files. */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { packageRoot } from '../folders.ts'
import type { Site } from '../part.ts'
import { isolation, mountsFile, rootOf } from './isolation.ts'
import { databaseTools, find, findGpu, findPython, type Python } from './machine.ts'
import {
  imageFolder,
  ordinaryPrograms,
  type Place,
  placesFolder,
  placesOf,
  programFolder,
  restorePlaceName,
  toolsFolder,
} from './places.ts'

/**
 * `own`: without what is mounted below it, which may be this root itself. `nothing` as the source hides what would be there. `private`: a folder
 * that only root can enter. `link`: a symbolic link to the source.
 */
type Mount = readonly [mode: 'ro' | 'rw' | 'own' | 'private' | 'link', source: string, target: string]

const devices = ['null', 'zero', 'full', 'random', 'urandom'].map((name) => `/dev/${name}`)
/** Libraries, and what the loader and the clock read. */
const systemFiles = ['/usr/lib', '/usr/lib32', '/usr/lib64', '/etc/ld.so.cache', '/usr/share/zoneinfo']

/** What is found on the machine once, and stands in the root under a name of /usr/bin. */
type Found = {
  readonly programs: ReadonlyMap<string, string>
  readonly python: Python | undefined
  readonly gpu: ReturnType<typeof findGpu>
}

/** Lays everything out below the lab's folder, for kwok to enter when it starts. */
export function prepareExec(site: Site): void {
  const { dir } = site
  const folder = join(dir, 'exec')
  mkdirSync(join(folder, 'models'), { recursive: true })
  if (isolation() === undefined) return
  for (const name of ['bin', 'places', 'etc', 'root']) {
    rmSync(join(folder, name), { recursive: true, force: true })
    mkdirSync(join(folder, name), { recursive: true })
  }
  mkdirSync(rootOf(dir), { recursive: true })
  cpSync(join(packageRoot, 'lab', 'exec', 'backend'), join(folder, 'app'), { recursive: true })
  const found = lookAround()
  const places = placesOf(site)
  writeAccounts(join(folder, 'etc'), places)
  for (const place of places) equip(folder, place, found)
  const mounts = mountsOf(site, folder, found, places)
  writeFileSync(mountsFile(dir), mounts.map((mount) => `${mount.join('\t')}\n`).join(''))
}

function lookAround(): Found {
  const programs = [...ordinaryPrograms, 'timeout'].flatMap((name) => {
    const path = find(name)
    return path === undefined ? [] : [[name, path] as const]
  })
  return { programs: new Map(programs), python: findPython(), gpu: findGpu() }
}

/** kwok wants to know the groups of whom it becomes, and psql the name of whom it runs as. */
function writeAccounts(folder: string, places: readonly Place[]): void {
  const users = new Map(
    places.filter(({ user }) => user.uid !== 0).map(({ user, name }) => [user.uid, { ...user, name }]),
  )
  const all = [{ name: 'root', uid: 0, gid: 0 }, ...users.values()]
  const lines = (line: (user: (typeof all)[number]) => string) => all.map(line).join('\n').concat('\n')
  writeFileSync(
    join(folder, 'passwd'),
    lines(({ name, uid, gid }) => `${name}:x:${uid}:${gid}::/:/bin/sh`),
  )
  writeFileSync(
    join(folder, 'group'),
    lines(({ name, gid }) => `${name}:x:${gid}:`),
  )
}

/** Puts into the place's folder what can be run there, and into the common one what some place has. */
function equip(
  folder: string,
  { name, scripts, hasPython, isBare }: Place,
  { programs, python, gpu }: Found,
): void {
  const here = join(folder, 'places', name)
  mkdirSync(here)
  for (const program of isBare ? [] : ordinaryPrograms) {
    if (programs.has(program)) symlinkSync(`/usr/bin/${program}`, join(here, program))
  }
  if (hasPython && python !== undefined) {
    for (const program of ['python', 'python3']) symlinkSync(inRoot(python), join(here, program))
  }
  for (const [program, script] of Object.entries(scripts)) {
    if (program === 'nvidia-smi' && gpu !== undefined) symlinkSync('/usr/bin/nvidia-smi', join(here, program))
    else install(script, join(here, program))
  }
  for (const program of readdirSync(here)) {
    const common = join(folder, 'bin', program)
    if (!existsSync(common)) install('dispatch.sh', common)
  }
}

function install(script: string, file: string): void {
  copyFileSync(join(packageRoot, 'lab', 'exec', 'programs', script), file)
  chmodSync(file, 0o755)
}

/** The system's own Python is one of the programs of /usr/bin there; another one lies where it lies here. */
function inRoot({ program, prefix }: Python): string {
  return prefix === '/usr' ? '/usr/bin/python3' : program
}

function mountsOf(
  { dir, data, binaries }: Site,
  folder: string,
  { programs, python, gpu }: Found,
  places: readonly Place[],
): readonly Mount[] {
  const { postgres, redis } = databaseTools()
  const tools = Object.entries({ ...postgres?.programs, ...redis?.programs })
  return [
    ...systemFiles.filter(existsSync).map((path): Mount => ['ro', path, path]),
    // The machine's own database programs, which would find the machine's own databases.
    ['ro', 'nothing', '/usr/lib/postgresql'],
    ...[...programs].map(([name, path]): Mount => ['ro', path, `/usr/bin/${name}`]),
    ...(python === undefined ? [] : [pythonMount(python)]),
    ...(gpu === undefined ? [] : [['ro', gpu.program, '/usr/bin/nvidia-smi'] as const]),
    ...[...devices, ...(gpu?.devices ?? [])].filter(existsSync).map((path): Mount => ['rw', path, path]),
    ...tools.map(([name, path]): Mount => ['ro', path, join(toolsFolder, name)]),
    ['rw', '/proc', '/proc'],
    ['own', dir, dir],
    ...(data.startsWith(`${dir}/`) ? [] : [['ro', data, data] as const]),
    ['ro', binaries.kwok, binaries.kwok],
    ['ro', join(folder, 'etc', 'passwd'), '/etc/passwd'],
    ['ro', join(folder, 'etc', 'group'), '/etc/group'],
    ['ro', join(folder, 'bin'), programFolder],
    ['ro', join(folder, 'places'), placesFolder],
    ['ro', join(folder, 'app'), '/app'],
    ['ro', join(folder, 'models'), '/models'],
    ...(places.some(({ name }) => name === restorePlaceName) ? imageMounts(data) : []),
  ]
}

/** The folder around it is for root alone: nobody else's program finds the machine's programs in it. */
function imageMounts(data: string): readonly Mount[] {
  const inImage = (path: string) => join(imageFolder, path)
  const chroot = find('chroot', ['/usr/sbin', '/sbin', '/usr/bin', '/bin'])
  const links = ['bin', 'sbin', 'lib', 'lib32', 'lib64'].filter((name) => existsSync(`/${name}`))
  const files = ['/usr', '/etc/passwd', '/etc/group', '/etc/ld.so.cache'].filter(existsSync)
  return [
    ['private', 'nothing', dirname(imageFolder)],
    ...files.map((path): Mount => ['ro', path, inImage(path)]),
    ...links.map(
      (name): Mount =>
        lstatSync(`/${name}`).isSymbolicLink()
          ? ['link', readlinkSync(`/${name}`), inImage(name)]
          : ['ro', `/${name}`, inImage(name)],
    ),
    ...[...devices, '/dev/shm', '/proc'].map((path): Mount => ['rw', path, inImage(path)]),
    ['rw', data, inImage(data)],
    ...(chroot === undefined ? [] : [['ro', chroot, join(toolsFolder, 'chroot')] as const]),
  ]
}

function pythonMount({ program, prefix }: Python): Mount {
  return prefix === '/usr' ? ['ro', program, '/usr/bin/python3'] : ['ro', prefix, prefix]
}
