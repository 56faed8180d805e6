/** A bundle as it lies there against what its manifest says. */
import type { Text } from '../words.ts'
import type { BundleFile } from './manifest.ts'

export type Problem = {
  readonly what:
    | 'changed'
    | 'missing'
    | 'added'
    | 'cut'
    | 'manifest'
    | 'signature'
    | 'timeline'
    | 'logs'
    | 'recording'
    | 'transparency'
  readonly path?: string
  readonly says: Text
}

/** What lies in the folder; without `sha256` it is no plain file. */
export type FoundFile = { readonly path: string; readonly bytes: number; readonly sha256?: string }

/** Every file that is not as the manifest says, by path. `isSame` compares two digests. */
export function differences(
  listed: readonly BundleFile[],
  found: readonly FoundFile[],
  isSame: (a: string, b: string) => boolean,
): readonly Problem[] {
  const here = new Map(found.map((file) => [file.path, file]))
  const known = new Set(listed.map(({ path }) => path))
  const wrong = listed.flatMap((file): readonly Problem[] => {
    const { path, bytes, sha256 } = file
    const own = here.get(path)
    if (own === undefined)
      return [{ what: 'missing', path, says: { en: `${path} is missing`, ja: `${path} がありません` } }]
    if (own.sha256 !== undefined && isSame(own.sha256, sha256)) return []
    if (own.sha256 !== undefined && own.bytes < bytes)
      return [
        {
          what: 'cut',
          path,
          says: {
            en: `${path} was cut off: ${own.bytes} of ${bytes} bytes`,
            ja: `${path} が途中で切れています（${bytes} バイト中 ${own.bytes}）`,
          },
        },
      ]
    return [{ what: 'changed', path, says: { en: `${path} was changed`, ja: `${path} が変更されています` } }]
  })
  const added = found
    .filter(({ path }) => !known.has(path))
    .map(
      ({ path }): Problem => ({
        what: 'added',
        path,
        says: { en: `${path} is not in the manifest`, ja: `${path} はマニフェストにありません` },
      }),
    )
  return [...wrong, ...added].toSorted((a, b) => ((a.path ?? '') < (b.path ?? '') ? -1 : 1))
}
