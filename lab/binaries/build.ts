import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { interrupted, LabError } from '../failure.ts'
import { cacheDir, packageRoot } from '../folders.ts'
import type { BinaryName, GoModule } from './catalogue.ts'
import { cachedPath } from './find.ts'

/** Builds one module into the cache folder; a build killed half-way leaves nothing under a final name. */
export async function buildModule(module: GoModule, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) throw interrupted()
  const bin = join(cacheDir(), 'bin')
  mkdirSync(bin, { recursive: true })
  const draft = mkdtempSync(join(bin, `.${module.name}-`))
  try {
    await goBuild(module, draft, signal)
    for (const [built, name] of Object.entries(module.produces) as [string, BinaryName][]) {
      renameSync(join(draft, built), cachedPath(name, module.version))
    }
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** Go's intermediate results: gigabytes that nobody needs once every binary is there. */
export function dropBuildCache(): void {
  rmSync(buildCache(), { recursive: true, force: true })
}

function buildCache(): string {
  return join(cacheDir(), 'go-build')
}

function goBuild(module: GoModule, into: string, signal: AbortSignal | undefined): Promise<void> {
  const ldflags = ['-s', '-w', module.ldflags].filter(Boolean).join(' ')
  return new Promise((resolve, reject) => {
    const go = spawn(
      'go',
      [
        'build',
        '-mod=readonly',
        '-buildvcs=false',
        '-trimpath',
        `-ldflags=${ldflags}`,
        ...(module.tags === undefined ? [] : [`-tags=${module.tags}`]),
        '-o',
        `${into}/`,
        'tool',
      ],
      {
        cwd: join(packageRoot, 'lab', 'binaries', module.name),
        env: { ...process.env, GOCACHE: buildCache(), CGO_ENABLED: '0', GOWORK: 'off' },
        stdio: ['ignore', 'ignore', 'pipe'],
        detached: true, // a group of its own, so that its compilers can be stopped together with it
      },
    )
    let complaint = ''
    go.stderr.setEncoding('utf8').on('data', (text) => {
      complaint = (complaint + text).slice(-2_000)
    })
    const interrupt = () => {
      if (go.pid) process.kill(-go.pid, 'SIGKILL')
    }
    signal?.addEventListener('abort', interrupt, { once: true })
    process.once('exit', interrupt) // a compiler never goes on alone
    const settle = (outcome: () => void) => {
      signal?.removeEventListener('abort', interrupt)
      process.removeListener('exit', interrupt)
      outcome()
    }
    go.once('error', (error) => settle(() => reject(noGo(error.message))))
    go.once('close', (code) => {
      settle(() => {
        if (code === 0) resolve()
        else if (signal?.aborted) reject(interrupted())
        else reject(new LabError(`go build of ${module.name} ${module.version} failed`, lastLines(complaint)))
      })
    })
  })
}

/** Throws unless a Go that can build the modules is there. */
export function checkGo(): void {
  let version: string
  try {
    // Asked inside a module: a Go that may fetch the toolchain named in go.mod answers with that one's version.
    const cwd = join(packageRoot, 'lab', 'binaries', 'temporal')
    version = execFileSync('go', ['env', 'GOVERSION'], { cwd, encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw noGo('there is no "go" on PATH')
    throw noGo(lastLines(String((error as { stderr?: unknown }).stderr ?? error)))
  }
  const [, major = 0, minor = 0] = /^go(\d+)\.(\d+)/.exec(version)?.map(Number) ?? []
  if (major < 1 || (major === 1 && minor < 26)) throw noGo(`"go" on PATH is ${version}`)
}

function noGo(why: string): LabError {
  return new LabError(
    `parts of the lab must be built first, and ${why}`,
    'install Go 1.26 or newer (https://go.dev/doc/install) and run the command again',
  )
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-8).join('\n') || 'it said nothing'
}
