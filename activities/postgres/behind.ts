import { showDuration } from '../../domain/duration.ts'
import type { Finding } from '../../domain/steps/contract.ts'
import { serverName } from '../../domain/steps/subject.ts'

export type TooFar = { readonly lagOver: number; readonly lagOverBytes: number }
export type Behind = { readonly bytes: number | null; readonly ms: number | null }

/** True when a replica is further behind than it may be; what is not known counts as not behind. */
export function isTooFar({ bytes, ms }: Behind, { lagOver, lagOverBytes }: TooFar): boolean {
  return (bytes ?? 0) > lagOverBytes || (ms ?? 0) > lagOver
}

/** `12.4 MiB and 35s behind`, in both languages. */
export function behindWords({ bytes, ms }: Behind): { readonly en: string; readonly ja: string } {
  const parts = [...(bytes === null ? [] : [mebibytes(bytes)]), ...(ms === null ? [] : [showDuration(ms)])]
  return { en: `${parts.join(' and ') || 'unknown'} behind`, ja: `遅延 ${parts.join('・') || '不明'}` }
}

export function replicaLag(connection: string, replica: string, behind: Behind): Finding {
  const { en, ja } = behindWords(behind)
  return {
    code: 'replica-lag',
    subject: serverName('postgres', connection),
    says: { en: `${replica} is ${en}`, ja: `${replica}: ${ja}` },
    evidence: [{ en: `${replica}: ${en}`, ja: `${replica}: ${ja}` }],
    data: { replica, bytes: behind.bytes, ms: behind.ms },
  }
}

function mebibytes(bytes: number): string {
  return bytes < 1_048_576 ? `${bytes} B` : `${(bytes / 1_048_576).toFixed(1)} MiB`
}
