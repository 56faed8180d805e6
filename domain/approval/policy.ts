/** What the holder of a cluster's credentials asks by itself, whatever an incident claims. */
import { z } from 'zod'
import { expects } from '../expected.ts'
import { kubernetesName, name } from '../names.ts'
import type { ChangeKind, Need, Plan } from '../steps/contract.ts'
import { riskOfPlan } from './risk.ts'

/** Of one line; where it has a named group, only that is masked. */
const pattern = z
  .string()
  .min(1)
  .max(500)
  .refine(isPattern, expects('a regular expression of JavaScript', 'JavaScript の正規表現'))

function isPattern(source: string): boolean {
  try {
    return new RegExp(source, 'gm').source !== ''
  } catch {
    return false
  }
}

/** The file of HIKESHI_POLICY. Every number may only be raised. */
export const policyFile = z.strictObject({
  /** Without it whatever its account in Kubernetes reaches. */
  namespaces: z.array(kubernetesName).min(1).max(200).optional(),
  /** How many different people besides the requester must have provably approved. */
  approvals: z
    .strictObject({
      reversible: z.number().int().min(0).max(5).default(0),
      disruptive: z.number().int().min(1).max(5).default(1),
      destructive: z.number().int().min(2).max(5).default(2),
    })
    .default({ reversible: 0, disruptive: 1, destructive: 2 }),
  /** A reversible change that takes more of a workload's Ready pods down at once counts as disruptive. */
  blastRadius: z
    .strictObject({ readyPodsPercent: z.number().int().min(1).max(100).default(50) })
    .default({ readyPodsPercent: 50 }),
  /** What is masked in logs and manifests besides what hikeshi knows. */
  mask: z.array(z.strictObject({ name, pattern })).max(100).default([]),
})
export type PolicyFile = z.infer<typeof policyFile>

/** How dangerous a plan is by this policy, and how many people must have agreed. */
export function needOf(
  { approvals, blastRadius }: Pick<PolicyFile, 'approvals' | 'blastRadius'>,
  kind: ChangeKind,
  plan: Plan,
): Need {
  const { risk } = riskOfPlan(kind, plan, blastRadius.readyPodsPercent)
  return { risk, approvals: approvals[risk] }
}
