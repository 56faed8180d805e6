/** From which entries of the connections file the steps of a runbook restore. */
import { kindOf } from '../steps/catalogue.ts'
import type { StepParams } from '../steps/contract.ts'
import type { Part } from './parts.ts'
import type { Runbook } from './runbook.ts'
import { stepsIn } from './steps-in.ts'

const limits = ['maxAge', 'behindOver'] as const

/** By name, each with what the runbook's own look at its backups finds too old. */
function entriesOf(book: Runbook): ReadonlyMap<string, StepParams> {
  const used = new Map<string, StepParams>()
  for (const { kind, with: params } of stepsIn(book)) {
    const parsed = kindOf(kind)?.params.safeParse(params)
    const given = parsed?.success ? (parsed.data as StepParams) : {}
    const { backups } = given
    if (typeof backups !== 'string') continue
    const own = kind === 'postgres.restore-points' ? limits.map((name) => [name, given[name]]) : []
    used.set(backups, { ...used.get(backups), ...Object.fromEntries(own) })
  }
  return used
}

export function backupsUsed(book: Runbook): readonly string[] {
  return [...entriesOf(book).keys()]
}

/** What the doctor has read of each. */
export function backupParts(book: Runbook): readonly Part[] {
  return [...entriesOf(book)].map(([backups, own]) => ({
    id: backupsId(backups),
    kind: 'postgres.restore-ready',
    params: { backups, ...own },
  }))
}

export function backupsId(backups: string): string {
  return `pgbackrest ${backups}`
}
