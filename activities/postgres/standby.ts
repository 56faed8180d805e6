import type { Text } from '../../domain/words.ts'

/** Of a name that should lead to the primary. As after a failover that nobody told the connections file of. */
export function standbyWords(connection: string): Text {
  return {
    en: `${connection} is a standby: it is in recovery and accepts no writes; its primary is elsewhere`,
    ja: `${connection} はスタンバイです（リカバリー中で書き込みを受け付けません）。プライマリは別のサーバーです`,
  }
}
