/** The last look before a change: it is what was approved, by enough people who prove it, in time, and for the first time. */

import { type KeyObject, verify } from 'node:crypto'
import { needOf } from '../domain/approval/policy.ts'
import { proposalHash } from '../domain/approval/proposal.ts'
import { isWorse } from '../domain/approval/risk.ts'
import { differenceOf } from '../domain/approval/same-plan.ts'
import { expected } from '../domain/expected.ts'
import { explain, failures } from '../domain/failures.ts'
import { personKey } from '../domain/person.ts'
import { catalogue, isLong, type KindName } from '../domain/steps/catalogue.ts'
import type {
  Approval,
  ChangeKind,
  Need,
  Plan,
  RunCall,
  StepContext,
  StepParams,
} from '../domain/steps/contract.ts'
import { attestationText, unpackAttestation } from '../wire/attestation.ts'
import { carriedBy } from '../wire/carried.ts'
import { runOf } from '../wire/step-run.ts'
import { believesSignaturesOnly, type Policy } from './policy.ts'
import type { Published } from './published.ts'
import { refuse } from './refusal.ts'

/** One attempt to carry a call out: `call` is Temporal's own name for the call, the same over its attempts. */
export type Attempt = { readonly call: string; readonly number: number }

/** The change as this worker sees it by itself. */
export type Own = {
  /** Plans it; of what people were told (`told`) only what moves by itself stays. */
  readonly plan: (told?: Plan) => Promise<Plan>
  /** Whether the target tells that what came along was carried out, or begun by this very run: to carry it out continues that, or changes nothing. */
  readonly isDone: () => Promise<boolean>
}

/** Gives the plan to carry out. */
export type ApprovalChecker = (kind: KindName, call: RunCall, attempt: Attempt, own: Own) => Promise<Plan>

/** An attempt after a worker's death may come after the end of the approvals: what it does was begun before. */
const retriesTakeMs = 1_800_000
/** The same where the target itself tells that it was begun. */
const longRetriesTakeMs = 2 * 86_400_000

function retriesMs(kind: KindName): number {
  return isLong(kind) ? longRetriesTakeMs : retriesTakeMs
}

/** After that no attempt is taken with the approvals of this call, epoch ms. */
export function usableUntilMs(kind: KindName, { terms }: Pick<RunCall, 'terms'>): number {
  return Date.parse(terms.expiresAt) + retriesMs(kind)
}

/**
 * Refuses what was not approved as it stands. How many people that takes is the worker's own policy; with public keys an approval
 * counts that one of them signed, without any the claim `verified` is believed, and in a lab everybody counts.
 */
export function approvalChecker(
  policy: Policy,
  need: Needer = needer(policy),
  now: () => number = Date.now,
): ApprovalChecker {
  const used = new Map<string, { readonly call: string; readonly untilMs: number }>()
  return (kind, call, attempt, own) =>
    unlessBegun(call, attempt, async () => {
      const hash = sameHash(kind, call)
      const atMs = now()
      const isRetry = attempt.number > 1
      inTime(call, atMs - (isRetry ? retriesMs(kind) : 0))
      const people = await provenPeople(policy, call, hash)
      const plan = await enough(policy, need, kind, call, people, own)
      // The number of an attempt is Temporal's to say, and so a forger's: for hours it is believed only with the target's word.
      if (isRetry && !isInTime(call, atMs - retriesTakeMs) && !(await own.isDone())) expired(call)
      for (const [old, { untilMs }] of used) if (untilMs < now()) used.delete(old)
      const before = used.get(hash)
      if (before !== undefined && before.call !== attempt.call)
        refuse('approval-used', { step: call.context.stepRun })
      used.set(hash, { call: attempt.call, untilMs: usableUntilMs(kind, call) })
      return plan
    })
}

/** The attempt before may have changed something: of a refusal only the first attempt may say that nothing was done. */
export async function unlessBegun<T>(
  { context, plan }: RunCall,
  { number }: Attempt,
  check: () => Promise<T>,
): Promise<T> {
  try {
    return await check()
  } catch (error) {
    const why = carriedBy(error)
    // What can be tried again says nothing of the end yet.
    if (number === 1 || why === undefined || failures[why.name].retryable) throw error
    return refuse('result-unknown', {
      step: context.stepRun,
      target: plan.target,
      reason: explain(why, 'en').what,
    })
  }
}

/** The hash of what would be done, which has to be that of what was shown. */
function sameHash(kind: KindName, { context, params, plan, terms, hash }: RunCall): string {
  const { incident, cluster, namespace } = context
  const actual = proposalHash({
    incident,
    run: runOf(context),
    cluster,
    namespace,
    kind,
    params,
    plan,
    terms,
  })
  if (hash === actual) return actual
  const reason = {
    en: `what would run (${actual.slice(0, 8)}) is not what was approved (${hash.slice(0, 8)})`,
    ja: `実行しようとした内容（${actual.slice(0, 8)}）が承認された内容（${hash.slice(0, 8)}）と異なります`,
  }
  return refuse('precondition-failed', { target: plan.target, reason })
}

function isInTime({ terms }: RunCall, nowMs: number): boolean {
  return Date.parse(terms.expiresAt) > nowMs
}

function inTime(call: RunCall, nowMs: number): void {
  if (!isInTime(call, nowMs)) expired(call)
}

function expired({ context, terms }: RunCall): never {
  return refuse('approval-expired', { step: context.stepRun, at: terms.expiresAt })
}

/** The different people, other than the requester, whose approval of this very hash is proven. */
async function provenPeople(policy: Policy, call: RunCall, hash: string): Promise<number> {
  const keys = await policy.keys?.()
  const { context, terms } = call
  const approvals = call.approvals.filter((approval) => approval.hash === hash)
  const proven = approvals.filter((approval) => {
    if (policy.lab) return true
    if (!approval.verified) return false
    if (keys === undefined || isAttested(approval, call, keys)) return true
    return refuse('attestation-invalid', {
      incident: context.incident,
      step: runOf(context),
      person: approval.person,
    })
  })
  const people = new Set(proven.map(({ person }) => personKey(person)))
  people.delete(personKey(terms.requestedBy.id))
  return people.size
}

function isAttested(
  { attestation = '', hash, person }: Approval,
  { context, terms }: RunCall,
  keys: readonly KeyObject[],
): boolean {
  const signature = unpackAttestation(attestation)
  if (signature === undefined) return false
  const { cluster, incident } = context
  const attested = {
    cluster,
    incident,
    run: runOf(context),
    hash,
    person,
    expiresAt: terms.expiresAt,
  }
  const text = Buffer.from(attestationText(attested))
  return keys.some((key) => verify(null, text, key, Buffer.from(signature, 'base64url')))
}

/**
 * By the plan that came along, and where approvals have to prove themselves also by the worker's own: who writes to Temporal writes plans
 * as well, and a plan says what it does, how many Ready pods go, or that nothing is evicted. What people approved is carried out where the
 * worker plans the same, and where nobody signed it is the worker's own; at every attempt, because whoever can poll the queue controls their number.
 */
async function enough(
  policy: Policy,
  need: Needer,
  kind: KindName,
  { context, params, plan, terms }: RunCall,
  people: number,
  own: Own,
): Promise<Plan> {
  const check = ({ risk, approvals }: Need) => {
    // People who are not verified may approve what is reversible; here they count for nothing, so the policy's own number does.
    const needed = risk === 'reversible' ? approvals : Math.max(approvals, terms.approvals)
    if (people < needed) refuse('approvals-missing', { step: context.stepRun, risk, needed, given: people })
  }
  const first = await need(kind, params, plan, context)
  check(first)
  if (!believesSignaturesOnly(policy)) return plan
  const anew = people > 0 ? await asApproved(plan, context, own) : await own.plan()
  if (anew === plan) return plan
  const second = await need(kind, params, anew, context)
  if (isWorse(second.risk, first.risk)) check(second)
  return people > 0 && !anew.nothingToDo ? plan : anew
}

/**
 * The worker's own plan of what people approved; refuses (`plan-differs`) another one. Of what was done already, as an attempt that died
 * may have left it, the plan itself: nobody can plan it once more.
 */
async function asApproved(plan: Plan, context: StepContext, own: Own): Promise<Plan> {
  let anew: Plan
  try {
    anew = await own.plan(plan)
  } catch (error) {
    const why = carriedBy(error)
    if (why !== undefined && !failures[why.name].retryable && (await own.isDone())) return plan
    throw error
  }
  const difference = differenceOf(plan, anew)
  if (difference === undefined) return anew
  if (await own.isDone()) return plan
  // Somebody else has done it meanwhile.
  if (anew.nothingToDo && anew.target === plan.target) return anew
  const { incident } = context
  return refuse('plan-differs', { step: runOf(context), incident, difference })
}

/** How many people a plan of this kind with these words takes. */
export type Needer = (kind: KindName, params: StepParams, plan: Plan, context: StepContext) => Promise<Need>

/**
 * By the worker's own policy. Where it believes runbooks of its own, nothing runs without anybody but what one of them has run so, word
 * for word: other words, also an undo's, take one person at least.
 */
export function needer(policy: Policy, published?: Published): Needer {
  return async (kind, params, plan, context) => {
    const need = needBy(policy, catalogue[kind] as unknown as ChangeKind, plan)
    if (need.approvals > 0 || published === undefined) return need
    return (await published.automates(kind, params, context)) ? need : { ...need, approvals: 1 }
  }
}

function needBy(policy: Policy, kind: ChangeKind, plan: Plan): Need {
  try {
    return needOf(policy, kind, plan)
  } catch {
    return refuse('bad-input', {
      where: 'plan.change',
      problem: expected('the plan of this kind of step', 'この種類の手順の計画'),
    })
  }
}
