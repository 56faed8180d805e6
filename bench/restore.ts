/** What hikeshi adds to a restore: the files of a backup, by the step's own way and by bare pgBackRest, one after the other in one run. */
import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { promisify } from 'node:util'
import { restoreFiles } from '../activities/pgbackrest/backup-files.ts'
import { copyOf } from '../activities/pgbackrest/copy.ts'
import { stanzaWords } from '../activities/pgbackrest/repository/program.ts'
import { nextSecond, noCluster } from '../test/restore/cluster.ts'
import { openLive } from '../test/restore/live-cluster.ts'
import { type Figure, quantile, timed } from './figure.ts'

const run = promisify(execFile)
const rounds = 5
/** About half a GiB of pages that do not compress to nothing. */
const rows = 2_000_000

export async function* measureRestore(): AsyncGenerator<Figure> {
  if (noCluster !== undefined) {
    process.stderr.write(`restore: skipped (${noCluster})\n`)
    return
  }
  const live = await openLive()
  try {
    await live.sql(
      `create table filler as select i, repeat(md5(i::text), 6) as t from generate_series(1, ${rows}) i`,
    )
    await live.backup()
    await nextSecond()
    const { station, settings } = live.at()
    const [
      {
        backup: [{ label, info }],
      },
    ] = JSON.parse(await live.pgbackrest('--output=json', 'info'))
    const [own, bare]: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round += 1) {
      const copy = copyOf(settings, `bench/own-${round}`)
      own.push(await timed(() => restoreFiles(station, settings, copy, { backup: label, bytes: info.size })))
      rmSync(copy.folder, { recursive: true })
      const folder = `${settings.copiesFolder}/bare-${round}`
      await station.exec(['mkdir', '-m', '0700', folder])
      const options = [`--pg1-path=${folder}`, `--set=${label}`, '--delta', '--type=default', 'restore']
      const [program = '', ...args] = [...settings.as, ...stanzaWords(settings), ...options]
      bare.push(await timed(() => run(program, args, { cwd: '/' })))
      rmSync(folder, { recursive: true })
    }
    const [ours, theirs] = [quantile(own, 0.5), quantile(bare, 0.5)]
    yield { what: `restore: files of ${Math.round(info.size / 2 ** 20)} MiB`, value: ours / 1_000, unit: 's' }
    yield { what: 'restore: the same by bare pgbackrest', value: theirs / 1_000, unit: 's' }
    yield { what: 'restore: speed against bare pgbackrest', value: theirs / ours, unit: '×', least: 0.9 }
  } finally {
    await live.close()
  }
}
