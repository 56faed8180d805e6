/** What is to be seen inside kwok's own root: chosen programs and the libraries they need, the lab's folder, and the containers' own files. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, join } from 'node:path'
import { isExecutable } from '../binaries/find.ts'
import type { Site } from '../parts/part.ts'
import { packageRoot } from '../places.ts'
import { isolation, mountsFile, rootOf } from './isolation.ts'
import { ordinaryPrograms, type Place, places, placesFolder, programFolder } from './places.ts'

type Mount = readonly [mode: 'ro' | 'rw' | 'own', source: string, target: string]

const devices = ['null', 'zero', 'full', 'random', 'urandom'].map((name) => `/dev/${name}`)
/** Libraries, and what the loader and the clock read. */
const systemFiles = ['/usr/lib', '/usr/lib32', '/usr/lib64', '/etc/ld.so.cache', '/usr/share/zoneinfo']

/** The user of every program that is run in a container; it owns nothing, and cannot enter the lab's own folder. */
export const nobody = 65_534

/** Lays everything out below the lab's folder, for kwok to enter when it starts. */
export function prepareExec(site: Site): void {
  const { dir } = site
  const folder = join(dir, 'exec')
  mkdirSync(join(folder, 'models'), { recursive: true })
  if (isolation() === undefined) return
  for (const name of ['bin', 'places', 'etc']) {
    rmSync(join(folder, name), { recursive: true, force: true })
    mkdirSync(join(folder, name), { recursive: true })
  }
  mkdirSync(rootOf(dir), { recursive: true })
  cpSync(join(packageRoot, 'lab', 'exec', 'backend'), join(folder, 'app'), { recursive: true })
  // kwok wants to know the groups of whom it becomes.
  writeFileSync(join(folder, 'etc', 'passwd'), accounts(':/:/bin/sh'))
  writeFileSync(join(folder, 'etc', 'group'), accounts(''))
  const programs = systemPrograms()
  for (const place of places) equip(folder, place, programs)
  const mounts = mountsOf(site, folder, programs)
  writeFileSync(mountsFile(dir), mounts.map((mount) => `${mount.join('\t')}\n`).join(''))
}

function accounts(tail: string): string {
  return [
    ['root', 0],
    ['nobody', nobody],
  ]
    .map(([name, id]) => `${name}:x:${id}:${tail === '' ? '' : `${id}:${tail}`}\n`)
    .join('')
}

/** Puts into the place's folder what can be run there, and into the common one what some place has. */
function equip(folder: string, { name, own }: Place, programs: ReadonlyMap<string, string>): void {
  const here = join(folder, 'places', name)
  mkdirSync(here)
  const python = name === 'backend' ? ['python', 'python3'].filter(() => programs.has('python3')) : []
  const gpu = programs.has('nvidia-smi') ? ['nvidia-smi'] : []
  const real = ordinaryPrograms.filter((program) => programs.has(program))
  for (const program of real) symlinkSync(`/usr/bin/${program}`, join(here, program))
  for (const program of python) symlinkSync(pythonInside(programs), join(here, program))
  for (const [program, script] of Object.entries(own)) {
    if (gpu.includes(program)) symlinkSync(`/usr/bin/${program}`, join(here, program))
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

function mountsOf(
  { dir, binaries }: Site,
  folder: string,
  programs: ReadonlyMap<string, string>,
): readonly Mount[] {
  const python = pythonPrefix(programs)
  const inUsrBin = [...programs].filter(([name]) => name !== 'python3' || python === '/usr')
  return [
    ...systemFiles.filter(existsSync).map((path): Mount => ['ro', path, path]),
    // The machine's own database programs, which would find the machine's own database.
    ['ro', 'nothing', '/usr/lib/postgresql'],
    ...inUsrBin.map(([name, path]): Mount => ['ro', path, `/usr/bin/${name}`]),
    ...(python === undefined || python === '/usr' ? [] : [['ro', python, python] as const]),
    ...[...devices, ...gpuDevices(programs)].filter(existsSync).map((path): Mount => ['rw', path, path]),
    ['rw', '/proc', '/proc'],
    ['own', dir, dir],
    ['ro', binaries.kwok, binaries.kwok],
    ['ro', join(folder, 'etc', 'passwd'), '/etc/passwd'],
    ['ro', join(folder, 'etc', 'group'), '/etc/group'],
    ['ro', join(folder, 'bin'), programFolder],
    ['ro', join(folder, 'places'), placesFolder],
    ['ro', join(folder, 'app'), '/app'],
    ['ro', join(folder, 'models'), '/models'],
  ]
}

/** Name → where it really lies. */
function systemPrograms(): ReadonlyMap<string, string> {
  const wanted = [...ordinaryPrograms, 'timeout', 'python3', ...(hasGpu() ? ['nvidia-smi'] : [])]
  return new Map(
    wanted.flatMap((name) => {
      const path = name === 'python3' ? findPython() : find(name)
      return path === undefined ? [] : [[name, path] as const]
    }),
  )
}

function find(name: string): string | undefined {
  const folders = ['/usr/bin', '/bin', ...(process.env.PATH ?? '').split(delimiter)]
  const found = folders.map((folder) => join(folder, name)).find(isExecutable)
  return found === undefined ? undefined : realpathSync(found)
}

/** Python itself, also where the name on PATH is only a script that chooses one. */
function findPython(): string | undefined {
  const found = find('python3')
  if (found === undefined) return undefined
  try {
    const script = 'import os, sys; print(os.path.realpath(sys.executable))'
    return execFileSync(found, ['-c', script], { encoding: 'utf8', timeout: 10_000 }).trim()
  } catch {
    return undefined
  }
}

function pythonInside(programs: ReadonlyMap<string, string>): string {
  const python = programs.get('python3') ?? ''
  return pythonPrefix(programs) === '/usr' ? '/usr/bin/python3' : python
}

/** The folder that its library lies in; /usr is there already. */
function pythonPrefix(programs: ReadonlyMap<string, string>): string | undefined {
  const python = programs.get('python3')
  if (python === undefined) return undefined
  return python.startsWith('/usr/bin/') ? '/usr' : join(python, '..', '..')
}

function hasGpu(): boolean {
  const found = find('nvidia-smi')
  if (found === undefined) return false
  try {
    return /GPU 0/.test(execFileSync(found, ['-L'], { encoding: 'utf8', timeout: 20_000, stdio: 'pipe' }))
  } catch {
    return false
  }
}

function gpuDevices(programs: ReadonlyMap<string, string>): readonly string[] {
  if (!programs.has('nvidia-smi')) return []
  return readdirSync('/dev')
    .filter((name) => /^nvidia(\d+|ctl|-uvm)?$/.test(name))
    .map((name) => `/dev/${name}`)
}
