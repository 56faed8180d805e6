import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Evidence } from './judge/evidence.ts'
import type { Fault } from './judge/fault.ts'

/** The histories of whatever a fault names, and the faults beside them. */
export async function keep(
  folder: string,
  seed: number,
  evidence: readonly Evidence[],
  faults: readonly Fault[],
): Promise<void> {
  const faulty = evidence.filter(({ workflow }) => faults.some((fault) => fault.of.includes(workflow)))
  if (faults.length === 0) return
  const own = join(folder, `seed-${seed}`)
  await mkdir(own, { recursive: true })
  await writeFile(join(own, 'faults.json'), `${JSON.stringify(faults, null, 2)}\n`)
  for (const { workflow, histories } of faulty) {
    for (const [i, history] of histories.entries())
      await writeFile(
        join(own, `${workflow.replace('/', '-')}.run-${i + 1}.history.json`),
        JSON.stringify(history),
      )
  }
}
