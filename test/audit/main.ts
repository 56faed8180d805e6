/**
 * `npm run test:audit`: random kill -9s of workers and of Temporal while people work, then an audit of everything. It knows what was
 * sent, what was answered and what the pager's receiver saw, and re-executes every history. Exit 1 when anything is wrong.
 */
import { endCleanly } from '../../edge/signals.ts'
import { labDown } from '../../lab/index.ts'
import { buildWorker } from './build-worker.ts'
import { keep } from './keep.ts'
import { optionsFrom, usage } from './options.ts'
import { type Judged, runSeed } from './run-seed.ts'
import { closing, heading, isLate, lateWithinMs, row } from './table.ts'

const workers = 2
const faultsShown = 12

const options = readOptions()
let lab = ''
const built = await buildWorker()
endCleanly(async () => {
  if (lab !== '') await labDown(lab)
  await built.remove()
})
const all: Judged[] = []
console.log(heading())
for (const seed of options.seeds) {
  lab = `audit-${process.pid}-${seed}`
  const began = Date.now()
  const { judged, evidence } = await runSeed(seed, lab, { ...options, workers, worker: built }, (what) => {
    process.stderr.write(`seed ${seed}, ${Math.round((Date.now() - began) / 1_000)} s: ${what}\n`)
  })
  all.push(judged)
  console.log(row(judged))
  for (const { kind, of, says } of judged.faults.slice(0, faultsShown))
    console.log(`    ${kind}: ${of}: ${says}`)
  if (judged.faults.length > faultsShown) console.log(`    and ${judged.faults.length - faultsShown} more`)
  if (options.keepHistories !== undefined) await keep(options.keepHistories, seed, evidence, judged.faults)
}
await built.remove()
console.log(closing(all))
if (isLate(all)) console.log(`too late: p99 with a worker standing by is above ${lateWithinMs / 1_000} s`)
process.exit(all.some(({ faults }) => faults.length > 0) || isLate(all) ? 1 : 0)

function readOptions() {
  try {
    return optionsFrom(process.argv.slice(2))
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`)
    process.exit(2)
  }
}
