/** The public keys by which a worker knows who signed: the API an approval, people and the API a runbook. Read anew when they changed. */
import type { KeyObject } from 'node:crypto'
import { type SignerKey, signersProblem } from '../domain/runbook/signature.ts'
import { KeyProblem, pathsOf, readKeys, readPublisherKeys } from '../edge/public-keys.ts'
import { rereading } from '../edge/rereading.ts'
import { failureIn, refuse } from './refusal.ts'

const noKey = 'expected a PEM public key (BEGIN PUBLIC KEY)'

/** Hears why keys that changed could not be read; those of before stay in force. */
export type OnTrouble = (where: string, problem: string) => void

/** Those that count now; none where the last one was taken away. */
export type PublicKeys = () => Promise<readonly KeyObject[]>
export type Signers = () => Promise<readonly SignerKey[]>

/**
 * The public keys in a PEM file, or in every `.pub` and `.pem` file of a directory (old and new key while rotating). Refuses
 * (`bad-input`) when there is none: a worker that was told to check must not start as one that does not.
 */
export async function openPublicKeys(path: string, onTrouble: OnTrouble): Promise<PublicKeys> {
  const keys = await rereading(() => orRefuse(readKeys(path)), {
    paths: [path],
    onTrouble: telling(onTrouble),
  })
  return (await keys()).length > 0 ? keys : refuse('bad-input', { where: path, problem: noKey })
}

/** Whose signatures under a runbook count: those of the people in the directory, and of the API for whom it verified. */
export async function openPublishers(
  folder: string,
  attestationKeys: string | undefined,
  onTrouble: OnTrouble,
): Promise<Signers> {
  const paths = { folder, attestationKeys }
  const keys = await rereading(() => orRefuse(readPublisherKeys(paths, signersProblem)), {
    paths: pathsOf(paths),
    onTrouble: telling(onTrouble),
  })
  return (await keys()).length > 0 ? keys : refuse('bad-input', { where: folder, problem: noKey })
}

function telling(onTrouble: OnTrouble): (error: unknown) => void {
  return (error) => {
    const { where = '?', problem = String(error) } = failureIn(error)?.params ?? {}
    onTrouble(String(where), String(problem))
  }
}

function orRefuse<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    if (!(error instanceof KeyProblem)) throw error
    const { where, problem } = error
    return refuse('bad-input', { where, problem })
  })
}
