/**
 * Whether a cluster's workers reach Kubernetes, the databases and the Prometheus of the runbooks, and whether their roles may do what the
 * steps do. Only those workers know where they are and who signs in, so they are asked.
 */
import { connectionId, kubernetesId } from '../../domain/diagnosis/looks.ts'
import { type Failure, failure } from '../../domain/failures.ts'
import type { PartResult } from '../../domain/incident/events.ts'
import {
  connectionsUsed,
  lackingSystem,
  systemTitles,
  type UsedConnection,
} from '../../domain/runbook/connections-used.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { clusterQueue } from '../../workflows/messages.ts'
import type { Temporal } from '../connect.ts'
import { look } from '../look.ts'
import { Refused } from '../refused.ts'
import { type Finding, refusalFinding } from './finding.ts'
import { kubernetesFindings } from './kubernetes.ts'
import { isServed } from './workers.ts'

const answersWithinMs = 13_000

export async function checkConnections(
  temporal: Temporal,
  books: readonly Runbook[],
): Promise<readonly Finding[]> {
  const found = await Promise.all(books.map((book) => checkBook(temporal, book)))
  // Several runbooks may well use one connection: it is told once, with their names where they differ.
  return found.flatMap((findings, i) =>
    findings.flatMap((finding): readonly Finding[] => {
      const same = found.flatMap((others, j) => (others.some((other) => isSame(other, finding)) ? [j] : []))
      if (same[0] !== i) return []
      if (same.length === books.length) return [finding]
      const names = same.map((j) => books[j]?.runbook).join(', ')
      return [{ ...finding, check: `${finding.check} (${names})` }]
    }),
  )
}

function isSame(a: Finding, b: Finding): boolean {
  return a.check === b.check && a.status === b.status && a.says.en === b.says.en
}

async function checkBook(temporal: Temporal, book: Runbook): Promise<readonly Finding[]> {
  const { cluster, runbook } = book
  const used = connectionsUsed(book)
  const queue = clusterQueue(cluster)
  // That nobody is there is said by another check; here nobody need wait for it.
  if (!(await isServed(temporal, queue, 'activity')))
    return [
      ...kubernetesFindings(book, undefined),
      ...(used.length === 0
        ? []
        : [refusalFinding(`connections ${runbook}`, failure('no-worker', { queue }), 'warn')]),
    ]
  const input = { desk: runbook, looking: { at: 'connections' } } as const
  try {
    const { parts } = await look(temporal, `${runbook}/doctor`, input, answersWithinMs)
    return [
      ...kubernetesFindings(book, parts[kubernetesId]),
      ...used.flatMap((connection) => findingsOf(connection, parts[connectionId(connection)])),
    ]
  } catch (error) {
    // What one cluster does not say must not hide what the others do.
    if (error instanceof Refused) return [refusalFinding(`connections ${runbook}`, error.failure)]
    throw error
  }
}

function findingsOf(connection: UsedConnection, part: PartResult | undefined): readonly Finding[] {
  const check = connectionId(connection)
  if (part === undefined) return []
  if (!part.ok) return [lackingFinding(check, part.failure) ?? refusalFinding(check, part.failure)]
  const { findings, text = '' } = part.reading
  if (findings.length === 0) {
    const { length } = connection.steps
    const seen = connection.system === 'prometheus' ? '' : ` (${text})`
    return [
      {
        check,
        status: 'ok',
        says: {
          en: `all that ${length} kinds of steps need${seen}`,
          ja: `${length} 種類の手順に必要な権限あり${seen}`,
        },
      },
    ]
  }
  return findings.map(({ code, says, evidence: [words = ''] }) => ({
    check,
    status: code === 'right-missing' ? 'fail' : 'warn',
    says,
    next: { en: words, ja: words },
  }))
}

/** A cluster without such a system is no fault: the runbook's steps on it are left out. */
function lackingFinding(check: string, why: Failure): Finding | undefined {
  const system = lackingSystem(why)
  if (system === undefined) return undefined
  const title = systemTitles[system]
  const { next } = refusalFinding(check, why)
  return {
    check,
    status: 'warn',
    says: {
      en: `this cluster has no ${title} connection: the runbook's steps on it are left out`,
      ja: `このクラスターには ${title} の接続先がなく、Runbook の該当手順は対象外になります`,
    },
    ...(next === undefined ? {} : { next }),
  }
}
