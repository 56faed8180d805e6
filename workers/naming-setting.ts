/** A mistake in a file names the file; whoever starts a worker wants to know as well which setting named that file. */
import { said } from '../domain/words.ts'
import { Refused, refused } from '../edge/refused.ts'
import type { Settings } from './settings.ts'

const settingOf = {
  channels: 'HIKESHI_CHANNELS',
  connections: 'HIKESHI_CONNECTIONS',
  policy: 'HIKESHI_POLICY',
  publisherKeys: 'HIKESHI_PUBLISHER_KEYS',
  attestationKeys: 'HIKESHI_ATTESTATION_PUBLIC_KEYS',
} as const satisfies { readonly [S in keyof Settings]?: string }

export type Paths = Partial<Pick<Settings, keyof typeof settingOf>>

/** What `work` refuses of such a file is refused with the setting behind the place. */
export async function namingSetting<T>(paths: Paths, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Refused) || error.failure.name !== 'bad-input') throw error
    const { where = '', problem = '' } = error.failure.params
    const place = typeof where === 'number' ? String(where) : said(where).en
    const setting = settingNaming(place, paths)
    if (setting === undefined) throw error
    throw refused('bad-input', { where: `${place} (${setting})`, problem }, { cause: error })
  }
}

/** Of several the one with the longest path: one may lie in the folder of another. */
function settingNaming(place: string, paths: Paths): string | undefined {
  const named = (Object.keys(settingOf) as (keyof typeof settingOf)[]).filter((setting) => {
    const path = paths[setting]
    return path !== undefined && path !== '' && place.startsWith(path)
  })
  const [longest] = named.toSorted((a, b) => (paths[b] ?? '').length - (paths[a] ?? '').length)
  return longest && settingOf[longest]
}
