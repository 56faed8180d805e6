/** Which runbook is in force: the newest, and once people sign, the newest that enough of them signed. */

import { expected } from '../expected.ts'
import { type Failure, failure } from '../failures.ts'
import { checkRunbook } from '../runbook/check.ts'
import { signedOf } from '../runbook/guarded.ts'
import { explainProblem, type Problem } from '../runbook/problem.ts'
import type { Runbook } from '../runbook/runbook.ts'
import { type Signature, signaturesHeld, signedSince, standing } from '../runbook/signature.ts'
import { canonicalJson } from '../timeline/canonical.ts'
import type { Actor, Text } from '../words.ts'
import type { DeskCommand } from './commands.ts'
import { deskFact as fact } from './events.ts'
import type { DeskDecision } from './join.ts'
import type { DeskState } from './state.ts'

/** Of clocks that differ; what is signed later than this would stand in the way of everything that comes after it. */
const clocksDifferMs = 600_000

const nothing: DeskDecision = { facts: [] }

/** The desk holds no keys and believes names; whether a signature is genuine is for the worker to judge. */
export function publish(
  state: DeskState,
  { by, book: source, signatures: given = [] }: DeskCommand<'publish'>,
  now: number,
): DeskDecision {
  const checked = checkRunbook(source)
  if ('problems' in checked) {
    const first = checked.problems[0]
    const where = first === undefined ? '?' : explained(first)
    return { refusal: failure('bad-runbook', { count: checked.problems.length, first: where }) }
  }
  const { book, sha256 } = checked
  if (book.runbook !== state.desk) {
    const first = {
      en: `runbook: expected ${state.desk}, because this is its desk`,
      ja: `runbook: 期待: ${state.desk}（このデスクの Runbook）`,
    }
    return { refusal: failure('bad-runbook', { count: 1, first }) }
  }
  if (given.some(({ at }) => Date.parse(at) > now + clocksDifferMs))
    return {
      refusal: failure('bad-input', {
        where: 'signatures',
        problem: expected('a time in the past', '過去の時刻'),
      }),
    }
  const { runbook: current, proposed } = state
  const isSame = current?.sha256 === sha256
  const version = isSame ? current.version : (current?.version ?? 0) + 1
  const signed = signedOf(book)
  const before = current?.signatures ?? []
  const held = [...before, ...(proposed?.signatures ?? [])]
  const all = [...held, ...given]
  const { book: signers, signedAtMs } = standing(signed, all)
  const refusal = unlessLifted(
    state,
    by,
    all.filter(({ sha256: of }) => of === sha256),
  )
  if (refusal !== undefined) return { refusal }
  const isUnchanged = isSame && state.withdrawn === undefined
  if (signers.length === 0) {
    if (before.length === 0)
      return isUnchanged
        ? nothing
        : { facts: [fact('published', by, { runbook: { book, version, sha256 } })] }
    return { refusal: failure('runbook-unsigned', { runbook: state.desk }) }
  }
  const inForce = current?.signatures && standingOf(current.book, current.signatures)
  if (current !== undefined && !isSame && signedAtMs < (inForce?.signedAtMs ?? signedAtMs))
    return { refusal: failure('runbook-older', { runbook: state.desk, version: current.version }) }
  const since = (some: readonly Signature[]) => signedSince(signed, inForce, some)
  const signatures = signaturesHeld(signed, since(held), since(given))
  const { isEnough } = standing(signed, signatures)
  const runbook = { book, sha256, signatures }
  if (isEnough)
    return isUnchanged && areSame(signatures, before)
      ? nothing
      : { facts: [fact('published', by, { runbook: { ...runbook, version } })] }
  return proposed?.sha256 === sha256 && areSame(signatures, proposed.signatures ?? [])
    ? nothing
    : { facts: [fact('proposed', by, { runbook })] }
}

function standingOf(book: Runbook, signatures: readonly Signature[]) {
  const signed = signedOf(book)
  return { guarded: signed.guarded, signedAtMs: standing(signed, signatures).signedAtMs }
}

/** What a verified person withdrew comes back by one, or by what was signed since. */
function unlessLifted(
  { withdrawn, lab }: DeskState,
  by: Actor,
  signatures: readonly Signature[],
): Failure | undefined {
  if (withdrawn === undefined || lab || by.verified || !withdrawn.by.verified) return undefined
  if (signatures.some(({ at }) => Date.parse(at) > Date.parse(withdrawn.at))) return undefined
  return failure('verified-only', { person: by.id, by: withdrawn.by.id, command: 'publish' })
}

/** What a verified person published nobody takes away who may be anybody. */
export function withdraw(
  { runbook, withdrawn, lab }: DeskState,
  { by, reason }: DeskCommand<'withdraw'>,
): DeskDecision {
  if (runbook === undefined) return { refusal: failure('no-runbook') }
  const { publishedBy } = runbook
  if (!lab && !by.verified && publishedBy.verified)
    return { refusal: failure('verified-only', { person: by.id, by: publishedBy.id, command: 'withdraw' }) }
  return withdrawn === undefined ? { facts: [fact('withdrawn', by, { reason })] } : nothing
}

/** What would open an incident is refused; reports about open ones reach them. */
export function unlessWithdrawn({ desk, withdrawn }: DeskState, decision: DeskDecision): DeskDecision {
  if (withdrawn === undefined || 'refusal' in decision) return decision
  if (!decision.facts.some(({ type }) => type === 'opened')) return decision
  const { by, at, reason } = withdrawn
  return { refusal: failure('runbook-withdrawn', { runbook: desk, by: by.id, at, reason }) }
}

function areSame(some: readonly Signature[], others: readonly Signature[]): boolean {
  return canonicalJson(some) === canonicalJson(others)
}

function explained(problem: Problem): Text {
  return { en: explainProblem(problem, 'en'), ja: explainProblem(problem, 'ja') }
}
