/**
 * The API's word that it checked the person behind an approval. Temporal believes whoever may write to it; a worker that holds
 * the API's public key does not have to: it runs a verified approval only when this text was signed for it.
 */
import { canonicalJson } from '../timeline/canonical.ts'

export type Attested = {
  readonly incident: string
  /** The run's id within its incident, such as `rollback.2`. */
  readonly run: string
  /** The whole hash of the step, 64 hex digits: what the person saw and nothing else. */
  readonly hash: string
  readonly person: string
}

const version = 'hikeshi-approval-v1'

/** The text that is signed. Canonical JSON, so that no name can be written to read as another field. */
export function attestationText({ incident, run, hash, person }: Attested): string {
  return `${version}\n${canonicalJson({ incident, run, hash, person })}`
}

/** `v1.` and the 64 bytes of an Ed25519 signature in base64url: what an approval carries. */
export function packAttestation(signatureBase64Url: string): string {
  return `v1.${signatureBase64Url}`
}

/** The signature (base64url) of a packed attestation; undefined when it has another shape. */
export function unpackAttestation(attestation: string): string | undefined {
  return /^v1\.([A-Za-z0-9_-]{86})$/.exec(attestation)?.[1]
}
