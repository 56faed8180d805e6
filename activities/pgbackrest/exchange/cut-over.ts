/** `postgres.cut-over`: the verified copy goes where the live database is. Everything that it relies on is looked at again right before the deed. */
import { z } from 'zod'
import { present } from '../../../domain/present.ts'
import type { DataCheck } from '../../../domain/restore/checks.ts'
import { isDrill } from '../../../domain/restore/drill.ts'
import type { ChangeHand, Done, Plan, StepContext } from '../../../domain/steps/contract.ts'
import { canonicalJson, digest } from '../../../domain/timeline/canonical.ts'
import type { Text } from '../../../domain/words.ts'
import { sayInstant } from '../../../edge/instant/said.ts'
import { refuseChanged } from '../../changed.ts'
import { refuse } from '../../refusal.ts'
import {
  type Copy,
  type CopyRecord,
  copyNamed,
  copyOf,
  exists,
  ownerOf,
  readRecord,
  release,
  settingsHash,
} from '../copy.ts'
import { promoteWhenStarted, standing, stopServer } from '../copy-server.ts'
import { askLive, isRunning, mustAnswer, podsOf, runnerOf } from '../live.ts'
import type { At, Place } from '../place.ts'
import { refuseTablespaces } from '../tablespaces.ts'
import { exchangeable } from './exchangeable.ts'
import { type Journal, journalFile, readJournal } from './journal.ts'
import { loss, lossOf, lossText, lossTold } from './loss.ts'
import { notCopied } from './not-copied.ts'
import { replicaPods } from './replicas.ts'
import { swap } from './swap.ts'
import { verifyInPlace } from './verify-in-place.ts'

type Params = { readonly backups: string; readonly checks: readonly DataCheck[] }

const change = z.strictObject({
  stanza: z.string(),
  copy: z.string(),
  /** Over the record of the copy, with what its checks said: another verification is another change. */
  verified: z.string(),
  lsn: z.string(),
  system: z.string(),
  replicas: z.array(z.string()),
  keeps: z.string(),
})
const before = z.looseObject({ loss })

export function cutOverHand(place: Place): ChangeHand<Params> {
  return {
    plan: (params, context, told) => plan(place, params, context, told),
    isDone: async ({ backups }, approved, context) => {
      const at = place.of(backups, context)
      const { copy } = change.parse(approved.change)
      const journal = await readJournal(at, copyNamed(at.settings, copy), 'cutOver')
      return journal?.change === canonicalJson(approved.change)
    },
    run: (params, approved, context) => run(place, params, approved, context),
    verify: (params, approved, done, context) => verifyInPlace(place, params, approved, done, context),
  }
}

export type Usable = {
  readonly copy: Copy
  readonly record: CopyRecord
  readonly journal: Journal | undefined
}

/** The one copy of the stanza, with all its checks ok, paused where they were made. */
export async function usable(at: At): Promise<Usable> {
  const { station, settings } = at
  const { stanza } = settings
  const none = (en: string, ja: string): never => refuse('copy-not-usable', { stanza, reason: { en, ja } })
  const owner = await ownerOf(station, settings)
  if (owner === undefined) return none('there is none', 'コピーがありません')
  // It removes it as soon as it has seen enough.
  if (isDrill(owner)) return none('the one that there is belongs to a drill', '現在のコピーは訓練のものです')
  const copy = copyOf(settings, owner)
  const record = await readRecord(station, copy)
  if (record?.paused === undefined || record.verifiedAt === undefined || record.checks === undefined)
    return none('it is not verified yet', 'まだ検証されていません')
  const open = record.checks.find(({ status }) => status !== 'ok')
  if (open !== undefined)
    return none(`check ${open.name}: ${open.says.en}`, `検証 ${open.name}: ${open.says.ja}`)
  const journal = await readJournal(at, copy, 'cutOver')
  if (await exists(station, journalFile(copy, 'cutBack')))
    return none('its cut-over was taken back', '切り替えは取り消されています')
  if (journal === undefined) {
    await standing(station, settings, copy, record)
    if (record.settings !== undefined && (await settingsHash(station, copy)) !== record.settings)
      return none('its settings were changed since it was checked', '検証後に設定が変更されています')
  }
  return { copy, record, journal }
}

/** What a cut-over checks on the live database is what was checked on the copy: a check that was never asked has not held. */
function sameChecks({ settings: { stanza } }: At, record: CopyRecord, checks: readonly DataCheck[]): void {
  if (checks.length === 0 || record.checked === digest(checks)) return
  refuse('copy-not-usable', {
    stanza,
    reason: {
      en: 'the checks of this step are not those that the copy was checked by',
      ja: 'この手順の検証項目が、コピーを検証した項目と異なります',
    },
  })
}

async function plan(
  place: Place,
  { backups, checks }: Params,
  context: StepContext,
  told: Plan | undefined,
): Promise<Plan> {
  const at = place.of(backups, context)
  const { settings } = at
  const { stanza } = settings
  const { copy, record, journal } = await usable(at)
  const { paused } = record
  if (paused === undefined) throw new Error('a usable copy is paused')
  sameChecks(at, record, checks)
  if (journal === undefined) {
    await refuseTablespaces(at.station, settings, record.backup)
    await exchangeable(at)
    // One that runs and lets nobody in over its socket would never be seen to come up again.
    if (await isRunning(at, settings.dataFolder)) await mustAnswer(at)
    const live = await askLive(at)
    if (live !== undefined && live.system !== record.system)
      refuseChanged(
        `postgres/${stanza}`,
        { en: 'another cluster runs there', ja: '別のクラスターが稼働しています' },
        context,
      )
  }
  const by = journal?.runner ?? (await runnerOf(place, settings, context))
  const toldLoss = before.safeParse(told?.before).data?.loss
  // Once it has begun, what people were told stands beside the copy, and not in what comes along.
  const lost = loss.safeParse(journal?.lost).data ?? lossTold(await lossOf(at, copy, paused.lsn), toldLoss)
  const text = lossText(lost)
  const besides = journal === undefined ? await notCopied(at, copy) : []
  const held = heldText(record)
  const instant = record.target ?? paused.lastCommitAt
  const asOf = instant === null ? paused.lsn : sayInstant(Date.parse(instant), record.zone ?? 'UTC')
  const replicas = settings.replicas.map(({ connection }) => connection)
  return {
    target: `postgres/${stanza}`,
    says: {
      en: `Stop the live database of ${stanza} and put the copy of ${asOf} in its place (${held.en}); ${[text, ...besides].map(({ en }) => en).join('; ')}. The folder of now is kept`,
      ja: `${stanza} の稼働中のデータベースを停止し、${asOf} 時点のコピー（${held.ja}）に置き換え。${[text, ...besides].map(({ ja }) => ja).join('。')}。現在のフォルダーは残します`,
    },
    nothingToDo: false,
    change: {
      stanza,
      copy: copy.name,
      verified: digest(record),
      lsn: paused.lsn,
      system: record.system,
      replicas,
      keeps: `${copy.folder}/kept`,
    },
    before: { copy: copy.name, loss: lost, runner: by, lastCommitAt: paused.lastCommitAt },
    pods: podsOf(by),
  }
}

function heldText({ checks = [], stepRun }: CopyRecord): Text {
  return checks.length === 0
    ? { en: `made by ${stepRun}; nobody has checked its data`, ja: `${stepRun} が作成、データは未検証` }
    : {
        en: `made by ${stepRun}; ${checks.length} checks hold`,
        ja: `${stepRun} が作成、検証 ${checks.length} 件合格`,
      }
}

async function run(place: Place, { backups }: Params, approved: Plan, context: StepContext): Promise<Done> {
  const at = place.of(backups, context)
  const { station, settings } = at
  const { copy: name, verified, keeps, system } = change.parse(approved.change)
  const copy = copyNamed(at.settings, name)
  const record = await readRecord(station, copy)
  const { paused, stop } = record ?? {}
  if (record === undefined || paused === undefined || stop === undefined || digest(record) !== verified)
    refuseChanged(
      approved.target,
      { en: 'the copy was verified again', ja: 'コピーが検証し直されています' },
      context,
    )
  const begun = await readJournal(at, copy, 'cutOver')
  if (begun !== undefined && begun.change !== canonicalJson(approved.change))
    refuseChanged(
      approved.target,
      { en: 'another cut-over of this copy has begun', ja: 'このコピーの別の切り替えが始まっています' },
      context,
    )
  if (begun === undefined) await standing(station, settings, copy, record)
  const live = await askLive(at)
  const journal: Journal = begun ?? {
    v: 1,
    stepRun: context.stepRun,
    change: canonicalJson(approved.change),
    system,
    incoming: copy.data,
    outgoing: keeps,
    runner: await runnerOf(place, settings, context),
    replicas: await replicaPods(place, at, context),
    timelineBefore: live?.timeline ?? null,
    lost: before.parse(approved.before).loss,
    phases: { begun: new Date().toISOString() },
  }
  const finished = await swap(place, at, context, {
    file: journalFile(copy, 'cutOver'),
    journal,
    prepare: async () => {
      // One that was killed meanwhile stands again where it was: nothing else may go into use.
      await standing(station, settings, copy, record)
      await promoteWhenStarted(station, settings, copy, { stop, paused })
      await stopServer(station, settings, copy)
    },
    tasks: `${copy.folder}/over`,
  })
  await release(station, settings, record.stepRun)
  return doneOf(at, finished, begun !== undefined)
}

function doneOf({ settings: { stanza, keepFor } }: At, journal: Journal, already: boolean): Done {
  const { phases, timeline = null, outgoing } = journal
  // Whatever makes a copy after that may remove it.
  const keptUntil = new Date(Date.parse(phases.backup ?? phases.begun) + keepFor).toISOString()
  const seconds = Math.round((Date.parse(phases.writable ?? phases.begun) - Date.parse(phases.begun)) / 1_000)
  return {
    says: {
      en: `${stanza} accepts writes again on timeline ${timeline} after ${seconds} s; the folder from before is kept at ${outgoing}`,
      ja: `${stanza} はタイムライン ${timeline} で書き込みを再開（停止 ${seconds} 秒）。以前のフォルダーは ${outgoing} に残しています`,
    },
    already,
    after: { timeline, kept: outgoing, keptUntil, outageSeconds: seconds, phases: present(phases) },
  }
}
