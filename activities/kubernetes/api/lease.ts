/**
 * One Lease per target keeps two incidents from working on the same thing. It makes overlap rare; safety itself comes
 * from the preconditions of each change, so a lost Lease ends the work but cannot spoil the target.
 */
import { createHash } from 'node:crypto'
import type { V1Lease } from '@kubernetes/client-node'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { pause, stoppable, withPulse } from '../../pulse.ts'
import { isRefusal, refusal, refuse } from '../../refusal.ts'
import type { Verb } from './answer.ts'
import type { Apis, CallOptions, Kubernetes, Raw } from './client.ts'

/** Short, so that the Lease of a killed worker delays the next step little. */
export const leaseSeconds = 5
const renewEveryMs = (leaseSeconds * 1_000) / 3
const lookEveryMs = 500
/** How long the target stays held for work that does not stop when told to. */
const endsWithinMs = 3_000

/** Holds the target's Lease while the work is done. A retry of the same step run enters again at once; others get `target-busy`. */
export async function holdingLease<T>(
  kubernetes: Kubernetes,
  target: string,
  context: StepContext,
  work: () => Promise<T>,
): Promise<T> {
  const lease = leaseOf(kubernetes, target, context)
  let held = await acquire(lease, target, context)
  const lost = new AbortController()
  const ended = new AbortController()
  const renewing = withPulse({ signal: ended.signal, beat: () => {} }, async () => {
    for (;;) {
      await pause(renewEveryMs)
      try {
        held = await lease.take(held)
      } catch {
        // Out of reach it is still ours, until somebody else is seen to have it.
        const found = await lease.read().catch(() => held)
        const holder = found?.spec?.holderIdentity ?? ''
        if (found !== undefined && holder !== '' && holder !== context.stepRun) {
          // In mid-work, so nobody knows how far it got.
          const reason = {
            en: `${holder} took over the target in the meantime`,
            ja: `その間に ${holder} が対象を引き継ぎました`,
          }
          lost.abort(refusal('result-unknown', { step: context.stepRun, target, reason }))
          return
        }
        held = found ?? (await lease.create().catch(() => held))
      }
    }
  }).catch(() => {}) // ends by `ended`
  let working: Promise<unknown> = Promise.resolve()
  const begun = (): Promise<T> => {
    const all = work()
    working = all
    return all
  }
  try {
    return await stoppable(lost.signal, begun)
  } finally {
    // What was told to stop may have a call under way: the next step does not begin beside it.
    await Promise.race([working.catch(() => {}), rest(endsWithinMs)])
    ended.abort()
    await renewing
    // Also when the activity was cancelled, hence outside of its signal. What stays behind expires by itself.
    await withPulse({ signal: AbortSignal.timeout(2_000), beat: () => {} }, () => lease.release(held)).catch(
      () => {},
    )
  }
}

/**
 * The same for several targets, such as the workloads whose pods one selector finds. They are taken in order of their names, so that of two
 * steps neither waits for what the other one holds.
 */
export function holdingLeases<T>(
  kubernetes: Kubernetes,
  targets: readonly string[],
  context: StepContext,
  work: () => Promise<T>,
): Promise<T> {
  return [...new Set(targets)]
    .sort()
    .reduceRight<() => Promise<T>>(
      (inner, target) => () => holdingLease(kubernetes, target, context, inner),
      work,
    )()
}

/**
 * The same for a target outside of Kubernetes: a database that is down must not wait for a Kubernetes that is down as well, or
 * that this worker has no account in. Then the work is done without Leases.
 */
export async function holdingLeasesIfPossible<T>(
  kubernetes: Kubernetes,
  targets: readonly string[],
  context: StepContext,
  work: () => Promise<T>,
): Promise<T> {
  let hasBegun = false
  try {
    return await holdingLeases(kubernetes, targets, context, () => {
      hasBegun = true
      return work()
    })
  } catch (error) {
    const why = carriedBy(error)?.name
    if (hasBegun || why === undefined || !outOfReach.includes(why)) throw error
    return work()
  }
}

const outOfReach: readonly string[] = [
  'kubernetes-unreachable',
  'webhook-unreachable',
  'no-answer',
  'credentials-refused',
  'forbidden',
  'policy-refused',
  'quota-exceeded',
  'namespace-terminating',
  'kubernetes-refused',
  'target-not-found',
]

/** Outside of the pulse: it is waited for what was stopped. */
function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}

/** The name says nothing by itself; the annotation tells people what is held. */
export function leaseName(target: string): string {
  return `hikeshi-${createHash('sha256').update(target).digest('hex').slice(0, 20)}`
}

/**
 * Takes the Lease, if need be from a dead holder: one who has not renewed it for its whole duration, measured on our own
 * monotonic clock, since the clocks of two machines need not agree.
 */
async function acquire(lease: LeaseCalls, target: string, context: StepContext): Promise<Raw<V1Lease>> {
  let watched: { readonly version: string; readonly since: number; readonly holder: string } | undefined
  for (;;) {
    const found = await lease.read().catch((error: unknown) => {
      // Who cannot be asked for a moment still holds what he was seen to hold.
      if (watched === undefined || carriedBy(error) === undefined) throw error
      return refuse('target-busy', { target, holder: watched.holder })
    })
    try {
      if (found === undefined) return await lease.create()
      const { holderIdentity: holder = '', leaseDurationSeconds = leaseSeconds } = found.spec ?? {}
      const version = `${found.metadata?.uid}/${found.metadata?.resourceVersion}`
      if (holder === '' || holder === context.stepRun) return await lease.take(found)
      if (watched !== undefined && watched.version !== version) refuse('target-busy', { target, holder })
      watched ??= { version, since: performance.now(), holder }
      const durationMs = Math.min(leaseDurationSeconds, 60) * 1_000
      if (performance.now() - watched.since >= durationMs) return await lease.take(found)
    } catch (error) {
      // Somebody was quicker, or released it in this moment: look again who it is.
      if (!isRefusal(error, 'target-changed') && !isRefusal(error, 'target-not-found')) throw error
      watched = undefined
    }
    await pause(lookEveryMs)
  }
}

type LeaseCalls = {
  readonly read: () => Promise<Raw<V1Lease> | undefined>
  readonly create: () => Promise<Raw<V1Lease>>
  /** Becomes or stays the holder; fails when the Lease is not as it was read. */
  readonly take: (read: Raw<V1Lease>) => Promise<Raw<V1Lease>>
  readonly release: (held: Raw<V1Lease>) => Promise<void>
}

function leaseOf(kubernetes: Kubernetes, target: string, context: StepContext): LeaseCalls {
  const name = leaseName(target)
  const { namespace, stepRun } = context
  const call = <T>(verb: Verb, ask: (apis: Apis, options: CallOptions) => Promise<T>) =>
    kubernetes.call({ verb, resource: 'leases', target: `lease/${namespace}/${name}`, context, ask })
  const renewTime = () => microTime(new Date())
  return {
    read: () =>
      call('get', ({ coordination }, options) =>
        coordination.readNamespacedLease({ name, namespace }, options),
      ).catch((error: unknown) => {
        if (isRefusal(error, 'target-not-found')) return undefined
        throw error
      }),
    create: () =>
      call('create', ({ coordination }, options) => {
        const now = renewTime()
        const body = {
          metadata: { name, annotations: { 'hikeshi.dev/target': target } },
          spec: {
            holderIdentity: stepRun,
            leaseDurationSeconds: leaseSeconds,
            acquireTime: now,
            renewTime: now,
            leaseTransitions: 0,
          },
        }
        return coordination.createNamespacedLease({ namespace, body }, options)
      }),
    take: ({ metadata, spec }) =>
      call('update', ({ coordination }, options) => {
        const now = renewTime()
        const mine = spec?.holderIdentity === stepRun
        const acquired = mine && spec?.acquireTime !== undefined ? microTime(new Date(spec.acquireTime)) : now
        const body = {
          metadata: {
            name,
            annotations: { 'hikeshi.dev/target': target },
            ...(metadata?.uid === undefined ? {} : { uid: metadata.uid }),
            ...(metadata?.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }),
          },
          spec: {
            holderIdentity: stepRun,
            leaseDurationSeconds: leaseSeconds,
            acquireTime: acquired,
            renewTime: now,
            leaseTransitions: (spec?.leaseTransitions ?? 0) + (mine ? 0 : 1),
          },
        }
        return coordination.replaceNamespacedLease({ name, namespace, body }, options)
      }),
    release: async ({ metadata }) => {
      const { uid, resourceVersion } = metadata ?? {}
      if (uid === undefined || resourceVersion === undefined) return
      await call('delete', ({ coordination }, options) =>
        coordination.deleteNamespacedLease(
          { name, namespace, body: { preconditions: { uid, resourceVersion } } },
          options,
        ),
      )
    },
  }
}

/** The API wants microseconds; the client's own class for it would load the whole client. */
function microTime(at: Date): Date {
  return Object.assign(new Date(at), { toISOString: () => at.toISOString().replace('Z', '000Z') })
}
