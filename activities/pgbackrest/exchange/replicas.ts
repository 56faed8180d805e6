/** After a cut-over the replicas hold a history that was abandoned: each copies the new primary from the start. */
import { z } from 'zod'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { deletePod, readPod } from '../../kubernetes/pods/delete-pod.ts'
import { pulse } from '../../pulse.ts'
import { finished } from '../backup-files.ts'
import { waited } from '../live.ts'
import type { At, Place } from '../place.ts'

const followsWithinMs = 1_800_000

/** The UID of each replica's pod now; null of one that a command copies. */
export async function replicaPods(
  { kubernetes }: Place,
  { settings: { replicas } }: At,
  context: StepContext,
): Promise<Readonly<Record<string, string | null>>> {
  const entries = await Promise.all(
    replicas.map(async ({ connection, pod }) => {
      const found = pod === undefined ? undefined : await readPod(kubernetes, context, pod)
      return [connection, found?.metadata?.uid ?? null] as const
    }),
  )
  return Object.fromEntries(entries)
}

/** What the command leaves running, the replica's server, is none of the task. */
const alone = ['sh', '-c', 'exec 9>&-; exec "$@"', 'sh'] as const

/** Deletes each pod by the UID that it had before, and runs the commands; what is recreated already is left alone. */
export async function recreateReplicas(
  { kubernetes }: Place,
  { station, settings: { replicas } }: At,
  { uids, folder }: { readonly uids: Readonly<Record<string, string | null>>; readonly folder: string },
  context: StepContext,
): Promise<void> {
  for (const { connection, pod, command } of replicas) {
    pulse().beat({ at: `replica ${connection}` })
    // Two of them at once would destroy the replica: it is a task, found again by whoever comes next.
    if (command !== undefined)
      await finished(
        station,
        `${folder}/replica-${connection}`,
        [...alone, ...command],
        'replica',
        async () => ({}),
      )
    const uid = uids[connection]
    if (pod === undefined || typeof uid !== 'string') continue
    await deletePod(kubernetes, context, { name: pod, uid, ready: true })
  }
}

const follows = z.object({ follows: z.boolean() })
const ask = `
  select pg_is_in_recovery() and exists (
    select from pg_stat_wal_receiver where status = 'streaming' and received_tli = $1::int) as follows`

/** Waits until every replica streams on this timeline; the connections of those that do not. */
export async function following(
  { postgres }: Place,
  { settings: { replicas } }: At,
  timeline: number,
  context: StepContext,
): Promise<readonly string[]> {
  const open = new Set(replicas.map(({ connection }) => connection))
  const look = async () => {
    for (const connection of open) {
      const seen = await postgres
        .read({ connection, context, ask: ({ row }) => row(follows, ask, [timeline]) })
        .catch(() => undefined)
      if (seen?.follows === true) open.delete(connection)
    }
    return open.size === 0
  }
  await waited('replicas', followsWithinMs, look).catch((error: unknown) => {
    pulse().signal.throwIfAborted()
    if (open.size === 0) throw error
  })
  return [...open]
}
