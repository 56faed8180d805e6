/** The API's signature under an approval: that it checked the person, and that this person saw this very step. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Attested, attestationText, packAttestation } from '../../domain/approval/attestation.ts'
import { findRun } from '../../domain/incident/find-step.ts'
import type { IncidentState } from '../../domain/incident/state.ts'
import { makeFolder } from '../../edge/folder.ts'
import type { CommandBody } from '../commands.ts'
import { reasonOf } from '../connect.ts'
import { refused } from '../refused.ts'
import { readPrivate } from './tokens.ts'

export type Attest = (attested: Attested) => string

export function attester(privateKey: KeyObject): Attest {
  return (attested) => {
    const signature = sign(null, Buffer.from(attestationText(attested)), privateKey)
    return packAttestation(signature.toString('base64url'))
  }
}

/** The signer whose Ed25519 private key lies in a PEM file that others cannot read; refuses (`bad-input`) anything else. */
export async function openAttester(path: string): Promise<Attest> {
  const pem = await readPrivate(path)
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch (error) {
    throw refused('bad-input', { where: path, problem: `expected a PEM private key: ${reasonOf(error)}` })
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    const problem = `expected an Ed25519 key, got ${key.asymmetricKeyType}; make one with "hikeshi api keygen DIR"`
    throw refused('bad-input', { where: path, problem })
  }
  return attester(key)
}

type Approve = CommandBody<'approve'>

/**
 * The approval with the whole hash and the signature in it. Where the step is not (or no longer) what the person named, the
 * command stays as it came: the incident refuses it with the right sentence. A step that changes between this look and the
 * incident's has another hash, so the signature is worth nothing for it.
 */
export function withAttestation(approve: Approve, state: IncidentState, attest: Attest): Approve {
  const run = findRun(state, approve.step)
  if (run?.hash === undefined || !run.hash.startsWith(approve.hash)) return approve
  const { id, hash } = run
  return {
    ...approve,
    hash,
    attestation: attest({ incident: state.id, run: id, hash, person: approve.by.id }),
  }
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
    // The umask may have taken the readers away whom the workers' user needs.
    await chmod(files.publicKey, 0o644)
  } catch (error) {
    throw refused('bad-input', { where: dir, problem: reasonOf(error) })
  }
  return files
}
