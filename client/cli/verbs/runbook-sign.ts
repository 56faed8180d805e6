import { failures } from '../../../domain/failures.ts'
import {
  guardedSigners,
  isGenuine,
  type Signature,
  type Signed,
  signedOf,
  standing,
} from '../../../domain/runbook/signature.ts'
import type { Lang } from '../../../domain/words.ts'
import { openPrivateKey, textSigner } from '../../api/attest.ts'
import { refused } from '../../refused.ts'
import {
  addSignature,
  readSignatures,
  signatureFile,
  signerKeys,
  signRunbook,
} from '../../runbook/signatures.ts'
import type { Session } from '../session.ts'
import { signedLine, waitsLine } from '../standing-text.ts'
import { table } from '../table.ts'
import { readChecked } from './runbook.ts'

/** Signs the file as it would be published here, `${…}` filled in. */
export async function sign(session: Session, file: string, keyFile: string): Promise<undefined> {
  const { by, lang } = session
  const { book } = await readFileToSign(session, file)
  const key = textSigner(await openPrivateKey(keyFile))
  const own = signRunbook(book, { by: by.id, atMs: Date.now(), sign: key })
  const signed = signedOf(book)
  const all = await addSignature(file, signed, own)
  const data = { file: signatureFile(file), ...dataOf(signed, all) }
  await session.print({
    data,
    text: ({ paint }) =>
      `${signatureFile(file)}  ${paint('dim', signed.sha256.slice(0, 16))}\n${namesUnder(signed, all, lang)}`,
  })
}

/** 0 where a worker with these keys believes the file; the code of its refusal where not. */
export async function verify(session: Session, file: string, folder: string): Promise<number> {
  const { lang, around } = session
  const { book } = await readFileToSign(session, file)
  const signed = signedOf(book)
  const keys = await signerKeys(folder, around.env.HIKESHI_ATTESTATION_PUBLIC_KEYS)
  const all = await readSignatures(file)
  const rows = all.map((each) => ({
    ...each,
    counts: countsFor(signed, each, isGenuine(book.runbook, each, keys)),
  }))
  const genuine = rows.filter(({ counts }) => counts !== 'unknown-key')
  const ja = lang === 'ja'
  await session.print({
    data: {
      ...dataOf(signed, genuine),
      signatures: rows.map(({ by, at, counts }) => ({ by, at, counts })),
    },
    text: (screen) =>
      [
        ...(rows.length === 0
          ? []
          : [
              table(
                screen,
                [
                  { title: ja ? '署名者' : 'SIGNED BY', value: (r) => r.by },
                  { title: ja ? '日時' : 'AT', value: (r) => r.at },
                  { title: ja ? '対象' : 'WHAT', value: (r) => countsWords[r.counts][lang], flexible: true },
                ],
                rows,
              ),
            ]),
        verdict(signed, genuine, lang),
      ].join('\n'),
  })
  return standing(signed, genuine).isEnough ? 0 : failures['runbook-not-believed'].exit
}

type Counts = 'book' | 'guarded' | 'other' | 'unknown-key'

function countsFor({ sha256, guarded }: Signed, given: Signature, genuine: boolean): Counts {
  if (!genuine) return 'unknown-key'
  if (given.guarded !== guarded) return 'other'
  return given.sha256 === sha256 ? 'book' : 'guarded'
}

const countsWords = {
  book: { en: 'this very file', ja: 'このファイル' },
  guarded: { en: 'its guarded words, in an earlier version', ja: '保護対象の記述（以前の版）' },
  other: { en: 'other guarded words: counts for nothing', ja: '保護対象の記述が異なる（無効）' },
  'unknown-key': {
    en: 'not by a key that is known for this person',
    ja: '登録済みの鍵による署名ではない（無効）',
  },
} as const

function dataOf(signed: Signed, signatures: readonly Signature[]) {
  const { book, guarded, isEnough } = standing(signed, signatures)
  return { ...signed, signedBy: book, guardedBy: guarded, enough: isEnough }
}

/** Whoever signs holds one key, and knows nothing of those behind the other names. */
function namesUnder(signed: Signed, signatures: readonly Signature[], lang: Lang): string {
  const { guarded, isEnough } = standing(signed, signatures)
  if (!isEnough) return verdict(signed, signatures, lang)
  const next =
    lang === 'ja'
      ? '（鍵は「hikeshi runbook verify」で確認してください）'
      : ': whether by their keys, "hikeshi runbook verify" tells'
  return `${signedLine(guarded, lang)}${next}`
}

function verdict(signed: Signed, signatures: readonly Signature[], lang: Lang): string {
  const ja = lang === 'ja'
  const { book, guarded, isEnough } = standing(signed, signatures)
  if (isEnough) return `${signedLine(guarded, lang)}${ja ? '（公開できます）' : ': enough to be published'}`
  if (book.length > 0) return waitsLine(guarded, lang)
  return ja
    ? `このファイルへの有効な署名がありません（${guardedSigners} 人の署名が必要です）。`
    : `Nobody has signed this very file; its guarded words take ${guardedSigners} people.`
}

/** Signatures lie beside a file. */
function readFileToSign(session: Session, file: string) {
  if (file === '-')
    throw refused('bad-input', { where: 'FILE', problem: 'expected a file: what is signed lies beside it' })
  return readChecked(session, file)
}
