import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)
const told = /setFlagsFromString\('([^']+)'\)/.exec(
  readFileSync(new URL('../../client/memory.ts', import.meta.url), 'utf8'),
)?.[1]

/** A storm in small: much that is young, and much of it outlives a collection. Prints how large V8 has let that become, in MiB. */
const storm = `
  const v8 = require('node:v8')
  if (process.argv[1]) v8.setFlagsFromString(process.argv[1])
  let kept = []
  for (let i = 0; i < 1e6; i += 1) {
    kept.push({ i, text: 'alert ' + i, list: [i] })
    if (kept.length > 60_000) kept = kept.slice(30_000)
  }
  const { space_size } = v8.getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')
  console.log(space_size / 1024 / 1024)`

describe('the memory of the API', () => {
  const young = async (...flags: string[]) =>
    Number((await run(process.execPath, ['-e', storm, ...flags])).stdout)

  it('for what is young stays small once V8 is told so while it runs, and would not without', async () => {
    assert.ok(told !== undefined)
    assert.ok((await young(told)) <= 8)
    assert.ok((await young()) > 16)
  })

  it('goes back to the system where only starting needed it', async () => {
    const { giveBack } = await import('../../client/memory.ts')
    let started: object[] | undefined = Array.from({ length: 500_000 }, (_, i) => ({ i }))
    assert.equal(started.length, 500_000)
    const before = process.memoryUsage().heapTotal
    started = undefined
    giveBack()
    assert.ok(process.memoryUsage().heapTotal < before - 10_000_000)
  })
})
