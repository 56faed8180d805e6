/** A file that is written whole or not at all, and never over another one. */
import { createHash, randomUUID } from 'node:crypto'
import { link, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { flushFolder } from '../../edge/folder.ts'
import { readPlain } from '../../edge/plain-file.ts'
import { Refused } from '../../edge/refused.ts'

export type KeepOrder = {
  readonly folder: string
  /** `run-0001`. */
  readonly stem: string
  readonly what: 'history' | 'events' | 'figures'
  readonly runId: string
  readonly attempt: number
  readonly content: string
}

/**
 * Under its usual name; where something else lies there under its run id as well, and with its hash where even that is taken. Returns the
 * name that holds the content now.
 */
export async function keepFile(
  order: KeepOrder,
): Promise<{ readonly file: string; readonly sha256: string }> {
  const { folder, stem, what, runId, attempt, content } = order
  const sha256 = sha256Of(content)
  // Its own, whoever else writes: two calls may have the same number, in two runs of a desk or two namespaces on one archive.
  const unfinished = join(folder, `${stem}.${what}.json.${attempt}-${randomUUID()}.tmp`)
  try {
    await writeFile(unfinished, content, { mode: 0o600, flush: true, flag: 'wx' })
    for (const name of [stem, `${stem}.${runId}`, `${stem}.${runId}.${sha256.slice(0, 16)}`]) {
      const file = `${name}.${what}.json`
      if (await isTaken(unfinished, join(folder, file), sha256)) continue
      await flushFolder(folder)
      return { file, sha256 }
    }
    throw new Error(`every name of ${stem} is taken`)
  } finally {
    await rm(unfinished, { force: true })
  }
}

/** Gives the file its name; true where other content has it. */
async function isTaken(unfinished: string, file: string, sha256: string): Promise<boolean> {
  try {
    await link(unfinished, file)
    return false
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return readPlain(file).then(
      (content) => sha256Of(content) !== sha256,
      (unread: unknown) => {
        // A pipe or a device: what is to be kept has no place there.
        if (unread instanceof Refused) return true
        throw unread
      },
    )
  }
}

/** What a worker left behind that was killed while it wrote. */
export async function removeUnfinished(folder: string, stem: string, attempt: number): Promise<void> {
  for (const file of await readdir(folder)) {
    const [, of, number] =
      /^(run-\d+)\.(?:history|events|figures)\.json\.(\d+)-[0-9a-f-]+\.tmp$/.exec(file) ?? []
    if (of === stem && Number(number) < attempt) await rm(join(folder, file), { force: true })
  }
}

function sha256Of(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
