/**
 * Whether a cluster's workers reach Kubernetes, the databases, the backups and the Prometheus of the runbooks, and whether their roles may do what the
 * steps do. Only those workers know where they are and who signs in, so they are asked.
 */

import { type Failure, failure } from '../../domain/failures.ts'
import type { PartResult } from '../../domain/incident/fold/events.ts'
import { present } from '../../domain/present.ts'
import { backupsId, backupsUsed } from '../../domain/runbook/backups-used.ts'
import {
  connectionsUsed,
  lackingSystem,
  systemTitles,
  type UsedConnection,
} from '../../domain/runbook/connections-used.ts'
import { connectionId, kubernetesId } from '../../domain/runbook/parts.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { said } from '../../domain/words.ts'
import { Refused } from '../../edge/refused.ts'
import { clusterQueue } from '../../wire/messages.ts'
import { look } from '../incidents/look.ts'
import type { Temporal } from '../temporal/connect.ts'
import { isServed } from '../temporal/pollers.ts'
import { backupChecks } from './backups.ts'
import { type Check, refusedCheck } from './check.ts'
import { kubernetesChecks } from './kubernetes.ts'

/** Backups have 20 s. */
const answersWithinMs = 23_000

export async function checkConnections(
  temporal: Temporal,
  books: readonly Runbook[],
): Promise<readonly Check[]> {
  const found = await Promise.all(books.map((book) => checkBook(temporal, book)))
  // Several runbooks may well use one connection: it is told once, with their names where they differ.
  return found.flatMap((checks, i) =>
    checks.flatMap((check): readonly Check[] => {
      const same = found.flatMap((others, j) => (others.some((other) => isSame(other, check)) ? [j] : []))
      if (same[0] !== i) return []
      if (same.length === books.length) return [check]
      const names = same.map((j) => books[j]?.runbook).join(', ')
      return [{ ...check, check: `${check.check} (${names})` }]
    }),
  )
}

function isSame(a: Check, b: Check): boolean {
  return a.check === b.check && a.status === b.status && a.says.en === b.says.en
}

async function checkBook(temporal: Temporal, book: Runbook): Promise<readonly Check[]> {
  const { cluster, runbook } = book
  const used = connectionsUsed(book)
  const queue = clusterQueue(cluster)
  // Another check reports that nobody is there; this one does not wait for it.
  if (!(await isServed(temporal, queue, 'activity')))
    return [
      ...kubernetesChecks(book, undefined),
      ...(used.length === 0
        ? []
        : [refusedCheck(`connections ${runbook}`, failure('no-worker', { queue }), 'warn')]),
    ]
  const input = { desk: runbook, looking: { at: 'connections' } } as const
  try {
    const { parts } = await look(temporal, `${runbook}/doctor`, input, answersWithinMs)
    return [
      ...kubernetesChecks(book, parts[kubernetesId]),
      ...used.flatMap((connection) => checksOf(connection, parts[connectionId(connection)])),
      ...backupsUsed(book).flatMap((backups) => backupChecks(backups, parts[backupsId(backups)])),
    ]
  } catch (error) {
    // What one cluster does not say must not hide what the others do.
    if (error instanceof Refused) return [refusedCheck(`connections ${runbook}`, error.failure)]
    throw error
  }
}

function checksOf(connection: UsedConnection, part: PartResult | undefined): readonly Check[] {
  const check = connectionId(connection)
  if (part === undefined) return []
  if (!part.ok) return [lackingCheck(check, part.failure) ?? refusedCheck(check, part.failure)]
  const { findings, text = '' } = part.reading
  if (findings.length === 0) {
    const { length } = connection.steps
    const seen = connection.system === 'prometheus' ? '' : said(text)
    return [
      {
        check,
        status: 'ok',
        says: {
          en: `can do what its ${length} step kinds need${seen === '' ? '' : ` (${seen.en})`}`,
          ja: `${length} 種類の手順に必要な権限あり${seen === '' ? '' : `（${seen.ja}）`}`,
        },
      },
    ]
  }
  return findings.map(({ code, says, evidence: [words = ''] }) => ({
    check,
    status: code === 'right-missing' ? 'fail' : 'warn',
    says,
    next: said(words),
  }))
}

/** A cluster without such a system is no fault: the runbook's steps on it are left out. */
function lackingCheck(check: string, why: Failure): Check | undefined {
  const system = lackingSystem(why)
  if (system === undefined) return undefined
  const title = systemTitles[system]
  const { next } = refusedCheck(check, why)
  return {
    check,
    status: 'warn',
    says: {
      en: `this cluster has no ${title} connection: the runbook's steps on it are skipped`,
      ja: `このクラスターには ${title} の接続先がなく、Runbook の該当手順は対象外になります`,
    },
    ...present({ next }),
  }
}
