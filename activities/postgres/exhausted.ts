import type { Finding } from '../../domain/steps/contract.ts'
import { serverName } from '../../domain/steps/subject.ts'
import { said, type Words } from '../../domain/words.ts'

/** Of what is not kept back. */
export const exhaustedFromPercent = 90

type Seen =
  | { readonly refused: Words }
  | { readonly used: number; readonly max: number; readonly kept: number; readonly percent: number }

/** All or nearly all slots are taken: counted, or said by the server when it let nobody in. */
export function connectionsExhausted(connection: string, seen: Seen): Finding {
  const subject = serverName('postgres', connection)
  if ('refused' in seen) {
    const says = {
      en: `All connections of ${connection} are taken: ${said(seen.refused).en}`,
      ja: `${connection} の接続数が上限に達しています: ${said(seen.refused).ja}`,
    }
    return { code: 'connections-exhausted', subject, says, evidence: [seen.refused], data: { refused: true } }
  }
  const { used, max, kept, percent } = seen
  return {
    code: 'connections-exhausted',
    subject,
    says: {
      en: `${used} of ${max} connections of ${connection} are taken (${percent} %), ${kept} are reserved`,
      ja: `${connection} の接続 ${max} 本中 ${used} 本を使用中（${percent} %、予約 ${kept} 本）`,
    },
    evidence: [
      {
        en: `pg_stat_activity: ${used} client backends, max_connections ${max}, reserved ${kept}`,
        ja: `pg_stat_activity: クライアント接続 ${used}、max_connections ${max}、予約 ${kept}`,
      },
    ],
    data: { used, max, kept, percent },
  }
}
