/**
 * The API's word that it checked the person behind an approval. Temporal believes whoever may write to it; a worker that holds
 * the API's public key does not have to: it runs a verified approval only when this text was signed for it.
 */
import { canonicalJson } from '../domain/timeline/canonical.ts'

export type Attested = {
  readonly cluster: string
  readonly incident: string
  /** The run's id within its incident, such as `rollback.2`. */
  readonly run: string
  /** The whole hash of what the person was shown (proposal.ts), 64 hex digits. */
  readonly hash: string
  readonly person: string
  /** ISO 8601: afterwards the signature is worth nothing. */
  readonly expiresAt: string
}

const version = 'hikeshi-approval-v2'

/** The text that is signed. Canonical JSON, so that no name can be written to read as another field. */
export function attestationText({ cluster, incident, run, hash, person, expiresAt }: Attested): string {
  return `${version}\n${canonicalJson({ cluster, incident, run, hash, person, expiresAt })}`
}

/** `v2.` and the 64 bytes of an Ed25519 signature in base64url: what an approval carries. */
export function packAttestation(signatureBase64Url: string): string {
  return `v2.${signatureBase64Url}`
}

/** The signature (base64url) of a packed attestation; undefined when it has another shape. */
export function unpackAttestation(attestation: string): string | undefined {
  return /^v2\.([A-Za-z0-9_-]{86})$/.exec(attestation)?.[1]
}
