/**
 * `npm run bench -- [MEASURE...] [-o json]`: what hikeshi promises about time, as ratios measured in one run on one machine. Prints a
 * table, or JSON; exit 1 when a promise is not kept.
 */
import { execFile } from 'node:child_process'
import { parseArgs, promisify } from 'node:util'
import { Client, Connection } from '@temporalio/client'
import { endCleanly } from '../edge/signals.ts'
import { healLab, labDown, labUp } from '../lab/index.ts'
import { startWorker } from '../workers/main.ts'
import { measureBisect } from './bisect.ts'
import { measureCommandLine } from './command-line.ts'
import { measureConnections } from './connections.ts'
import { measureDeclare } from './declare.ts'
import { measureEvidence } from './evidence.ts'
import { type Figure, type Here, isKept } from './figure.ts'
import { measureManyPods } from './many-pods.ts'
import { measureMemory } from './memory.ts'
import { measurePages } from './pages.ts'
import { measureReplay } from './replay.ts'
import { measureRestore } from './restore.ts'
import { measureShell } from './shell.ts'
import { measureSituation } from './situation.ts'
import { measureStats } from './stats.ts'
import { measureStorm } from './storm.ts'

/** A long one gives its figures as it has them. */
type Measure = (here: Here) => Promise<readonly Figure[]> | AsyncIterable<Figure>

/** On a worker in this process. */
const measures: Readonly<Record<string, Measure>> = {
  situation: measureSituation,
  shell: measureShell,
  declare: measureDeclare,
  'command-line': measureCommandLine,
  pages: measurePages,
  replay: measureReplay,
  'many-pods': measureManyPods,
}
/** With processes of their own; another worker would take part of the work. */
const apart: Readonly<Record<string, Measure>> = {
  memory: measureMemory,
  connections: measureConnections,
  storm: measureStorm,
  bisect: () => measureBisect(),
  restore: () => measureRestore(),
  stats: measureStats,
  evidence: measureEvidence,
}

const { values, positionals } = parseArgs({
  options: { output: { type: 'string', short: 'o' } },
  allowPositionals: true,
})
const asJson = values.output === 'json'
const known = [...Object.keys(measures), ...Object.keys(apart)]
const unknown = positionals.find((wanted) => !known.includes(wanted))
if (unknown !== undefined) {
  process.stderr.write(`there is no measure "${unknown}"; known are ${known.join(', ')}\n`)
  process.exit(2)
}
const chosen = (from: Readonly<Record<string, Measure>>) =>
  Object.entries(from).flatMap(([name, measure]) =>
    positionals.length === 0 || positionals.includes(name) ? [measure] : [],
  )

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
  await promisify(execFile)(process.execPath, ['--import', 'tsx', 'build.ts'])
  const connection = await Connection.connect({ address: lab.temporal.address })
  const here = { lab, env, client: new Client({ connection }) }
  const worker = await startWorker({ env })
  await take(chosen(measures), here)
  worker.stop()
  await worker.stopped
  await take(chosen(apart), here)
  await connection.close()
} finally {
  await labDown(name)
}
if (asJson) process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`)
process.exit(figures.every(isKept) ? 0 : 1)

async function take(chosen: readonly Measure[], here: Here): Promise<void> {
  for (const measure of chosen) {
    for await (const figure of await measure(here)) {
      figures.push(figure)
      if (!asJson) process.stdout.write(lineOf(figure))
    }
  }
}

function lineOf(figure: Figure): string {
  const { what, value, unit, limit, least } = figure
  const promise = [
    ...(limit === undefined ? [] : [`≤ ${limit}`]),
    ...(least === undefined ? [] : [`≥ ${least}`]),
  ].join(', ')
  const kept = promise === '' ? '' : `${isKept(figure) ? 'kept' : 'NOT KEPT'} (${promise})`
  return `${what.padEnd(76)} ${value.toFixed(2).padStart(10)} ${unit.padEnd(9)} ${kept}\n`
}
