/** Temporal itself: its version, what it keeps, what it knows of us, its clock, and workflows that cannot go on. */

import { attributeKeys } from '../../wire/attributes.ts'
import { missingAttributes } from '../../wire/server/search-attributes.ts'
import type { Temporal } from '../temporal/connect.ts'
import type { Check } from './check.ts'

const answerWithinMs = 5_000
const dayMs = 86_400_000
/** Temporal's smallest useful retention for us; what the lab sets, and what gives time to look back at a month. */
const daysNeeded = 7
const daysWanted = 30
const skewToleratedMs = 2_000

export async function checkServer({ connection, address, namespace }: Temporal): Promise<readonly Check[]> {
  const info = await limited(connection, () => connection.workflowService.getSystemInfo({}))
  const version = info.serverVersion ?? '?'
  return [
    {
      check: 'temporal',
      status: 'ok',
      says: {
        en: `version ${version} at ${address}, namespace ${namespace}`,
        ja: `バージョン ${version}（${address}、名前空間 ${namespace}）`,
      },
    },
  ]
}

/** Retention counts from the close of each run, also while the incident goes on: what is not archived by then is gone. */
export async function checkRetention({ connection, namespace }: Temporal): Promise<readonly Check[]> {
  const answer = await limited(connection, () => connection.workflowService.describeNamespace({ namespace }))
  const seconds = Number(answer.config?.workflowExecutionRetentionTtl?.seconds ?? 0)
  const days = Math.floor((seconds * 1_000) / dayMs)
  const status = days < daysNeeded ? 'fail' : days < daysWanted ? 'warn' : 'ok'
  const next = {
    en: `Keep at least ${daysWanted} days: temporal operator namespace update --retention ${daysWanted}d -n ${namespace}`,
    ja: `${daysWanted} 日以上にしてください: temporal operator namespace update --retention ${daysWanted}d -n ${namespace}`,
  }
  return [
    {
      check: 'retention',
      status,
      says: { en: `closed runs are kept for ${days} days`, ja: `終了した実行の保持期間は ${days} 日` },
      ...(status === 'ok' ? {} : { next }),
    },
  ]
}

export async function checkSearchAttributes({ connection, namespace }: Temporal): Promise<readonly Check[]> {
  const answer = await limited(connection, () =>
    connection.operatorService.listSearchAttributes({ namespace }),
  )
  const missing = missingAttributes(answer.customAttributes)
  if (missing.length === 0) {
    const count = Object.keys(attributeKeys).length
    return [
      {
        check: 'search attributes',
        status: 'ok',
        says: { en: `all ${count} are registered`, ja: `${count} 個すべて登録済み` },
      },
    ]
  }
  const names = missing.map(([name, type]) => `${name} (${type})`).join(', ')
  return [
    {
      check: 'search attributes',
      status: 'fail',
      says: { en: `missing or of the wrong type: ${names}`, ja: `未登録または型違い: ${names}` },
      next: {
        en: 'Start a worker or publish a runbook; either adds them. Or ask an administrator to add them.',
        ja: 'ワーカーの起動か Runbook の公開で登録されます。できない場合は管理者に依頼してください。',
      },
    },
  ]
}

/** The server's clock against ours, over the way there and back. */
export async function checkClock(temporal: Temporal): Promise<readonly Check[]> {
  const check = 'clock'
  const before = Date.now()
  const stamp = await serverTime(temporal)
  if (stamp === undefined) {
    const says = { en: "the server's clock could not be read", ja: 'サーバーの時刻が分かりません' }
    return [{ check, status: 'warn', says }]
  }
  // The stamp was made between `before` and `seen`; only what lies outside of that is a difference of the clocks.
  const skewMs = Math.max(0, before - stamp.atMs, stamp.atMs - stamp.seenMs)
  if (skewMs <= skewToleratedMs) {
    return [{ check, status: 'ok', says: { en: 'agrees with Temporal', ja: 'Temporal と一致' } }]
  }
  const seconds = (skewMs / 1_000).toFixed(1)
  return [
    {
      check,
      status: 'fail',
      says: {
        en: `this machine and Temporal differ by ${seconds} s`,
        ja: `Temporal との時刻差は ${seconds} 秒です`,
      },
      next: {
        en: 'Sync the clocks with NTP: the lateness of pages is measured with them.',
        ja: 'NTP で時刻を合わせてください。連絡の遅延の計測に使います。',
      },
    },
  ]
}

/**
 * No answer of Temporal's carries its time. But it stamps who polls a task queue, so we poll one of our own for a moment and
 * look at the stamp; nothing is written by that.
 */
async function serverTime({
  connection,
  namespace,
}: Temporal): Promise<{ readonly atMs: number; readonly seenMs: number } | undefined> {
  const taskQueue = { name: `hikeshi-doctor-${crypto.randomUUID()}` }
  const done = new AbortController()
  const polling = connection
    .withAbortSignal(done.signal, () =>
      limited(connection, () =>
        connection.workflowService.pollActivityTaskQueue({
          namespace,
          taskQueue,
          identity: 'hikeshi doctor',
        }),
      ),
    )
    .catch(() => undefined)
  try {
    for (let tries = 0; tries < 20; tries++) {
      const { pollers } = await limited(connection, () =>
        // 2 = activity tasks.
        connection.workflowService.describeTaskQueue({ namespace, taskQueue, taskQueueType: 2 }),
      )
      const stamp = pollers?.[0]?.lastAccessTime
      if (stamp !== undefined && stamp !== null)
        return {
          atMs: Number(stamp.seconds ?? 0) * 1_000 + (stamp.nanos ?? 0) / 1_000_000,
          seenMs: Date.now(),
        }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return undefined
  } finally {
    done.abort()
    await polling
  }
}

function limited<T>(connection: Temporal['connection'], call: () => Promise<T>): Promise<T> {
  return connection.withDeadline(Date.now() + answerWithinMs, call)
}
