/** One attempt of a change in a process of its own, killed (SIGKILL) at the first sign of life for which `isTime` holds. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Attempt } from './hand-process.ts'

export type IsTime = (beat: { readonly at?: string }) => boolean | Promise<boolean>

/** True when it was killed; without such a sign it ends by itself. */
export async function killedAttempt(
  attempt: Attempt,
  isTime: IsTime,
  env: NodeJS.ProcessEnv = process.env,
): Promise<boolean> {
  const file = join(tmpdir(), `hikeshi-attempt-${process.pid}-${attempt.kind}.json`)
  writeFileSync(file, JSON.stringify(attempt))
  const script = fileURLToPath(new URL('./hand-process.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, file], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit')
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  let killed = false
  for await (const line of createInterface(child.stdout)) {
    if (killed || !(await isTime(JSON.parse(line)))) continue
    killed = true
    child.kill('SIGKILL')
  }
  const [status] = await ended
  rmSync(file)
  if (!killed && status !== 0) throw new Error(`the attempt failed: ${said}`)
  return killed
}
