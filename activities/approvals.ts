/** The last look before a change: the plan is the one that was hashed, and every approval is for it and by whom it says. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { stepHash } from '../domain/approval/approve.ts'
import { attestationText, unpackAttestation } from '../domain/approval/attestation.ts'
import type { Approval, RunCall, StepKindName } from '../domain/steps/contract.ts'
import { refuse } from './refusal.ts'

export type ApprovalChecker = (kind: StepKindName, call: RunCall) => void

/**
 * Refuses (`precondition-failed`, `attestation-invalid`) what was not approved as it stands. With public keys every approval that
 * claims to be verified needs the signature of one of them; without, the claim of whoever may write to Temporal is believed.
 */
export function approvalChecker({ publicKeys }: { publicKeys: readonly KeyObject[] }): ApprovalChecker {
  return (kind, { context, params, plan, hash, approvals }) => {
    const { incident } = context
    const run = runOf(context.stepRun, incident)
    // A change that runs by policy has no approval; its hash still has to be that of the plan it brings.
    const actual = stepHash(incident, { id: run, kind, params }, plan)
    for (const approved of [hash, ...approvals.map((a) => a.hash)]) {
      if (approved === actual) continue
      const reason = `what would be done (${actual.slice(0, 8)}) is not what was approved (${approved.slice(0, 8)})`
      refuse('precondition-failed', { target: plan.target, reason })
    }
    if (publicKeys.length === 0) return
    for (const approval of approvals) {
      if (!approval.verified || isAttested(approval, incident, run, publicKeys)) continue
      refuse('attestation-invalid', { incident, step: run, person: approval.person })
    }
  }
}

function isAttested(approval: Approval, incident: string, run: string, keys: readonly KeyObject[]): boolean {
  const signature = unpackAttestation(approval.attestation ?? '')
  if (signature === undefined) return false
  const { hash, person } = approval
  const text = Buffer.from(attestationText({ incident, run, hash, person }))
  return keys.some((key) => verify(null, text, key, Buffer.from(signature, 'base64url')))
}

/** `shodo-42/rollback` → `rollback`. */
function runOf(stepRun: string, incident: string): string {
  return stepRun.startsWith(`${incident}/`) ? stepRun.slice(incident.length + 1) : stepRun
}

/**
 * The public keys in a PEM file, or in every `.pub` and `.pem` file of a directory (old and new key while rotating). Throws
 * when there is none: a worker that was told to check must not start as one that does not.
 */
export async function readPublicKeys(path: string): Promise<readonly KeyObject[]> {
  const files = (await stat(path)).isDirectory()
    ? (await readdir(path)).filter((file) => /\.(pub|pem)$/.test(file)).map((file) => join(path, file))
    : [path]
  const keys = (await Promise.all(files.toSorted().map(keysOfFile))).flat()
  if (keys.length === 0) throw new Error(`${path}: expected a PEM public key (BEGIN PUBLIC KEY)`)
  return keys
}

async function keysOfFile(file: string): Promise<readonly KeyObject[]> {
  const source = await readFile(file, 'utf8')
  // createPublicKey would also take a private key, and only the first of several.
  const blocks = source.match(/-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----/g) ?? []
  return blocks.map((pem) => {
    if (!pem.startsWith('-----BEGIN PUBLIC KEY-----')) {
      throw new Error(`${file}: expected only public keys; a worker must not hold the API's private key`)
    }
    const key = createPublicKey(pem)
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${file}: expected an Ed25519 key`)
    return key
  })
}
