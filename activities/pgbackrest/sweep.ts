import { pulse } from '../pulse.ts'
import { refuse } from '../refusal.ts'
import { copyOf, exists, must, ownerOf } from './copy.ts'
import { exchangesBegun } from './exchange/journal.ts'
import type { At } from './place.ts'

/** The copies of which an exchange has begun and is not over: folders are on their way. */
export async function unfinished(at: At): Promise<readonly string[]> {
  const all = await exchangesBegun(at)
  const open = all.filter(({ journal }) => journal?.phases.backup === undefined)
  return [...new Set(open.map(({ copy }) => copy.name))]
}

/** Folders that are on their way to and from the live place are no time for another copy: refuses `restore-refused`. */
export async function refuseUnfinished(at: At): Promise<void> {
  const open = await unfinished(at)
  if (open.length > 0)
    refuse('restore-refused', {
      reason: {
        en: `the cut-over or cut-back of ${open.join(', ')} is not finished: request that step again`,
        ja: `${open.join('、')} の切り替えまたは切り戻しが未完了です。その手順をもう一度依頼してください`,
      },
    })
}

/**
 * Removes what exchanges kept for longer than `keepFor`, and scratch folders of workers that died. Called before anything new takes room; nothing
 * is removed while an exchange is on its way, or while there is no live folder.
 */
export async function sweep(at: At): Promise<void> {
  const { station, settings } = at
  const { copiesFolder, dataFolder, keepFor } = settings
  const all = (await exchangesBegun(at)).map(({ copy: { folder }, journal }) => ({
    folder,
    finishedMs: Date.parse(journal?.phases.backup ?? ''),
  }))
  const isWhole = await exists(station, `${dataFolder}/PG_VERSION`)
  if (isWhole && all.every(({ finishedMs }) => Number.isFinite(finishedMs))) {
    const owner = await ownerOf(station, settings)
    const own = owner === undefined ? undefined : copyOf(settings, owner).folder
    for (const folder of new Set(all.map((each) => each.folder))) {
      const last = Math.max(
        ...all.filter((each) => each.folder === folder).map(({ finishedMs }) => finishedMs),
      )
      if (folder === own || last + keepFor > Date.now()) continue
      pulse().beat({ at: 'sweeping', folder })
      await must(station, ['rm', '-rf', '--', folder], { withinMs: 600_000 })
    }
  }
  const old = ['-maxdepth', '1', '-name', '.log-*', '-mmin', '+1440']
  await station.exec(['find', copiesFolder, ...old, '-exec', 'rm', '-rf', '{}', '+'])
}
