/** pgBackRest's own commands: the files of a backup into a copy's folder, and a new backup. Both outlive the worker. */
import type { PgbackrestSettings } from '../connections-file.ts'
import { pulse } from '../pulse.ts'
import { refuse } from '../refusal.ts'
import { type Copy, must } from './copy.ts'
import { stanzaWords } from './repository/program.ts'
import { lastLine, type Station } from './station/station.ts'
import { refuseTablespaces } from './tablespaces.ts'

/** Between two signs of how far it is; its end is seen at once. */
const lookEveryMs = 500
/** Killed so often, something kills it. */
const mostStarts = 3

/** How the server of a folder fetches the log. Paths of the connections file have no blank and no quote. */
export function restoreCommand(settings: PgbackrestSettings, data: string): string {
  const words = [
    ...stanzaWords(settings),
    `--pg1-path=${data}`,
    '--no-archive-async',
    'archive-get',
    '%f',
    '"%p"',
  ]
  return words.join(' ')
}

/** Killed before it had written what a folder of data is known by, it would take its own files for somebody else's and refuse (040). */
const knownOrEmpty = `
[ -e "$1/PG_VERSION" ] || [ -e "$1/backup.manifest" ] || find "$1" -mindepth 1 -delete
shift
exec "$@"
`

/** Restores the backup into the copy's folder; begun by an attempt before, it is found again, and what was killed goes on. */
export async function restoreFiles(
  station: Station,
  settings: PgbackrestSettings,
  copy: Copy,
  { backup, bytes }: { readonly backup: string; readonly bytes: number },
): Promise<void> {
  await refuseTablespaces(station, settings, backup)
  await must(station, ['mkdir', '-p', '-m', '0700', '--', copy.folder, copy.data, `${copy.folder}/lock`])
  const argv = [
    ...['sh', '-c', knownOrEmpty, 'sh', copy.data],
    ...stanzaWords(settings),
    `--pg1-path=${copy.data}`,
    `--lock-path=${copy.folder}/lock`,
    `--set=${backup}`,
    '--delta',
    '--type=default',
    // What holds once the copy stands where the live folder is now.
    `--recovery-option=restore_command=${restoreCommand(settings, settings.dataFolder)}`,
    '--log-level-console=info',
    '--log-level-file=off',
    'restore',
  ]
  await finished(station, copy.restoring, argv, 'restoring', async () => {
    const { stdout } = await station.exec(['du', '-sb', '--', copy.data])
    const done = Number.parseInt(stdout, 10) || 0
    return { bytes: done, ofBytes: bytes, percent: percentOf(done, bytes) }
  })
}

/** A full backup as the task of this folder. What is old goes when the team's own schedule says so, not in the middle of an incident. */
export async function backUp(station: Station, settings: PgbackrestSettings, task: string): Promise<void> {
  const argv = [
    ...stanzaWords(settings),
    '--type=full',
    '--start-fast',
    '--no-expire-auto',
    '--log-level-console=info',
    '--log-level-file=off',
    'backup',
  ]
  await finished(station, task, argv, 'backing up', async () => ({}))
}

/** Until the task has ended with 0; what was killed is started again. */
export async function finished(
  station: Station,
  task: string,
  argv: readonly string[],
  at: string,
  progress: () => Promise<Readonly<Record<string, number>>>,
): Promise<void> {
  const before = await station.look(task)
  // What an attempt before this one was told is not repeated: what stood in the way may be gone.
  await station.start(task, argv, before.state === 'ended' && before.status !== 0)
  // Also of one that ends within the first look.
  pulse().beat({ at })
  for (let starts = 1; ; ) {
    pulse().signal.throwIfAborted()
    const found = await station.look(task, lookEveryMs)
    if (found.state === 'ended' && found.status === 0) return
    if (found.state !== 'running') {
      const wasKilled = found.state === 'lost' || (found.state === 'ended' && found.status >= 128)
      if (!wasKilled || starts >= mostStarts)
        refuse('restore-failed', { reason: await reasonOf(station, task, `${at}: ${found.state}`) })
      starts += 1
      await station.start(task, argv, true)
    }
    pulse().beat({ at, ...(await progress()) })
  }
}

async function reasonOf(station: Station, task: string, otherwise: string): Promise<string> {
  const said = await station.tail(task)
  const own = errorIn(said)
  if (own !== undefined) return own
  // A full disk keeps the program from saying so.
  const { stdout } = await station.exec(['df', '--output=avail', '-B1', '--', task])
  if (Number(stdout.trim().split('\n').at(-1)) < 64 * 1_024) return `${task}: No space left on device`
  return lastLine(said) || otherwise
}

/** `ERROR: [041]: unable to write …`, pgBackRest's own sentence. */
export function errorIn(output: string): string | undefined {
  const found = output.match(/ERROR: \[\d+\]: .*/g)?.at(-1)
  return found?.replace(/\s+/g, ' ').slice(0, 400)
}

function percentOf(done: number, of: number): number {
  return of === 0 ? 0 : Math.min(99, Math.floor((100 * done) / of))
}
