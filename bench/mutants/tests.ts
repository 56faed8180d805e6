/** The tests of domain/ that reach a file, bundled with that file changed and run in a thread up to the first failure. */
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { build, type Plugin } from 'esbuild'
import { distances, type Imports } from './distances.ts'
import { fewRuns } from './few-runs.ts'

export type Changed = { readonly file: string; readonly text: string }

/** Outside of test/domain/, without a lab: how the file of a runbook is read, and what a worker wants before it makes a change. */
const furtherOff = ['surfaces/runbook-read.test.ts', 'activities/approvals.test.ts']
/** The first two read the sources from the disk, where nothing is changed; the last weighs, for 20 seconds. */
const leftOut = ['rings.test.ts', 'hands.test.ts', 'bounded.test.ts']
/** A loop that a change made endless, or one that eats all memory. */
const endsWithinMs = 60_000
const heapMb = 1_500
/** A file of tests that takes longer waits until the quick ones have had their try. */
const quickMs = 500

type Run = { readonly failed?: string; readonly tookMs: Readonly<Record<string, number>> }

export type Tests = {
  /** The title of a test that fails; undefined where none does. */
  readonly fail: (changed: Changed) => Promise<string | undefined>
  readonly close: () => Promise<void>
}

/** Throws where the tests fail with nothing changed: then they could tell nothing. */
export async function openTests(root: string): Promise<Tests> {
  // Inside of the tree: what is not bundled is found from here.
  const cache = join(root, 'node_modules', '.cache')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'mutants-'))
  const own = (await readdir(join(root, 'test', 'domain'), { recursive: true, withFileTypes: true }))
    .filter(({ name }) => name.endsWith('.test.ts') && !leftOut.includes(name))
    .map((file) => join(file.parentPath, file.name))
    .sort()
  const files = [...own, ...furtherOff.map((file) => join(root, 'test', file))]
  let turn = 0
  async function attempt(these: readonly string[], changed?: Changed): Promise<Run & { imports: Imports }> {
    turn += 1
    const bundle = join(folder, `${turn}.mjs`)
    const { metafile } = await build({
      stdin: {
        contents: these.map((file) => `import ${JSON.stringify(file)}`).join('\n'),
        resolveDir: root,
      },
      absWorkingDir: root,
      bundle: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      target: 'node22',
      outfile: bundle,
      logLevel: 'error',
      metafile: true,
      plugins: [fewRuns, asChanged(changed)],
    })
    return { ...(await run(bundle)), imports: metafile.inputs }
  }

  const sound = await attempt(files)
  const close = () => rm(folder, { recursive: true, force: true })
  if (sound.failed !== undefined) {
    await close()
    throw new Error(`the tests fail without a change: ${sound.failed}`)
  }
  const isSlow = (file: string): boolean => !own.includes(file) || (sound.tookMs[file] ?? 0) > quickMs
  return {
    async fail(changed) {
      const from = distances(root, sound.imports, changed.file)
      const far = (file: string): number => from.get(file) ?? Number.POSITIVE_INFINITY
      const these = files.filter((file) => from.has(file)).toSorted((a, b) => far(a) - far(b))
      // In two bundles: loading what the later ones need takes longer than most changes live.
      for (const some of [these.filter((file) => !isSlow(file)), these.filter(isSlow)]) {
        const { failed } = some.length === 0 ? {} : await attempt(some, changed)
        if (failed !== undefined) return failed
      }
      return undefined
    },
    close,
  }
}

/** One file changed; and each still lies where it lay, whatever it looks for beside itself. */
function asChanged(changed: Changed | undefined): Plugin {
  return {
    name: 'as changed',
    setup(on) {
      on.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const text = path === changed?.file ? changed.text : await readFile(path, 'utf8')
        const contents = text.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
        const named = path.endsWith('.test.ts') ? `testsOf(${JSON.stringify(path)});${contents}` : contents
        return { contents: named, loader: 'ts', resolveDir: dirname(path) }
      })
    },
  }
}

function run(bundle: string): Promise<Run> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(fileURLToPath(new URL('./thread.mjs', import.meta.url)), {
      workerData: { bundle, endsWithinMs },
      execArgv: [],
      stdout: true,
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    })
    const late = setTimeout(() => end({ failed: 'it never ends', tookMs: {} }), endsWithinMs * 2)
    const end = (how: Run): void => {
      clearTimeout(late)
      void thread.terminate()
      resolve(how)
    }
    thread.once('message', end)
    // Loading it already fails.
    thread.once('error', (error) =>
      end({ failed: error instanceof Error ? error.message : String(error), tookMs: {} }),
    )
    thread.once('exit', (code) =>
      code === 0 ? undefined : reject(new Error(`the thread ended with ${code}`)),
    )
  })
}
