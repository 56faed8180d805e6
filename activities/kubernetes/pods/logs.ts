import { counted } from '../../../domain/counted.ts'
import { showDuration } from '../../../domain/duration.ts'
import type { Finding, Reading, StepContext } from '../../../domain/steps/contract.ts'
import { objectName } from '../../../domain/steps/subject.ts'
import { verbatim, type Words } from '../../../domain/words.ts'
import { excerptOf, lastLines } from '../../../edge/plain-text.ts'
import { refuse, withReason } from '../../refusal.ts'
import type { Kubernetes } from '../api/client.ts'
import { workloadOf } from '../objects/namespace.ts'
import { podState } from '../objects/pod-state.ts'
import { type DeploymentPods, podsOfDeployment } from '../objects/pods-of-deployment.ts'
import { readPod } from './delete-pod.ts'
import { isErrorLine } from './error-line.ts'
import { levelOfWord } from './log-level.ts'
import { type LogLine, type PodLog, readPodLogs } from './pod-logs.ts'

type Params = {
  readonly deployment?: string | undefined
  readonly pod?: string | undefined
  readonly tail: number
  readonly grep: readonly string[]
  readonly previous: boolean
  readonly follow: number
}

const mostPods = 5
const excerptBytes = 16_384

/** The last lines of a pod, or of a Deployment's pods, at most five, those not Ready first; and what they say while it follows them. */
export async function readLogs(
  kubernetes: Kubernetes,
  params: Params,
  context: StepContext,
): Promise<Reading> {
  const { target, pods } =
    params.pod === undefined
      ? await podsOfDeployment(kubernetes, context, params.deployment ?? '')
      : await onePod(kubernetes, context, params.pod)
  const chosen = [...pods].sort((a, b) => Number(a.ready) - Number(b.ready)).slice(0, mostPods)
  const logs = await readPodLogs(kubernetes, context, chosen, params)
  const read = logs.reduce((sum, log) => sum + log.lines.length + log.dropped, 0)
  const errors = logs.flatMap(({ pod, lines }) =>
    lines.filter(({ text }) => isErrorLine(text)).map((line) => ({ ...line, pod })),
  )
  const kept = logs.map((log) => ({
    ...log,
    lines: log.lines.map(({ text }) => text).filter((text) => isShown(text, params.grep)),
  }))
  return {
    facts: {
      ...(params.pod === undefined ? { deployment: params.deployment ?? '' } : { pod: params.pod }),
      pods: kept.map(({ pod, lines, note }) => ({ pod, lines: lines.length, note: note ?? null })),
      followedMs: params.follow,
      morePods: Math.max(0, pods.length - chosen.length),
      linesRead: read,
      errorLines: errors.length,
    },
    findings: errors.length === 0 ? [] : [errorsFound(target, errors, read, chosen.length)],
    text: excerpt(kept),
  }
}

/** A pod is asked also when it has ended: its log may be all that is left. */
async function onePod(kubernetes: Kubernetes, context: StepContext, name: string): Promise<DeploymentPods> {
  const { namespace } = context
  const found = await readPod(kubernetes, context, name)
  if (found === undefined) return refuse('target-not-found', { target: objectName('pod', namespace, name) })
  const pod = podState(found)
  return { target: workloadOf(pod, namespace, new Map()), pods: [pod] }
}

/** How old the newest is tells errors that go on from those of a start or of yesterday. */
function errorsFound(
  subject: string,
  errors: readonly (LogLine & { readonly pod: string })[],
  read: number,
  pods: number,
): Finding {
  const oldestFirst = errors.toSorted((a, b) => (a.stamp < b.stamp ? -1 : a.stamp > b.stamp ? 1 : 0))
  const newestAt = oldestFirst.at(-1)?.stamp || undefined
  const age = newestAt === undefined ? '' : showDuration(Math.max(0, Date.now() - Date.parse(newestAt)))
  return {
    code: 'errors-in-logs',
    subject,
    says: {
      en: `${errors.length} of the last ${read} log lines (${counted(pods, 'pod')}) are errors${age && `, the newest ${age} ago`}`,
      ja: `直近のログ ${read} 行（Pod ${pods} 個）のうち ${errors.length} 行がエラーです${age && `（最新は ${age} 前）`}`,
    },
    evidence: oldestFirst.slice(-5).map(({ pod, text }) => [...`${pod}: ${text}`].slice(0, 300).join('')),
    data: { errorLines: errors.length, linesRead: read, newestAt: newestAt ?? null },
  }
}

/** Who looks for ERROR is shown every error, however it is written: what is counted is to be seen. */
function isShown(line: string, words: readonly string[]): boolean {
  if (words.length === 0 || words.some((word) => line.includes(word))) return true
  return words.some((word) => levelOfWord(word) === 'error') && isErrorLine(line)
}

type Kept = Omit<PodLog, 'lines'> & { readonly lines: readonly string[] }

/** Each pod gets an equal share of the excerpt. */
function excerpt(logs: readonly Kept[]): Words {
  const share = Math.floor(excerptBytes / Math.max(1, logs.length)) - 300
  const each = logs.map(({ pod, lines, note }) => {
    const head = note === undefined ? `==> ${pod}` : withReason(verbatim(`==> ${pod}`), note)
    return excerptOf([head, ...lastLines(lines, share)], excerptBytes)
  })
  return excerptOf(each, excerptBytes, '\n\n')
}
