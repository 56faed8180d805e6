import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { reasonOf } from '../connect.ts'
import { openIncidents } from '../incidents.ts'
import { refused } from '../refused.ts'
import { explainLocated, readRunbook } from '../runbook/read-runbook.ts'
import type { Session } from './session.ts'
import { notFoundYet } from './verbs/runbook.ts'

/** Publishes every runbook of a folder. One with mistakes is named and left out: the others, and the worker, go on. */
export async function publishFolder(session: Session, folder: string): Promise<void> {
  const { env } = session.around
  const incidents = openIncidents(await session.temporal(), { archive: env.HIKESHI_ARCHIVE })
  const names = await readdir(folder).catch((cause: unknown) => {
    throw refused('bad-input', { where: '--runbooks', problem: reasonOf(cause) }, { cause })
  })
  const files = names.filter((file) => /\.ya?ml$/.test(file)).toSorted()
  for (const file of files) {
    const read = await readRunbook(join(folder, file), env)
    if ('problems' in read) {
      for (const problem of read.problems) session.say(explainLocated(problem, session.lang))
      continue
    }
    const { runbook, version, found } = await incidents.publish({
      book: read.book,
      by: session.by,
      lab: env.HIKESHI_LAB === '1',
    })
    session.say(`${file}: ${runbook} v${version}`)
    if (!found) session.say(notFoundYet[session.lang])
  }
}
