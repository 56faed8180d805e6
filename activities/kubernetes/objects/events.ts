import type { CoreV1Event } from '@kubernetes/client-node'
import type { Reading, StepContext } from '../../../domain/steps/contract.ts'
import { firstBytes, plainLine } from '../../../edge/plain-text.ts'
import { age, table } from '../../table.ts'
import type { Kubernetes, Raw } from '../api/client.ts'
import { listAll } from '../api/list.ts'

const excerptBytes = 16_384
/** 500 events of 100 characters stay below the 64 KB that a reading's facts may have. */
const messageLength = 100

/** Warning events of the namespace, newest first. */
export async function readEvents(
  kubernetes: Kubernetes,
  params: { readonly since: number; readonly limit: number },
  context: StepContext,
): Promise<Reading> {
  const { namespace, nowMs } = context
  const { items, cut } = await listAll(
    kubernetes,
    { resource: 'events', target: `events/${namespace}`, context },
    ({ core }, page, options) =>
      core.listNamespacedEvent({ namespace, fieldSelector: 'type=Warning', ...page }, options),
    warningOf,
  )
  const recent = items
    .filter((warning) => nowMs - warning.lastMs <= params.since)
    .sort((a, b) => b.lastMs - a.lastMs)
  const shown = recent.slice(0, params.limit)
  const reasons = new Map<string, number>()
  for (const { reason, count } of recent) reasons.set(reason, (reasons.get(reason) ?? 0) + count)
  const rows = shown.map((w) => [age(nowMs - w.lastMs), w.reason, w.object, `x${w.count}`, w.message])
  return {
    facts: {
      warnings: recent.length,
      cut,
      reasons: Object.fromEntries([...reasons].slice(0, 50)),
      events: shown.map(({ lastMs, ...rest }) => ({ at: new Date(lastMs).toISOString(), ...rest })),
      moreEvents: recent.length - shown.length,
    },
    findings: [],
    text: firstBytes(table([['AGE', 'REASON', 'OBJECT', 'COUNT', 'MESSAGE'], ...rows]), excerptBytes),
  }
}

function warningOf(event: Raw<CoreV1Event>) {
  const { involvedObject, series } = event
  return {
    reason: plainLine(event.reason ?? 'Unknown', 60),
    object: plainLine(`${(involvedObject.kind ?? '').toLowerCase()}/${involvedObject.name ?? ''}`, 80),
    count: series?.count ?? event.count ?? 1,
    message: plainLine(event.message ?? '', messageLength),
    lastMs: lastMsOf(event),
  }
}

/** When an event was seen last, epoch ms; NaN where it does not say. */
export function lastMsOf({ series, lastTimestamp, eventTime, metadata }: Raw<CoreV1Event>): number {
  return Date.parse(
    series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '',
  )
}

/** A controller that is refused tries again after 16 minutes at the latest, and writes again then. */
const newsMs = 20 * 60_000

/** Why controllers could not make pods of late, by `statefulset/shodo/redis-master`: a StatefulSet says it nowhere else. */
export async function failedCreates(
  kubernetes: Kubernetes,
  context: StepContext,
): Promise<ReadonlyMap<string, string>> {
  const { namespace, nowMs } = context
  const { items } = await listAll(
    kubernetes,
    { resource: 'events', target: `events/${namespace}`, context },
    ({ core }, page, options) =>
      core.listNamespacedEvent({ namespace, fieldSelector: 'reason=FailedCreate', ...page }, options),
    (event) => ({ ...warningOf(event), message: plainLine(event.message ?? '') }),
  )
  const oldestFirst = items
    .filter(({ lastMs }) => nowMs - lastMs <= newsMs)
    .sort((a, b) => a.lastMs - b.lastMs)
  return new Map(
    oldestFirst.map(({ object, message }) => [object.replace('/', `/${namespace}/`), message] as const),
  )
}
