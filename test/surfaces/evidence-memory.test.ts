import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { openLog } from '../../edge/log-segments.ts'
import { scratch } from '../scenarios/world.ts'

/** Bundles the logs of a folder and says how much memory that took at most, in MiB. */
const program = `
import { logPieces } from './client/evidence/piece.ts'
import { writeBundle } from './client/evidence/write-bundle.ts'
const [folder, output] = process.argv.slice(1)
const says = { of: 'shodo-1', madeAt: new Date().toISOString(), by: 'tester', missing: [] }
await writeBundle({ output, pieces: await logPieces(folder), says })
console.log(process.resourceUsage().maxRSS / 1024)
`

describe('the memory that a bundle takes', function () {
  this.timeout(180_000)

  it('is less than 100 MiB more for 1 GB of logs than for none', () =>
    scratch(async (dir) => {
      const line = `2026-11-30T09:30:01.000000000Z ${'x'.repeat(168)}\n`
      const piece = line.repeat(5_000)
      for (let log = 0; log < 8; log++) {
        const opened = await openLog(join(dir, 'large', 'pod', `run-${log}`), '0001-0001')
        for (let written = 0; written < 125e6; written += piece.length) await opened.write(piece)
      }
      const of = async (folder: string): Promise<number> => {
        const argv = [
          '--import',
          'tsx',
          '--input-type=module',
          '--eval',
          program,
          join(dir, folder),
          join(dir, `${folder}-bundle`),
        ]
        const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
        return Number(await text(child.stdout))
      }
      const [none, large] = [await of('nothing'), await of('large')]
      assert.ok(large > 0 && none > 0)
      assert.ok(large - none < 100, `${none} MiB for none, ${large} MiB for 1 GB`)
    }))
})
