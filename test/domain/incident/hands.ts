/** Hands that touch nothing: every answer that an effect can get, picked by a number. */
import { type FailureName, failure } from '../../../domain/failures.ts'
import type { Occurrence } from '../../../domain/incident/decide.ts'
import type { Effect } from '../../../domain/incident/effects.ts'
import type { PartResult } from '../../../domain/incident/fold/events.ts'
import type { StepRun } from '../../../domain/incident/fold/state.ts'
import type { Done, Finding, Outcome, Plan, Reading, Verified } from '../../../domain/steps/contract.ts'
import type { FindingCode } from '../../../domain/steps/finding-codes.ts'

type StepEffect = Extract<Effect, { type: 'step' }>

const says = (en: string) => ({ ja: `${en}（訳）`, en })
const ok = <T>(value: T, attempt = 1): Outcome<T> => ({ ok: true, value, attempt })
export const bad = (
  name: FailureName,
): { readonly ok: false; readonly failure: ReturnType<typeof failure> } => ({
  ok: false,
  failure: failure(name, { target: 'deployment/shodo/shodo-backend' }),
})

/** The outcome of a try that failed. */
export const failed = (name: FailureName, attempt = 1) => ({ ...bad(name), attempt })

export function finding(code: FindingCode, subject = 'deployment/shodo/shodo-backend'): Finding {
  return { code, subject, says: says(`${code} at ${subject}`), evidence: ['seen'], data: null }
}

export function reading(...findings: readonly Finding[]): Reading {
  return { facts: { looked: true }, findings, text: 'excerpt' }
}

/** The plan of a step, over so many pods that are Ready, or not. */
export function planOf(step: StepRun, pods: Plan['pods'] = { ready: 1, notReady: 0, ofReady: 3 }): Plan {
  const deployment = step.params.deployment
  return {
    target:
      typeof deployment === 'string'
        ? `deployment/shodo/${deployment}`
        : `pods/shodo/${step.params.selector}`,
    says: says(`change by ${step.id}`),
    nothingToDo: false,
    change: { of: step.kind },
    before: { replicas: 3, template: '5d4f8c7b9', copy: 'shodo-1.restore', run: 'shodo-1.salvage' },
    pods,
  }
}

/** What a hand answers on a good day. */
export function good(effect: Effect, now: number): Occurrence {
  return answerTo(effect, 0, now)
}

/** What it answers on other days: each number stands for one of the ways that an effect can end; 0 is the good one. */
export function answerTo(effect: Effect, roll: number, now: number): Occurrence {
  switch (effect.type) {
    case 'situation':
      return {
        type: 'situation-ended',
        number: effect.number,
        tookMs: 900,
        parts: partsOf(effect.parts, roll),
      }
    case 'recovery-check':
      return { type: 'recovery-checked', tookMs: 2_000, parts: partsOf(effect.parts, roll) }
    case 'page':
      return {
        type: 'page-ended',
        key: effect.page.key,
        outcome: pick<Outcome<{ sentAtMs: number; reference?: string }>>(roll, [
          ok({ sentAtMs: now, reference: 'm-1' }),
          bad('channel-unreachable'),
          bad('channel-refused'),
          ok({ sentAtMs: now }, 2),
          ok({ sentAtMs: now - 3_000 }),
        ]),
      }
    case 'archive':
      return {
        type: 'archive-ended',
        run: effect.run,
        runId: `run-${effect.run}`,
        outcome: pick<Outcome<string>>(roll, [ok('archive/shodo-42'), bad('internal')]),
      }
    case 'step':
      return {
        type: 'stage-ended',
        run: effect.step.id,
        stage: effect.stage,
        outcome: stageOutcome(effect, roll),
      }
  }
}

function stageOutcome({ stage, step }: StepEffect, roll: number): Outcome<unknown> {
  switch (stage) {
    case 'read':
      return pick<Outcome<Reading>>(roll, [
        ok(reading()),
        ok(reading(finding('errors-in-logs'))),
        bad('no-answer'),
      ])
    case 'plan':
      return pick<Outcome<Plan>>(roll, [
        ok(planOf(step)),
        ok(planOf(step, { ready: 0, notReady: 2, ofReady: 1 })),
        ok(planOf(step, { ready: 3, notReady: 0, ofReady: 3 })),
        ok({ ...planOf(step), nothingToDo: true }),
        bad('forbidden'),
        bad('no-worker'),
      ])
    case 'run':
      return pick<Outcome<Done>>(roll, [
        ok(done(step)),
        ok({ ...done(step), already: true }, 2),
        failed('target-changed'),
        bad('result-unknown'),
        failed('target-changed', 2),
      ])
    case 'verify':
      return pick<Outcome<Verified>>(roll, [
        ok({ ok: true, says: says('as wanted'), facts: {} }),
        ok({ ok: false, says: says('2 of 8 pods are Ready'), facts: {} }),
        bad('no-answer'),
      ])
    case 'health':
      return pick<Outcome<Reading>>(roll, [
        ok(reading()),
        ok(reading(finding('health-failing', 'http://127.0.0.1:8080/health/shodo-backend'))),
        bad('no-answer'),
      ])
  }
}

function done(step: StepRun): Done {
  return { says: says(`did ${step.id}`), already: false, after: { template: '7c9d' } }
}

const seen: readonly (readonly Finding[])[] = [
  [],
  [finding('bad-rollout')],
  [finding('slow-responses', 'http://127.0.0.1:8080/health/shodo-backend'), finding('crash-loop')],
  [finding('service-dead', 'deployment/shodo/shodo-frontend')],
  // Workloads of no service: nobody's.
  [finding('bad-rollout', 'deployment/shodo/nightly-report'), finding('crash-loop', 'daemonset/shodo/logs')],
]

/** Even numbers answer everywhere; odd ones leave one part without an answer. */
function partsOf(parts: Extract<Effect, { type: 'situation' }>['parts'], roll: number) {
  const silent = roll % 2 === 1 ? Math.floor(roll / 8) % parts.length : -1
  return Object.fromEntries(
    parts.map(({ id, kind }, i): [string, PartResult] => {
      if (i === silent) return [id, bad('no-answer')]
      const all = pick(Math.floor(roll / 2), seen)
      return [id, { ok: true, reading: reading(...all.filter((f) => belongs(f, kind))) }]
    }),
  )
}

function belongs({ code }: Finding, kind: string): boolean {
  if (kind === 'kubernetes.rollouts') return code === 'bad-rollout'
  if (kind === 'kubernetes.pods') return code === 'crash-loop' || code === 'service-dead'
  return kind.startsWith('http.') && code === 'slow-responses'
}

function pick<T>(roll: number, from: readonly [T, ...(readonly T[])] | readonly T[]): T {
  return from[roll % from.length] as T
}
