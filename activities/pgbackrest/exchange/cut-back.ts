/** `postgres.cut-back`: the folder that a cut-over kept goes back where it was; what was written since is kept in its turn. */
import { z } from 'zod'
import { isDrift } from '../../../domain/approval/same-plan.ts'
import { present } from '../../../domain/present.ts'
import type { ChangeHand, Done, Plan, StepContext } from '../../../domain/steps/contract.ts'
import { canonicalJson } from '../../../domain/timeline/canonical.ts'
import { refuseChanged } from '../../changed.ts'
import { refuse } from '../../refusal.ts'
import { restoreCommand } from '../backup-files.ts'
import { copyNamed, copyOf, exists, must, ownerOf, release } from '../copy.ts'
import { askLive, controlOf, podsOf, runnerOf } from '../live.ts'
import type { At, Place } from '../place.ts'
import { type Journal, journalFile, readJournal } from './journal.ts'
import { commitsSince } from './loss.ts'
import { replicaPods } from './replicas.ts'
import { swap } from './swap.ts'
import { verifyInPlace } from './verify-in-place.ts'

type Params = { readonly backups: string; readonly copy: string }

const change = z.strictObject({
  stanza: z.string(),
  kept: z.string(),
  keeps: z.string(),
  system: z.string(),
  cutOverAt: z.string(),
})

const before = z.looseObject({ commits: z.number().nullable() })

export function cutBackHand(place: Place): ChangeHand<Params> {
  return {
    plan: (params, context, told) => plan(place, params, context, told),
    isDone: async ({ backups, copy }, approved, context) => {
      const at = place.of(backups, context)
      const journal = await readJournal(at, copyNamed(at.settings, copy), 'cutBack')
      return journal?.change === canonicalJson(approved.change)
    },
    run: (params, approved, context) => run(place, params, approved, context),
    verify: ({ backups }, approved, done, context) =>
      verifyInPlace(place, { backups }, approved, done, context),
  }
}

async function plan(
  place: Place,
  { backups, copy }: Params,
  context: StepContext,
  told: Plan | undefined,
): Promise<Plan> {
  const at = place.of(backups, context)
  const { station, settings } = at
  const { stanza } = settings
  const cutOver = await readJournal(at, copyNamed(at.settings, copy), 'cutOver')
  const begun = await readJournal(at, copyNamed(at.settings, copy), 'cutBack')
  const kept = cutOver?.outgoing ?? ''
  const isThere = kept !== '' && (await exists(station, `${kept}/PG_VERSION`))
  if (cutOver === undefined || (begun === undefined && !isThere)) return refuseGone(copy)
  if (begun === undefined) await refuseOther(at, cutOver, context)
  const by = begun?.runner ?? (await runnerOf(place, settings, context))
  const since = cutOver.phases.writable ?? cutOver.phases.begun
  const toldCommits = before.safeParse(told?.before).data?.commits
  const found = cutOver.writableAt === undefined ? null : await commitsSince(at, cutOver.writableAt)
  // While it is under way nobody can count, and what moved by itself stays as it was told.
  const commits =
    toldCommits !== undefined &&
    (begun !== undefined ||
      toldCommits === found ||
      (found !== null && toldCommits !== null && isDrift(toldCommits, found)))
      ? toldCommits
      : found
  const count = {
    en: commits ?? 'an unknown number of',
    ja: commits === null ? '件数不明の' : `${commits} 件の`,
  }
  return {
    target: `postgres/${stanza}`,
    says: {
      en: `Stop the live database of ${stanza} and put back the folder from before the cut-over; ${count.en} commits made since ${since} are lost from it, and its folder is kept`,
      ja: `${stanza} の稼働中のデータベースを停止し、切り替え前のフォルダーに戻す。${since} 以降の${count.ja}コミットは失われます（現在のフォルダーは残します）`,
    },
    nothingToDo: false,
    change: {
      stanza,
      kept,
      keeps: `${copyNamed(at.settings, copy).folder}/undone`,
      system: cutOver.system,
      cutOverAt: since,
    },
    before: { commits, runner: by },
    pods: podsOf(by),
  }
}

function refuseGone(copy: string): never {
  return refuse('restore-refused', {
    reason: {
      en: `the folder from before the cut-over of ${copy} is not kept any longer`,
      ja: `${copy} の切り替え前のフォルダーは残っていません`,
    },
  })
}

/**
 * What would be taken out of use must be what this cut-over put there. By the control file, so that it is seen of a server that is down as well; one
 * that never came up has not written its timeline there yet.
 */
async function refuseOther(
  at: At,
  { system, timeline, phases }: Journal,
  context: StepContext,
): Promise<void> {
  const { stanza, dataFolder } = at.settings
  const found = await controlOf(at, dataFolder)
  const isOurs =
    phases.exchanged !== undefined &&
    (found === undefined
      ? phases.backup === undefined
      : found.system === system && (phases.backup === undefined || found.timeline === timeline))
  if (isOurs) return
  refuseChanged(
    `postgres/${stanza}`,
    {
      en: `timeline ${found?.timeline ?? 'unknown'} is in place, and this cut-over opened ${timeline ?? 'none'}`,
      ja: `現在のタイムラインは ${found?.timeline ?? '不明'} で、この切り替えのもの（${timeline ?? 'なし'}）ではありません`,
    },
    context,
  )
}

async function run(
  place: Place,
  { backups, copy }: Params,
  approved: Plan,
  context: StepContext,
): Promise<Done> {
  const at = place.of(backups, context)
  const { kept, keeps, system } = change.parse(approved.change)
  const begun = await readJournal(at, copyNamed(at.settings, copy), 'cutBack')
  if (begun !== undefined && begun.change !== canonicalJson(approved.change))
    refuseChanged(
      approved.target,
      { en: 'another cut-back has begun', ja: '別の切り戻しが始まっています' },
      context,
    )
  if (begun === undefined) {
    const cutOver = await readJournal(at, copyNamed(at.settings, copy), 'cutOver')
    if (cutOver === undefined || !(await exists(at.station, `${kept}/PG_VERSION`))) return refuseGone(copy)
    await refuseOther(at, cutOver, context)
  }
  const live = await askLive(at)
  const journal: Journal = begun ?? {
    v: 1,
    stepRun: context.stepRun,
    change: canonicalJson(approved.change),
    system,
    incoming: kept,
    outgoing: keeps,
    runner: await runnerOf(place, at.settings, context),
    replicas: await replicaPods(place, at, context),
    timelineBefore: live?.timeline ?? null,
    phases: { begun: new Date().toISOString() },
  }
  const finished = await swap(place, at, context, {
    file: journalFile(copyNamed(at.settings, copy), 'cutBack'),
    journal,
    prepare: () => recoverToItsEnd(at, kept),
    tasks: `${copyNamed(at.settings, copy).folder}/back`,
  })
  // Of a cut-over that never came to its end.
  const owner = await ownerOf(at.station, at.settings)
  if (owner !== undefined && copyOf(at.settings, owner).name === copy)
    await release(at.station, at.settings, owner)
  const { timeline = null, phases } = finished
  return {
    says: {
      en: `the database from before the cut-over accepts writes again, on timeline ${timeline}; the folder of since is kept at ${keeps}`,
      ja: `切り替え前のデータベースがタイムライン ${timeline} で書き込みを再開。その間のフォルダーは ${keeps} に残しています`,
    },
    already: begun !== undefined,
    after: { timeline, kept: keeps, phases: present(phases) },
  }
}

const script = `
set -eu
[ -d "$1" ] || exit 0
[ -e "$1/recovery.signal" ] || printf '%s\\n' "$2" >>"$1/postgresql.auto.conf"
: >"$1/recovery.signal"
`

/** It would go on writing the timeline that was abandoned; so it recovers to the end of its own log, and opens a new one. */
async function recoverToItsEnd({ station, settings }: At, kept: string): Promise<void> {
  const lines = [
    `restore_command = '${restoreCommand(settings, settings.dataFolder)}'`,
    `recovery_target_timeline = 'current'`,
    `recovery_target_action = 'promote'`,
  ]
  await must(station, ['sh', '-c', script, 'sh', kept, lines.join('\n')])
}
