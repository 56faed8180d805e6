import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Occurrence } from '../../../domain/incident/decide.ts'
import type { Finding } from '../../../domain/steps/contract.ts'
import { findingCodes } from '../../../domain/steps/finding-codes.ts'
import { jsonBytes } from '../../../domain/timeline/canonical.ts'
import { finding } from './hands.ts'
import { sato, World } from './world.ts'

/** Temporal ends a workflow for good whose hand-over is above 2 MB; receipts and the runbook of others go along. */
const carriedAtMost = 1_000_000
const moves = 10_000

/** One in so many is as large as a worker can answer; all of them so would only make the test slow. */
const largeEvery = 500

/** Japanese, now and then long, and of a subject that nothing else has. */
function strange(seed: number, size: number): Finding {
  const code = findingCodes[seed % findingCodes.length] ?? 'alert-firing'
  const long = '火'.repeat(size)
  return {
    ...finding(code, `alert/${seed}/${long}`),
    ...(seed % 3 === 0 ? { service: 'backend' } : {}),
    says: { ja: long, en: `${seed} ${long}` },
    evidence: Array.from({ length: 5 }, () => long),
    data: { long },
  }
}

function some(seed: number, large: boolean): Finding[] {
  return Array.from({ length: 1 + (seed % (large ? 30 : 3)) }, (_, i) =>
    strange(seed * 50 + i, large ? 400 : 20),
  )
}

function live(at: World, seed: number, i: number): void {
  const large = i % largeEvery === 0
  const text = `火消し ${i} `.repeat(large ? 100 : 10)
  switch (seed % 5) {
    case 0:
      at.command('note', sato, { text })
      return
    case 1:
      at.command(
        'alerts',
        { kind: 'alert', id: 'alertmanager', verified: true },
        {
          group: i.toString(16).padStart(32, '0'),
          version: i + 1,
          fired: 1,
          firing: seed % 2,
          clear: seed % 2 === 0,
          declaration: { service: 'backend', severity: 'HIGH', description: text },
        },
      )
      return
    case 2:
      at.ask('run', sato, { step: 'logs' })
      break
    case 3:
      at.ask('situation', sato, {})
  }
  for (const { effect } of [...at.inFlight.values()]) {
    if (effect.type === 'situation') at.answer(effect.key, pictureOf(effect, seed, large))
    else if (effect.type === 'step' && effect.stage === 'read')
      at.answer(effect.key, {
        type: 'stage-ended',
        run: effect.step.id,
        stage: 'read',
        outcome: {
          ok: true,
          value: { facts: { long: text }, findings: some(seed, large), text },
          attempt: 1,
        },
      })
  }
}

type Picture = Extract<World['inFlight'] extends Map<string, infer F> ? F : never, object>['effect']

function pictureOf(
  effect: Extract<Picture, { type: 'situation' }>,
  seed: number,
  large: boolean,
): Occurrence {
  const pods = Array.from({ length: large ? 200 : 2 }, (_, i) => [`pod-${i}`, '火'.repeat(100)])
  const figures = Object.fromEntries(pods)
  const parts = effect.parts.map(({ id }) => [
    id,
    {
      ok: true,
      reading: { facts: figures, findings: some(seed, large), text: '火'.repeat(large ? 5_000 : 50) },
    },
  ])
  return {
    type: 'situation-ended',
    number: effect.number,
    tookMs: 900,
    parts: Object.fromEntries(parts),
  }
}

describe('what an incident carries from run to run', () => {
  it(`stays below 1 MB over ${moves} random readings, alerts and notes`, () => {
    const lives = 10
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000), { minLength: 40, maxLength: 40 }), (seeds) => {
        const at = new World({ symptom: '5xx', severity: 'LOW' })
        for (let i = 0; i < moves / lives; i += 1) live(at, (seeds[i % seeds.length] ?? 0) + i * 7, i)
        const bytes = jsonBytes(at.state)
        assert.ok(bytes < carriedAtMost, `${bytes} bytes`)
        assert.ok(at.state.findings.length <= 60)
      }),
      { numRuns: lives, endOnFailure: true },
    )
  }).timeout(600_000)

  it('stays below 1 MB whatever parameters people give, and says so when it is full', () => {
    const at = new World({ severity: 'MEDIUM', policy: { automatic: ['reversible'] } })
    const long = (bytes: number) => ({ grep: Array.from({ length: 10 }, () => '火'.repeat(bytes / 30)) })
    assert.equal(at.refusal('run', sato, { step: 'logs', with: long(4_400) }), 'bad-input')
    for (let i = 0; ; i += 1) {
      const refusal = at.ask('run', sato, { step: 'logs', with: long(3_600) })
      at.allGoesWell()
      assert.ok(jsonBytes(at.state) < carriedAtMost)
      if (refusal === undefined) continue
      assert.equal(refusal.name, 'steps-too-large')
      assert.ok(i > 100, `full after ${i} runs`)
      return
    }
  })
})
