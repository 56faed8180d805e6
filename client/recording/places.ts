/** Where recordings of an incident lie: in the archive, and where this machine has none, in a folder of the person's own. */
import { lstat, open } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { headOf, isRecordingOf, recordingName, recordingsBelow } from '../../domain/evidence/recording.ts'
import { expected } from '../../domain/expected.ts'
import { makeLastingFolder } from '../../edge/folder.ts'
import { namesIfThere } from '../../edge/if-there.ts'
import { refused } from '../../edge/refused.ts'
import { reasonInWords } from '../../edge/system-reason.ts'
import { recordingsFolder } from '../../wire/archive.ts'

type Env = Readonly<Record<string, string | undefined>>

export type RecordingPlace = {
  readonly folder: string
  /** Has to be there: an archive that is not mounted is not made. */
  readonly within?: string
}

/** The likeliest first. */
export function recordingPlaces(env: Env, incident: string): readonly RecordingPlace[] {
  const { HIKESHI_ARCHIVE: archive } = env
  return [
    ...(archive === undefined ? [] : [{ folder: recordingsFolder(archive, incident), within: archive }]),
    { folder: ownPlace(env, incident) },
  ]
}

function ownPlace({ XDG_DATA_HOME: data, HOME: home = homedir() }: Env, incident: string): string {
  const below = data?.startsWith('/') ? data : join(home, '.local', 'share')
  return join(below, 'hikeshi', 'recordings', incident)
}

/** The first place in which something can be made. Refuses (`bad-input`) if there is none. */
export async function openInFirst<T>(
  places: readonly RecordingPlace[],
  file: string,
  make: (path: string) => T,
): Promise<{ readonly path: string; readonly made: T }> {
  let reason: unknown
  for (const { folder, within } of places) {
    const path = join(folder, file)
    try {
      if (within !== undefined) await lstat(within)
      await makeLastingFolder(folder, 0o700)
      return { path, made: make(path) }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error
      reason ??= error
    }
  }
  throw refused('bad-input', { where: places[0]?.folder ?? '', problem: reasonInWords(reason) })
}

type Of = { readonly incident: string; readonly declaredAtMs: number }

/** Files with recordings of this incident; a place that is not there holds none. */
export async function recordingsIn(place: string, of: Of): Promise<readonly string[]> {
  const files = (await namesIfThere(place)).filter((name) => recordingName.test(name)).toSorted()
  const found = await Promise.all(
    files.map(async (name) => ((await isOf(join(place, name), of)) ? [join(place, name)] : [])),
  )
  return found.flat()
}

/** What somebody named: recordings, or folders of them. Refuses (`bad-input`) what is of something else. */
export async function recordingsNamed(named: readonly string[], of: Of): Promise<readonly string[]> {
  const found = await Promise.all(
    named.map(async (path) => {
      const isFolder = await lstat(path).then(
        (entry) => entry.isDirectory(),
        (error: unknown) => {
          throw refused('bad-input', { where: '--with', problem: reasonInWords(error) })
        },
      )
      const files = isFolder ? await recordingsIn(path, of) : [path]
      if (files.length > 0 && (isFolder || (recordingName.test(basename(path)) && (await isOf(path, of)))))
        return files
      const problem = expected(
        `a recording of ${of.incident}, or a folder with some; got ${path}`,
        `${of.incident} の記録、またはそのフォルダー（指定: ${path}）`,
      )
      throw refused('bad-input', { where: '--with', problem })
    }),
  )
  return found.flat()
}

/** What a recording is called in a bundle. */
export function recordingPath(file: string): string {
  return `${recordingsBelow}/${basename(file)}`
}

const longestHeadBytes = 65_536

async function isOf(file: string, of: Of): Promise<boolean> {
  if (!(await lstat(file)).isFile()) return false
  const handle = await open(file, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(longestHeadBytes), 0, longestHeadBytes, 0)
    const [line = ''] = buffer.subarray(0, bytesRead).toString('utf8').split('\n', 1)
    const head = headOf(line)
    return head !== undefined && isRecordingOf(head, of)
  } finally {
    await handle.close()
  }
}
