/**
 * A plan that people approved, held against the one that the worker makes itself right before the deed: whoever may write to Temporal
 * may have written the first one, its words included.
 */
import type { Plan } from '../steps/contract.ts'
import { canonicalJson } from '../timeline/canonical.ts'
import type { Json, Text } from '../words.ts'

const mostShown = 300

/** What of it is otherwise; undefined where the same would be done, and is told in the same words. */
export function differenceOf(approved: Plan, own: Plan): Text | undefined {
  if (approved.target !== own.target)
    return {
      en: `its target is ${own.target}, not ${approved.target}`,
      ja: `対象は ${approved.target} ではなく ${own.target} です`,
    }
  if (approved.says.en !== own.says.en || approved.says.ja !== own.says.ja)
    return {
      en: `the worker's own plan is "${own.says.en.slice(0, mostShown)}"`,
      ja: `ワーカー自身の計画は「${own.says.ja.slice(0, mostShown)}」です`,
    }
  const where = placeOf(approved.change, own.change)
  return where === undefined
    ? undefined
    : {
        en: `the worker's own plan has a different ${where}`,
        ja: `ワーカー自身の計画とは ${where} が異なります`,
      }
}

/** The first member that is otherwise, such as `change.container`. */
function placeOf(approved: Json, own: Json): string | undefined {
  if (canonicalJson(approved) === canonicalJson(own)) return undefined
  const [theirs, ours] = [membersOf(approved), membersOf(own)]
  const name = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].find(
    (each) => canonicalJson(theirs[each] ?? null) !== canonicalJson(ours[each] ?? null),
  )
  return name === undefined ? 'change' : `change.${name.slice(0, mostShown)}`
}

function membersOf(json: Json): Readonly<Record<string, Json>> {
  return json !== null && typeof json === 'object' && !Array.isArray(json)
    ? (json as Readonly<Record<string, Json>>)
    : {}
}

/** Few are nothing to be asked again for. */
const fewFigures = 10

/** Whether a figure may have moved from one to the other by itself since people were told: to its half or its double, and by ten in any case. */
export function isDrift(told: number, now: number): boolean {
  return Math.abs(now - told) <= Math.max(fewFigures, Math.min(told, now))
}
