/** How much memory a process holds that waits most of its life. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const roomPercent = 60
let isSmall = false
let needRoom = 0

/**
 * V8 lets its heap grow less before it clears up. By itself it lets young objects grow to 128 MB in a storm, and keeps that afterwards; 4 MB will
 * do. Called before anything is loaded.
 */
export function keepSmall(): void {
  isSmall = true
  setFlagsFromString('--optimize-for-size')
  // Small buffers share one of this size, and as long as one of them is held the whole of it is: Temporal's SDK holds the last answer of each
  // workflow. 64 KB by itself.
  Buffer.poolSize = 8_192
}

/**
 * While megabytes go through, old objects may grow by so much before V8 clears up, instead of by what is least: that would take a third of the
 * time. Where nobody keeps the heap small this does nothing.
 */
export async function withRoom<T>(work: () => Promise<T>): Promise<T> {
  if (!isSmall) return work()
  needRoom += 1
  setFlagsFromString(`--heap-growing-percent=${roomPercent}`)
  try {
    return await work()
  } finally {
    needRoom -= 1
    // V8's own choice.
    if (needRoom === 0) setFlagsFromString('--heap-growing-percent=0')
  }
}

/** What only starting needed goes back to the system, once: V8 would wait for a pressure that never comes. Takes a tenth of a second. */
export function giveBack(): void {
  setFlagsFromString('--expose-gc')
  const collect: typeof globalThis.gc = runInNewContext('gc')
  collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
