import { expected } from '../../../../domain/expected.ts'
import { failures } from '../../../../domain/failures.ts'
import { signedOf } from '../../../../domain/runbook/guarded.ts'
import { isGenuine, type Signature, type Signed, standing } from '../../../../domain/runbook/signature.ts'
import { refused } from '../../../../edge/refused.ts'
import { openPrivateKey, textSigner } from '../../../keys.ts'
import {
  addSignature,
  readSignatures,
  signatureFile,
  signerKeys,
  signRunbook,
} from '../../../runbook/signatures.ts'
import { type Counts, namesUnder, signatureColumns, verdict } from '../../../words/signed.ts'
import { toldTable } from '../facts.ts'
import type { Session } from '../session.ts'
import { clean } from '../terminal.ts'
import { readChecked } from './runbook.ts'

/** Signs the file as it would be published here, `${…}` filled in. */
export async function sign(session: Session, file: string, keyFile: string): Promise<undefined> {
  const { by, lang } = session
  const { book } = await readFileToSign(session, file)
  const key = textSigner(await openPrivateKey(keyFile, 'runbooks'))
  const own = signRunbook(book, { by: by.id, atMs: Date.now(), sign: key })
  const signed = signedOf(book)
  const all = await addSignature(file, signed, own)
  const data = { file: signatureFile(file), ...dataOf(signed, all) }
  await session.print({
    data,
    text: ({ paint }) =>
      `${signatureFile(file)}  ${paint('dim', signed.sha256.slice(0, 16))}\n${clean(namesUnder(signed, all)[lang])}`,
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
  await session.print({
    data: {
      ...dataOf(signed, genuine),
      signatures: rows.map(({ by, at, counts }) => ({ by, at, counts })),
    },
    text: (screen) =>
      [
        ...(rows.length === 0 ? [] : [toldTable(screen, lang, signatureColumns, rows)]),
        clean(verdict(signed, genuine)[lang]),
      ].join('\n'),
  })
  return standing(signed, genuine).isEnough ? 0 : failures['runbook-not-believed'].exit
}

function countsFor({ sha256, guarded }: Signed, given: Signature, genuine: boolean): Counts {
  if (!genuine) return 'unknown-key'
  if (given.guarded !== guarded) return 'other'
  return given.sha256 === sha256 ? 'book' : 'guarded'
}

function dataOf(signed: Signed, signatures: readonly Signature[]) {
  const { book, guarded, isEnough } = standing(signed, signatures)
  return { ...signed, signedBy: book, guardedBy: guarded, enough: isEnough }
}

/** Signatures lie beside a file. */
function readFileToSign(session: Session, file: string) {
  if (file === '-')
    throw refused('bad-input', {
      where: 'FILE',
      problem: expected('a file: what is signed lies beside it', 'ファイル名（署名はその隣に保存されます）'),
    })
  return readChecked(session, file)
}
