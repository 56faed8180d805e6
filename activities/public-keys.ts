/** The public keys by which a worker knows who signed: the API an approval, people and the API a runbook. Re-read when they changed. */

import type { KeyObject } from 'node:crypto'
import { expected } from '../domain/expected.ts'
import { type SignerKey, signersProblem } from '../domain/runbook/signature.ts'
import { said, type Words } from '../domain/words.ts'
import { pathsOf, readKeys, readPublisherKeys } from '../edge/public-keys.ts'
import { Refused, refused } from '../edge/refused.ts'
import { rereading } from '../edge/rereading.ts'

const noKey = expected('a PEM public key (BEGIN PUBLIC KEY)', 'PEM 形式の公開鍵（BEGIN PUBLIC KEY）')

/** Hears why keys that changed could not be read; those of before stay in force. */
export type OnTrouble = (where: string, problem: Words) => void

/** Those that count now; none where the last one was taken away. */
export type PublicKeys = () => Promise<readonly KeyObject[]>
export type Signers = () => Promise<readonly SignerKey[]>

/**
 * The public keys in a PEM file, or in every `.pub` and `.pem` file of a directory (old and new key while rotating). Refuses
 * (`bad-input`) when there is none: a worker that was told to check must not start as one that does not.
 */
export async function openPublicKeys(path: string, onTrouble: OnTrouble): Promise<PublicKeys> {
  const keys = await rereading(() => readKeys(path, 'approvals'), {
    paths: [path],
    onTrouble: telling(onTrouble),
  })
  if ((await keys()).length === 0) throw refused('bad-input', { where: path, problem: noKey })
  return keys
}

/** Whose signatures under a runbook count: those of the people in the directory, and of the API for whom it verified. */
export async function openPublishers(
  folder: string,
  attestationKeys: string | undefined,
  onTrouble: OnTrouble,
): Promise<Signers> {
  const paths = { folder, attestationKeys }
  const keys = await rereading(() => readPublisherKeys(paths, signersProblem), {
    paths: pathsOf(paths),
    onTrouble: telling(onTrouble),
  })
  if ((await keys()).length === 0) throw refused('bad-input', { where: folder, problem: noKey })
  return keys
}

function telling(onTrouble: OnTrouble): (error: unknown) => void {
  return (error) => {
    const { where = '?', problem = String(error) } = error instanceof Refused ? error.failure.params : {}
    onTrouble(said(where).en, said(problem))
  }
}
