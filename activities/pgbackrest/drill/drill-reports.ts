/** What drills found: a file of each, kept beside the copies. */

import { z } from 'zod'
import { type DrillReport, drillReport } from '../../../domain/restore/drill.ts'
import type { Plan } from '../../../domain/steps/contract.ts'
import type { Text } from '../../../domain/words.ts'
import { sayInstant } from '../../../edge/instant/said.ts'
import { must, written } from '../copy.ts'
import type { At } from '../place.ts'

/** The last ones of a folder. */
const kept = 100

const folderOf = ({ settings }: At) => `${settings.copiesFolder}/drills`

/** Of this stanza, the newest first. What cannot be read is no proof, and left out. */
export async function drillReports(at: At): Promise<readonly DrillReport[]> {
  const script = 'cd "$1" 2>/dev/null || exit 0; for f in [0-9]*.json; do [ ! -e "$f" ] || cat -- "$f"; done'
  const lines = await must(at.station, ['sh', '-c', script, 'sh', folderOf(at)])
  return lines
    .split('\n')
    .flatMap((line) => drillReport.safeParse(parsed(line)).data ?? [])
    .filter(({ stanza }) => stanza === at.settings.stanza)
    .toReversed()
}

/** Whole or not at all; the oldest go. */
export async function keepReport(at: At, report: DrillReport): Promise<void> {
  const file = `${folderOf(at)}/${report.startedAt}.${at.settings.stanza}.json`
  await written(at.station, file, `${JSON.stringify(drillReport.parse(report))}\n`)
  const script =
    'cd "$1"; ls -1 | grep "^[0-9].*[.]json$" | head -n "-$2" | while read -r f; do rm -f -- "$f"; done'
  await must(at.station, ['sh', '-c', script, 'sh', folderOf(at), String(kept)])
}

/** When the newest good drill began, UTC; null: no drill has proved this repository. */
export async function lastProved(at: At, told?: Plan): Promise<string | null> {
  const good = (await drillReports(at)).filter(({ ok }) => ok).map(({ startedAt }) => startedAt)
  const before = z.looseObject({ proved: z.string().nullable() }).safeParse(told?.before).data?.proved
  // Another drill may have ended since people were told; what they were told must have been true.
  if (before === null || (before !== undefined && good.includes(before))) return before
  return good[0] ?? null
}

export function provedText(proved: string | null, zone: string): Text {
  if (proved === null) return { en: 'never proved by a drill', ja: '訓練での実証なし' }
  const at = sayInstant(Date.parse(proved), zone)
  return { en: `last proved by a drill at ${at}`, ja: `最後に訓練で実証: ${at}` }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
