/**
 * What a workflow hands over when it continues as new. Temporal ends a workflow for good whose hand-over is above 2 MB, so what it can do
 * without stays behind before that.
 */
import { jsonBytes } from '../../domain/timeline/canonical.ts'

const atMostBytes = 1_800_000

/** The first of these that fits, the whole first and each next one with less; the last one where none does. */
export function fitting<T>(whole: T, ...lighter: readonly ((carried: T) => T)[]): T {
  let carried = whole
  for (const lighten of lighter) {
    if (jsonBytes(carried) <= atMostBytes) break
    carried = lighten(carried)
  }
  return carried
}
