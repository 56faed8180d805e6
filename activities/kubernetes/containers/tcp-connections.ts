import type { Reading, StepContext } from '../../../domain/steps/contract.ts'
import type { Text, Words } from '../../../domain/words.ts'
import { excerptOf } from '../../../edge/plain-text.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { table } from '../../table.ts'
import type { Kubernetes } from '../api/client.ts'
import { execute, refuseFailed } from './exec.ts'
import { placeIn, placesOfDeployment } from './exec-place.ts'
import { type Connections, connectionsIn, type PortCount } from './tcp-table.ts'

type Params = {
  readonly deployment: string
  readonly container?: string | undefined
  readonly pods: number
}

/** The tables need no netstat in the image. Without IPv6 the second is not there, and cat complains. */
const argv = ['cat', '/proc/net/tcp', '/proc/net/tcp6']
/** Some 7,000 connections of a pod. */
const keepBytes = 1_048_576

type PodConnections = { readonly pod: string; readonly cut: boolean } & (
  | { readonly counts: Connections }
  | { readonly note: string }
)

/** Established TCP connections of a Deployment's pods, at most as many pods as asked for, Ready ones first. */
export async function readTcpConnections(
  kubernetes: Kubernetes,
  params: Params,
  context: StepContext,
): Promise<Reading> {
  const { target, pods } = await placesOfDeployment(kubernetes, context, params.deployment)
  const chosen = pods.slice(0, params.pods)
  const read = await Promise.all(
    chosen.map(({ name }) => readPodConnections(kubernetes, context, name, params.container)),
  )
  const counted = read.flatMap((pod) => ('counts' in pod ? [pod.counts.established] : []))
  const morePods = pods.length - chosen.length
  return {
    facts: {
      target,
      established: counted.reduce((sum, count) => sum + count, 0),
      pods: read,
      podsRead: counted.length,
      morePods,
    },
    findings: [],
    text: excerpt(read, morePods),
  }
}

async function readPodConnections(
  kubernetes: Kubernetes,
  context: StepContext,
  pod: string,
  container: string | undefined,
): Promise<PodConnections> {
  try {
    const place = await placeIn(kubernetes, context, pod, container)
    const tables = await execute(kubernetes, context, place, { argv, within: 10_000, keepBytes })
    const counts = connectionsIn(tables.stdout)
    if (counts === undefined) refuseFailed(tables, argv, place)
    return { pod, cut: tables.cut, counts }
  } catch (error) {
    // A pod that goes away or does not start leaves the others; a right that is missing is missing everywhere.
    const known = carriedBy(error)
    if (known === undefined || known.name === 'exec-forbidden' || known.name === 'forbidden') throw error
    return { pod, cut: false, note: known.code }
  }
}

function excerpt(read: readonly PodConnections[], morePods: number): Words {
  const rows = read.map((pod) =>
    'counts' in pod
      ? [
          pod.pod,
          `${pod.counts.established}${pod.cut ? '+' : ''}`,
          ports(pod.counts.outgoing),
          ports(pod.counts.incoming),
        ]
      : [pod.pod, '-', pod.note, ''],
  )
  const shown = table([['POD', 'ESTABLISHED', 'TO PORT', 'ON OWN PORT'], ...rows])
  return excerptOf([shown, ...more(morePods)], 16_384)
}

/** How many more there are than those that are shown. */
function more(pods: number): readonly Text[] {
  return pods > 0 ? [{ en: `… and ${pods} more pods`, ja: `… 他 ${pods} 個の Pod` }] : []
}

/** `5432:12 6379:3` */
function ports(counts: readonly PortCount[]): string {
  const [first, ...more] = counts.map(({ port, connections }) => `${port}:${connections}`)
  return first === undefined ? '-' : [first, ...more.slice(0, 4)].join(' ') + (more.length > 4 ? ' …' : '')
}
