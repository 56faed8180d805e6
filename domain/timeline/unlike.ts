/** What left a workflow, as its history has it and as its re-execution makes it: byte for byte, nothing more and nothing less. */
import type { Text } from '../words.ts'
import { canonicalJson, isSame } from './canonical.ts'

/** Something that left the workflow: as the history has it, or as the re-execution makes it. */
export type Sent = {
  /** `withdrawn`: an activity was cancelled, perhaps in the very task that wanted it, and then it never left. */
  readonly kind:
    | 'activity'
    | 'withdrawn'
    | 'update'
    | 'refusal'
    | 'continue-as-new'
    | 'result'
    | 'signal'
    | 'child'
    | 'seal'
  readonly id: string
  readonly payload: unknown
}

export type Difference = {
  readonly run: number
  /** The receipt, payload or file that differs first, such as `activity step/rollback/run`. */
  readonly at: string
  /** The first event that can differ, and the last one. */
  readonly events?: readonly [number, number]
  readonly says: Text
}

export function difference(run: number, at: string | Sent, says: Text): Difference {
  return { run, at: typeof at === 'string' ? at : nameOf(at), says }
}

type Exchanged = {
  readonly end: string
  readonly recorded: readonly Sent[]
  readonly sent: readonly Sent[]
  readonly broke?: string
}

/** The first difference between the two, or undefined. */
export function unlike(run: number, evidence: Exchanged): Difference | undefined {
  const made = madeOf(evidence)
  for (const entry of evidence.recorded) {
    const twin = made.get(nameOf(entry))?.shift()
    if (twin === undefined) {
      return difference(run, entry, {
        en: 'it is in the history, but the re-execution did not produce it',
        ja: '履歴にはありますが、再実行では作られません',
      })
    }
    if (!isSame(entry.payload, twin.payload)) {
      const where = firstDifference(canonicalJson(entry.payload), canonicalJson(twin.payload))
      return difference(run, entry, {
        en: `what the workflow sent differs from the record: ${where}`,
        ja: `送信した内容が記録と異なります: ${where}`,
      })
    }
  }
  if (evidence.broke !== undefined) {
    return difference(run, 'history', {
      en: `the re-execution took another course: ${evidence.broke}`,
      ja: `再実行が別の経過をたどりました: ${evidence.broke}`,
    })
  }
  const [extra] = isTorn(evidence) ? [] : left(made, evidence.sent)
  return (
    extra &&
    difference(run, extra, {
      en: 'the re-execution produces it, but it is not in the history',
      ja: '再実行では作られますが、履歴にありません',
    })
  )
}

/** The history ends in the middle of what a task wanted: all that it lacks comes after all that it has. */
export function isTorn(evidence: Exchanged): boolean {
  if (evidence.end !== 'none' || evidence.broke !== undefined) return false
  const made = madeOf(evidence)
  const { sent } = evidence
  const has = new Set(evidence.recorded.flatMap((entry) => made.get(nameOf(entry))?.shift() ?? []))
  const [lacks] = left(made, sent)
  return lacks !== undefined && !sent.slice(sent.indexOf(lacks)).some((entry) => has.has(entry))
}

/** By their names, in their order; without what was withdrawn unless it had left already. */
function madeOf({ sent, recorded }: Exchanged): Map<string, Sent[]> {
  const back = new Set(sent.flatMap(({ kind, id }) => (kind === 'withdrawn' ? [`activity ${id}`] : [])))
  const gone = new Set(recorded.map(nameOf))
  const made = new Map<string, Sent[]>()
  for (const entry of sent) {
    const name = nameOf(entry)
    if (entry.kind === 'withdrawn' || (back.has(name) && !gone.has(name))) continue
    const before = made.get(name)
    if (before === undefined) made.set(name, [entry])
    else before.push(entry)
  }
  return made
}

/** What found no twin, in the order in which it was made. */
function left(made: ReadonlyMap<string, readonly Sent[]>, sent: readonly Sent[]): readonly Sent[] {
  const without = new Set([...made.values()].flat())
  return sent.filter((entry) => without.has(entry))
}

function nameOf(entry: Sent): string {
  return entry.id === '' ? entry.kind : `${entry.kind} ${entry.id}`
}

/** Of two texts that are not the same: so they differ somewhere, be it where one of them ends. */
function firstDifference(a: string, b: string): string {
  let at = 0
  while (a[at] === b[at]) at += 1
  const from = Math.max(0, at - 20)
  return `…${a.slice(from, at + 20)}… against …${b.slice(from, at + 20)}…`
}
