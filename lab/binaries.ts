import { join } from 'node:path'
import { buildModule, checkGo, dropBuildCache } from './binaries/build.ts'
import { type BinaryName, goModules } from './binaries/catalogue.ts'
import { findAll } from './binaries/find.ts'
import { LabError } from './failure.ts'
import { withLock } from './lock.ts'
import { cacheDir } from './places.ts'
import type { OnProgress } from './progress.ts'

export type Binaries = Readonly<Record<BinaryName, string>>

/**
 * The path of every binary the lab needs. What is neither in the cache folder nor on PATH in the pinned version is
 * built; of two processes doing so at once one builds and the other waits for it.
 */
export async function ensureBinaries(onProgress: OnProgress = () => {}): Promise<Binaries> {
  const first = await findAll()
  if (first.missing.length === 0) return complete(first.paths)
  return withLock(
    join(cacheDir(), 'locks', 'build.lock'),
    () => buildMissing(onProgress),
    (pid) => onProgress({ kind: 'note', text: `waiting for process ${pid}, which is building the lab` }),
  )
}

async function buildMissing(onProgress: OnProgress): Promise<Binaries> {
  const { missing } = await findAll()
  if (missing.length > 0) checkGo()
  for (const [i, module] of missing.entries()) {
    const began = performance.now()
    const report = (state: 'began' | 'goes on' | 'done') =>
      onProgress({
        kind: 'build',
        state,
        what: `${module.name} ${module.version}`,
        nth: goModules.length - missing.length + i + 1,
        of: goModules.length,
        elapsedSeconds: Math.round((performance.now() - began) / 1000),
        usualSeconds: module.usualSeconds,
      })
    report('began')
    const tick = setInterval(() => report('goes on'), 1_000)
    try {
      await buildModule(module)
    } finally {
      clearInterval(tick)
    }
    report('done')
  }
  dropBuildCache()
  return complete((await findAll()).paths)
}

function complete(paths: ReadonlyMap<BinaryName, string>): Binaries {
  const names = goModules.flatMap((module) => Object.values(module.produces))
  const lost = names.find((name) => !paths.has(name))
  if (lost) throw new LabError(`${lost} is missing right after its build`, `look into ${cacheDir()}/bin`)
  return Object.fromEntries(paths) as Binaries
}
