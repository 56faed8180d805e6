/** `FILE.sig` beside a runbook: who signed it, one JSON object a line, so that people can append and review it as they do the file. */

import type { KeyObject } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { expected } from '../../domain/expected.ts'
import { signedOf } from '../../domain/runbook/guarded.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import {
  type Signature,
  type Signed,
  type SignerKey,
  signature,
  signaturesFor,
  signatureText,
  signersProblem,
} from '../../domain/runbook/signature.ts'
import { pathsOf, readPublisherKeys } from '../../edge/public-keys.ts'
import { refused } from '../../edge/refused.ts'
import { rereading } from '../../edge/rereading.ts'
import { reasonInWords } from '../../edge/system-reason.ts'
import type { Environment } from './environment.ts'

export function signatureFile(file: string): string {
  return `${file}.sig`
}

/** What stands beside the file; nothing where there is no such file. */
export async function readSignatures(file: string): Promise<readonly Signature[]> {
  const path = signatureFile(file)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return []
    throw refused('not-a-file', { file: path, reason: reasonInWords(cause) }, { cause })
  }
  return text
    .split('\n')
    .flatMap((line, i) => (line.trim() === '' ? [] : [signatureIn(line, `${path}:${i + 1}`)]))
}

function signatureIn(line: string, where: string): Signature {
  const parsed = signature.safeParse(jsonOf(line))
  if (parsed.success) return parsed.data
  throw refused('bad-input', {
    where,
    problem: expected('a line that "hikeshi runbook sign" wrote', '「hikeshi runbook sign」が書いた行'),
  })
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** Adds one, and leaves away what counts no more since the guarded words changed. */
export async function addSignature(
  file: string,
  signed: Signed,
  given: Signature,
): Promise<readonly Signature[]> {
  const all = signaturesFor(signed, [given, ...(await readSignatures(file))])
  const path = signatureFile(file)
  try {
    await writeFile(path, all.map((each) => `${JSON.stringify(each)}\n`).join(''))
  } catch (cause) {
    throw refused('bad-input', { where: path, problem: reasonInWords(cause) }, { cause })
  }
  return all
}

/** `sign` makes an Ed25519 signature over a text, base64url. */
export function signRunbook(
  book: Runbook,
  { by, atMs, sign }: { readonly by: string; readonly atMs: number; readonly sign: (text: string) => string },
): Signature {
  const { runbook, sha256, guarded } = signedOf(book)
  const unsigned = { by, at: new Date(atMs).toISOString(), sha256, guarded }
  return { ...unsigned, signature: sign(signatureText(runbook, unsigned)) }
}

type Own = {
  /** Its own keys as well. */
  readonly ofOwn?: readonly KeyObject[]
  /** Why keys that changed could not be read. */
  readonly onTrouble?: (error: unknown) => void
}

/** The keys that lines under a runbook have to fit, by the settings of whoever publishes it, re-read when they change. */
export async function openSigners(
  env: Environment,
  { ofOwn = [], onTrouble = () => {} }: Own = {},
): Promise<(() => Promise<readonly SignerKey[]>) | undefined> {
  const { HIKESHI_PUBLISHER_KEYS: folder, HIKESHI_ATTESTATION_PUBLIC_KEYS: ofApi } = env
  if (folder === undefined) return undefined
  const paths = pathsOf({ folder, attestationKeys: ofApi })
  return rereading(() => signerKeys(folder, ofApi, ofOwn), { paths, onTrouble })
}

/** The keys that a worker with the same settings counts. */
export function signerKeys(
  folder: string,
  attestationKeys: string | undefined,
  ofOwn: readonly KeyObject[] = [],
): Promise<readonly SignerKey[]> {
  return readPublisherKeys({ folder, attestationKeys }, signersProblem, ofOwn)
}
