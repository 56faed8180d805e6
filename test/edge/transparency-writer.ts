/**
 * A process that adds heads to a log: `FOLDER KEY INCIDENT… [DIES-AT]`. With `--dies-at N` it is killed right before its Nth change to the
 * disk, as a machine that loses its power would be; without it says how many changes there were.
 */
import { createPrivateKey } from 'node:crypto'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'dies-at': { type: 'string' } },
})
const [folder = '', keyFile = '', ...incidents] = positionals
const diesAt = Number(values['dies-at'] ?? Number.POSITIVE_INFINITY)

let changes = 0
const disk = fs.promises as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
for (const name of ['mkdir', 'writeFile', 'link', 'rename', 'rm']) {
  const real = disk[name]
  disk[name] = (...args) => {
    changes += 1
    if (changes === diesAt) {
      process.kill(process.pid, 'SIGKILL')
      // The signal may take a moment; nothing happens in it.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    }
    return real?.(...args) ?? Promise.resolve()
  }
}
syncBuiltinESMExports()

const [{ addEntry }, { noteSignerOf }, { entryOf, origin }] = await Promise.all([
  import('../../edge/transparency/add-entry.ts'),
  import('../../edge/note-keys.ts'),
  import('./transparency-entries.ts'),
])
const signer = noteSignerOf(createPrivateKey(fs.readFileSync(keyFile)))
for (const incident of incidents) await addEntry(folder, entryOf(incident), { origin, signer })
process.stdout.write(`${changes}\n`)
