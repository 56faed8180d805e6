/** The worker's own policy: what it serves and whom it trusts. None of it comes over Temporal. */
import { type PolicyFile, policyFile } from '../domain/approval/policy.ts'
import { whyWritable } from '../edge/loose-folder.ts'
import { refused } from '../edge/refused.ts'
import { parseWhole, readSettings } from '../edge/settings-file.ts'
import { type OnTrouble, openPublicKeys, type PublicKeys } from './public-keys.ts'

export type Policy = PolicyFile & {
  readonly cluster: string
  /** Incidents of a lab are taken, in which nobody is verified. */
  readonly lab: boolean
  /** Public keys of the APIs whose signatures prove an approval; without, the claim of whoever may write to Temporal is believed. */
  readonly keys?: PublicKeys | undefined
}

export type PolicySettings = {
  readonly cluster: string
  readonly lab: boolean
  readonly policy: string | undefined
  readonly attestationKeys: string | undefined
}

/** Refuses (`bad-input`) what cannot be read: a worker that was told its policy does not start without it. */
export async function openPolicy(
  { cluster, lab, policy, attestationKeys }: PolicySettings,
  onTrouble: OnTrouble,
): Promise<Policy> {
  const file =
    policy === undefined ? policyFile.parse({}) : parseWhole(await readOwn(policy), policy, policyFile)
  const keys = attestationKeys === undefined ? undefined : await openPublicKeys(attestationKeys, onTrouble)
  return { ...file, cluster, lab, keys }
}

/** Whoever may write it decides how many people are asked. */
async function readOwn(file: string): Promise<string> {
  const text = await readSettings(file)
  const problem = await whyWritable(file)
  if (problem !== undefined) throw refused('bad-input', { where: file, problem })
  return text
}

/** Whether approvals have to prove themselves. */
export function believesSignaturesOnly({ keys, lab }: Pick<Policy, 'keys' | 'lab'>): boolean {
  return keys !== undefined && !lab
}
