/**
 * Whether a cluster's workers reach the databases and the Prometheus of the runbooks, and whether their roles may do what the steps
 * do. Only those workers know where they are and who signs in, so they are asked.
 */
import { type Failure, failure } from '../../domain/failures.ts'
import type { PartResult } from '../../domain/incident/events.ts'
import type { Part } from '../../domain/incident/picture.ts'
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
import { type Finding, refusalFinding } from './finding.ts'
import { isServed } from './workers.ts'

const partAnswersWithinMs = 10_000
const answersWithinMs = 13_000

export async function checkConnections(
  temporal: Temporal,
  books: readonly Runbook[],
): Promise<readonly Finding[]> {
  return (await Promise.all(books.map((book) => checkBook(temporal, book)))).flat()
}

async function checkBook(temporal: Temporal, book: Runbook): Promise<readonly Finding[]> {
  const { cluster, namespace, runbook } = book
  const used = connectionsUsed(book)
  if (used.length === 0) return []
  const queue = clusterQueue(cluster)
  // That nobody is there is said by another check; here nobody need wait for it.
  if (!(await isServed(temporal, queue, 'activity')))
    return [refusalFinding(`connections ${runbook}`, failure('no-worker', { queue }), 'warn')]
  const groups = [{ key: 'access', parts: used.map(partOf), withinMs: partAnswersWithinMs }]
  const { parts } = await look(temporal, `doctor/${runbook}`, { cluster, namespace, groups }, answersWithinMs)
  return used.flatMap((connection) => findingsOf(connection, parts[idOf(connection)]))
}

function idOf({ system, name }: UsedConnection): string {
  return `${system} ${name}`
}

function partOf(connection: UsedConnection): Part {
  const { system, name, steps } = connection
  const id = idOf(connection)
  return system === 'prometheus'
    ? { id, kind: 'prometheus.query', params: { connection: name, query: 'vector(1)' } }
    : { id, kind: `${system}.access`, params: { connection: name, steps } }
}

function findingsOf(connection: UsedConnection, part: PartResult | undefined): readonly Finding[] {
  const check = idOf(connection)
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
