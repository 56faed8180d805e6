/** The one copy, between drills and what is real: a drill takes what is free, and gives it up to whoever asks. */
import { isDrill, workflowOfDrill } from '../../../domain/restore/drill.ts'
import { pulse, stoppable } from '../../pulse.ts'
import { isRefusal, refusal, refuse } from '../../refusal.ts'
import { claim, copyOf, hasCopy, ownerOf } from '../copy.ts'
import { discard } from '../discard.ts'
import type { At } from '../place.ts'
import { unfinished } from '../sweep.ts'

const mostTries = 5
const lookEveryMs = 500

/** The copy for a real restore: a drill's is discarded. Refuses (`copy-exists`) where another restore has it. */
export async function claimOver(at: At, stepRun: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    await discardDrill(at, () => true)
    try {
      return await claim(at.station, at.settings, stepRun)
    } catch (error) {
      if (!isRefusal(error, 'copy-of-drill') || tries >= mostTries) throw error
    }
  }
}

/** The copy for a drill, where it is free; one that a drill left behind which nobody carries on is discarded. Refuses (`drill-yielded`) while an exchange is on its way. */
export async function claimForDrill(
  at: At,
  stepRun: string,
  isUnderWay: (workflow: string) => Promise<boolean>,
): Promise<void> {
  await discardDrill(at, async (by) => by !== stepRun && !(await isUnderWay(workflowOfDrill(by))))
  // What it has already is carried on.
  if ((await ownerOf(at.station, at.settings)) !== stepRun) await giveWay(at)
  await claim(at.station, at.settings, stepRun)
}

/** Folders that are on their way to and from the live place come first. */
async function giveWay(at: At): Promise<void> {
  const open = (await unfinished(at)).join(', ')
  if (open === '') return
  const by = { en: `the cut-over or cut-back of ${open}`, ja: `${open} の切り替えまたは切り戻し` }
  refuse('drill-yielded', { stanza: at.settings.stanza, by })
}

async function discardDrill(at: At, may: (by: string) => boolean | Promise<boolean>): Promise<void> {
  const by = await ownerOf(at.station, at.settings)
  if (by !== undefined && isDrill(by) && (await may(by))) await discard(at, copyOf(at.settings, by), by)
}

/** Does the work for as long as the drill has the copy; ends it with `drill-yielded` when somebody takes it away. */
export async function whileOurs<T>(at: At, stepRun: string, work: () => Promise<T>): Promise<T> {
  const { station, settings } = at
  const lost = new AbortController()
  const look = async () => {
    if (!(await hasCopy(station, settings, stepRun))) lost.abort(await yielded(at, stepRun))
  }
  // Where it cannot be looked at, the work itself will say why.
  const timer = setInterval(() => void look().catch(() => undefined), lookEveryMs)
  try {
    const done = await stoppable(lost.signal, work)
    // What failed because its server was ended is no failure either.
    await look()
    lost.signal.throwIfAborted()
    return done
  } catch (error) {
    pulse().signal.throwIfAborted()
    throw (await hasCopy(station, settings, stepRun)) ? error : await yielded(at, stepRun)
  } finally {
    clearInterval(timer)
  }
}

async function yielded({ station, settings }: At, stepRun: string): Promise<Error> {
  const by = await ownerOf(station, settings)
  return refusal('drill-yielded', {
    stanza: settings.stanza,
    by: by === undefined || by === stepRun ? { en: 'a restore', ja: '復元' } : by,
  })
}
