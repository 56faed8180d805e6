/** `postgres.discard-copy`: ends what still runs in the copy's folder, and removes it. The live database is not touched. */
import { z } from 'zod'
import { isDrill } from '../../domain/restore/drill.ts'
import type { ChangeHand, Done, StepContext } from '../../domain/steps/contract.ts'
import { isUndo } from '../../domain/steps/undo-step.ts'
import { runOf } from '../../wire/step-run.ts'
import { pause, pulse } from '../pulse.ts'
import { refuse } from '../refusal.ts'
import { type Copy, copyOf, exists, must, ownerOf, readRecord, release, takeAway } from './copy.ts'
import { stopServer } from './copy-server.ts'
import { exchangesBegun, readJournal } from './exchange/journal.ts'
import { isRunning } from './live.ts'
import type { At, Place } from './place.ts'

type Params = { readonly backups: string }

const change = z.strictObject({ stanza: z.string(), copy: z.string().nullable() })
const lookEveryMs = 100

export function discardHand(place: Place): ChangeHand<Params> {
  return {
    plan: async ({ backups }, context, told) => {
      const at = place.of(backups, context)
      const { stanza } = at.settings
      const owner = await ownerOf(at.station, at.settings)
      if (owner === undefined) await refuseInUse(at, context)
      refuseOthers(at, owner, context)
      const before = change.safeParse(told?.change).data?.copy ?? null
      const copy = owner === undefined ? before : copyOf(at.settings, owner).name
      const record =
        owner === undefined ? undefined : await readRecord(at.station, copyOf(at.settings, owner))
      await refuseCutOver(at, owner)
      return {
        target: `postgres/${stanza}/copy`,
        says:
          owner === undefined
            ? { en: `${stanza} has no copy`, ja: `${stanza} にコピーはありません` }
            : {
                en: `Discard the copy of ${stanza} that ${owner} made (as of ${record?.target ?? 'the end of the archive'})`,
                ja: `${owner} が作成した ${stanza} のコピー（${record?.target ?? 'アーカイブの最後'} 時点）を破棄`,
              },
        nothingToDo: owner === undefined,
        change: { stanza, copy },
        before: { owner: owner ?? null, ...(record === undefined ? {} : { target: record.target }) },
        pods: { ready: 0, notReady: 0, ofReady: 0 },
      }
    },
    run: async ({ backups }, plan, context) => {
      const at = place.of(backups, context)
      const { copy: name } = change.parse(plan.change)
      const owner = await ownerOf(at.station, at.settings)
      if (owner === undefined) return doneOf(at, true)
      refuseOthers(at, owner, context)
      const copy = copyOf(at.settings, owner)
      if (copy.name !== name)
        refuse('target-changed', {
          target: plan.target,
          difference: { en: `the copy is ${copy.name} by now`, ja: `コピーは ${copy.name} に変わっています` },
          incident: context.incident,
          step: context.stepRun,
        })
      await refuseCutOver(at, owner)
      await discard(at, copy, owner)
      return doneOf(at, false)
    },
    verify: async ({ backups }, plan, _, context) => {
      const at = place.of(backups, context)
      const owner = await ownerOf(at.station, at.settings)
      const { copy } = change.parse(plan.change)
      const ok = owner === undefined || copyOf(at.settings, owner).name !== copy
      return {
        ok,
        says: ok
          ? { en: 'the copy is gone', ja: 'コピーは削除されています' }
          : { en: 'the copy is still there', ja: 'コピーが残っています' },
        facts: { owner: owner ?? null },
      }
    },
  }
}

/** Ends its tasks, removes its folder and gives the stanza free; every part of it can be repeated. */
export async function discard(at: At, copy: Copy, owner: string): Promise<void> {
  const { station, settings } = at
  await takeAway(station, settings, owner)
  await endTasks(at, copy)
  await must(station, ['rm', '-rf', '--', copy.folder], { withinMs: 600_000 })
  await release(station, settings, owner)
}

/** The server of the copy, pgBackRest, and every other command that was started for it: each has a folder there. */
export async function endTasks(at: At, copy: Copy): Promise<void> {
  const { station, settings } = at
  await stopServer(station, settings, copy)
  const { stdout } = await station.exec([
    ...['find', copy.folder, '-mindepth', '2', '-maxdepth', '3', '-name', 'begun'],
    ...['-printf', '%h\\n'],
  ])
  for (const task of stdout.split('\n').filter((folder) => folder !== '')) await ended(at, task)
}

async function ended({ station }: At, task: string): Promise<void> {
  for (let looks = 0; (await station.look(task)).state === 'running'; looks += 1) {
    pulse().signal.throwIfAborted()
    await station.signal(task, looks < 100 ? 'TERM' : 'KILL')
    if (looks > 300)
      refuse('command-failed', {
        command: 'kill',
        reason: { en: `${task} does not end`, ja: `${task} が終了しません` },
      })
    await pause(lookEveryMs)
  }
}

/** An undo takes back what its own incident did; a copy that another one made since is discarded by a step that people approve for that. */
function refuseOthers({ settings: { stanza } }: At, owner: string | undefined, context: StepContext): void {
  if (owner === undefined || isDrill(owner) || !isUndo(runOf(context))) return
  if (owner.startsWith(`${context.incident}/`)) return
  refuse('precondition-failed', {
    target: `postgres/${stanza}/copy`,
    reason: {
      en: `the copy of ${context.incident} is gone, and this one was made by ${owner}`,
      ja: `${context.incident} のコピーは既になく、現在のコピーは ${owner} が作成したものです`,
    },
  })
}

/** Once folders are exchanged its data is the live database. Before that, a cut-over that was begun is given up with the copy, if the live server runs. */
async function refuseCutOver(at: At, owner: string | undefined): Promise<void> {
  if (owner === undefined) return
  const { station, settings } = at
  const copy = copyOf(settings, owner)
  const journal = await readJournal(at, copy, 'cutOver')
  if (journal === undefined) return
  const isThere = await exists(station, `${copy.data}/PG_VERSION`)
  const isUntouched =
    journal.phases.exchanged === undefined && isThere && (await isRunning(at, settings.dataFolder))
  if (isUntouched) return
  refuse('copy-not-usable', {
    stanza: settings.stanza,
    reason: { en: 'its cut-over has begun', ja: '切り替えが始まっています' },
  })
}

/** Nothing is left to discard, and to say that the restore was taken back would be untrue: its data is what people work with. */
async function refuseInUse(at: At, { incident }: StepContext): Promise<void> {
  const begun = await exchangesBegun(at)
  for (const { copy, exchange, journal } of begun) {
    const wentBack = begun.some((other) => other.exchange === 'cutBack' && other.copy.name === copy.name)
    if (exchange !== 'cutOver' || wentBack || journal?.phases.exchanged === undefined) continue
    const step = runOf({ incident, stepRun: journal.stepRun })
    if (step !== journal.stepRun) refuse('copy-in-use', { stanza: at.settings.stanza, incident, step })
  }
}

function doneOf({ settings: { stanza } }: At, already: boolean): Done {
  return {
    says: already
      ? { en: `${stanza} has no copy`, ja: `${stanza} にコピーはありません` }
      : { en: `the copy of ${stanza} is discarded`, ja: `${stanza} のコピーを破棄しました` },
    already,
    after: { stanza },
  }
}
