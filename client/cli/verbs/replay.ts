import { stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { asOf } from '../../../domain/incident/as-of.ts'
import type { Opening } from '../../../domain/incident/declare.ts'
import type { IncidentEvent } from '../../../domain/incident/events.ts'
import { refused } from '../../refused.ts'
import { exactMoment } from '../moment.ts'
import type { Session } from '../session.ts'
import { oneLine, wrap } from '../terminal.ts'
import { shownText } from './show.ts'

/**
 * Re-executes an incident, from Temporal and archive, or from a folder alone; exit 1 when anything differs. With `--at` it also shows
 * what the incident was at that time.
 */
export async function replayVerb(
  session: Session,
  what: string,
  options: { readonly at?: string },
): Promise<number> {
  const atMs = options.at === undefined ? undefined : exactMoment(options.at, '--at')
  const { incident, histories } = await evidence(session, what)
  if (histories.length === 0) throw refused('unknown-incident', { incident: what.slice(0, 60) })
  const [{ replay }, { reexecute }] = await Promise.all([
    import('../../replay/replay.ts'),
    import('../../../workers/reexecute.ts'),
  ])
  const { timeline, opening, ...verdict } = await replay(incident, histories, (runs, id) =>
    reexecute(runs, id),
  )
  const { identical, events, receipts, sha256, unsealed, difference } = verdict
  const ja = session.lang === 'ja'
  const past =
    atMs === undefined || opening === undefined
      ? undefined
      : pastOf(opening, timeline as readonly IncidentEvent[], atMs)
  if (atMs !== undefined && past === undefined)
    session.say(
      ja
        ? '最初の実行の履歴がないため、--at の時点は再現できません。'
        : 'The history of its first run is not here, so what it was then cannot be told.',
    )
  await session.print({
    data: {
      incident,
      ...verdict,
      ...(past === undefined ? {} : { at: new Date(atMs ?? 0).toISOString(), ...past }),
    },
    text: (screen) => {
      const { paint, width } = screen
      return [
        ...(past === undefined
          ? []
          : [shownText({ source: 'worker', earlierRuns: [], ...past }, session.lang, screen, true), '']),
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
      ].join('\n')
    },
  })
  return identical ? 0 : 1
}

/** State and head after the last event up to a time. */
function pastOf(opening: Opening, timeline: readonly IncidentEvent[], atMs: number) {
  const events = timeline.filter((event) => Date.parse(event.at) <= atMs)
  const last = events.at(-1)
  if (last === undefined)
    throw refused('bad-input', {
      where: '--at',
      problem: `nothing had happened yet; the incident begins at ${timeline[0]?.at}`,
    })
  return { state: asOf(opening, events), head: { seq: last.seq, hash: last.hash } }
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
