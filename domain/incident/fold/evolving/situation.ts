/** Pictures, and what is found and gone. */
import { afterAnswers, lean, withFinding, withoutFindings } from '../findings.ts'
import { answersIn } from '../gone.ts'
import { allGone, proven } from '../proof.ts'
import { ownFindings, speaksOfNow } from '../whose.ts'
import type { Evolving } from './evolving.ts'

export const situation = {
  'situation-requested': (state, data, { now }) => {
    const { number, again } = data
    const { again: _, ...before } = state.situation
    const asked = { ...before, wanted: number, requestedAtMs: now }
    return { ...state, situation: again ? { ...asked, again } : asked }
  },
  'situation-taken': (state, data, { at }) => {
    const { number, tookMs, parts } = data
    const taken = { number, at, tookMs, parts: lean(parts) }
    return afterAnswers({ ...state, situation: { ...state.situation, taken } }, answersIn(parts), number)
  },
  found: (state, data, { at }) => {
    const { finding } = data
    const found = withFinding(state, data, at)
    const isWorse = finding.service === state.service && speaksOfNow(finding)
    return isWorse ? { ...found, resolutionProposed: false } : found
  },
  'findings-gone': (state, data) => {
    const { findings, run } = data
    const left = withoutFindings(state, findings)
    const hadAny = ownFindings(state).length > 0
    if (!hadAny || ownFindings(left).length > 0 || left.proof !== undefined) return left
    // What a picture shows to be gone, that very picture proves.
    const { taken } = state.situation
    return proven(left, allGone, run === undefined && taken !== undefined ? taken.number - 1 : undefined)
  },
} satisfies Evolving
