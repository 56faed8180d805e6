/** Ed25519 keys: made, read from their file, and signed with. */

import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expected } from '../domain/expected.ts'
import { said } from '../domain/words.ts'
import { makeFolder } from '../edge/folder.ts'
import { type KeyUse, makeKey, unreadableKey } from '../edge/key-words.ts'
import { refused } from '../edge/refused.ts'
import { reasonInWords } from '../edge/system-reason.ts'
import { readPrivate } from './private-file.ts'
import { reasonOf } from './temporal/connect.ts'

/** Signs a text; base64url. */
export type SignText = (text: string) => string

export function textSigner(privateKey: KeyObject): SignText {
  return (text) => sign(null, Buffer.from(text), privateKey).toString('base64url')
}

/** The Ed25519 private key in a PEM file that others cannot read; refuses (`bad-input`) anything else. `use`: what it signs. */
export async function openPrivateKey(path: string, use: KeyUse): Promise<KeyObject> {
  const pem = await readPrivate(path, (error) => unreadableKey('private', use, error))
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch (error) {
    throw refused('bad-input', {
      where: path,
      problem: expected(
        `a PEM private key: ${said(reasonOf(error)).en}`,
        `PEM 形式の秘密鍵（${said(reasonOf(error)).ja}）`,
      ),
    })
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    const problem = expected(
      `an Ed25519 key, got ${key.asymmetricKeyType}; ${makeKey.en}`,
      `Ed25519 の鍵（実際: ${key.asymmetricKeyType}）。${makeKey.ja}`,
    )
    throw refused('bad-input', { where: path, problem })
  }
  return key
}

export type KeyFiles = { readonly privateKey: string; readonly publicKey: string }

/** Writes a new key pair into the folder; an older pair is never overwritten. */
export async function writeKeyPair(dir: string): Promise<KeyFiles> {
  const pair = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const files = { privateKey: join(dir, 'attestation.key'), publicKey: join(dir, 'attestation.pub') }
  try {
    await makeFolder(dir)
    await writeFile(files.privateKey, pair.privateKey, { mode: 0o600, flag: 'wx' })
    await writeFile(files.publicKey, pair.publicKey, { mode: 0o644, flag: 'wx' })
    // The umask may have removed the read permission that the workers' user needs.
    await chmod(files.publicKey, 0o644)
  } catch (error) {
    throw refused('bad-input', { where: dir, problem: reasonInWords(error) })
  }
  return files
}
