/** What the columns of `kubectl get pods` say, by the rules of the API server (printPod in pkg/printers/internalversion/printers.go). */
import type { V1ContainerState, V1ContainerStatus, V1Pod } from '@kubernetes/client-node'
import { plainLine } from '../../../edge/plain-text.ts'
import type { Raw } from '../api/client.ts'

export type PodColumns = {
  /** `1/2` */
  readonly containersReady: string
  readonly status: string
  readonly restarts: number
  /** When a container ended last; undefined when none was restarted. */
  readonly restartedMs?: number
}

type Container = Raw<V1ContainerStatus>
type State = Raw<V1ContainerState>

export function podColumns(pod: Raw<V1Pod>): PodColumns {
  const { spec, status } = pod
  const sidecars = new Set(
    (spec?.initContainers ?? []).filter((c) => c.restartPolicy === 'Always').map((c) => c.name),
  )
  const before = status?.initContainerStatuses ?? []
  const containers = status?.containerStatuses ?? []
  const done = (c: Container) =>
    c.state?.terminated?.exitCode === 0 || (sidecars.has(c.name) && c.started === true)
  const held = before.findIndex((c) => !done(c))
  const started = held < 0 || hasCondition(pod, 'Initialized')
  const counted = started
    ? [...before.filter((c) => sidecars.has(c.name)), ...containers]
    : before.slice(0, held + 1)
  const upToHeld = held < 0 ? before : before.slice(0, held)
  const ready =
    upToHeld.filter((c) => sidecars.has(c.name) && c.ready && c.started).length +
    (started ? containers.filter(isUp).length : 0)
  const ends = counted.flatMap((c) => c.lastState?.terminated?.finishedAt ?? []).map(Date.parse)
  const restarts = counted.reduce((sum, c) => sum + c.restartCount, 0)
  return {
    containersReady: `${ready}/${(spec?.containers.length ?? 0) + sidecars.size}`,
    status: plainLine(statusWord(pod, started ? undefined : initWord(pod, held)), 60),
    restarts,
    ...(restarts > 0 && ends.length > 0 ? { restartedMs: Math.max(...ends) } : {}),
  }
}

function statusWord(pod: Raw<V1Pod>, waitsFor: string | undefined): string {
  const { metadata, status } = pod
  if (metadata?.deletionTimestamp !== undefined) {
    if (status?.reason === 'NodeLost') return 'Unknown'
    if (status?.phase !== 'Succeeded' && status?.phase !== 'Failed') return 'Terminating'
  }
  if (waitsFor !== undefined) return waitsFor
  const gated = status?.conditions?.some(
    ({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated',
  )
  const general = gated ? 'SchedulingGated' : (status?.reason ?? status?.phase ?? 'Unknown')
  const containers = status?.containerStatuses ?? []
  const first = containers.map(({ state }) => stateWord(state)).find((word) => word !== undefined)
  const word = first ?? general
  if (word !== 'Completed' || !containers.some(isUp)) return word
  return hasCondition(pod, 'Ready') ? 'Running' : 'NotReady'
}

/** A container that runs, or says nothing, has no word. */
function stateWord(state: State | undefined): string | undefined {
  if (state?.waiting?.reason) return state.waiting.reason
  return state?.terminated && endWord(state.terminated)
}

function endWord({ reason, signal, exitCode }: NonNullable<State['terminated']>): string {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`)
}

/** The container before the others that has not done its work yet. */
function initWord({ spec, status }: Raw<V1Pod>, held: number): string {
  const state = status?.initContainerStatuses?.[held]?.state
  if (state?.terminated) return `Init:${endWord(state.terminated)}`
  const reason = state?.waiting?.reason
  if (reason && reason !== 'PodInitializing') return `Init:${reason}`
  return `Init:${held}/${spec?.initContainers?.length ?? 0}`
}

function isUp({ ready, state }: Container): boolean {
  return ready && state?.running !== undefined
}

export function hasCondition(pod: Raw<V1Pod>, type: string): boolean {
  return pod.status?.conditions?.some((c) => c.type === type && c.status === 'True') ?? false
}
