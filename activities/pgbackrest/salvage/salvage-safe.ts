/** What a salvage does, of a table that brings no code of its owner's: before any row of it is read. */
import { refuse } from '../../refusal.ts'
import { foreignCode } from './salvage-code.ts'
import { type Outline, outlined, type Wanted } from './salvage-outline.ts'
import type { Sides } from './salvage-session.ts'
import { codeOf } from './salvage-sql.ts'

/** Refuses what cannot end well on either side. `finished`: how it was done, of a salvage that has put its table there. */
export async function outlineOf(sides: Sides, wanted: Wanted, finished?: Outline['mode']): Promise<Outline> {
  const outline = await outlined(sides, wanted, finished)
  const inCopy = { tables: [outline.copy.sql], types: [] }
  const reason =
    (await foreignCode(sides.copy.asks, inCopy)) ?? (await foreignCode(sides.live.asks, codeOf(outline)))
  if (reason !== undefined) refuse('salvage-refused', { table: wanted.shown, reason })
  return outline
}
