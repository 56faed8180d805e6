import { timelinesOf } from '../../domain/restore/path.ts'
import { type Facts, gapsOf, headsOf, windowsOf } from '../../domain/restore/window.ts'
import type { ReadHand, Reading, StepContext } from '../../domain/steps/contract.ts'
import { serverName } from '../../domain/steps/subject.ts'
import type { Text } from '../../domain/words.ts'
import { carriedBy } from '../../wire/carried.ts'
import type { PgbackrestSettings } from '../connections-file.ts'
import type { Postgres } from '../postgres/client.ts'
import { pulse, withDeadline } from '../pulse.ts'
import { isRefusal, reasonIn } from '../refusal.ts'
import { type Near, readNear } from './commits-near.ts'
import { withFact } from './facts.ts'
import type { At, Place } from './place.ts'
import { type Primary, readPrimary } from './primary.ts'
import { runAt } from './program.ts'
import { readRepository, type Stored } from './repository.ts'
import { findingsOf, noBackups } from './restore-findings.ts'
import { factsOf, textOf } from './restore-words.ts'
import type { Params, Seen } from './seen.ts'
import { readUnarchived, type Unarchived } from './unarchived.ts'
import type { Log } from './waldump.ts'

/** The call may take a minute; our own sentence has to arrive. */
const withinMs = 50_000
/** Ends of windows that are looked up in the log, each a segment or two. */
const mostEnds = 8

/** The times that one can return to, and how much is not safe yet. A primary that is gone hides only its own part. */
export function restorePointsHand({ of, postgres }: Pick<Place, 'of' | 'postgres'>): ReadHand<Params> {
  return (params, context) => {
    const at = of(params.backups, context)
    const where = `pgbackrest --stanza=${at.settings.stanza} info`
    return withDeadline(withinMs, where, () => readRestorePoints(postgres, at, params, context))
  }
}

async function readRestorePoints(
  postgres: Postgres,
  { station, settings }: At,
  params: Params,
  context: StepContext,
): Promise<Reading> {
  const subject = serverName('postgres', settings.primary)
  const run = runAt(station)
  const asked = primaryOrWhy(postgres, settings, context)
  let stored: Stored
  try {
    stored = await readRepository(run, params.backups, settings)
  } catch (error) {
    await asked
    if (!isRefusal(error, 'stanza-missing')) throw error
    return noBackups(subject, error)
  }
  const { repository } = stored
  const { primary, silent } = ofCluster(settings, repository.systemIdentifier, await asked)
  const log = { run, settings, segmentBytes: repository.segmentBytes }
  const unarchived = primary && (await readUnarchived(log, repository, primary))
  const nowMs = primary?.nowMs ?? Date.now()
  const facts = await withEnds(log, stored, {
    nowMs,
    ...(primary === undefined ? {} : { live: primary.timeline }),
    lastCommits: {},
    forks: {},
  })
  const heads = headsOf(repository, facts.live)
  const seen: Seen = {
    backups: params.backups,
    settings,
    subject,
    nowMs,
    stored,
    facts,
    windows: heads.flatMap((id) => windowsOf(repository, facts, id)),
    gaps: heads.flatMap((id) => gapsOf(repository, id)),
    primary,
    silent,
    unarchived,
    near: await nearTo(log, stored, facts, params, unarchived),
  }
  const isPartial = primary === undefined || unarchived?.ended === undefined || seen.near?.complete === false
  return {
    facts: factsOf(seen),
    findings: findingsOf(seen, params),
    text: textOf(seen),
    ...(isPartial ? { partial: true } : {}),
  }
}

type PrimaryOrWhy = { readonly primary: Primary | undefined; readonly silent: Text | undefined }

/** A server of another cluster says nothing of this repository, however well it answers. */
function ofCluster(
  { primary: connection, stanza }: PgbackrestSettings,
  system: string,
  asked: PrimaryOrWhy,
): PrimaryOrWhy {
  if (asked.primary === undefined || asked.primary.system === system) return asked
  const silent = {
    en: `${connection} is not the cluster of stanza ${stanza}`,
    ja: `${connection} はスタンザ ${stanza} のクラスターではありません`,
  }
  return { primary: undefined, silent }
}

async function primaryOrWhy(
  postgres: Postgres,
  { primary: connection }: PgbackrestSettings,
  context: StepContext,
): Promise<PrimaryOrWhy> {
  try {
    const primary = await readPrimary(postgres, connection, context)
    const standby = { en: `${connection} is a standby`, ja: `${connection} はスタンバイです` }
    return { primary, silent: primary === undefined ? standby : undefined }
  } catch (error) {
    pulse().signal.throwIfAborted()
    const failure = carriedBy(error)
    if (failure === undefined) throw error
    const why = reasonIn(failure)
    const { en, ja } = typeof why === 'string' ? { en: why, ja: why } : why
    return {
      primary: undefined,
      silent: { en: `Cannot reach ${connection}: ${en}`, ja: `${connection} に接続できません: ${ja}` },
    }
  }
}

/** With the last commit of each window that does not end by now, and of the newest archived log. */
async function withEnds(log: Log, { repository }: Stored, facts: Facts): Promise<Facts> {
  const ends = headsOf(repository, facts.live)
    .flatMap((id) => windowsOf(repository, facts, id))
    .flatMap(({ lastSegment }) => lastSegment ?? [])
  let known = facts
  for (const segment of [...new Set(ends)].slice(-mostEnds))
    known = await withFact(log, repository, known, { kind: 'last-commit', segment })
  return known
}

async function nearTo(
  log: Log,
  stored: Stored,
  { live }: Facts,
  { near, around }: Params,
  unarchived: Unarchived | undefined,
): Promise<Near | undefined> {
  const head = live ?? timelinesOf(stored.repository).at(-1)
  if (near === undefined || head === undefined) return undefined
  const asked = { nearMs: near, aroundMs: around }
  return readNear(log, stored, head, asked, unarchived?.ended ?? [])
}
