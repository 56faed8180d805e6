import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testLabName } from '../lab/shared.ts'
import { type BuiltWorker, buildWorker } from './build-worker.ts'
import { keep } from './keep.ts'
import { runSeed } from './run-seed.ts'

/** Few and short ones; `npm run test:audit` has the long ones, and the figures of lateness. */
const scale = { incidents: 10, kills: 5, workers: 2 }

describe('random kills of worker and server', function () {
  this.timeout(300_000)
  let worker: BuiltWorker

  before(async () => {
    worker = await buildWorker()
  })
  after(() => worker?.remove())

  for (const seed of [1, 2]) {
    it(`leave nothing lost, doubled, unwanted, failed or otherwise told (seed ${seed})`, async () => {
      const told: string[] = []
      const name = testLabName(`audit-${seed}`)
      const { judged, evidence } = await runSeed(seed, name, { ...scale, worker }, (what) => told.push(what))
      const folder = join(tmpdir(), `hikeshi-audit-${process.pid}`)
      await keep(folder, seed, evidence, judged.faults)
      const faults = judged.faults.map(({ kind, of, says }) => `${kind}: ${of}: ${says}`).join('\n')
      assert.equal(faults, '', `${faults}\nafter "${told.at(-1)}"; the histories are in ${folder}`)
      assert.ok(judged.proofs.length > 2, 'it had incidents')
      assert.ok(judged.proofs.every(({ identical }) => identical))
    })
  }
})
