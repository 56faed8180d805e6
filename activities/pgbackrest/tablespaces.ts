import { z } from 'zod'
import type { PgbackrestSettings } from '../connections-file.ts'
import { refuse } from '../refusal.ts'
import { must } from './copy.ts'
import { stanzaWords } from './repository/program.ts'
import type { Station } from './station/station.ts'

const withTablespaces = z
  .array(z.looseObject({ backup: z.array(z.looseObject({ tablespace: z.array(z.unknown()).nullish() })) }))
  .min(1)

/**
 * Recovery of a copy, and a clone of it, would write into the very folders of the live server's tablespaces. Looked for on the disk and in the backup, so
 * that it does not depend on a server that answers: by each plan, and once more by whoever fetches the files.
 */
export async function refuseTablespaces(
  station: Station,
  settings: PgbackrestSettings,
  backup: string,
): Promise<void> {
  const live = await station.exec(['ls', '-A', '--', `${settings.dataFolder}/pg_tblspc`])
  const info = await must(station, [...stanzaWords(settings), `--set=${backup}`, '--output=json', 'info'])
  const inBackup = withTablespaces
    .parse(JSON.parse(info))
    .some((stanza) => stanza.backup.some(({ tablespace }) => (tablespace?.length ?? 0) > 0))
  if (live.stdout.trim() === '' && !inBackup) return
  refuse('restore-refused', {
    reason: {
      en: 'the cluster has tablespaces of its own, and recovery of a copy would write into them',
      ja: 'クラスターに独自のテーブルスペースがあり、コピーの回復がそこに書き込みます',
    },
  })
}
