/**
 * `npm run build`: dist/hikeshi.js and what it loads lazily, the worker beside it, the workflows as one file, the runbooks.
 * The command line carries its Temporal client with it (a third less to load); the worker takes Temporal's packages from
 * node_modules, since they are native or must exist once only.
 */
import { chmod, cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import packageJson from './package.json' with { type: 'json' }

const root = fileURLToPath(new URL('./', import.meta.url))
const dist = `${root}dist`

/** Packages that stay packages: loaded rarely, or not made to be bundled. */
const external = ['@kubernetes/client-node', 'fastify', 'fastify-type-provider-zod', '@fastify/*', 'esbuild']
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
    onResolve({ filter: /workers\/main\.ts$/ }, () => ({ path: './worker.js', external: true }))
    onResolve({ filter: /workers\/reexecute\.ts$/ }, () => ({ path: './reexecute.js', external: true }))
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
    plugins: [apart],
  }),
  build({
    ...common,
    entryPoints: {
      worker: 'workers/main.ts',
      reexecute: 'workers/reexecute.ts',
      'reexecute-child': 'workers/reexecute-child.ts',
    },
    external: [...external, ...native],
  }),
  import('./workers/bundle.ts')
    .then(({ bundleWorkflows }) => bundleWorkflows())
    .then((code) => writeFile(`${dist}/workflows.js`, code)),
  cp(`${root}runbooks`, `${dist}/runbooks`, { recursive: true }),
])
await chmod(`${dist}/hikeshi.js`, 0o755)

function behind(path: string, filter: RegExp): Plugin {
  return {
    name: 'behind',
    setup({ onResolve }) {
      onResolve({ filter }, () => ({ path, external: true }))
    },
  }
}
