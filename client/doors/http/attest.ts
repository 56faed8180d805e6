/** The API's signature under an approval: that it checked the person, and that this person saw this very step. */
import type { KeyObject } from 'node:crypto'
import type { IncidentState } from '../../../domain/incident/fold/state.ts'
import { shownHash, termsNow } from '../../../domain/incident/steps/terms.ts'
import { refused } from '../../../edge/refused.ts'
import { type Attested, attestationText, packAttestation } from '../../../wire/attestation.ts'
import type { CommandOrder } from '../../incidents/commands.ts'
import { openPrivateKey, textSigner } from '../../keys.ts'

export type Attest = (attested: Attested) => string

export function attester(privateKey: KeyObject): Attest {
  const signed = textSigner(privateKey)
  return (attested) => packAttestation(signed(attestationText(attested)))
}

export async function openAttester(path: string): Promise<Attest> {
  return attester(await openPrivateKey(path, 'approvals'))
}

export type Approve = CommandOrder<'approve'>

/**
 * The approval with the signature in it. What is signed is worked out again from what is shown: a state whose hash is that of another
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
