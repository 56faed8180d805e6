import { stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { refused } from '../../refused.ts'
import type { Session } from '../session.ts'
import { oneLine, wrap } from '../terminal.ts'

/** Re-executes an incident, from Temporal and archive, or from a folder alone; exit 1 when anything differs. */
export async function replayVerb(session: Session, what: string): Promise<number> {
  const { incident, histories } = await evidence(session, what)
  if (histories.length === 0) throw refused('unknown-incident', { incident: what.slice(0, 60) })
  const [{ replay }, { reexecute }] = await Promise.all([
    import('../../replay/replay.ts'),
    import('../../../workers/reexecute.ts'),
  ])
  const { timeline: _, ...verdict } = await replay(incident, histories, (history, id) =>
    reexecute(history, id),
  )
  const { identical, events, receipts, sha256, unsealed, difference } = verdict
  const ja = session.lang === 'ja'
  await session.print({
    data: { incident, ...verdict },
    text: ({ paint, width }) =>
      [
        identical
          ? paint('green', ja ? `${incident}: 一致` : `${incident}: identical`)
          : paint('red', ja ? `${incident}: 不一致` : `${incident}: NOT identical`),
        ja
          ? `イベント ${events}、受領記録 ${receipts}、封印前 ${unsealed}`
          : `events ${events}, receipts ${receipts}, not yet sealed ${unsealed}`,
        `sha256 ${sha256}`,
        ...(difference === undefined
          ? []
          : wrap(oneLine(`run ${difference.run}, ${difference.at}: ${difference.says}`), width)),
      ].join('\n'),
  })
  return identical ? 0 : 1
}

async function evidence(
  session: Session,
  what: string,
): Promise<{ readonly incident: string; readonly histories: readonly unknown[] }> {
  const { archivedHistories, historiesOf } = await import('../../replay/histories.ts')
  const isFolder = await stat(what).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (isFolder) {
    const folder = resolve(what)
    return {
      incident: basename(folder),
      histories: await archivedHistories(basename(folder), dirname(folder)),
    }
  }
  const { checkIncident } = await import('../../commands.ts')
  checkIncident(what)
  const { client } = await session.temporal()
  return { incident: what, histories: await historiesOf(what, client, session.around.env.HIKESHI_ARCHIVE) }
}
