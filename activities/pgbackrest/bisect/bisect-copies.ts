/**
 * The copy of a search: it moves on through the log, and goes back by a clone of the base, which waits, stopped, at a place where the check held.
 * One restore is enough for that, and two folders are the most there ever are.
 */
import { finished, restoreFiles } from '../backup-files.ts'
import { type Copy, must, type Paused, type Stop } from '../copy.ts'
import { startPaused, stopServer } from '../copy-server.ts'
import type { At } from '../place.ts'
import { bootOf, type CopiesState, type Journal, untouched } from './bisect-state.ts'

export type Copies = {
  /** Has the copy paused there: right behind the n-th commit, or at the good time, which is 0. */
  readonly moveTo: (index: number, stop: Stop) => Promise<Paused>
  /** Where the copy is now is good: going back will lead here. */
  readonly keep: () => Promise<void>
  /** Whether to keep: the log since the base takes longer to replay than a clone. */
  readonly isFar: () => boolean
  /** It was somewhere else: the next move starts its server again. */
  readonly doubt: () => void
  /** The base is no longer needed. */
  readonly dropBase: () => Promise<void>
}

type Restored = { readonly backup: string; readonly bytes: number; readonly timeline: number }

/** A rename is there or not, whoever dies. What is replaced gets a name that nothing else ever has, and goes later. */
const promoteScript = `
set -eu
[ -d "$1" ] || exit 0
if [ -d "$2" ]; then mv -T "$2" "$3"; fi
mv -T "$1" "$2"
`
const asideScript = 'if [ -d "$1" ]; then mv -T "$1" "$2"; fi'
const sweepScript = 'rm -rf -- "$1"/old-*'
const cloneScript = `
set -eu
rm -rf -- "$2.new"
cp -a --reflink=auto -- "$1" "$2.new"
rm -f -- "$2.new/postmaster.pid"
mv -T "$2.new" "$2"
`
const forgetScript = 'rm -rf -- "$1" "$1.new" "$2" "$3" "$4"/old-* "$4"/clone-*'
const removesWithinMs = 600_000

export async function copiesOf(at: At, copy: Copy, journal: Journal, restored: Restored): Promise<Copies> {
  const { station, settings } = at
  const base = `${copy.folder}/base`
  const script = (source: string, ...args: readonly string[]) =>
    must(station, ['sh', '-c', source, 'sh', ...args], { withinMs: removesWithinMs })
  /** Times are written down with the next thing that has to be: lost, they are measured again. */
  let measured: Partial<CopiesState> = {}
  const state = () => ({ ...journal.now().copies, ...measured })
  const save = async (patch: Partial<CopiesState>) => {
    await journal.save({ copies: { ...state(), ...patch } })
    measured = {}
  }
  const old = () => `${copy.folder}/old-${state().generation}`
  /** What this attempt has seen itself: files that are whole, and a server that it has brought there. */
  let whole: number | undefined
  let arrived: number | undefined

  const promote = async () => {
    arrived = undefined
    await stopServer(station, settings, copy)
    await script(promoteScript, copy.data, base, old())
    await script(sweepScript, copy.folder)
    const { at: index, generation } = state()
    await save({ promoting: false, base: index, generation: generation + 1, replayMs: 0 })
  }

  const clone = async (generation: number) => {
    const task = `${copy.folder}/clone-${generation}`
    const isNew = (await station.look(task)).state === 'none'
    if (isNew) {
      await stopServer(station, settings, copy)
      await script(asideScript, copy.data, old())
      await script(sweepScript, copy.folder)
    }
    const began = performance.now()
    await finished(
      station,
      task,
      ['sh', '-c', cloneScript, 'sh', base, copy.data],
      'cloning',
      async () => ({}),
    )
    if (isNew) measured = { ...measured, cloneMs: Math.round(performance.now() - began) }
  }

  const files = async () => {
    const { generation } = state()
    if (whole === generation) return
    arrived = undefined
    if (generation > 0) await clone(generation)
    else {
      const isNew = (await station.look(copy.restoring)).state === 'none'
      if (isNew) await save({ restores: state().restores + 1 })
      await restoreFiles(station, settings, copy, restored)
    }
    whole = generation
  }

  /** After the machine itself has stopped: what was being written then may be half there. */
  const forget = async (boot: string) => {
    await stopServer(station, settings, copy)
    await script(forgetScript, copy.data, base, copy.restoring, copy.folder)
    const { restores, clones, generation } = state()
    await save({ ...untouched, boot, restores, clones: clones + generation })
  }

  const boot = await bootOf(station)
  if (state().boot !== boot) await forget(boot)
  return {
    moveTo: async (index, stop) => {
      if (state().promoting) await promote()
      const { at: reached, base: from, generation } = state()
      if (reached !== null && index < reached) {
        if (from === null || index < from) throw new Error(`the base is behind ${index}`)
        await save({ generation: generation + 1, at: index, replayMs: 0 })
      } else if (reached !== index) await save({ at: index })
      await files()
      const began = performance.now()
      const { timeline } = restored
      const paused = await startPaused(station, settings, copy, { stop, timeline, isNew: arrived !== index })
      arrived = index
      measured = { ...measured, replayMs: state().replayMs + Math.round(performance.now() - began) }
      return paused
    },
    keep: async () => {
      await save({ promoting: true })
      await promote()
    },
    doubt: () => {
      arrived = undefined
    },
    isFar: () => state().replayMs >= state().cloneMs,
    dropBase: async () => {
      await script(asideScript, base, old())
      await script(sweepScript, copy.folder)
    },
  }
}
