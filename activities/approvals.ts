/** The last look before a change: the plan is the one that was hashed, and every approval is for it and by whom it says. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { stepHash } from '../domain/approval/approve.ts'
import { attestationText, unpackAttestation } from '../domain/approval/attestation.ts'
import type { Approval, RunCall, StepKindName } from '../domain/steps/contract.ts'
import { refuse } from './refusal.ts'
import { readSettings, unreadable } from './settings-file.ts'

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
 * The public keys in a PEM file, or in every `.pub` and `.pem` file of a directory (old and new key while rotating). Refuses
 * (`bad-input`) when there is none: a worker that was told to check must not start as one that does not.
 */
export async function readPublicKeys(path: string): Promise<readonly KeyObject[]> {
  const keys = (await Promise.all((await filesAt(path)).map(keysOfFile))).flat()
  return keys.length > 0 ? keys : badKey(path, 'expected a PEM public key (BEGIN PUBLIC KEY)')
}

async function filesAt(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path]
    const names = (await readdir(path)).filter((file) => /\.(pub|pem)$/.test(file))
    return names.toSorted().map((file) => join(path, file))
  } catch (error) {
    return unreadable(path, error)
  }
}

async function keysOfFile(file: string): Promise<readonly KeyObject[]> {
  const source = await readSettings(file)
  // createPublicKey would also take a private key, and only the first of several.
  const blocks = source.match(/-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----/g) ?? []
  return blocks.map((pem) => {
    if (!pem.startsWith('-----BEGIN PUBLIC KEY-----'))
      return badKey(file, "expected only public keys; a worker must not hold the API's private key")
    const key = keyOf(pem)
    return key?.asymmetricKeyType === 'ed25519' ? key : badKey(file, 'expected an Ed25519 key')
  })
}

function keyOf(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem)
  } catch {
    return undefined
  }
}

function badKey(where: string, problem: string): never {
  return refuse('bad-input', { where, problem })
}
