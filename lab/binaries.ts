import { join } from 'node:path'
import { buildModule, checkGo, dropBuildCache } from './binaries/build.ts'
import { type BinaryName, type GoModule, goModules, type OptionalBinary } from './binaries/catalogue.ts'
import { findAll } from './binaries/find.ts'
import { LabError } from './failure.ts'
import { cacheDir } from './folders.ts'
import { withLock } from './lock.ts'
import type { OnProgress } from './progress.ts'

export type Binaries = Readonly<
  Record<Exclude<BinaryName, OptionalBinary>, string> & Partial<Record<OptionalBinary, string>>
>

/**
 * The path of every binary the lab needs, and of the optional ones that are there. What is neither in the cache folder nor on PATH in
 * the pinned version is built; of two processes doing so at once one builds and the other waits for it.
 */
export async function ensureBinaries(
  onProgress: OnProgress = () => {},
  signal?: AbortSignal,
): Promise<Binaries> {
  const first = await findAll()
  if (first.missing.every((module) => module.optional)) return complete(first.paths)
  return building(onProgress, (module) => !module.optional, signal)
}

/** The optional binaries as well; one that cannot be built is left out with a note, and so are the parts that need it. */
export async function ensureAllBinaries(
  onProgress: OnProgress = () => {},
  signal?: AbortSignal,
): Promise<Binaries> {
  const binaries = await ensureBinaries(onProgress, signal)
  if ((await findAll()).missing.length === 0) return binaries
  return building(onProgress, () => true, signal)
}

function building(
  onProgress: OnProgress,
  wanted: (module: GoModule) => boolean,
  signal: AbortSignal | undefined,
): Promise<Binaries> {
  const onWait = (pid: number) =>
    onProgress({ kind: 'note', text: `waiting for process ${pid}, which is building the lab` })
  const build = () => buildMissing(onProgress, wanted, signal)
  return withLock(join(cacheDir(), 'locks', 'build.lock'), build, { onWait, signal })
}

async function buildMissing(
  onProgress: OnProgress,
  wanted: (module: GoModule) => boolean,
  signal: AbortSignal | undefined,
): Promise<Binaries> {
  const missing = (await findAll()).missing.filter(wanted)
  const of = goModules.filter(wanted).length
  if (missing.length > 0 && !canBuild(missing, onProgress)) return complete((await findAll()).paths)
  for (const [i, module] of missing.entries()) {
    const began = performance.now()
    const report = (state: 'began' | 'goes on' | 'done') =>
      onProgress({
        kind: 'build',
        state,
        what: `${module.name} ${module.version}`,
        nth: of - missing.length + i + 1,
        of,
        elapsedSeconds: Math.round((performance.now() - began) / 1000),
        usualSeconds: module.usualSeconds,
      })
    report('began')
    const tick = setInterval(() => report('goes on'), 1_000)
    try {
      await buildModule(module, signal)
    } catch (error) {
      if (!module.optional || !(error instanceof LabError) || signal?.aborted) throw error
      onProgress({ kind: 'note', text: `the lab goes without ${module.name}: ${error.message}` })
      continue
    } finally {
      clearInterval(tick)
    }
    report('done')
  }
  dropBuildCache()
  return complete((await findAll()).paths)
}

/** Throws where what is needed cannot be built; false where only what is not needed cannot. */
function canBuild(missing: readonly GoModule[], onProgress: OnProgress): boolean {
  try {
    checkGo()
    return true
  } catch (error) {
    if (!(error instanceof LabError) || missing.some((module) => !module.optional)) throw error
    const names = missing.map((module) => module.name).join(', ')
    onProgress({ kind: 'note', text: `the lab goes without ${names}: ${error.message}` })
    return false
  }
}

function complete(paths: ReadonlyMap<BinaryName, string>): Binaries {
  const names = goModules
    .filter((module) => !module.optional)
    .flatMap((module) => Object.values(module.produces))
  const lost = names.find((name) => !paths.has(name))
  if (lost) throw new LabError(`${lost} is missing right after its build`, `look into ${cacheDir()}/bin`)
  return Object.fromEntries(paths) as Binaries
}
