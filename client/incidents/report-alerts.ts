import type { z } from 'zod'
import type { AlertSeen } from '../../domain/alert/group.ts'
import { isUnknownPlace, type Pointed, serviceOf } from '../../domain/alert/place.ts'
import type { AlertedTrouble } from '../../domain/desk/commands.ts'
import { commandVersion } from '../../domain/incident/commands.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import type { Actor } from '../../domain/words.ts'
import { refused } from '../../edge/refused.ts'
import type { CommandReceipt, DeclareReceipt } from '../../wire/messages.ts'
import type { Temporal } from '../temporal/connect.ts'
import { isGone } from '../temporal/errors.ts'
import { deskView } from './desks.ts'
import { type Desk, desksKnown, findDesks } from './directory.ts'
import { post } from './post.ts'

/** What a monitoring system says of one trouble. */
export type HeardAlerts = {
  readonly group: string
  /** The runbook that the alerts name. */
  readonly runbook?: string
  readonly trouble: AlertedTrouble
  readonly alerts: readonly AlertSeen[]
  readonly hidden: number
  /** The only runbooks that its sender may speak to; any without it. */
  readonly within?: readonly string[]
}

/** What a message says: one trouble for each place, the worst first; and the alerts of it that are no trouble. */
export type HeardMessage = { readonly heard: readonly HeardAlerts[]; readonly ignored: readonly string[] }

/** How the messages of a monitoring system are read: where it posts them, their shape, and what they say. */
export type AlertReader = {
  readonly path: string
  readonly body: z.ZodType
  readonly querystring: z.ZodType
  /** Both as their schemas gave them; `sender` is the machine that its token names. */
  readonly hear: (message: unknown, query: unknown, sender: string | undefined) => HeardMessage
}

/** The incident is missing where nothing fires and none knows of it. */
export type AlertsReceipt = CommandReceipt & Partial<Omit<DeclareReceipt, 'receipt'>>

/**
 * Hands a message about alerts to the desk that they name, else to the one whose runbook knows their place, else to the first one: no
 * alert is without a desk.
 */
export async function reportAlerts(
  temporal: Temporal,
  heard: HeardAlerts,
  by: Actor,
): Promise<AlertsReceipt> {
  const { runbook, group, trouble, alerts, hidden } = heard
  const item = { type: 'alerts', v: commandVersion, by, group, trouble, alerts, hidden }
  if (runbook !== undefined) {
    try {
      return await post(temporal, runbook, item)
    } catch (error) {
      // A runbook that nobody published is a mistake in a label, and no reason to lose an alert.
      if (!isGone(error)) throw error
    }
  }
  const desk = await deskFor(temporal, heard)
  if (desk === undefined) throw refused('no-runbook')
  try {
    return await post(temporal, desk, item)
  } catch (error) {
    if (isGone(error)) throw refused('no-runbook', {}, { cause: error })
    throw error
  }
}

async function deskFor(temporal: Temporal, { trouble, within }: HeardAlerts): Promise<string | undefined> {
  const words = [trouble.service, trouble.place?.service, ...(trouble.place?.workloads ?? [])]
  const ours = (desks: readonly Desk[]) => desks.filter(({ desk }) => within?.includes(desk) !== false)
  const caring = (desks: readonly Desk[]) =>
    desks.find(({ services }) => words.some((word) => word !== undefined && services.includes(word)))
  const found = caring(ours(await desksKnown(temporal)))
  if (found !== undefined) return found.desk
  // It may be of a runbook that was published a moment ago.
  const running = ours(await findDesks(temporal))
  // One without services was withdrawn, or published a moment ago: it is asked only where there is no other.
  const serving = running.filter(({ services }) => services.length > 0)
  const anew = serving.length > 0 ? serving : running
  return caring(anew)?.desk ?? (await byNames(temporal, anew, trouble)) ?? anew[0]?.desk
}

type Names = Pick<Runbook, 'services' | 'cluster' | 'namespace'>

/** What runbooks call things, asked of their desks so seldom that a storm does not notice. */
const books = new WeakMap<
  Temporal['connection'],
  Map<string, { readonly atMs: number; readonly book: Promise<Names | undefined> }>
>()
const namesKeptMs = 30_000

/** Of several desks the one whose runbook knows what the labels name, else the one of that namespace. */
async function byNames(
  temporal: Temporal,
  desks: readonly Desk[],
  pointed: Pointed,
): Promise<string | undefined> {
  if (desks.length < 2) return undefined
  const known = await Promise.all(
    desks.map(async ({ desk }) => ({ desk, book: await namesOf(temporal, desk) })),
  )
  const led = known.find(({ book }) => book !== undefined && !isUnknownPlace(serviceOf(book, pointed)))
  const near = known.find(({ book }) => book !== undefined && book.namespace === pointed.place?.namespace)
  return (led ?? near)?.desk
}

function namesOf(temporal: Temporal, desk: string): Promise<Names | undefined> {
  const kept = books.get(temporal.connection) ?? new Map()
  books.set(temporal.connection, kept)
  const before = kept.get(desk)
  if (before !== undefined && performance.now() - before.atMs < namesKeptMs) return before.book
  const book = deskView(temporal, desk).then(
    ({ state }) => state.runbook?.book,
    () => undefined,
  )
  kept.set(desk, { atMs: performance.now(), book })
  return book
}
