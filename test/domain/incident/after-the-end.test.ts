import assert from 'node:assert/strict'
import { commandTypes } from '../../../domain/incident/commands.ts'
import type { StepRun } from '../../../domain/incident/fold/state.ts'
import type { Actor } from '../../../domain/words.ts'
import { bad, finding } from './hands.ts'
import { isPicture, picture } from './pictures.ts'
import { sato, World, yamada } from './world.ts'

const policy = { automatic: ['reversible' as const], people: true }
const alertmanager: Actor = { kind: 'alert', id: 'alertmanager', verified: true }
const declaration = { service: 'backend', severity: 'MEDIUM', description: 'x' } as const

/** "rollback" was made, of "scale-out" it was not seen that it took effect. */
function worked(): World {
  const at = new World({ severity: 'MEDIUM', policy })
  at.command('run', sato, { step: 'rollback' })
  at.allGoesWell()
  at.command('run', sato, { step: 'scale-out' })
  at.allGoesWell()
  at.command('approve', yamada, { step: 'scale-out', hash: at.step('scale-out').hash ?? '' })
  at.allGoesWell((effect) => effect.key === 'step/scale-out/verify')
  const outcome = bad('no-answer')
  at.answer('step/scale-out/verify', { type: 'stage-ended', run: 'scale-out', stage: 'verify', outcome })
  return at
}

const inputs = {
  acknowledge: {},
  note: { text: 'x' },
  'set-severity': { severity: 'HIGH' },
  'set-impact': { impact: 'all' },
  'set-eta': { eta: '2026-11-24T14:30:00Z' },
  'set-commander': { person: 'kato' },
  'set-symptom': { symptom: '5xx' },
  'set-risk': { breach: true },
  run: { step: 'logs' },
  approve: { step: 'rollback', hash: 'a'.repeat(64) },
  reject: { step: 'rollback', reason: 'no' },
  done: { step: 'announce' },
  decide: { step: 'way', option: 'add-pods', reason: 'x' },
  skip: { step: 'announce', reason: 'x' },
  retry: { step: 'scale-out' },
  undo: { step: 'rollback' },
  verify: { step: 'scale-out' },
  escalate: {},
  notify: { message: 'x' },
  check: { item: 'alert' },
  situation: {},
  resolve: {},
  reopen: { reason: 'x' },
  close: { waive: 'x' },
  cancel: { reason: 'x' },
  freeze: { on: true },
  report: { declaration },
  alerts: { group: 'a'.repeat(32), version: 1, fired: 0, firing: 0, clear: true, declaration },
} as const

const refusals = (end: (at: World) => void) => {
  assert.deepEqual(Object.keys(inputs), commandTypes)
  return commandTypes.map((type) => {
    const at = worked()
    end(at)
    return [type, at.ask(type, yamada, inputs[type])?.name]
  })
}

describe('what may be asked of an incident', () => {
  it('while it is open is everything but its end and its beginning', () => {
    const refused = refusals(() => undefined).filter(([, name]) => name !== undefined)
    assert.deepEqual(refused, [
      // Whoever had it work acknowledged it.
      ['acknowledge', 'already'],
      ['approve', 'step-not-waiting'],
      ['reject', 'step-not-waiting'],
      // Nobody has announced it.
      ['decide', 'step-held'],
      ['reopen', 'wrong-phase'],
      ['close', 'wrong-phase'],
    ])
  })

  it('once it is resolved is what is left to do and to tell', () => {
    const taken = refusals((at) => at.command('resolve', sato, {})).filter(([, name]) => name === undefined)
    assert.deepEqual(
      taken.map(([type]) => type),
      ['note', 'notify', 'check', 'situation', 'reopen', 'close', 'freeze', 'report', 'alerts'],
    )
  })

  it('once it is over is nothing', () => {
    const ends = [
      (at: World) => at.command('cancel', sato, { reason: 'a drill' }),
      (at: World) => {
        at.command('resolve', sato, {})
        at.command('close', sato, { waive: 'a drill' })
      },
    ]
    for (const end of ends)
      for (const [type, name] of refusals(end)) {
        const others: Readonly<Record<string, string>> = {
          reject: 'step-not-waiting',
          reopen: 'wrong-phase',
          close: 'wrong-phase',
        }
        assert.equal(name, others[type ?? ''] ?? 'not-open', type)
      }
  })

  it('needs room where it makes a run: to run a step, also once more, to skip one, to take one back, and not to look at one again', () => {
    const at = worked()
    const { steps } = at.state
    const some = Object.values(steps)[0] ?? assert.fail()
    const fill = (count: number) => {
      const more = Array.from({ length: count - Object.keys(steps).length }, (_, i): [string, StepRun] => [
        `old.${i}`,
        { ...some, id: `old.${i}`, step: 'old' },
      ])
      at.state = { ...at.state, steps: { ...steps, ...Object.fromEntries(more) } }
    }
    fill(200)
    assert.equal(at.refusal('run', sato, { step: 'logs' }), 'too-many-steps')
    assert.equal(at.refusal('undo', sato, { step: 'rollback' }), 'too-many-steps')
    assert.equal(at.refusal('retry', sato, { step: 'scale-out' }), 'too-many-steps')
    assert.equal(at.refusal('done', sato, { step: 'announce' }), 'too-many-steps')
    assert.equal(at.refusal('skip', sato, { step: 'announce', reason: 'x' }), 'too-many-steps')
    at.command('verify', sato, { step: 'scale-out' })
    fill(199)
    at.command('undo', sato, { step: 'rollback' })
  })
})

describe('alerts of which one group is clear', () => {
  const hear = (at: World, group: string, version: number, firing: number) =>
    at.command('alerts', alertmanager, {
      group: group.repeat(32),
      version,
      fired: 1,
      firing,
      clear: firing === 0,
      declaration,
    })

  it('prove nothing while another one fires, whatever the pictures show', () => {
    const at = new World({ severity: 'MEDIUM' })
    hear(at, 'a', 1, 1)
    hear(at, 'b', 2, 1)
    hear(at, 'a', 3, 0)
    at.allGoesWell()
    assert.deepEqual([at.state.proof, at.state.resolutionProposed], [undefined, false])
    hear(at, 'b', 4, 0)
    at.allGoesWell()
    assert.equal(at.state.resolutionProposed, true)
  })

  it('stand in the way of what a change proved, though that is not theirs', () => {
    const at = new World({ severity: 'MEDIUM', policy })
    hear(at, 'a', 1, 0)
    hear(at, 'b', 2, 1)
    picture(at, { rollouts: [finding('bad-rollout')] })
    at.allGoesWell(isPicture)
    assert.equal(at.step('rollback').status, 'verified')
    picture(at)
    assert.equal(at.state.resolutionProposed, false)
    hear(at, 'b', 3, 0)
    at.allGoesWell()
    assert.equal(at.state.resolutionProposed, true)
  })
})
