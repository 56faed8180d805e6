/**
 * The drill of a restore, as one piece of work: claim the free copy → files of a backup → recover to a random moment → checks of the runbook →
 * read every file of the repository → keep the report → remove the copy. Like a restore it reads from the copy's folder how far an attempt
 * before has come. The live database is only read.
 */
import { failures, inShort } from '../../../domain/failures.ts'
import { present } from '../../../domain/present.ts'
import type { DataCheck } from '../../../domain/restore/checks.ts'
import type { DrillReport } from '../../../domain/restore/drill.ts'
import type { StepContext } from '../../../domain/steps/contract.ts'
import type { Text } from '../../../domain/words.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { pulse, withPulse } from '../../pulse.ts'
import { isRefusal } from '../../refusal.ts'
import { restoreFiles } from '../backup-files.ts'
import { checkCopy } from '../check-copy.ts'
import { type Copy, type CopyRecord, copyOf, readRecord, writeRecord } from '../copy.ts'
import { startPaused } from '../copy-server.ts'
import { discard } from '../discard.ts'
import type { At, Place } from '../place.ts'
import { roomFor } from '../room.ts'
import { behindLast } from '../stop-for.ts'
import { choose } from '../target.ts'
import { verifyRepository } from '../verify-repository.ts'
import { claimForDrill, whileOurs } from './drill-claim.ts'
import { drillReports, keepReport } from './drill-reports.ts'
import { anyMoment, archivedNow } from './drill-target.ts'

type Params = { readonly backups: string; readonly checks: readonly DataCheck[]; readonly zone: string }

export type Chance = {
  /** 0 up to, not including, 1. */
  readonly chance: () => number
  /** Whether Temporal still carries on the drill of this workflow. */
  readonly isUnderWay: (workflow: string) => Promise<boolean>
}

/** Refuses (`copy-exists`, `copy-of-drill`, `drill-yielded`) where the copy is somebody else's; whatever else goes wrong is in the report. */
export async function drill(
  place: Place,
  params: Params,
  context: StepContext,
  { chance, isUnderWay }: Chance,
): Promise<DrillReport> {
  const at = place.of(params.backups, context)
  const { stepRun } = context
  const copy = copyOf(at.settings, stepRun)
  const before = (await drillReports(at)).find((one) => one.drill === stepRun)
  if (before !== undefined) {
    await discard(at, copy, stepRun)
    return before
  }
  const startedAt = new Date().toISOString()
  await claimForDrill(at, stepRun, isUnderWay)
  const report = await reported(at, copy, context, startedAt, () =>
    tried(place, params, context, { startedAt, chance }),
  )
  await keepReport(at, report)
  pulse().beat({ at: 'removing' })
  await discard(at, copy, stepRun)
  return report
}

type Found = Omit<DrillReport, 'v' | 'drill' | 'stanza' | 'startedAt' | 'endedAt' | 'ok'>

async function reported(
  at: At,
  copy: Copy,
  { stepRun }: StepContext,
  startedAt: string,
  work: () => Promise<Found>,
): Promise<DrillReport> {
  const found = await whileOurs(at, stepRun, work).catch(async (error: unknown) => {
    if (wasCancelled() || isRefusal(error, 'drill-yielded'))
      await undisturbed(() => discard(at, copy, stepRun))
    pulse().signal.throwIfAborted()
    const why = carriedBy(error)
    if (why === undefined || failures[why.name].retryable || isRefusal(error, 'drill-yielded')) throw error
    const record = await readRecord(at.station, copy)
    return {
      ...factsOf(record),
      rpoMs: null,
      failure: inShort(why),
    }
  })
  const record = await readRecord(at.station, copy)
  return {
    v: 1,
    drill: stepRun,
    stanza: at.settings.stanza,
    startedAt: record?.startedAt ?? startedAt,
    endedAt: new Date().toISOString(),
    ok: found.failure === undefined,
    ...found,
  }
}

async function tried(
  place: Place,
  params: Params,
  context: StepContext,
  { startedAt, chance }: { readonly startedAt: string; readonly chance: () => number },
): Promise<Found> {
  const at = place.of(params.backups, context)
  const { station, settings } = at
  const copy = copyOf(settings, context.stepRun)
  pulse().beat({ at: 'choosing' })
  const archived = await archivedNow(at, params.backups)
  const moment = () => new Date(anyMoment(archived.spans, chance)).toISOString()
  let record = await readRecord(station, copy)
  const target = record?.target ?? moment()
  const wanted = {
    backups: params.backups,
    zone: params.zone,
    target,
    timeline: record?.timeline ?? archived.timeline,
  }
  const chosen = await choose(at, wanted, record?.backup)
  if (record === undefined) {
    await roomFor(station, settings, chosen.bytes)
    const { system, backup, timeline } = chosen
    const stopping = await behindLast(at, params.backups, { backup, timeline }, target)
    const { stop, lastAt } = stopping ?? { stop: { at: 'end-of-backup' as const } }
    record = {
      v: 1,
      stepRun: context.stepRun,
      system,
      backup,
      timeline,
      target,
      startedAt,
      stop,
      ...present({ lastAt }),
    }
    await writeRecord(station, copy, record)
  }
  const { rpoMs } = archived
  try {
    if (record.verifiedAt === undefined) record = await verified(place, params, context, record, chosen.bytes)
  } catch (error) {
    if (!isRefusal(error, 'restore-failed')) throw error
    // pgBackRest does not always say which file it cannot restore.
    const failure = await verifyRepository(at, copy.verifying)
    if (failure === undefined) throw error
    return { ...factsOf(record), rpoMs, failure }
  }
  const damage = await verifyRepository(at, copy.verifying)
  return { ...factsOf(record), rpoMs, ...present({ failure: openCheck(record) ?? damage }) }
}

/** The copy, paused at the moment, with what the checks say of it. */
async function verified(
  place: Place,
  params: Params,
  context: StepContext,
  record: CopyRecord,
  bytes: number,
): Promise<CopyRecord> {
  const { station, settings } = place.of(params.backups, context)
  const copy = copyOf(settings, context.stepRun)
  const { backup, timeline, stop, lastAt, target, startedAt } = record
  if (stop === undefined) throw new Error('a copy knows where it stops')
  await restoreFiles(station, settings, copy, { backup, bytes })
  const stopped = await startPaused(station, settings, copy, { stop, timeline })
  const paused = { ...stopped, lastCommitAt: lastAt ?? stopped.lastCommitAt }
  const checks = await checkCopy(place, params, Date.parse(target ?? startedAt), context)
  const whole = { ...record, paused, checks: [...checks], verifiedAt: new Date().toISOString() }
  await writeRecord(station, copy, whole)
  return whole
}

function factsOf(record: CopyRecord | undefined): Omit<Found, 'rpoMs' | 'failure'> {
  const { target = null, backup = null, timeline = null, checks = [], startedAt, verifiedAt } = record ?? {}
  const rtoMs =
    startedAt === undefined || verifiedAt === undefined
      ? null
      : Date.parse(verifiedAt) - Date.parse(startedAt)
  return { target, backup, timeline, rtoMs, checks }
}

function openCheck({ checks = [] }: CopyRecord): Text | undefined {
  const open = checks.filter(({ status }) => status !== 'ok')
  const [first] = open
  if (first === undefined) return undefined
  const { name, says } = first
  return {
    en: `${open.length} of ${checks.length} checks do not hold: ${name}: ${says.en}`,
    ja: `検証 ${checks.length} 件中 ${open.length} 件が不合格: ${name}: ${says.ja}`,
  }
}

/** By people, and not because the worker ends: then the next attempt goes on. */
function wasCancelled(): boolean {
  const { signal } = pulse()
  return signal.aborted && signal.reason instanceof Error && signal.reason.message === 'CANCELLED'
}

function undisturbed<T>(work: () => Promise<T>): Promise<T> {
  return withPulse({ ...pulse(), signal: new AbortController().signal }, work)
}
