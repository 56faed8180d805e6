/**
 * The station in the pod of a Job, on Kubernetes: beside the database's own pod, with its volumes. Commands are run there through the API; tasks
 * live on in the pod when the worker dies, and die with the pod, as they would with a machine.
 */
import { Writable } from 'node:stream'
import { shellQuoted } from '../../../domain/shell.ts'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { carriedBy } from '../../../wire/carried.ts'
import type { PgbackrestSettings } from '../../connections-file.ts'
import type { Kubernetes } from '../../kubernetes/api/client.ts'
import { attach, exitOf } from '../../kubernetes/containers/attach.ts'
import type { ExecPlace } from '../../kubernetes/containers/exec-place.ts'
import { killed } from '../../kubernetes/containers/exec-status.ts'
import { forwarded } from '../../kubernetes/containers/port-forward.ts'
import { jobBeside } from '../../kubernetes/jobs/beside.ts'
import { removeJob } from '../../kubernetes/jobs/job.ts'
import { podOfJob, runningPod } from '../../kubernetes/jobs/pod-of-job.ts'
import { readPod } from '../../kubernetes/pods/delete-pod.ts'
import { pause, withDeadline } from '../../pulse.ts'
import { isRefusal, refuse } from '../../refusal.ts'
import { askedFile, keeperCommand } from './keeper.ts'
import { type Command, type ExecOptions, programOf, type Station, stationOf } from './station.ts'

/** The image is on the node already; a plan has a minute in all. */
const startsWithinMs = 40_000
/** Of a command that may take as long as it takes; nobody ends one whose worker died. */
const longestMs = 3_600_000
/** The way there and back, and until the pod has ended it itself. */
const onTopMs = 10_000
const restsWithinMs = 5_000
const longAgo = '@0'
const keptOfComplaints = 65_536
/** Until Kubernetes knows that a container has ended. */
const settlesMs = 1_000

type Run = NonNullable<PgbackrestSettings['job']>

export type PodStation = {
  readonly station: Station
  /** Ends the Job with its pod: the volumes are free, and the next command has it made again, where the database's pod is by then. */
  readonly leave: () => Promise<void>
  /** Has the pod end as soon as nothing that was run there is left, and nobody asks for more; never fails. */
  readonly rest: () => Promise<void>
}

/** `entry` is the name in the connections file. */
export function podStation(
  kubernetes: Kubernetes,
  context: StepContext,
  entry: string,
  settings: PgbackrestSettings & { readonly statefulSet: string; readonly job: Run },
): PodStation {
  const { statefulSet, job } = settings
  const name = `hikeshi-${entry}`
  const own = { name, statefulSet }
  const command = keeperCommand(settings, job.idleFor)
  const make = () =>
    jobBeside(kubernetes, context, {
      name,
      statefulSet,
      container: job.container,
      resources: job.resources,
      command,
    })
  let known: Promise<ExecPlace> | undefined
  const place = () => {
    known ??= podOfJob(kubernetes, context, { ...own, withinMs: startsWithinMs, make }).catch(
      (error: unknown) => {
        known = undefined
        throw error
      },
    )
    return known
  }
  /** Of a pod that was looked at a while ago and is gone now nothing was begun. */
  const inPod = async <T>(work: (place: ExecPlace) => Promise<T>): Promise<T> => {
    try {
      return await work(await place())
    } catch (error) {
      if (!isGone(error)) throw error
      known = undefined
      return work(await place())
    }
  }
  /** The pod itself, at the end of the time; or somebody who ended the pod: then it is as with a machine that is gone, and tried again. */
  const whoKilled = async (at: ExecPlace, where: string, began: number, withinMs: number) => {
    if (performance.now() - began >= withinMs) refuse('no-answer', { seconds: withinMs / 1_000, where })
    await pause(settlesMs)
    const pod = await readPod(kubernetes, context, at.pod)
    const isThere = pod?.metadata?.uid === at.uid && !pod.metadata.deletionTimestamp
    if (isThere && pod.status?.containerStatuses?.some(({ state }) => state?.running !== undefined)) return
    known = undefined
    const reason = { en: `${at.target} has ended`, ja: `${at.target} が終了しました` }
    refuse('kubernetes-unreachable', { cluster: kubernetes.cluster, reason })
  }
  const run: Command = (argv, how) => inPod((at) => runAt(at, argv, how))
  const runAt = async (
    at: ExecPlace,
    argv: readonly string[],
    { input, withinMs = longestMs, out }: Parameters<Command>[1],
    asked = 'now',
  ) => {
    const text = Buffer.from(scriptOf(argv, withinMs, input))
    const words = ['sh', '-c', reader, 'sh', String(text.length), askedFile(settings), asked]
    let stderr = ''
    const sinks = {
      stdout: sink(out),
      stderr: sink((chunk) => {
        stderr = (stderr + chunk.toString()).slice(-keptOfComplaints)
      }),
    }
    const where = `${programOf(argv)} (${at.target})`
    const began = performance.now()
    const ended = await withDeadline(withinMs + onTopMs, where, () =>
      attach(kubernetes, context, at, { argv: words, stdin: text, ...sinks }),
    )
    const status = exitOf(ended, 'sh', at)
    if (status === killed) await whoKilled(at, where, began, withinMs)
    return { status, stderr }
  }
  return {
    station: stationOf(run, (port, work) => inPod((at) => forwarded(kubernetes, context, at, port, work))),
    leave: async () => {
      known = undefined
      await removeJob(kubernetes, context, name)
    },
    rest: async () => {
      try {
        const at = await runningPod(kubernetes, context, own)
        if (at !== undefined) await runAt(at, ['true'], { withinMs: restsWithinMs, out: () => {} }, longAgo)
      } catch (error) {
        // What is not told stays for as long as it is idle; what was done stands in any case.
        if (carriedBy(error) === undefined) throw error
      }
      known = undefined
    },
  }
}

function isGone(error: unknown): boolean {
  return isRefusal(error, 'target-not-found') || isRefusal(error, 'container-not-running')
}

/**
 * The command itself comes as input: in the address of the request it would stand in the API server's audit log, and a long one would not fit.
 * `$1` bytes of it, and no more: its end is not told. Half a command is none. Descriptor 8 is inherited by all that it starts, and says to the
 * pod's first process that it is needed. `$3`: as of when nobody asks for anything.
 */
const reader = `
mkdir -p -m 0700 -- "\${2%/*}"
exec 8>>"$2" && flock --shared 8 && touch -- "$2"
export LC_ALL=C TZ=UTC
command=$(head -c "$1")
[ "\${#command}" -eq "$1" ] || { echo 'the command did not arrive whole' >&2; exit 125; }
cd / && eval "$command"
status=$?
touch -d "$3" -- "$2"
exit $status
`

/** The words as a shell reads them back, each as it was. The pod ends it itself, if nobody else does. */
function scriptOf(argv: readonly string[], withinMs: number, input: ExecOptions['input']): string {
  const seconds = String(Math.ceil(withinMs / 1_000))
  const words = ['timeout', '-s', 'KILL', seconds, ...argv].map(shellQuoted).join(' ')
  const given = input === undefined ? '</dev/null' : ''
  const from = input === undefined ? '' : `printf %s ${shellQuoted(input)} | `
  return `${from}${words} ${given}`
}

function sink(take: (chunk: Buffer) => void): Writable {
  return new Writable({
    write: (chunk: Buffer, _, done) => {
      take(chunk)
      done()
    },
  })
}
