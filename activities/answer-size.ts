import type { PartResult } from '../domain/incident/fold/events.ts'
import type { Parts } from '../domain/incident/fold/picture.ts'
import type { Reading } from '../domain/steps/contract.ts'
import type { Text } from '../domain/words.ts'

/** Temporal refuses 2 MB, and the picture goes into the incident's events and through its queries besides. */
export const mostAnswerBytes = 1_000_000

const left: Text = {
  en: '… omitted: all parts together exceed 1 MB',
  ja: '… 省略（全項目の合計が 1 MB を超えたため）',
}

/** What a reading can do without, the least missed first: findings stay to the last, for the rules go by them. */
const lighter: readonly ((reading: Reading) => Reading)[] = [
  (reading) => ({ ...reading, text: left }),
  (reading) => ({ ...reading, facts: { cut: true } }),
  (reading) => ({
    ...reading,
    findings: reading.findings.map((finding) => ({ ...finding, evidence: [left], data: null })),
  }),
]

/** The parts as they are where they fit into one answer; else the largest are made lighter until they do, and say so. */
export function withinAnswer(parts: Parts, mostBytes = mostAnswerBytes): Parts {
  const sized = Object.entries(parts).map(([id, part]) => ({ id, part, bytes: bytesOf(part) }))
  let total = sized.reduce((sum, { bytes }) => sum + bytes, 0)
  for (const lighten of lighter) {
    for (const entry of sized.toSorted((a, b) => b.bytes - a.bytes)) {
      if (total <= mostBytes) break
      if (!entry.part.ok) continue
      const part: PartResult = { ok: true, reading: lighten(entry.part.reading) }
      const bytes = bytesOf(part)
      if (bytes >= entry.bytes) continue
      total += bytes - entry.bytes
      Object.assign(entry, { part, bytes })
    }
  }
  return Object.fromEntries(sized.map(({ id, part }) => [id, part]))
}

function bytesOf(part: PartResult): number {
  return Buffer.byteLength(JSON.stringify(part))
}
