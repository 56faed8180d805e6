import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cacheDir } from '../../lab/folders.ts'
import type { Lab } from '../../lab/index.ts'
import { sharedLab } from '../lab/shared.ts'
import { scratch } from '../scenarios/world.ts'
import { ended, run, start } from './program.ts'
import { buildReleased, released } from './released-program.ts'

/** From before Node has read a line of ours to well after the last of them works, on a machine that has nothing else to do. */
const moments = [0, 0.1, 0.5, 1, 2, 4]

const sources = ['--import', 'tsx', 'client/doors/cli/main.ts']

describe('a signal at any moment', function () {
  this.timeout(900_000)
  let lab: Lab
  before(async () => {
    lab = await sharedLab()
    await buildReleased()
  })

  /** Ends with one of the codes, and leaves no process that has our cache folder in its environment, and no lock in it. */
  async function ends(
    argv: readonly string[],
    program: readonly string[],
    codes: readonly number[],
    env: Readonly<Record<string, string>> = {},
    signal: NodeJS.Signals = 'SIGTERM',
  ): Promise<void> {
    for (const seconds of moments) {
      await scratch(async (cache) => {
        symlinkSync(join(cacheDir(), 'bin'), join(cache, 'bin'))
        const child = start(argv, { program, env: { ...env, HIKESHI_CACHE: cache } })
        const over = ended(child)
        await once(child, 'spawn')
        await sleep(seconds * 1_000)
        child.kill(signal)
        const { code, out, err } = await over
        const what = `${program[0]} ${argv.join(' ')} after ${seconds} s\n${out}${err}`
        assert.ok(codes.includes(code), `${what}ended with ${code}`)
        assert.deepEqual(processesWith(`HIKESHI_CACHE=${cache}`), [], `${what}left processes`)
        const locks = join(cache, 'locks')
        assert.deepEqual(existsSync(locks) ? readdirSync(locks) : [], [], `${what}left a lock`)
      })
    }
  }

  for (const [form, program] of Object.entries({ sources, released })) {
    // 143 from a process that was too young to hear it, or that had not begun to serve.
    it(`ends a worker (${form})`, () => ends(['worker'], program, [0, 143], lab.env))
    it(`ends an API (${form})`, () => ends(['api', '--listen', '127.0.0.1:0'], program, [0, 143], lab.env))
    it(`ends a lab that comes up, and what has come up of it (${form})`, () =>
      ends(['lab', 'up', '--name', 'cut'], program, [143]))
  }

  it('ends the demo, and what it has brought up', () => ends(['demo'], ['lab/bootstrap.mjs'], [143]))

  it('ends them by Ctrl-C too', async () => {
    await ends(['worker'], released, [0, 130], lab.env, 'SIGINT')
    await ends(['demo', '--keep'], ['lab/bootstrap.mjs'], [130], {}, 'SIGINT')
  })

  // 5: it says itself that Temporal is not there.
  it('ends a worker that never reached Temporal', () =>
    ends(['worker'], released, [0, 5, 143], { ...lab.env, TEMPORAL_ADDRESS: '127.0.0.1:1' }))

  it('ends a worker whose Temporal is gone', async () => {
    const worker = start(['worker'], { program: released, env: lab.env })
    const over = ended(worker)
    for (let said = ''; !/Worker running/.test(said); )
      said += String((await once(worker.stderr ?? assert.fail(), 'data'))[0])
    await lab.kill('temporal')
    try {
      worker.kill('SIGTERM')
      const { code, err } = await over
      assert.ok([0, 143].includes(code), `${code} ${err}`)
    } finally {
      await lab.start('temporal')
    }
  })

  it('ends a verb that waits for a Temporal that does not answer, at once and with its code', async () => {
    const child = start(['list'], { env: { TEMPORAL_ADDRESS: '192.0.2.1:7233' } })
    const over = ended(child)
    await sleep(1_000)
    child.kill('SIGINT')
    const { code, out } = await over
    assert.deepEqual([code, out], [130, ''])
  })
})

describe('a reader that has seen enough', () => {
  it('ends a verb without a word, whichever stream it read', async () => {
    for (const stream of ['stdout', 'stderr'] as const) {
      const child = start(['runbook', 'schema', '--lang', 'en'])
      child[stream]?.destroy()
      const other = stream === 'stdout' ? child.stderr : child.stdout
      const text: string[] = []
      other?.on('data', (chunk) => text.push(String(chunk)))
      assert.deepEqual(await once(child, 'close'), [0, null])
      if (stream === 'stdout') assert.equal(text.join(''), '')
    }
  })

  it('of the words of a mistake leaves its exit code as it is', async () => {
    const { code } = await run(['no-such-verb'])
    const child = start(['no-such-verb'])
    child.stderr?.destroy()
    assert.deepEqual(await once(child, 'close'), [code, null])
  })
})

/** Numbers of the processes that were given this. */
function processesWith(variable: string): readonly string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(variable)
      } catch {
        return false // gone meanwhile, or not ours
      }
    })
    .map((pid) => `${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`)
}
