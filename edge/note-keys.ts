/** Ed25519 keys of Node's as signed notes take them (domain/transparency/note.ts). */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { NoteKey } from '../domain/transparency/note.ts'

export type NoteSigner = NoteKey & { readonly sign: (text: string) => Uint8Array }

export function noteKeyOf(publicKey: KeyObject): NoteKey {
  const { x = '' } = publicKey.export({ format: 'jwk' })
  return {
    raw: Buffer.from(x, 'base64url'),
    verifies: (text, signature) => verify(null, Buffer.from(text), publicKey, signature),
  }
}

export function noteSignerOf(privateKey: KeyObject): NoteSigner {
  return {
    ...noteKeyOf(createPublicKey(privateKey)),
    sign: (text) => sign(null, Buffer.from(text), privateKey),
  }
}
