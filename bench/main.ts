/**
 * `npm run bench`: what hikeshi promises about time, as ratios measured in one run on one machine. Prints a table, and JSON with
 * `-o json`; exit 1 when a promise is not kept.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Client, Connection } from '@temporalio/client'
import { endCleanly } from '../edge/signals.ts'
import { healLab, labDown, labUp } from '../lab/index.ts'
import { startWorker } from '../workers/main.ts'
import { measureCommandLine } from './command-line.ts'
import { measureDeclare } from './declare.ts'
import type { Figure } from './figure.ts'
import { measureManyPods } from './many-pods.ts'
import { measureMemory } from './memory.ts'
import { measurePages } from './pages.ts'
import { measureReplay } from './replay.ts'
import { measureShell } from './shell.ts'
import { measureSituation } from './situation.ts'

const name = `bench-${process.pid}`
const interrupted = new AbortController()
endCleanly(() => {
  interrupted.abort()
  return labDown(name)
})
const lab = await labUp({ name, signal: interrupted.signal })
const env = { ...process.env, ...lab.env }
const figures: Figure[] = []
try {
  await healLab(lab)
  await promisify(execFile)('npm', ['run', '--silent', 'build'])
  const worker = await startWorker({ env })
  const connection = await Connection.connect({ address: lab.temporal.address })
  const here = { lab, env, client: new Client({ connection }) }
  const measures = [
    measureSituation,
    measureShell,
    measureDeclare,
    measureCommandLine,
    measurePages,
    measureReplay,
    measureManyPods,
    measureMemory,
  ]
  for (const measure of measures) {
    figures.push(...(await measure(here)))
  }
  worker.stop()
  await worker.stopped
  await connection.close()
} finally {
  await labDown(name)
}
if (process.argv.includes('json')) process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`)
else
  for (const { what, value, unit, limit } of figures) {
    const kept = limit === undefined ? '' : value <= limit ? `kept (≤ ${limit})` : `NOT KEPT (≤ ${limit})`
    process.stdout.write(`${what.padEnd(58)} ${value.toFixed(2).padStart(10)} ${unit.padEnd(9)} ${kept}\n`)
  }
process.exit(figures.some((f) => f.limit !== undefined && f.value > f.limit) ? 1 : 0)
