import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { explain, type FailureName } from '../../../../domain/failures.ts'
import { refused } from '../../../../edge/refused.ts'
import { reasonInWords } from '../../../../edge/system-reason.ts'
import { failureIn } from '../../../failure-in.ts'
import { type DirectIncidents, openIncidents } from '../../../incidents/incidents.ts'
import { explainLocated, readRunbook } from '../../../runbook/read-runbook.ts'
import { openSigners, readSignatures } from '../../../runbook/signatures.ts'
import { notFoundYet, waitsForAnother } from '../../../words/runbook.ts'
import type { Session } from '../session.ts'

/** The runbooks in a folder by their file names. Errors: bad-input for a folder that cannot be read. */
export async function runbookFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw refused('bad-input', { where: '--runbooks', problem: reasonInWords(cause) }, { cause })
  })
  return names.filter((file) => /\.ya?ml$/.test(file)).toSorted()
}

/**
 * Publishes every runbook of a folder. One with mistakes, one that its desk does not take and one that was withdrawn is named and left out:
 * the others, and the worker, go on.
 */
export async function publishFolder(session: Session, folder: string): Promise<void> {
  const { env } = session.around
  const incidents = openIncidents(await session.temporal(), { archive: env.HIKESHI_ARCHIVE })
  for (const file of await runbookFiles(folder))
    for (const line of await published(session, incidents, { folder, file })) session.say(line)
}

/** Its desk does not take it, or it or what lies beside it cannot be read: no reason not to start. */
const leftOut: readonly FailureName[] = [
  'runbook-older',
  'runbook-unsigned',
  'signature-unknown',
  'runbook-withdrawn',
  'bad-input',
  'not-a-file',
]

/** Publishes one, and gives what is to be said of it. */
async function published(
  { by, lang, around: { env } }: Session,
  incidents: DirectIncidents,
  { folder, file }: { readonly folder: string; readonly file: string },
): Promise<readonly string[]> {
  const path = join(folder, file)
  try {
    const read = await readRunbook(path, env).catch((cause: unknown) => {
      throw refused('not-a-file', { file: path, reason: reasonInWords(cause) }, { cause })
    })
    if ('problems' in read) return read.problems.map((problem) => explainLocated(problem, lang))
    const { book } = read
    // What somebody has withdrawn comes back by hand, and not with the next worker that starts.
    const desk = await incidents.desk(book.runbook).catch(noDesk)
    const { by: who, at, reason } = desk?.state.withdrawn ?? {}
    if (who !== undefined)
      throw refused('runbook-withdrawn', {
        runbook: book.runbook,
        by: who.id,
        at: at ?? '',
        reason: reason ?? '',
      })
    const signatures = await readSignatures(path)
    const signers = await openSigners(env)
    const taken = await incidents.publish({ book, by, signatures, signers, lab: env.HIKESHI_LAB === '1' })
    const { runbook, version, found, waits, signedBy } = taken
    const stands = `${file}: ${waits ? waitsForAnother(signedBy)[lang] : `${runbook} v${version}`}`
    return found ? [stands] : [stands, notFoundYet[lang]]
  } catch (error) {
    const why = failureIn(error)
    if (why === undefined || !leftOut.includes(why.name)) throw error
    return [`${file}: ${why.code} ${explain(why, lang).what}`]
  }
}

function noDesk(error: unknown): undefined {
  if (failureIn(error)?.name !== 'no-runbook') throw error
}
