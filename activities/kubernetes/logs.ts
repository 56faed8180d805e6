import type { Finding, Reading, StepContext } from '../../domain/steps/contract.ts'
import { lastLines } from '../plain-text.ts'
import type { Kubernetes } from './client.ts'
import { readDeployment, selectorText } from './deployment.ts'
import { readPods } from './namespace.ts'
import { type PodLog, readPodLogs } from './pod-logs.ts'

type Params = {
  readonly deployment: string
  readonly tail: number
  readonly grep: readonly string[]
  readonly previous: boolean
  readonly follow: number
}

const mostPods = 5
const excerptBytes = 16_384
const errorLine = /\b(ERROR|CRITICAL|FATAL|PANIC)\b|\blevel"?[=:]\s*"?(error|critical|fatal|panic)\b/i

/** The last lines of the Deployment's pods, at most five: those that are not Ready first; and what they say while it follows them. */
export async function readLogs(
  kubernetes: Kubernetes,
  params: Params,
  context: StepContext,
): Promise<Reading> {
  const deployment = await readDeployment(kubernetes, context, params.deployment)
  const labelSelector = selectorText(deployment.object.spec?.selector)
  const owned = new Set(deployment.revisions.map((revision) => revision.uid))
  const { items } = await readPods(kubernetes, context, { labelSelector })
  const pods = items.filter((pod) => pod.owner && owned.has(pod.owner.uid) && !pod.ended)
  const chosen = [...pods].sort((a, b) => Number(a.ready) - Number(b.ready)).slice(0, mostPods)
  const logs = await readPodLogs(kubernetes, context, chosen, params)
  const read = logs.reduce((sum, log) => sum + log.lines.length + log.dropped, 0)
  const errors = logs.flatMap(({ pod, lines }) =>
    lines.filter((line) => errorLine.test(line)).map((line) => `${pod}: ${line}`),
  )
  const kept = logs.map((log) => ({ ...log, lines: log.lines.filter((line) => contains(line, params.grep)) }))
  return {
    facts: {
      deployment: params.deployment,
      pods: kept.map(({ pod, lines, note }) => ({ pod, lines: lines.length, note: note ?? null })),
      followedMs: params.follow,
      morePods: Math.max(0, pods.length - chosen.length),
      linesRead: read,
      errorLines: errors.length,
    },
    findings: errors.length === 0 ? [] : [errorsFound(deployment.target, errors, read, chosen.length)],
    text: excerpt(kept),
  }
}

function errorsFound(subject: string, errors: readonly string[], read: number, pods: number): Finding {
  return {
    code: 'errors-in-logs',
    subject,
    says: {
      en: `${errors.length} of the last ${read} log lines (${pods} pods) are errors`,
      ja: `直近のログ ${read} 行（Pod ${pods} 個）のうち ${errors.length} 行がエラーです`,
    },
    evidence: errors.slice(-5).map((line) => [...line].slice(0, 300).join('')),
    data: { errorLines: errors.length, linesRead: read },
  }
}

function contains(line: string, words: readonly string[]): boolean {
  return words.length === 0 || words.some((word) => line.includes(word))
}

/** Each pod gets an equal share of the excerpt. */
function excerpt(logs: readonly PodLog[]): string {
  const share = Math.floor(excerptBytes / Math.max(1, logs.length)) - 300
  return logs
    .map(({ pod, lines, note }) =>
      [`==> ${pod}${note ? ` (${note})` : ''}`, ...lastLines(lines, share)].join('\n'),
    )
    .join('\n\n')
}
