/** People with keys, and what they sign. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { signedOf } from '../../domain/runbook/guarded.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { type Signature, type SignerKey, signatureText } from '../../domain/runbook/signature.ts'
import { verifier } from '../../edge/public-keys.ts'

export type Signatory = { readonly name: string; readonly key: KeyObject; readonly publicKey: KeyObject }

export function signatory(name: string): Signatory {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { name, key: privateKey, publicKey }
}

export function keysOf(...people: readonly Signatory[]): readonly SignerKey[] {
  return people.map(({ name, publicKey }) => ({ person: name, verifies: verifier(publicKey) }))
}

/** `change` makes it the signature of something else. */
export function signedBy(
  { name, key }: Signatory,
  book: Runbook,
  atMs: number,
  change: Partial<Signature> = {},
): Signature {
  const { sha256, guarded } = signedOf(book)
  const unsigned = { by: name, at: new Date(atMs).toISOString(), sha256, guarded, ...change }
  const text = Buffer.from(signatureText(book.runbook, unsigned))
  return { ...unsigned, signature: sign(null, text, key).toString('base64url') }
}
