/** What the audit prints: a line for each seed, and one for all. */
import { isDesk } from './judge/evidence.ts'
import { type FaultKind, faultKinds } from './judge/fault.ts'
import type { Judged } from './run-seed.ts'

/** With a worker standing by nobody may be called later than this, in 99 of 100 cases. */
export const lateWithinMs = 3_000

const columns = [
  'seed',
  'kills',
  'incidents',
  'identical',
  ...faultKinds,
  'timed out',
  'late p50/p99/max s',
  'stood by',
]
const widths = columns.map((column) => Math.max(column.length, 7))

export function heading(): string {
  return line(columns)
}

export function row(judged: Judged): string {
  const { seed, kills, proofs, timedOutTasks, lateMs, stoodByMs } = judged
  return line([
    String(seed),
    String(kills),
    String(proofs.filter(({ workflow }) => !isDesk(workflow)).length),
    `${proofs.filter(({ identical }) => identical).length}/${proofs.length}`,
    ...faultKinds.map((kind) => String(countOf([judged], kind))),
    String(timedOutTasks),
    spread(lateMs),
    spread(stoodByMs),
  ])
}

export function closing(all: readonly Judged[]): string {
  const proofs = all.flatMap((judged) => judged.proofs)
  const desks = proofs.filter(({ workflow }) => isDesk(workflow))
  const incidents = proofs.filter(({ workflow }) => !isDesk(workflow))
  const same = (list: typeof proofs) => `${list.filter((p) => p.identical).length} of ${list.length}`
  const stoodByMs = all.flatMap((judged) => judged.stoodByMs)
  const lateMs = all.flatMap((judged) => judged.lateMs)
  return [
    `${all.length} seeds: replays identical: ${same(incidents)} incidents, ${same(desks)} desks`,
    faultKinds
      .filter((kind) => kind !== 'differs')
      .map((kind) => `${countOf(all, kind)} ${kind}`)
      .join(', '),
    `lateness of ${lateMs.length} pages, p50/p99/max: ${spread(lateMs)} s; with a worker standing by, ${stoodByMs.length}: ${spread(stoodByMs)} s`,
  ].join('\n')
}

export function isLate(all: readonly Judged[]): boolean {
  const stoodByMs = all.flatMap((judged) => judged.stoodByMs)
  return stoodByMs.length > 0 && quantile(stoodByMs, 0.99) > lateWithinMs
}

function countOf(all: readonly Judged[], kind: FaultKind): number {
  return all.flatMap(({ faults }) => faults).filter((fault) => fault.kind === kind).length
}

function spread(ms: readonly number[]): string {
  if (ms.length === 0) return '-'
  return [0.5, 0.99, 1].map((q) => (quantile(ms, q) / 1_000).toFixed(1)).join(' ')
}

function quantile(ms: readonly number[], q: number): number {
  const sorted = ms.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0
}

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  ')
}
