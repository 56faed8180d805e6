import type { Finding, Reading, StepContext } from '../../domain/steps/contract.ts'
import { lastLines, plainText } from '../plain-text.ts'
import { isRefusal } from '../refusal.ts'
import type { Kubernetes } from './client.ts'
import { readDeployment, selectorText } from './deployment.ts'
import { readPods } from './namespace.ts'
import type { PodState } from './pod-state.ts'

type Params = {
  readonly deployment: string
  readonly tail: number
  readonly grep: readonly string[]
  readonly previous: boolean
}

const mostPods = 5
const excerptBytes = 16_384
/** The kubelet cuts the newest lines away beyond it, so it leaves room for the longest tail of usual lines. */
const limitBytes = 1_048_576
const errorLine = /\b(ERROR|CRITICAL|FATAL|PANIC)\b|\blevel"?[=:]\s*"?(error|critical|fatal|panic)\b/i

type PodLog = { readonly pod: string; readonly lines: readonly string[]; readonly note?: string }

/** The last lines of the Deployment's pods, at most five: those that are not Ready first. */
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
  const logs = await Promise.all(chosen.map((pod) => readPodLog(kubernetes, params, context, pod)))
  const read = logs.reduce((sum, log) => sum + log.lines.length, 0)
  const errors = logs.flatMap(({ pod, lines }) =>
    lines.filter((line) => errorLine.test(line)).map((line) => `${pod}: ${line}`),
  )
  const kept = logs.map((log) => ({ ...log, lines: log.lines.filter((line) => contains(line, params.grep)) }))
  return {
    facts: {
      deployment: params.deployment,
      pods: kept.map(({ pod, lines, note }) => ({ pod, lines: lines.length, note: note ?? null })),
      morePods: Math.max(0, pods.length - chosen.length),
      linesRead: read,
      errorLines: errors.length,
    },
    findings: errors.length === 0 ? [] : [errorsFound(deployment.target, errors, read, chosen.length)],
    text: excerpt(kept),
  }
}

async function readPodLog(
  kubernetes: Kubernetes,
  { tail, previous }: Params,
  context: StepContext,
  pod: PodState,
): Promise<PodLog> {
  const { namespace } = context
  const container = pod.trouble?.container ?? pod.containers[0]
  try {
    const log = await kubernetes.call({
      verb: 'get',
      resource: 'pods/log',
      target: `pod/${namespace}/${pod.name}`,
      context,
      ask: ({ core }, options) =>
        core.readNamespacedPodLog(
          {
            name: pod.name,
            namespace,
            tailLines: tail,
            limitBytes,
            previous,
            ...(container === undefined ? {} : { container }),
          },
          options,
        ),
    })
    const cut = Buffer.byteLength(log) >= limitBytes
    const lines = plainText(log).split('\n')
    if (lines.at(-1) === '') lines.pop()
    return { pod: pod.name, lines, ...(cut ? { note: 'cut at 1 MiB' } : {}) }
  } catch (error) {
    // A container that has not started, has no previous run, or a pod that is gone meanwhile: the others still speak.
    if (isRefusal(error, 'kubernetes-refused'))
      return { pod: pod.name, lines: [], note: 'has no such log yet' }
    if (isRefusal(error, 'target-not-found')) return { pod: pod.name, lines: [], note: 'is gone' }
    throw error
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
