/** What a file of keys is to hold, as whoever meets one that cannot be read is told. */
import type { Text } from '../domain/words.ts'
import { reasonInWords } from './system-reason.ts'

/** What is signed with a key, and checked with its public half. */
const signed = {
  approvals: { en: 'approvals', ja: '承認' },
  runbooks: { en: 'runbooks', ja: 'Runbook ' },
  evidence: { en: 'evidence', ja: '証跡' },
  log: { en: 'the log of heads', ja: '透明性ログ' },
  cosignatures: { en: 'cosignatures', ja: 'ウィットネス' },
} as const satisfies Record<string, Text>

export type KeyUse = keyof typeof signed

export const makeKey: Text = {
  en: 'make one with "hikeshi api keygen DIR"',
  ja: '「hikeshi api keygen DIR」で作成できます',
}

/** Why the file cannot be used, what it is for, and how one is made. */
export function unreadableKey(half: 'private' | 'public', use: KeyUse, error: unknown): Text {
  const why = reasonInWords(error)
  const { en, ja } = signed[use]
  const does =
    half === 'private' ? { en: 'signs', ja: '署名に使う秘密鍵' } : { en: 'checks', ja: '検証に使う公開鍵' }
  return {
    en: `${why.en} Expected the ${half} key that ${does.en} ${en} (Ed25519 in PEM); ${makeKey.en}`,
    ja: `${why.ja}${ja}の${does.ja}（Ed25519、PEM 形式）が必要です。${makeKey.ja}`,
  }
}
