/** The API's signature under an approval: that it checked the person, and that this person saw this very step. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Attested, attestationText, packAttestation } from '../../domain/approval/attestation.ts'
import { shownHash, termsNow } from '../../domain/approval/proposal.ts'
import type { IncidentState } from '../../domain/incident/state.ts'
import { makeFolder } from '../../edge/folder.ts'
import type { CommandBody } from '../commands.ts'
import { reasonOf } from '../connect.ts'
import { refused } from '../refused.ts'
import { reasonInWords } from '../system-reason.ts'
import { readPrivate } from './tokens.ts'

export type Attest = (attested: Attested) => string

export function attester(privateKey: KeyObject): Attest {
  const signed = textSigner(privateKey)
  return (attested) => packAttestation(signed(attestationText(attested)))
}

/** Signs a text; base64url. */
export type SignText = (text: string) => string

export function textSigner(privateKey: KeyObject): SignText {
  return (text) => sign(null, Buffer.from(text), privateKey).toString('base64url')
}

export async function openAttester(path: string): Promise<Attest> {
  return attester(await openPrivateKey(path))
}

/** The Ed25519 private key in a PEM file that others cannot read; refuses (`bad-input`) anything else. */
export async function openPrivateKey(path: string): Promise<KeyObject> {
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
  return key
}

type Approve = CommandBody<'approve'>

/**
 * The approval with the signature in it. What is signed is worked out anew from what is shown: a state whose hash is that of another
 * step (`shown-differs`) gets none. Where the step is not (or no longer) what the person named, the command stays as it came: the
 * incident refuses it with the right sentence.
 */
export function withAttestation(approve: Approve, state: IncidentState, attest: Attest): Approve {
  const run = Object.hasOwn(state.steps, approve.step) ? state.steps[approve.step] : undefined
  const terms = run && termsNow(state, run)
  if (run?.status !== 'proposed' || run.hash !== approve.hash || terms === undefined) return approve
  const { id: incident } = state
  const { id, hash } = run
  if (shownHash(state, run) !== hash) throw refused('shown-differs', { incident, step: id })
  const { cluster } = state.runbook.book
  const { expiresAt } = terms
  const person = approve.by.id
  return { ...approve, attestation: attest({ cluster, incident, run: id, hash, person, expiresAt }) }
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
    throw refused('bad-input', { where: dir, problem: reasonInWords(error) })
  }
  return files
}
