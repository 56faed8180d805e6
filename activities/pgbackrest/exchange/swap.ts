/**
 * One folder goes where the live one is, and the live one is kept: tell → stop → exchange → start on a new timeline → replicas → full
 * backup. How far it is says the disk, and a journal beside the copy; no attempt remembers anything.
 */
import { explain, failures } from '../../../domain/failures.ts'
import { present } from '../../../domain/present.ts'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { said, type Text, type Words } from '../../../domain/words.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { pause, pulse } from '../../pulse.ts'
import { isRefusal, refuse } from '../../refusal.ts'
import { backUp } from '../backup-files.ts'
import { exists, must } from '../copy.ts'
import { forgetStop } from '../copy-server.ts'
import { askLive, isRunning, socketOf, startLive, stopLive } from '../live.ts'
import type { At, Place } from '../place.ts'
import { psql } from '../psql.ts'
import { type Journal, type Phases, writeJournal } from './journal.ts'
import { recreateReplicas } from './replicas.ts'

const lookEveryMs = 200
/** Without a step forward in its log, or an answer. */
const startsWithinMs = 900_000
/** Nobody waits in silence for a volume that another node has. */
const holdsAfterMs = 60_000
const holdsEveryMs = 15_000
/** A pod that is being made takes its time, and an image as well. */
const downAtMostMs = 180_000

type Swap = {
  readonly file: string
  readonly journal: Journal
  /** While the live server still runs: makes the incoming folder recover where it should, and open for writing. Can be repeated. */
  readonly prepare: () => Promise<void>
  /** Where the tasks of this exchange lie: replicas, and the full backup. */
  readonly tasks: string
}

/** Carries the exchange on from wherever it is. */
export async function swap(place: Place, at: At, context: StepContext, swapping: Swap): Promise<Journal> {
  const { station, settings } = at
  const { file, prepare } = swapping
  let journal = swapping.journal
  const over = async (phase: keyof Phases, more: Partial<Journal> = {}) => {
    const now = new Date().toISOString()
    journal = { ...journal, ...more, phases: { ...journal.phases, [phase]: journal.phases[phase] ?? now } }
    await writeJournal(at, file, journal)
  }
  await writeJournal(at, file, journal)
  if (journal.phases.told === undefined)
    await phase(words.tell, journal, async () => {
      await prepare()
      await over('told')
    })
  if (journal.phases.exchanged === undefined)
    await phase(words.stop, journal, async () => {
      pulse().beat({ at: 'stopping' })
      await stopLive(place, at, journal.runner, context)
      await over('stopped')
      await exchange(at, journal)
      await over('exchanged')
    })
  if (journal.phases.writable === undefined)
    await phase(words.start, journal, async () => {
      await startLive(place, at, journal.runner, context)
      await over('writable', await writable(at, journal))
    })
  await phase(words.after, journal, async () => {
    await forget(at)
    if (journal.phases.replicas === undefined) {
      await recreateReplicas(place, at, { uids: journal.replicas, folder: swapping.tasks }, context)
      await over('replicas')
    }
    if (journal.phases.backup === undefined) {
      await backUp(station, settings, `${swapping.tasks}/backup`)
      await over('backup')
    }
  })
  return journal
}

const words = {
  tell: { en: 'prepare the copy', ja: 'コピーの準備' },
  stop: { en: 'stop and exchange', ja: '停止と入れ替え' },
  start: { en: 'start', ja: '起動' },
  after: { en: 'replicas and backup', ja: 'レプリカとバックアップ' },
} as const

/** Whatever ends a phase for good says how the live database is now: nobody must have to guess. */
async function phase(title: Text, journal: Journal, work: () => Promise<void>): Promise<void> {
  pulse().stands?.(stateOf(title, journal))
  try {
    await work()
  } catch (error) {
    const why = carriedBy(error)
    if (why === undefined || failures[why.name].retryable || why.name === 'cut-over-stopped') throw error
    const reason = { en: explain(why, 'en').what, ja: explain(why, 'ja').what }
    refuse('cut-over-stopped', { phase: title, reason, state: stateOf(title, journal) })
  }
}

function stateOf(title: Text, { outgoing }: Pick<Journal, 'outgoing'>): Text {
  if (title === words.tell)
    return { en: 'The live database is untouched. ', ja: '稼働中のデータベースは変更していません。' }
  if (title === words.after)
    return { en: 'The database accepts writes. ', ja: 'データベースは書き込みを受け付けています。' }
  return title === words.start
    ? {
        en: `The live database is down; its folder from before lies at ${outgoing}. `,
        ja: `データベースは停止しています。以前のフォルダーは ${outgoing} にあります。`,
      }
    : {
        en: `The live folder is where it was, or kept at ${outgoing}, and its server may be down: put it back and start it by hand if you do not continue. `,
        ja: `フォルダーは元の場所または ${outgoing} にあり、サーバーは停止している可能性があります。続行しない場合は、手動で元に戻して起動してください。`,
      }
}

/** Two renames; which of them are done is seen on the disk. A folder that somebody made between them is not touched, and none that is missing is taken for one that was moved. */
export async function exchange(
  at: At,
  { incoming, outgoing }: Pick<Journal, 'incoming' | 'outgoing'>,
): Promise<void> {
  const { station, settings } = at
  const { dataFolder } = settings
  const refuseAt = (target: string, en: string, ja: string) =>
    refuse('precondition-failed', { target, reason: { en, ja } })
  const rename = async (from: string, to: string) => {
    await must(station, ['mv', '-T', '--no-clobber', '--', from, to])
    // It ends with 0 also where it leaves what is there, and moves nothing.
    if (await exists(station, from))
      refuseAt(
        to,
        `it is there already, and ${from} was not moved`,
        `既に存在するため、${from} を移動していません`,
      )
    await must(station, ['sync', '-f', to])
  }
  if (!(await exists(station, incoming))) {
    for (const folder of [dataFolder, outgoing])
      if (!(await exists(station, folder)))
        refuseAt(folder, `it is missing, and so is ${incoming}`, `存在しません（${incoming} もありません）`)
    return
  }
  if (!(await exists(station, dataFolder))) {
    // Where there was nothing to keep, an empty folder says so: what is in place now was exchanged.
    await must(station, ['mkdir', '-p', '-m', '0700', '--', outgoing])
  } else {
    if (await exists(station, outgoing))
      refuseAt(
        dataFolder,
        `${outgoing} is already kept, and there is another folder`,
        `${outgoing} が既に残されており、別のフォルダーがあります`,
      )
    await refuseRunning(at, dataFolder)
    await rename(dataFolder, outgoing)
    // Somebody may have started it at this very moment: then it runs in the folder that is kept.
    if (await isRunning(at, outgoing)) {
      await rename(outgoing, dataFolder)
      await refuseRunning(at, dataFolder)
    }
  }
  await rename(incoming, dataFolder)
}

/** What else starts it (systemd, GitOps, a colleague) has to be told first. */
async function refuseRunning(at: At, folder: string): Promise<void> {
  if (!(await isRunning(at, folder))) return
  refuse('precondition-failed', {
    target: folder,
    reason: {
      en: 'its server was stopped, and something has started it again',
      ja: '停止したサーバーが、何かによって再び起動されました',
    },
  })
}

/** Until the server of the new folder accepts writes, on a timeline of its own. */
async function writable(
  at: At,
  { timelineBefore, system }: Journal,
): Promise<{ readonly timeline: number; readonly writableAt: string }> {
  let [last, lastMs] = ['', performance.now()]
  let upMs = performance.now()
  const whatHolds = holding(at)
  for (;;) {
    const seen = await askLive(at).catch(notYet)
    const why = seen === undefined ? await whatHolds() : undefined
    pulse().beat({ at: 'starting', position: seen?.lsn ?? null, ...present({ why: why && said(why).en }) })
    if (seen !== undefined && seen.system !== system)
      refuse('precondition-failed', {
        target: at.settings.dataFolder,
        reason: { en: 'another cluster answers there', ja: '別のクラスターが応答しました' },
      })
    if (seen !== undefined && !seen.recovering && seen.timeline !== timelineBefore)
      return { timeline: seen.timeline, writableAt: seen.lsn }
    if (seen !== undefined && seen.lsn !== last) [last, lastMs] = [seen.lsn, performance.now()]
    const isUp = seen !== undefined || (await isRunning(at, at.settings.dataFolder))
    if (isUp) upMs = performance.now()
    if (performance.now() - upMs > downAtMostMs)
      refuse('precondition-failed', {
        target: at.settings.dataFolder,
        reason: {
          en: 'its server ends each time that it is started; its log says why',
          ja: 'サーバーが起動のたびに終了します（理由はサーバーのログにあります）',
        },
      })
    if (performance.now() - lastMs > startsWithinMs)
      refuse('precondition-failed', {
        target: at.settings.dataFolder,
        reason: {
          en: `the server does not accept writes after ${startsWithinMs / 60_000} minutes`,
          ja: `${startsWithinMs / 60_000} 分経ってもサーバーが書き込みを受け付けません`,
        },
      })
    await pause(lookEveryMs)
  }
}

/** After a minute: what keeps the pod of the live server from its start. It is awaited on, and people hear of it. */
export function holding(
  { beside }: Pick<At, 'beside'>,
  clock: () => number = () => performance.now(),
): () => Promise<Words | undefined> {
  let dueMs = clock() + holdsAfterMs
  let why: Words | undefined
  return async () => {
    if (beside === undefined || clock() < dueMs) return why
    dueMs = clock() + holdsEveryMs
    why = await beside.whyDown()
    if (why !== undefined) {
      const { en, ja } = said(why)
      pulse().heldUp?.({
        en: `the database's pod does not start: ${en}`,
        ja: `データベースの Pod が起動しません: ${ja}`,
      })
    }
    return why
  }
}

/** Its pod is asked from one beside it, on the same node: that one comes up no sooner. */
function notYet(error: unknown): undefined {
  if (!isRefusal(error, 'job-not-ready')) throw error
}

async function forget(at: At): Promise<void> {
  const server = await socketOf(at, at.settings.dataFolder)
  if (server !== undefined) await psql(at.station, at.settings, server, forgetStop)
}
