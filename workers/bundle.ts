/** Workflow code as one file for Temporal's sandbox: prebuilt in a release, bundled once per change of the sources otherwise. */
import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BundleOptions, bundleWorkflowCode } from '@temporalio/worker'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..')
const ownWorkflows = join(root, 'workflows', 'index.ts')

export type WorkflowBundle = { readonly codePath: string }

/** `entry` is the file that exports the workflows; tests bring their own. Bundling takes about 3 s, a bundle at hand none. */
export async function workflowBundle(entry?: string): Promise<WorkflowBundle> {
  const prebuilt = join(here, 'workflows.js')
  if (entry === undefined && existsSync(prebuilt)) return { codePath: prebuilt }
  const workflowsPath = entry ?? ownWorkflows
  const hash = createHash('sha256').update(workflowsPath)
  const sources = [
    workflowsPath,
    fileURLToPath(import.meta.url),
    join(root, 'package-lock.json'),
    ...(await filesBelow(join(root, 'workflows'))),
    ...(await filesBelow(join(root, 'domain'))),
    ...(await filesBelow(join(root, 'wire'))),
  ]
  for (const file of sources) hash.update(`\n${file}\n`).update(await readFile(file))
  const folder = join(root, 'node_modules', '.cache', 'hikeshi')
  const codePath = join(folder, `workflows-${hash.digest('hex').slice(0, 20)}.js`)
  if (!existsSync(codePath)) {
    const code = await bundleWorkflows(workflowsPath)
    await mkdir(folder, { recursive: true })
    const beside = `${codePath}.${randomUUID()}.tmp`
    await writeFile(beside, code)
    await rename(beside, codePath)
  }
  return { codePath }
}

/** The code of the workflows in `workflowsPath`, and of what stands between them and the SDK. */
export async function bundleWorkflows(workflowsPath = ownWorkflows): Promise<string> {
  const workflowInterceptorModules = ['stale-task.ts', 'doorkeeper.ts', 'seal.ts'].map((file) =>
    join(root, 'workflows/machine', file),
  )
  const preloadModules = [join(root, 'workflows', 'preload.ts')]
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules,
    preloadModules,
    webpackConfigHook: asWritten,
    logger: quiet,
  })
  return code
}

type Webpack = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0]

/**
 * The SDK has the sources translated for the JavaScript of 2017, where each spread is a call and each private member a WeakMap, and packs
 * them once more into the map of lines, of which every worker keeps two.
 */
function asWritten(config: Webpack): Webpack {
  const rules = config.module?.rules?.map((rule) => {
    if (typeof rule !== 'object' || rule === null) return rule
    const { use } = rule
    if (typeof use !== 'object' || use === null || !('options' in use) || typeof use.options !== 'object')
      return rule
    const { jsc } = use.options as { jsc?: object }
    if (jsc === undefined) return rule
    return { ...rule, use: { ...use, options: { ...use.options, jsc: { ...jsc, target: 'es2022' } } } }
  })
  return {
    ...config,
    // The folder in which a release is built is nobody's business.
    output: { ...config.output, devtoolModuleFilenameTemplate: '[resource-path]' },
    devtool: 'inline-nosources-source-map',
    module: { ...config.module, rules: rules ?? [] },
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** webpack's chatter helps nobody at 3 a.m.; errors still throw. */
const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error }
