/**
 * `npm run build`: dist/hikeshi.js and what it loads lazily, the worker beside it, the workflows as one file, the runbooks.
 * The command line carries its Temporal client with it (a third less to load); the worker takes Temporal's packages from
 * node_modules, since they are native or must exist once only.
 */
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Plugin, transform } from 'esbuild'
import packageJson from './package.json' with { type: 'json' }
import { bundleWorkflows } from './workers/bundle.ts'

const root = fileURLToPath(new URL('./', import.meta.url))
const dist = `${root}dist`

/** Packages that stay packages: loaded rarely, or not made to be bundled. */
const external = ['fastify', '@fastify/*', 'esbuild']
const native = ['@temporalio/*', '@swc/*', 'webpack']

/** Bundled CommonJS asks for `require`, which ES modules do not have. */
const banner = {
  js: `import { createRequire as $createRequire } from 'node:module'; const require = $createRequire(import.meta.url);`,
}

const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  outdir: dist,
  chunkNames: '[name]-[hash]',
  define: { HIKESHI: JSON.stringify({ version: packageJson.version, engines: packageJson.engines }) },
  logLevel: 'warning',
  legalComments: 'none',
  // V8 keeps the text of what it has loaded: white space was a third of it. Names stay, so that a stack can be read.
  minifyWhitespace: true,
  minifySyntax: true,
  banner,
}

/** What the workers do lies in files of its own, with their own way to Temporal's packages. */
const apart: Plugin = {
  name: 'workers-apart',
  setup({ onResolve }) {
    onResolve({ filter: /verbs\/worker\.ts$/ }, () => ({ path: './worker.js', external: true }))
    onResolve({ filter: /workers\/reexecute\.ts$/ }, () => ({ path: './reexecute.js', external: true }))
  },
}

/** Importing a module of it does nothing by itself, which its package.json does not say: what is not used is left out. */
const unusedLeftOut: Plugin = {
  name: 'unused-left-out',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /./ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
      const own = path === library || (path.startsWith('.') && importer.includes(`/node_modules/${library}/`))
      if (!own || pluginData === library) return undefined
      const found = await resolve(path, { kind, importer, resolveDir, pluginData: library })
      return { ...found, sideEffects: false }
    })
  },
}
const library = '@kubernetes/client-node'

/** What nothing of ours can reach, and each process would hold: Temporal Cloud's own API, and the words of zod in forty languages. */
const notCarried: Plugin = {
  name: 'not-carried',
  setup({ onLoad }) {
    onLoad({ filter: /@temporalio\/proto\/protos\/json-module\.js$/ }, async ({ path }) => {
      const { default: whole } = await import(path)
      const { nested } = whole.toJSON({ keepComments: false })
      delete nested.temporal.nested.api.nested.cloud
      const contents = `const light = require('protobufjs/light')
        const root = light.roots.__temporal ??= new light.Root()
        module.exports = root.addJSON(${JSON.stringify(nested)})`
      return { contents, loader: 'js' }
    })
    onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: `export { default as en } from './en.js'`,
      loader: 'js',
    }))
  },
}

await rm(dist, { recursive: true, force: true })
await mkdir(dist, { recursive: true })
await Promise.all([
  // main.ts alone, and small: `--version` must cost what Node costs. Everything else is the program behind it.
  build({
    ...common,
    entryPoints: { hikeshi: 'client/doors/cli/main.ts' },
    banner: {},
    plugins: [behind('./program.js', /run-main\.ts$/)],
  }),
  build({
    ...common,
    entryPoints: { program: 'client/doors/cli/run-main.ts' },
    external: [...external, '@temporalio/worker'],
    plugins: [apart, notCarried],
  }),
  build({
    ...common,
    entryPoints: {
      worker: 'client/doors/cli/verbs/worker.ts',
      reexecute: 'workers/reexecute.ts',
      'reexecute-child': 'workers/reexecute-child.ts',
      'workflow-thread': 'workers/workflow-thread.ts',
    },
    external: [...external, ...native],
    plugins: [unusedLeftOut, notCarried],
  }),
  bundleWorkflows().then(writeWorkflows),
  cp(`${root}runbooks`, `${dist}/runbooks`, { recursive: true }),
])
for (const file of await readdir(dist)) if (file.endsWith('.js')) await rewrite(join(dist, file), inAscii)
await chmod(`${dist}/hikeshi.js`, 0o755)

/**
 * Temporal wants a map of lines inside, and every worker would keep it four times, as large as the code: the map lies beside the code, for
 * whoever has a stack to read.
 */
async function writeWorkflows(code: string): Promise<void> {
  const made = await transform(code, {
    minifyWhitespace: true,
    legalComments: 'none',
    sourcemap: 'external',
    sourcesContent: false,
    sourcefile: 'workflows.js',
  })
  const none = JSON.stringify({ version: 3, file: 'workflows.js', sources: [], names: [], mappings: '' })
  const inside = `//# sourceMappingURL=data:application/json;base64,${Buffer.from(none).toString('base64')}\n`
  await writeFile(`${dist}/workflows.js`, made.code + inside)
  await writeFile(`${dist}/workflows.js.map`, made.map)
}

async function rewrite(file: string, change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, 'utf8')))
}

function behind(path: string, filter: RegExp): Plugin {
  return {
    name: 'behind',
    setup({ onResolve }) {
      onResolve({ filter }, () => ({ path, external: true }))
    },
  }
}

/** V8 keeps every character of a text at two bytes where one of them is not Latin: here words of ours, in regular expressions. */
function inAscii(code: string): string {
  // Behind a backslash it would be another character.
  const escaped = /.{0,40}\\[^\0-\x7f]/.exec(code)?.[0]
  if (escaped !== undefined) throw new Error(`a character that is escaped already: ${escaped}`)
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
