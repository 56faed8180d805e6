/**
 * `postgres.restore`: check → claim the one copy → files of a backup → recover to the target and pause → checks of the runbook. Whatever dies on
 * the way, the next attempt reads from the copy's folder how far it is.
 */
import { z } from 'zod'
import { present } from '../../domain/present.ts'
import type { DataCheck } from '../../domain/restore/checks.ts'
import { drillRun, isDrill } from '../../domain/restore/drill.ts'
import type { ChangeHand, Done, Plan, StepContext, Verified } from '../../domain/steps/contract.ts'
import { digest } from '../../domain/timeline/canonical.ts'
import type { Text } from '../../domain/words.ts'
import { sayInstant } from '../../edge/instant/said.ts'
import type { PgbackrestSettings } from '../connections-file.ts'
import { refuse } from '../refusal.ts'
import { restoreFiles } from './backup-files.ts'
import { checkCopy } from './check-copy.ts'
import { type Copy, type CopyRecord, copyOf, ownerOf, readRecord, settingsHash, writeRecord } from './copy.ts'
import { standing, startPaused, stillPaused } from './copy-server.ts'
import { claimOver } from './drill/drill-claim.ts'
import { lastProved, provedText } from './drill/drill-reports.ts'
import type { Place } from './place.ts'
import { copyTail } from './repository/last-record.ts'
import { roomFor } from './room.ts'
import { stopAhead, stopFor } from './stop-for.ts'
import { refuseUnfinished, sweep } from './sweep.ts'
import { refuseTablespaces } from './tablespaces.ts'
import { choose } from './target.ts'

type Params = {
  readonly backups: string
  readonly target?: string | undefined
  readonly timeline?: number | undefined
  readonly backup?: string | undefined
  readonly checks: readonly DataCheck[]
  readonly zone: string
}

const change = z.strictObject({
  stanza: z.string(),
  system: z.string(),
  backup: z.string(),
  timeline: z.number(),
  target: z.string().nullable(),
})
const before = z.looseObject({ bytes: z.number(), drill: drillRun.optional() })

export function restoreHand(place: Place): ChangeHand<Params> {
  return {
    plan: (params, context, told) => plan(place, params, context, told),
    isDone: async (params, approved, context) => {
      const { station, settings } = place.of(params.backups, context)
      const found = await readRecord(station, copyOf(settings, context.stepRun))
      return found?.backup === change.parse(approved.change).backup
    },
    run: (params, approved, context) => run(place, params, approved, context),
    verify: (params, _, __, context) => verify(place, params, context),
  }
}

async function plan(
  place: Place,
  params: Params,
  context: StepContext,
  told: Plan | undefined,
): Promise<Plan> {
  const { station, settings } = place.of(params.backups, context)
  const { stanza } = settings
  const by = await ownerOf(station, settings)
  if (by !== undefined && by !== context.stepRun && !isDrill(by)) refuse('copy-exists', { stanza, by })
  await refuseUnfinished({ station, settings })
  const chosen = await choose({ station, settings }, params, change.safeParse(told?.change).data?.backup)
  await refuseTablespaces(station, settings, chosen.backup)
  // What lies there already was made by an attempt before.
  const free = by === undefined ? await roomFor(station, settings, chosen.bytes) : undefined
  const { backup, timeline, system, bytes } = chosen
  const proved = await lastProved({ station, settings }, told)
  const running = by !== undefined && isDrill(by) ? by : undefined
  const drill = told === undefined ? running : before.safeParse(told.before).data?.drill
  const beside = besideText(provedText(proved, params.zone), drill)
  const ms = params.target === undefined ? undefined : Date.parse(params.target)
  return {
    target: `postgres/${stanza}/copy`,
    says:
      ms === undefined
        ? {
            en: `Restore ${stanza} beside the live database, with everything that the archive has: backup ${backup}, timeline ${timeline}; ${beside.en}`,
            ja: `${stanza} を稼働中のデータベースとは別に、アーカイブの最後まで復元（バックアップ ${backup}、タイムライン ${timeline}）。${beside.ja}`,
          }
        : {
            en: `Restore ${stanza} beside the live database, as of ${sayInstant(ms, params.zone)}: backup ${backup}, timeline ${timeline}; ${beside.en}`,
            ja: `${stanza} を稼働中のデータベースとは別に、${sayInstant(ms, params.zone)} の時点で復元（バックアップ ${backup}、タイムライン ${timeline}）。${beside.ja}`,
          },
    nothingToDo: false,
    change: { stanza, system, backup, timeline, target: params.target ?? null },
    before: { bytes, ...present({ freeBytes: free }), window: chosen.window, proved, ...present({ drill }) },
    pods: { ready: 0, notReady: 0, ofReady: 0 },
  }
}

/** A drill that began or ended since people were told is no other plan: the copy is theirs in any case. */
function besideText(proved: Text, drill: string | undefined): Text {
  if (drill === undefined) return proved
  return {
    en: `${proved.en}; ends the drill that is running (${drill})`,
    ja: `${proved.ja}。実行中の訓練（${drill}）は中止`,
  }
}

async function run(place: Place, params: Params, approved: Plan, context: StepContext): Promise<Done> {
  const at = place.of(params.backups, context)
  const { station, settings } = at
  const { system, backup, timeline, target } = change.parse(approved.change)
  const { bytes } = before.parse(approved.before)
  const copy = copyOf(settings, context.stepRun)
  const found = await readRecord(station, copy)
  const ahead =
    found === undefined ? await stopAhead(at, params.backups, { backup, timeline, target }) : undefined
  await claimOver(at, context.stepRun)
  await sweep(at)
  if (found?.verifiedAt !== undefined) {
    await standing(station, settings, copy, found)
    return doneOf(settings, copy, found, true)
  }
  let record: CopyRecord = found ?? {
    v: 1,
    stepRun: context.stepRun,
    system,
    backup,
    timeline,
    target,
    startedAt: new Date().toISOString(),
    zone: params.zone,
    ...ahead,
  }
  if (found === undefined) await writeRecord(station, copy, record)
  await restoreFiles(station, settings, copy, { backup, bytes })
  if (record.stop === undefined) {
    record = { ...record, ...(await stopFor(at, params.backups, record, copy.data)) }
    await writeRecord(station, copy, record)
  }
  const { stop, lastAt, tail = [] } = record
  if (stop === undefined) throw new Error('a copy knows where it stops')
  if ((await station.look(copy.server)).state !== 'running') await copyTail(at, copy, tail)
  const stopped = await startPaused(station, settings, copy, { stop, timeline })
  // Of the very record that it stops behind, the server does not count the time.
  const paused = { ...stopped, lastCommitAt: lastAt ?? stopped.lastCommitAt }
  const atMs = Date.parse(record.target ?? paused.lastCommitAt ?? record.startedAt)
  const checks = await checkCopy(place, params, atMs, context)
  record = {
    ...record,
    paused,
    checks: [...checks],
    checked: digest(params.checks),
    ...present({ settings: await settingsHash(station, copy) }),
    verifiedAt: new Date().toISOString(),
  }
  await writeRecord(station, copy, record)
  return doneOf(settings, copy, record, false)
}

function doneOf({ stanza }: PgbackrestSettings, copy: Copy, record: CopyRecord, already: boolean): Done {
  const { paused, checks = [], startedAt, verifiedAt = startedAt } = record
  const seconds = Math.round((Date.parse(verifiedAt) - Date.parse(startedAt)) / 1_000)
  const last = paused?.lastCommitAt
  const at = last === undefined || last === null ? '-' : sayInstant(Date.parse(last), record.zone ?? 'UTC')
  const held = checks.filter(({ status }) => status === 'ok').length
  return {
    says: {
      en: `a copy of ${stanza} is paused at ${paused?.lsn} (last commit ${at}) after ${seconds} s; ${held} of ${checks.length} checks hold`,
      ja: `${stanza} のコピーは ${paused?.lsn}（最後のコミット ${at}）で停止中（所要 ${seconds} 秒）。検証 ${checks.length} 件中 ${held} 件合格`,
    },
    already,
    after: { copy: copy.name, seconds, ...present(record) },
  }
}

/** The copy is paused where its checks were made, and every one of them holds. */
async function verify(place: Place, { backups }: Params, context: StepContext): Promise<Verified> {
  const { station, settings } = place.of(backups, context)
  const copy = copyOf(settings, context.stepRun)
  const record = await readRecord(station, copy)
  if (record?.paused === undefined || record.checks === undefined)
    return refuse('copy-not-usable', {
      stanza: settings.stanza,
      reason: { en: 'its record is gone', ja: '記録がありません' },
    })
  await stillPaused(station, settings, copy, record.paused)
  const open = record.checks.filter(({ status }) => status !== 'ok')
  const [first] = open
  return {
    ok: first === undefined,
    says:
      first === undefined
        ? {
            en: `the copy is paused at ${record.paused.lsn}; ${record.checks.length} checks hold`,
            ja: `コピーは ${record.paused.lsn} で停止中。検証 ${record.checks.length} 件すべて合格`,
          }
        : {
            en: `${open.length} of ${record.checks.length} checks do not hold: ${first.name}: ${first.says.en}`,
            ja: `検証 ${record.checks.length} 件中 ${open.length} 件が不合格: ${first.name}: ${first.says.ja}`,
          },
    facts: { lsn: record.paused.lsn, checks: record.checks.map(({ name, status }) => ({ name, status })) },
  }
}
