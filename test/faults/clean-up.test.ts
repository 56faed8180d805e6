import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** A process that cleans up in this way when it is told to end, within half a second. */
async function ends(cleanUp: string): Promise<{ readonly code: number | null; readonly err: string }> {
  const program = `
    import { endCleanly } from './edge/signals.ts'
    endCleanly(${cleanUp}, 500)
    setInterval(() => {}, 1_000)
    console.log('up')`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program])
  const over = once(child, 'close')
  const err = text(child.stderr)
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  // What hangs would hang for ever.
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
  const [code] = await over
  clearTimeout(late)
  return { code, err: await err }
}

describe('a clean-up', () => {
  it('ends the process when it is done', async () => {
    assert.deepEqual(await ends('async () => {}'), { code: 143, err: '' })
  })

  it('that hangs or fails ends the process as well, and says that something may still run', async () => {
    const [hung, failed] = await Promise.all([
      ends('() => new Promise(() => {})'),
      ends(`async () => { throw new Error('no such lab') }`),
    ])
    assert.deepEqual([hung.code, failed.code], [143, 143])
    assert.match(hung.err, /something may still run: .*still not over 500 ms after SIGTERM/)
    assert.match(failed.err, /something may still run: .*no such lab/)
  })
})
