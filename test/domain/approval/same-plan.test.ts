import assert from 'node:assert/strict'
import { differenceOf, isDrift } from '../../../domain/approval/same-plan.ts'
import type { Plan } from '../../../domain/steps/contract.ts'

const plan: Plan = {
  target: 'deployment/shodo/shodo-backend',
  says: { en: 'Scale it from 3 to 8', ja: '3 から 8 に変更' },
  nothingToDo: false,
  change: { replicas: 8, uid: 'u' },
  before: { replicas: 3 },
  pods: { ready: 0, notReady: 0, ofReady: 3 },
}

describe('a plan that people approved, held against the own one of a worker', () => {
  it('is the same whatever pods there are by now, and whatever order its members have', () => {
    const later = {
      ...plan,
      change: { uid: 'u', replicas: 8 },
      before: { replicas: 4 },
      pods: { ready: 1, notReady: 1, ofReady: 4 },
    }
    assert.equal(differenceOf(plan, later), undefined)
  })

  it('names what is otherwise: target, words in either language, or the member of the change', () => {
    const cases: readonly [Partial<Plan>, RegExp][] = [
      [
        { target: 'deployment/shodo/x' },
        /^its target is deployment\/shodo\/x, not deployment\/shodo\/shodo-b/,
      ],
      [{ says: { ...plan.says, en: 'Scale it to 0' } }, /^the worker's own plan is "Scale it to 0"$/],
      [{ says: { ...plan.says, ja: '0 に変更' } }, /^the worker's own plan is "Scale it from 3 to 8"$/],
      [{ change: { replicas: 0, uid: 'u' } }, /a different change\.replicas$/],
      [{ change: { replicas: 8 } }, /a different change\.uid$/],
      [{ change: { replicas: 8, uid: 'u', also: 1 } }, /a different change\.also$/],
      [{ change: [8] }, /a different change\.replicas$/],
      [{ change: null }, /a different change\.replicas$/],
    ]
    for (const [other, says] of cases) {
      const found = differenceOf(plan, { ...plan, ...other })
      assert.match(found?.en ?? '', says)
      assert.notEqual(found?.ja, found?.en)
    }
    assert.match(
      differenceOf({ ...plan, change: 'a' }, { ...plan, change: 'b' })?.en ?? '',
      /a different change$/,
    )
  })

  it('shows the first 300 characters of what the worker plans', () => {
    for (const [length, shown] of [
      [300, 300],
      [301, 300],
    ] as const) {
      const says = { en: 'e'.repeat(length), ja: '火'.repeat(length) }
      assert.deepEqual(differenceOf(plan, { ...plan, says }), {
        en: `the worker's own plan is "${'e'.repeat(shown)}"`,
        ja: `ワーカー自身の計画は「${'火'.repeat(shown)}」です`,
      })
      assert.deepEqual(differenceOf(plan, { ...plan, change: { ['m'.repeat(length)]: 1 } }), {
        en: `the worker's own plan has a different change.${'m'.repeat(shown)}`,
        ja: `ワーカー自身の計画とは change.${'m'.repeat(shown)} が異なります`,
      })
    }
  })

  it('lets a figure move to its half or double, or by ten, and no further', () => {
    for (const [told, now] of [
      [500, 1_000],
      [1_000, 500],
      [0, 10],
      [10, 0],
      [7, 7],
    ] as const)
      assert.equal(isDrift(told, now), true, `${told} ${now}`)
    for (const [told, now] of [
      [500, 1_001],
      [1_001, 500],
      [0, 11],
      [3, 14_000_000],
    ] as const)
      assert.equal(isDrift(told, now), false, `${told} ${now}`)
  })
})
