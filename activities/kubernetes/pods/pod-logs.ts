import { present } from '../../../domain/present.ts'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { objectName } from '../../../domain/steps/subject.ts'
import type { Text } from '../../../domain/words.ts'
import { plainText } from '../../../edge/plain-text.ts'
import { pause, pulse } from '../../pulse.ts'
import { isRefusal } from '../../refusal.ts'
import type { Kubernetes } from '../api/client.ts'
import type { PodState } from '../objects/pod-state.ts'

/** The kubelet cuts the newest lines away beyond it, so it leaves room for the longest tail of usual lines. */
const limitBytes = 1_048_576
const lookEveryMs = 1_000
/** Lines kept of each pod, and characters of each line; of a flood the newest count. */
const mostLines = 10_000
const longestLine = 4_000

export type PodLog = {
  readonly pod: string
  readonly lines: readonly LogLine[]
  /** How many older lines were not kept. */
  readonly dropped: number
  readonly note?: Text
}

/** `stamp` is when the kubelet took the line, RFC 3339 in UTC; empty where it did not say. */
export type LogLine = { readonly stamp: string; readonly text: string }

type Wanted = { readonly tail: number; readonly previous: boolean; readonly follow: number }
type Read = { readonly lines: readonly LogLine[]; readonly note?: Text }

/** The last lines of each pod, and those that come while `follow` lasts. */
export async function readPodLogs(
  kubernetes: Kubernetes,
  context: StepContext,
  pods: readonly PodState[],
  { tail, previous, follow }: Wanted,
): Promise<readonly PodLog[]> {
  const started = performance.now()
  let lookedAt = started
  const logs = pods.map(following)
  const readAll = (which: Which) =>
    Promise.all(logs.map(async (log) => log.take(await readOnce(kubernetes, context, log.pod, which))))
  await readAll({ tailLines: tail, previous })
  for (;;) {
    const leftMs = started + follow - performance.now()
    if (leftMs <= 0) return logs.map((log) => log.soFar())
    await pause(Math.min(lookEveryMs, leftMs))
    // In whole seconds of the node's clock; what is read twice is known by its stamp.
    const sinceSeconds = Math.ceil((performance.now() - lookedAt) / 1_000) + 1
    lookedAt = performance.now()
    await readAll({ sinceSeconds })
    pulse().beat({ followedMs: Math.round(performance.now() - started) })
  }
}

type Following = {
  readonly pod: PodState
  readonly take: (read: Read) => void
  readonly soFar: () => PodLog
}

/** The lines of one pod as they come. A restarted container goes on under the same name. */
function following(pod: PodState): Following {
  let lines: LogLine[] = []
  let count = 0
  let note: Text | undefined
  let last = ''
  /** Lines seen that have the last stamp: there can be several in one moment. */
  let atLast = 0
  return {
    pod,
    take: (read) => {
      note = read.note ?? note
      const [knownStamp, knownCount] = [last, atLast]
      let again = 0
      for (const line of read.lines) {
        const { stamp } = line
        if (stamp < knownStamp) continue
        if (stamp === knownStamp && ++again <= knownCount) continue
        atLast = stamp === last ? atLast + 1 : 1
        last = stamp
        lines.push(line)
        count++
      }
      if (lines.length > mostLines) lines = lines.slice(-mostLines)
    },
    soFar: () => ({
      pod: pod.name,
      lines,
      dropped: count - lines.length,
      ...present({ note }),
    }),
  }
}

type Which = { readonly tailLines?: number; readonly sinceSeconds?: number; readonly previous?: boolean }

async function readOnce(
  kubernetes: Kubernetes,
  context: StepContext,
  pod: PodState,
  which: Which,
): Promise<Read> {
  const { namespace } = context
  const container = pod.trouble?.container ?? pod.containers[0]
  try {
    const log = await kubernetes.call({
      verb: 'get',
      resource: 'pods/log',
      target: objectName('pod', namespace, pod.name),
      context,
      ask: ({ core }, options) =>
        core.readNamespacedPodLog(
          {
            name: pod.name,
            namespace,
            limitBytes,
            timestamps: true,
            ...which,
            ...present({ container }),
          },
          options,
        ),
    })
    const cut = Buffer.byteLength(log) >= limitBytes
    return { lines: linesOf(log), ...(cut ? { note: { en: 'cut at 1 MiB', ja: '1 MiB で打ち切り' } } : {}) }
  } catch (error) {
    // A container that has not started, has no previous run, or a pod that is gone meanwhile: the others still speak.
    if (isRefusal(error, 'kubernetes-refused'))
      return { lines: [], note: { en: 'no such log yet', ja: '該当ログはまだありません' } }
    if (isRefusal(error, 'target-not-found')) return { lines: [], note: { en: 'pod gone', ja: 'Pod なし' } }
    throw error
  }
}

/** Each line begins with its time, as the kubelet writes it: of one length, so that the order of letters is that of time. */
function linesOf(log: string): LogLine[] {
  const lines = log.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines.flatMap((line) => {
    const [, stamp = '', text = line] = /^(\d{4}-\d\d-\d\dT\S+) ?(.*)$/s.exec(line) ?? []
    return plainText(text.slice(0, longestLine))
      .split('\n')
      .map((part) => ({ stamp, text: part }))
  })
}
