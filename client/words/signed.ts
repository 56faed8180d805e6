/** What is told of the signatures that lie beside a file. */
import { guardedSigners, type Signature, type Signed, standing } from '../../domain/runbook/signature.ts'
import { type Text, verbatim } from '../../domain/words.ts'
import { type Column, joined } from './fact.ts'
import { signedBy, waitsForAnother } from './runbook.ts'

/** For what a signature counts. */
export type Counts = 'book' | 'guarded' | 'other' | 'unknown-key'

type Row = Pick<Signature, 'by' | 'at'> & { readonly counts: Counts }

export const signatureColumns: readonly Column<Row>[] = [
  { label: { en: 'Signed by', ja: '署名者' }, value: ({ by }) => verbatim(by) },
  { label: { en: 'At', ja: '日時' }, value: ({ at }) => verbatim(at) },
  { label: { en: 'What', ja: '対象' }, value: ({ counts }) => countsWords[counts], flexible: true },
]

const countsWords = {
  book: { en: 'this exact file', ja: 'このファイル' },
  guarded: { en: 'its guarded words, in an earlier version', ja: '保護対象の記述（以前の版）' },
  other: { en: 'different guarded words: does not count', ja: '保護対象の記述が異なる（無効）' },
  'unknown-key': {
    en: 'not by a known key of this person',
    ja: '登録済みの鍵による署名ではない（無効）',
  },
} as const satisfies { readonly [C in Counts]: Text }

/** Whether it is enough, where the keys of all were looked at. */
export function verdict(signed: Signed, signatures: readonly Signature[]): Text {
  const { book, guarded, isEnough } = standing(signed, signatures)
  if (isEnough)
    return joined([signedBy(guarded), { en: ': enough to be published', ja: '（公開できます）' }], '')
  if (book.length > 0) return waitsForAnother(guarded)
  return {
    en: `Nobody has signed this exact file; its guarded words need ${guardedSigners} people.`,
    ja: `このファイルへの有効な署名がありません（${guardedSigners} 人の署名が必要です）。`,
  }
}

/** Whoever signs holds one key, and knows nothing of those behind the other names. */
export function namesUnder(signed: Signed, signatures: readonly Signature[]): Text {
  const { guarded, isEnough } = standing(signed, signatures)
  if (!isEnough) return verdict(signed, signatures)
  const next = {
    en: '; check their keys with "hikeshi runbook verify"',
    ja: '（鍵は「hikeshi runbook verify」で確認してください）',
  }
  return joined([signedBy(guarded), next], '')
}
