/**
 * Reads every file of the repository, as a task that outlives the worker. pgBackRest 2.45 ends with 0 whatever it finds, and prints nothing of
 * it below `info`: only its own words count, and that it says `status: ok`.
 */
import type { Text } from '../../domain/words.ts'
import { plainLine } from '../../edge/plain-text.ts'
import { finished } from './backup-files.ts'
import type { At } from './place.ts'
import { stanzaWords } from './repository/program.ts'

/** What is wrong with it; undefined where every file is as it was written. */
export async function verifyRepository({ station, settings }: At, task: string): Promise<Text | undefined> {
  const argv = [
    ...stanzaWords(settings),
    '--log-level-console=info',
    '--log-level-file=off',
    '--output=text',
    '--verbose',
    'verify',
  ]
  await finished(station, task, argv, 'verifying', async () => ({}))
  const { stdout } = await station.exec(['grep', '-E', `${damage}|${status}`, `${task}/log`])
  return problemIn(stdout)
}

const damage = '(INFO|WARN|ERROR): (file missing|invalid [a-z]+) '
const status = '^status: '

/** Exported for the tests: the lines of pgBackRest that count. */
export function problemIn(lines: string): Text | undefined {
  const all = lines.split('\n')
  const bad = all.flatMap((line) => new RegExp(`${damage}(.*)`).exec(line)?.slice(2, 4).join(' ') ?? [])
  const [first] = bad
  if (first !== undefined) {
    const what = plainLine(first, 300)
    const more = bad.length - 1
    return {
      en: `damaged in the repository: ${what}${more === 0 ? '' : `, and ${more} more`}`,
      ja: `リポジトリに破損があります: ${what}${more === 0 ? '' : ` ほか ${more} 件`}`,
    }
  }
  if (all.includes('status: ok')) return undefined
  const said = plainLine(all.find((line) => /^status: /.test(line)) ?? 'no status', 300)
  return { en: `pgbackrest verify: ${said}`, ja: `pgbackrest verify: ${said}` }
}
