/** The codes of what steps can find, and how each weighs: a new one that says nothing of itself does not compile. */

type Weight = {
  /** Whether the trouble starts here, or comes of something else: whatever else is found is nearer to the cause then. */
  readonly is: 'cause' | 'consequence'
  /** Logs and kills tell of the past: they stay to be read when all is well again, so they neither spoil nor end a recovery. */
  readonly of: 'now' | 'the past'
  /**
   * What it means for the service that it is found of. Above one that is `down` nothing can be repaired; one that `answers` does so well
   * enough: somebody has to look after it, but nobody is kept waiting.
   */
  readonly service: 'down' | 'troubled' | 'answers'
}

const troubled = { is: 'cause', of: 'now', service: 'troubled' } as const satisfies Weight
const down = { is: 'cause', of: 'now', service: 'down' } as const satisfies Weight
const answering = { is: 'cause', of: 'now', service: 'answers' } as const satisfies Weight
const consequence = { is: 'consequence', of: 'now', service: 'troubled' } as const satisfies Weight

const weights = {
  'crash-loop': troubled,
  'oom-killed': { is: 'cause', of: 'the past', service: 'troubled' },
  'image-not-pulled': troubled,
  'no-room': troubled,
  'pods-pending': troubled,
  'pods-refused': troubled,
  'bad-rollout': troubled,
  'pods-not-ready': consequence,
  'service-dead': { is: 'consequence', of: 'now', service: 'down' },
  'health-failing': consequence,
  'slow-responses': consequence,
  'errors-in-logs': { is: 'consequence', of: 'the past', service: 'troubled' },
  'database-down': down,
  'database-starting': troubled,
  'connections-exhausted': troubled,
  'idle-connections': answering,
  'idle-in-transaction': troubled,
  'not-primary': troubled,
  'replica-gone': answering,
  'replica-lag': answering,
  'data-check-failed': troubled,
  'data-check-not-run': answering,
  'redis-down': down,
  'redis-starting': troubled,
  'redis-full': troubled,
  'redis-memory-high': answering,
  'memory-near-limit': troubled,
  'gpu-missing': troubled,
  'gpu-memory-full': troubled,
  'model-missing': troubled,
  'target-down': consequence,
  'alert-firing': consequence,
  'archive-behind': answering,
  'archive-failing': answering,
  'archive-gap': { is: 'cause', of: 'the past', service: 'answers' },
  'backup-missing': answering,
  'backup-old': answering,
  'right-missing': troubled,
  'not-prepared': troubled,
} as const satisfies { readonly [code: string]: Weight }

export type FindingCode = keyof typeof weights

export const findingCodes = Object.keys(weights) as readonly FindingCode[]

/** A code that another version wrote down, and this one lacks, weighs as a cause of now. */
export function weightOf(code: FindingCode): Weight {
  return Object.hasOwn(weights, code) ? weights[code] : troubled
}
