import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const memory = fileURLToPath(new URL('../../edge/memory.ts', import.meta.url))

/** Runs in a process of its own, with what `edge/memory.ts` has; returns the number that it prints. */
async function printed(program: string): Promise<number> {
  const script = `import('${memory}').then(async ({ keepSmall, withRoom }) => { ${program} })`
  return Number((await run(process.execPath, ['-e', script])).stdout)
}

/** A storm in small: much that is young, and much of it outlives a collection. Prints how large V8 has let that become, in MiB. */
const storm = `
  const v8 = require('node:v8')
  let kept = []
  for (let i = 0; i < 1e6; i += 1) {
    kept.push({ i, text: 'alert ' + i, list: [i] })
    if (kept.length > 60_000) kept = kept.slice(30_000)
  }
  const { space_size } = v8.getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')
  console.log(space_size / 1024 / 1024)`

/** Logs in small: pieces that live for a moment. Prints how often V8 cleared up old objects meanwhile. */
const logs = `async () => {
  const { PerformanceObserver, constants } = require('node:perf_hooks')
  let majors = 0
  new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) majors += 1
  }).observe({ entryTypes: ['gc'] })
  globalThis.live = Array.from({ length: 300_000 }, (_, i) => ({ i }))
  let pieces = []
  for (let i = 0; i < 20_000; i += 1) {
    pieces.push(Array.from({ length: 1_000 }, () => i))
    if (pieces.length > 300) pieces = []
  }
  await new Promise((resolve) => setTimeout(resolve, 50))
  console.log(majors)
}`

describe('the memory of a process that waits most of its life', () => {
  it('for what is young stays small once V8 is told so while it runs, and would not without', async () => {
    const [small, usual] = [await printed(`keepSmall(); ${storm}`), await printed(storm)]
    assert.ok(small * 2 <= usual, `${small} MiB against ${usual}`)
  })

  it('is cleared up less often while much goes through', async () => {
    const [small, roomy] = await Promise.all([
      printed(`keepSmall(); await (${logs})()`),
      printed(`keepSmall(); await withRoom(${logs})`),
    ])
    assert.ok(roomy * 2 <= small, `${roomy} times against ${small}`)
  })

  it('goes back to the system where only starting needed it', async () => {
    const { giveBack } = await import('../../edge/memory.ts')
    let started: object[] | undefined = Array.from({ length: 500_000 }, (_, i) => ({ i }))
    assert.equal(started.length, 500_000)
    const before = process.memoryUsage().heapTotal
    started = undefined
    giveBack()
    assert.ok(process.memoryUsage().heapTotal < before - 10_000_000)
  })
})
