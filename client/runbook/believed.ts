import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { whyWritable } from '../../edge/loose-folder.ts'
import { refused } from '../../edge/refused.ts'
import type { Environment } from './environment.ts'
import { readRunbook } from './read-runbook.ts'

/** Every runbook of a folder that has no mistake; one with mistakes is nothing to go by. Refuses (`bad-input`) what others may write. */
export async function believedRunbooks(folder: string, env: Environment): Promise<readonly Runbook[]> {
  const files = (await readdir(folder)).filter((file) => /\.ya?ml$/.test(file))
  for (const path of [folder, ...files.map((file) => join(folder, file))]) {
    const problem = await whyWritable(path)
    if (problem !== undefined) throw refused('bad-input', { where: path, problem })
  }
  const read = await Promise.all(files.map((file) => readRunbook(join(folder, file), env)))
  return read.flatMap((each) => ('book' in each ? [each.book] : []))
}
