import type { IncidentView } from '../../../../wire/messages.ts'
import { nothingListed } from '../../../words/listed.ts'
import { momentsAt } from '../../../words/moments.ts'
import { patiently } from '../patience.ts'
import type { Session } from '../session.ts'
import { picture } from '../situation-text.ts'
import { type Options, textOf } from '../verb.ts'

/** Takes a fresh picture of one incident, or of every open one; all at the same time. */
export async function situation(
  session: Session,
  incident: string | undefined,
  options: Options,
): Promise<undefined> {
  const incidents = await session.incidents()
  const wanted =
    incident === undefined
      ? (await incidents.list({ service: textOf(options.service) }))
          .filter((listed) => listed.phase !== 'resolved')
          .map((listed) => listed.incident)
      : [incident]
  const views: readonly IncidentView[] = await patiently(
    session,
    Promise.all(wanted.map((each) => incidents.situation(each, session.by))),
  )
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
            ...picture(state, session.lang, screen, momentsAt(state.runbook.book.timezone, Date.now())),
          ].join('\n'),
        )
        .join('\n\n') || nothingListed(false)[session.lang],
  })
}
