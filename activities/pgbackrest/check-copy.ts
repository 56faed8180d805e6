/** The runbook's checks, as the role of the live connection: on the copy over the loopback, and on the live database after a cut-over. */
import type { CheckResult, DataCheck } from '../../domain/restore/checks.ts'
import type { StepContext } from '../../domain/steps/contract.ts'
import { said } from '../../domain/words.ts'
import { carriedBy } from '../../wire/carried.ts'
import type { Connections } from '../connections-file.ts'
import { postgresAt } from '../postgres/client.ts'
import { runChecks } from '../postgres/data-checks.ts'
import { pulse } from '../pulse.ts'
import { reasonIn } from '../refusal.ts'
import type { Place } from './place.ts'

/** Hours are for the copy; what takes longer is no check. */
const within = { eachMs: 600_000, allMs: 3_600_000 }
const limits = { connectMs: 5_000, readMs: within.allMs + 60_000, changeMs: 15_000 }

type Checked = { readonly backups: string; readonly checks: readonly DataCheck[] }

/** Without `wasAsked` nobody reached the server, and the results say why: of the checks themselves that tells nothing. */
export type Answer = { readonly results: readonly CheckResult[]; readonly wasAsked: boolean }

/** `at`: epoch ms, the moment that freshness is measured against. */
export async function checkCopy(
  place: Place,
  wanted: Checked,
  atMs: number,
  context: StepContext,
): Promise<readonly CheckResult[]> {
  return (await askCopy(place, wanted, atMs, context)).results
}

/** The same, for who would rather ask again. */
export function askCopy(
  place: Place,
  { backups, checks }: Checked,
  atMs: number,
  context: StepContext,
): Promise<Answer> {
  const { station, settings } = place.of(backups, context)
  const live = place.connections.postgres(settings.primary)
  const { pod: _, reserved: __, caFile: ___, ...login } = live
  return station.reach(settings.copyPort, (address) => {
    const copy = { ...login, ...address, tls: 'off' as const }
    return checked({ ...place.connections, postgres: () => copy }, settings.primary, checks, atMs, context)
  })
}

export async function checkLive(
  place: Place,
  { backups, checks }: Checked,
  context: StepContext,
): Promise<readonly CheckResult[]> {
  const { settings } = place.of(backups, context)
  return (await checked(place.connections, settings.primary, checks, Date.now(), context)).results
}

async function checked(
  connections: Connections,
  connection: string,
  checks: readonly DataCheck[],
  atMs: number,
  context: StepContext,
): Promise<Answer> {
  if (checks.length === 0) return { results: [], wasAsked: true }
  try {
    const results = await postgresAt(connections, limits).read({
      connection,
      context,
      ask: (session) => runChecks(session, checks, atMs, within),
    })
    return { results, wasAsked: true }
  } catch (error) {
    pulse().signal.throwIfAborted()
    const why = carriedBy(error)
    if (why === undefined) throw error
    const reason = said(reasonIn(why))
    return {
      results: checks.map(({ name }) => ({ name, status: 'not-run', says: reason })),
      wasAsked: false,
    }
  }
}
