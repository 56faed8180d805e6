import { sayInstant } from '../../../../edge/instant/said.ts'
import { ownZone } from '../../../../edge/local-time.ts'
import { type Target, targetOf } from '../../../../edge/restore-target.ts'
import { patiently } from '../patience.ts'
import type { Session } from '../session.ts'
import { type Options, textOf } from '../verb.ts'
import { usableZone } from '../zone.ts'
import { printLook } from './read.ts'

/** Reads what one can return to: the window, backups, timelines, and the commits around a time. No incident is needed. */
export async function restorePoints(session: Session, options: Options): Promise<undefined> {
  const typed = textOf(options.near)
  // Whose team it is turns out with the runbook; the zone that was typed says what is meant.
  const near = typed === undefined ? undefined : targetOf(typed, ownZone())
  const incidents = await session.incidents()
  const look = await patiently(
    session,
    incidents.read({
      kind: 'postgres.restore-points',
      runbook: textOf(options.runbook),
      service: textOf(options.service),
      step: textOf(options.step),
      with: near === undefined ? {} : { near: new Date(near.ms).toISOString() },
    }),
  )
  if (near !== undefined) sayNear(session, near, usableZone(session, look.timezone))
  await printLook(session, look)
}

function sayNear(session: Session, { ms, zone }: Target, team: string): void {
  const near = sayInstant(ms, zone, team)
  session.say({ en: `Near ${near}`, ja: `${near} の前後` })
}
