import { z } from 'zod'
import { pulse } from '../pulse.ts'
import { copyOf, exists, must, ownerOf } from './copy.ts'
import type { At } from './place.ts'

const journal = z.looseObject({ phases: z.looseObject({ backup: z.string().optional() }) })
const journals = ['cut-over.json', 'cut-back.json'] as const

type Exchange = { readonly name: string; readonly folder: string; readonly finishedAt: string | undefined }

/** Every exchange of folders that has left something: a cut-over, and the cut-back of it. */
async function exchanges({ station, settings: { copiesFolder } }: At): Promise<readonly Exchange[]> {
  const list = await station.exec(['ls', '-1A', '--', copiesFolder])
  const found: Exchange[] = []
  for (const name of list.stdout.split('\n').filter((each) => each !== ''))
    for (const file of journals) {
      const folder = `${copiesFolder}/${name}`
      const { status, stdout } = await station.exec(['cat', '--', `${folder}/${file}`])
      if (status !== 0) continue
      // What cannot be read is not known to be over.
      const finishedAt = journal.safeParse(JSON.parse(stdout)).data?.phases.backup
      found.push({ name, folder, finishedAt })
    }
  return found
}

/** The copies of which an exchange has begun and is not over: folders are on their way. */
export async function unfinished(at: At): Promise<readonly string[]> {
  const all = await exchanges(at)
  return [...new Set(all.filter(({ finishedAt }) => finishedAt === undefined).map(({ name }) => name))]
}

/**
 * Removes what exchanges kept for longer than `keepFor`, and scratch folders of workers that died. Called before anything new takes room; nothing
 * is removed while an exchange is on its way, or while there is no live folder.
 */
export async function sweep(at: At): Promise<void> {
  const { station, settings } = at
  const { copiesFolder, dataFolder, keepFor } = settings
  const all = await exchanges(at)
  const isWhole = await exists(station, `${dataFolder}/PG_VERSION`)
  if (isWhole && all.every(({ finishedAt }) => finishedAt !== undefined)) {
    const owner = await ownerOf(station, settings)
    const own = owner === undefined ? undefined : copyOf(settings, owner).name
    for (const folder of new Set(all.map((each) => each.folder))) {
      const last = all
        .filter((each) => each.folder === folder)
        .map(({ finishedAt = '' }) => Date.parse(finishedAt))
      if (folder === `${copiesFolder}/${own}` || Math.max(...last) + keepFor > Date.now()) continue
      pulse().beat({ at: 'sweeping', folder })
      await must(station, ['rm', '-rf', '--', folder], { withinMs: 600_000 })
    }
  }
  const old = ['-maxdepth', '1', '-name', '.log-*', '-mmin', '+1440']
  await station.exec(['find', copiesFolder, ...old, '-exec', 'rm', '-rf', '{}', '+'])
}
