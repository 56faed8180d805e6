import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDir, labDir } from '../../lab/folders.ts'
import { type Lab, labDown, labUp } from '../../lab/index.ts'
import { identify } from '../../lab/process.ts'

/** Names of this run's labs begin with the number of its process, so that runs side by side never share one. */
export function testLabName(suffix?: string): string {
  return suffix ? `test-${process.pid}-${suffix}` : `test-${process.pid}`
}

let shared: Promise<Lab> | undefined

/** The one lab of this test run, brought up by whoever asks first. Heal it before relying on its state. */
export function sharedLab(): Promise<Lab> {
  shared ??= labUp({ name: testLabName() })
  return shared
}

const closers: (() => Promise<void>)[] = []

/** What holds connections to a lab registers its end here: it is closed before the labs go down. */
export function beforeTakeDown(close: () => Promise<void>): void {
  closers.push(close)
}

/** Takes down every lab of this run, and those of earlier runs whose process is gone; when it returns there is none. */
export async function takeDownTestLabs(): Promise<void> {
  await Promise.allSettled(closers.splice(0).map((close) => close()))
  // After a signal tests still run while labs go down, and may bring up the next one.
  for (let names = testLabs(); names.length > 0; names = testLabs()) {
    await Promise.all(
      names.map(async (name) => {
        await labDown(name)
        rmSync(labDir(name), { recursive: true, force: true })
      }),
    )
  }
}

function testLabs(): readonly string[] {
  const labs = join(cacheDir(), 'labs')
  return (existsSync(labs) ? readdirSync(labs) : []).filter((name) => {
    const pid = Number(/^test-(\d+)/.exec(name)?.[1])
    return pid === process.pid || (pid > 0 && !identify(pid))
  })
}
