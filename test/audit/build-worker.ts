/** The audit's worker as a release has it, beside its workflows and their thread: one that is killed all the time must start quickly. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { packageRoot } from '../../lab/folders.ts'
import { bundleWorkflows, type WorkflowBundle } from '../../workers/bundle.ts'

export type BuiltWorker = {
  readonly file: string
  /** What it runs, and what its histories are re-executed with. */
  readonly workflows: WorkflowBundle
  readonly remove: () => Promise<void>
}

export async function buildWorker(): Promise<BuiltWorker> {
  // Below node_modules, so that the packages that stay packages are found from there.
  const folder = join(packageRoot, 'node_modules', '.cache', 'hikeshi', `audit-${process.pid}`)
  const file = join(folder, 'worker.js')
  const codePath = join(folder, 'workflows.js')
  await mkdir(folder, { recursive: true })
  await Promise.all([
    build({
      entryPoints: {
        worker: join(packageRoot, 'test', 'audit', 'worker-main.ts'),
        'workflow-thread': join(packageRoot, 'workers', 'workflow-thread.ts'),
      },
      outdir: folder,
      bundle: true,
      platform: 'node',
      target: 'node22',
      format: 'esm',
      packages: 'external',
      logLevel: 'warning',
    }),
    writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' })),
    bundleWorkflows().then((code) => writeFile(codePath, code)),
  ])
  return { file, workflows: { codePath }, remove: () => rm(folder, { recursive: true, force: true }) }
}
