/** A repository and its primary, side by side: what can be restored now, and what is not safe yet. */
import type { z } from 'zod'
import { present } from '../../../domain/present.ts'
import {
  abandonedIn,
  type Facts,
  type Gap,
  gapsOf,
  headsOf,
  type Window,
  windowsOf,
} from '../../../domain/restore/window.ts'
import type { StepContext } from '../../../domain/steps/contract.ts'
import type { restoreSteps } from '../../../domain/steps/restore.ts'
import { serverName } from '../../../domain/steps/subject.ts'
import type { Text } from '../../../domain/words.ts'
import { carriedBy } from '../../../wire/carried.ts'
import type { PgbackrestSettings } from '../../connections-file.ts'
import type { Postgres } from '../../postgres/client.ts'
import { pulse } from '../../pulse.ts'
import { reasonIn } from '../../refusal.ts'
import type { At } from '../place.ts'
import type { Near } from '../repository/commits-near.ts'
import { type Primary, readPrimary } from '../repository/primary.ts'
import { runAt } from '../repository/program.ts'
import { readRepository, type Stored } from '../repository/repository.ts'
import { readUnarchived, type Unarchived } from '../repository/unarchived.ts'
import type { Log } from '../repository/waldump.ts'

export type Params = z.infer<(typeof restoreSteps)['postgres.restore-points']['params']>
/** From when on the newest backup is old, and the archive behind. */
export type Limits = Pick<Params, 'maxAge' | 'behindOver'>

type PrimaryOrWhy = {
  readonly primary: Primary | undefined
  /** Why nothing is known of the primary. */
  readonly silent: Text | undefined
}

export type Now = PrimaryOrWhy & {
  readonly log: Log
  /** By the primary's clock, where it answers. */
  readonly nowMs: number
  readonly stored: Stored
  readonly unarchived: Unarchived | undefined
}

/** All that is told of one stanza; what is undefined nobody knows. */
export type Seen = Omit<Now, 'log'> & {
  readonly backups: string
  readonly settings: PgbackrestSettings
  readonly subject: string
  /** The team's. */
  readonly zone: string
  readonly facts: Facts
  /** Of the timelines that no other one leads on from. */
  readonly windows: readonly Window[]
  /** Of those that were left while more was written to them. */
  readonly abandoned: readonly Window[]
  readonly gaps: readonly Gap[]
  readonly near: Near | undefined
}

/** Of what is not archived at most so many bytes are read. Errors: those of `readRepository`; a primary that is gone hides only its own part. */
export async function readNow(
  postgres: Postgres,
  { station, settings }: At,
  backups: string,
  context: StepContext,
  mostBytes?: number,
): Promise<Now> {
  const run = runAt(station)
  const [asked, read] = await Promise.allSettled([
    primaryOrWhy(postgres, settings, context),
    readRepository(run, backups, settings),
  ])
  if (read.status === 'rejected') throw read.reason
  if (asked.status === 'rejected') throw asked.reason
  const stored = read.value
  const { repository } = stored
  const { primary, silent } = ofCluster(settings, repository.systemIdentifier, asked.value)
  const log = { run, settings, segmentBytes: repository.segmentBytes }
  const unarchived = primary && (await readUnarchived(log, repository, primary, mostBytes))
  return { log, nowMs: primary?.nowMs ?? Date.now(), stored, primary, silent, unarchived }
}

/** What is known before anything is looked up in the log. */
export function factsNow({ nowMs, primary }: Now): Facts {
  return { nowMs, ...present({ live: primary?.timeline }), lastCommits: {}, forks: {} }
}

export function seenOf(
  { log: _, ...now }: Now,
  facts: Facts,
  more: Pick<Seen, 'backups' | 'settings' | 'zone' | 'near'>,
): Seen {
  const { repository } = now.stored
  const heads = headsOf(repository, facts.live)
  const windows = (timelines: readonly number[]) =>
    timelines.flatMap((id) => windowsOf(repository, facts, id))
  return {
    ...now,
    ...more,
    subject: serverName('postgres', more.settings.primary),
    facts,
    windows: windows(heads),
    abandoned: windows(abandonedIn(repository, facts.live)),
    gaps: heads.flatMap((id) => gapsOf(repository, id)),
  }
}

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
