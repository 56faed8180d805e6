import assert from 'node:assert/strict'
import { kato, person, sato, World } from './world.ts'

const nobody = person('sato', false)

describe('what a verified person decided', () => {
  it('is taken back by nobody who may be anybody: the freeze, the severity, the incident itself', () => {
    const world = new World({ severity: 'CRITICAL', by: sato })
    world.command('freeze', kato, { on: true })
    assert.equal(world.refusal('freeze', nobody, { on: false }), 'verified-only')
    // Nor by saying the same, as if it were theirs.
    world.command('freeze', nobody, { on: true })
    assert.equal(world.refusal('freeze', nobody, { on: false }), 'verified-only')
    assert.equal(world.refusal('set-severity', nobody, { severity: 'LOW' }), 'verified-only')
    assert.equal(world.refusal('cancel', nobody, { reason: 'a test' }), 'verified-only')
    assert.deepEqual([world.state.frozen?.by, world.state.severity], [kato, 'CRITICAL'])
    world.command('freeze', sato, { on: false })
    world.command('set-severity', kato, { severity: 'LOW' })
    // It calls people, and no more.
    world.command('set-severity', nobody, { severity: 'HIGH' })
    world.command('set-severity', nobody, { severity: 'MEDIUM' })
    world.command('cancel', sato, { reason: 'a test' })
  })

  it('is neither resolved, denied nor rejected by nobody in particular', () => {
    const world = new World({ by: sato, dataLoss: true })
    assert.equal(world.refusal('resolve', nobody, {}), 'verified-only')
    assert.equal(world.refusal('set-risk', nobody, { dataLoss: false }), 'verified-only')
    // To name another risk makes nobody master of the first one.
    world.command('set-risk', nobody, { breach: true })
    assert.equal(world.refusal('set-risk', nobody, { dataLoss: false }), 'verified-only')
    world.command('set-risk', nobody, { breach: false })
    world.command('run', kato, { step: 'rollback' })
    world.allGoesWell()
    assert.equal(world.refusal('reject', nobody, { step: 'rollback', reason: 'no' }), 'verified-only')
    world.command('reject', sato, { step: 'rollback', reason: 'no' })
    world.command('set-risk', kato, { dataLoss: false })
    world.command('resolve', kato, {})
  })

  it('is not got round by making it worse first', () => {
    const world = new World({ severity: 'LOW', by: sato })
    world.command('set-severity', kato, { severity: 'HIGH' })
    world.command('set-severity', nobody, { severity: 'CRITICAL' })
    assert.equal(world.refusal('set-severity', nobody, { severity: 'MEDIUM' }), 'verified-only')
    world.command('set-severity', nobody, { severity: 'HIGH' })
    world.command('set-severity', sato, { severity: 'MEDIUM' })
  })

  it('leaves to everybody what nobody verified said or approved', () => {
    const world = new World({ by: nobody })
    world.command('set-risk', nobody, { dataLoss: true })
    world.command('set-risk', nobody, { dataLoss: false })
    world.command('run', nobody, { step: 'rollback' })
    world.allGoesWell()
    world.command('reject', nobody, { step: 'rollback', reason: 'no' })
    world.command('resolve', nobody, {})
    assert.equal(world.state.phase, 'resolved')
  })

  it('binds an incident that somebody else declared from the moment on that they acknowledged it', () => {
    const world = new World({ by: nobody })
    world.command('acknowledge', kato, {})
    assert.equal(world.refusal('cancel', nobody, { reason: 'a test' }), 'verified-only')
  })

  it('is all that is bound: where nobody is verified, or in a lab, everybody does it', () => {
    for (const circumstances of [{ by: nobody }, { by: sato, lab: true }]) {
      const world = new World(circumstances)
      world.command('freeze', world.state.lab ? kato : nobody, { on: true })
      world.command('freeze', nobody, { on: false })
      world.command('set-severity', nobody, { severity: 'LOW' })
      world.command('cancel', nobody, { reason: 'a test' })
      assert.equal(world.state.phase, 'cancelled')
    }
  })
})

describe('the desk’s word on a freeze', () => {
  it('does not win where a newer one was heard before it', () => {
    const world = new World()
    world.command('freeze', kato, { on: true, version: 20 })
    world.command('freeze', kato, { on: false, version: 10 })
    assert.deepEqual(world.state.frozen?.by, kato)
    // Two of one moment come in their order.
    world.command('freeze', kato, { on: false, version: 20 })
    assert.equal(world.state.frozen, undefined)
    assert.deepEqual(
      world.told('frozen').map(({ on }) => on),
      [true, false],
    )
  })
})
