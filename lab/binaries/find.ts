import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { cacheDir } from '../folders.ts'
import { type BinaryName, type GoModule, goModules } from './catalogue.ts'

/** Where our own builds lie. The version is part of the name, so an upgrade never runs an old binary by mistake. */
export function cachedPath(name: BinaryName, version: string): string {
  return join(cacheDir(), 'bin', `${name}-${version}`)
}

/** The binary of exactly the pinned version: our own build, else one on PATH; undefined when there is neither. */
export async function findBinary(name: BinaryName, version: string): Promise<string | undefined> {
  const cached = cachedPath(name, version)
  if (isExecutable(cached)) return cached
  for (const folder of pathFolders()) {
    const candidate = join(folder, name)
    if (folder && isExecutable(candidate) && (await printedVersion(candidate)) === version) return candidate
  }
  return undefined
}

export type Found = {
  readonly paths: ReadonlyMap<BinaryName, string>
  readonly missing: readonly GoModule[]
}

/** Looks for every binary of the lab; a module is missing when one of its binaries is. */
export async function findAll(): Promise<Found> {
  const paths = new Map<BinaryName, string>()
  const missing: GoModule[] = []
  for (const module of goModules) {
    for (const name of Object.values(module.produces)) {
      const path = await findBinary(name, module.version)
      if (path) paths.set(name, path)
      else if (!missing.includes(module)) missing.push(module)
    }
  }
  return { paths, missing }
}

/** The folders of PATH, in its order. */
export function pathFolders(): readonly string[] {
  return (process.env.PATH ?? '').split(delimiter)
}

/** The first executable of this name; undefined when none of the folders has one. */
export function findIn(folders: readonly string[], name: string): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The first thing that looks like a version in what `--version` prints; none of ours needs more than a moment for it. */
function printedVersion(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(path, ['--version'], { timeout: 5_000 }, (_error, stdout) => {
      resolve(/(\d+\.\d+\.\d+(?:-[\w.]+)?)/.exec(stdout)?.[1])
    })
  })
}
