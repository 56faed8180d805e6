import type { IncidentView } from '../../../workflows/messages.ts'
import { patiently } from '../patience.ts'
import type { Options } from '../program.ts'
import type { Session } from '../session.ts'
import { picture } from '../situation-text.ts'

/** Takes a fresh picture of one incident, or of every open one; all at the same time. */
export async function situation(
  session: Session,
  incident: string | undefined,
  options: Options,
): Promise<undefined> {
  const door = await session.door()
  const { service } = options
  const wanted =
    incident === undefined
      ? (await door.list(typeof service === 'string' ? { service } : {}))
          .filter((listed) => listed.phase !== 'resolved')
          .map((listed) => listed.incident)
      : [incident]
  const views: readonly IncidentView[] = await patiently(
    session,
    Promise.all(wanted.map((each) => door.situation(each, session.by))),
  )
  const none = session.lang === 'ja' ? '対応中のインシデントはありません。' : 'No open incidents.'
  await session.print({
    data: views.map(({ state }) => ({
      incident: state.id,
      ...state.situation.taken,
      findings: state.findings,
    })),
    text: (screen) =>
      views
        .map(({ state }) =>
          [
            screen.paint('bold', state.id),
            ...picture(state, session.lang, screen, state.runbook.book.timezone),
          ].join('\n'),
        )
        .join('\n\n') || none,
  })
}
