import type { Finding } from '../../domain/steps/contract.ts'
import { subjectOf } from './subject.ts'

/** Of what is not kept back. */
export const exhaustedFromPercent = 90

type Seen =
  | { readonly refused: string }
  | { readonly used: number; readonly max: number; readonly kept: number; readonly percent: number }

/** All or nearly all slots are taken: counted, or said by the server when it let nobody in. */
export function connectionsExhausted(connection: string, seen: Seen): Finding {
  const subject = subjectOf(connection)
  if ('refused' in seen) {
    const says = {
      en: `All connections of ${connection} are taken: ${seen.refused}`,
      ja: `${connection} の接続数が上限に達しています: ${seen.refused}`,
    }
    return { code: 'connections-exhausted', subject, says, evidence: [seen.refused], data: { refused: true } }
  }
  const { used, max, kept, percent } = seen
  return {
    code: 'connections-exhausted',
    subject,
    says: {
      en: `${used} of ${max} connections of ${connection} are taken (${percent} %), ${kept} are kept back`,
      ja: `${connection} の接続 ${max} 本中 ${used} 本を使用中（${percent} %、予約 ${kept} 本）`,
    },
    evidence: [`pg_stat_activity: ${used} client backends, max_connections ${max}, kept back ${kept}`],
    data: { used, max, kept, percent },
  }
}
