import assert from 'node:assert/strict'
import type { CommandInput } from '../../../domain/incident/commands.ts'
import { withAlerts } from '../../../domain/incident/fold/alerts-state.ts'
import type { IncidentState } from '../../../domain/incident/fold/state.ts'
import type { Actor } from '../../../domain/words.ts'
import { sato, World } from './world.ts'

const alertmanager: Actor = { kind: 'alert', id: 'alertmanager', verified: true }
type News = Partial<Omit<CommandInput<'alerts'>, 'v' | 'by'>>

const declaration = { service: 'backend', severity: 'HIGH', description: '5xx' } as const

function hear(world: World, version: number, news: News): void {
  world.command('alerts', alertmanager, {
    group: 'a'.repeat(32),
    version,
    fired: 1,
    firing: 0,
    clear: true,
    declaration,
    ...news,
  })
}
const fires = { firing: 1, clear: false }

/** Whatever picture is awaited shows that all is well. */
const looked = (world: World) => world.allGoesWell((effect) => effect.type !== 'situation')

describe('an incident that hears of its alerts', () => {
  it('proposes its resolution once all of them are clear, and people decide', () => {
    const world = new World({ by: alertmanager })
    hear(world, 1, fires)
    hear(world, 2, { group: 'b'.repeat(32), ...fires })
    hear(world, 3, {})
    assert.equal(world.state.resolutionProposed, false)
    hear(world, 4, { group: 'b'.repeat(32) })
    assert.equal(world.state.resolutionProposed, false)
    looked(world)
    assert.equal(world.state.resolutionProposed, true)
    assert.deepEqual(world.told('resolution-proposed'), [
      { because: { ja: 'アラートがすべて解消', en: 'all its alerts are clear' } },
    ])
    assert.equal(world.state.phase, 'monitoring')
    world.wait(1_000)
    assert.equal(world.told('resolution-proposed').length, 1)
    world.command('resolve', sato, {})
    assert.equal(world.state.phase, 'resolved')
  })

  it('takes the proposal back when they fire again, and proposes again when they are clear again', () => {
    const world = new World()
    hear(world, 1, fires)
    hear(world, 2, {})
    looked(world)
    hear(world, 3, { ...fires, fired: 2 })
    assert.equal(world.state.resolutionProposed, false)
    assert.equal(world.state.phase, 'investigating')
    hear(world, 4, { fired: 2 })
    looked(world)
    assert.equal(world.told('resolution-proposed').length, 2)
  })

  it('is not moved by news that were overtaken', () => {
    const world = new World()
    hear(world, 2, {})
    hear(world, 1, fires)
    assert.equal(world.told('alerts-changed').length, 1)
    looked(world)
    assert.equal(world.state.resolutionProposed, true)
  })

  it('waits with the proposal while a step is under way', () => {
    const world = new World({ policy: { automatic: ['reversible'] } })
    world.command('run', sato, { step: 'quick-scale-out' })
    world.allGoesWell((effect) => effect.key.endsWith('/run'))
    assert.equal(world.step('quick-scale-out').status, 'running')
    hear(world, 1, {})
    assert.equal(world.state.resolutionProposed, false)
    world.allGoesWell()
    assert.equal(world.told('resolution-proposed').length, 1)
    assert.equal(world.state.phase, 'monitoring')
  })

  it('opens again when they begin to fire in the moment in which people resolve it, and not for an end', () => {
    const world = new World()
    hear(world, 1, fires)
    world.command('resolve', sato, {})
    hear(world, 2, {})
    assert.equal(world.state.phase, 'resolved')
    hear(world, 3, { ...fires, fired: 2 })
    assert.equal(world.state.phase, 'investigating')
    world.command('cancel', sato, { reason: 'a test' })
    assert.equal(
      world.refusal('alerts', alertmanager, {
        group: 'a'.repeat(32),
        version: 9,
        fired: 3,
        firing: 1,
        clear: false,
        declaration,
      }),
      'not-open',
    )
  })

  it('becomes as bad as its alerts become, and stays as people set it otherwise', () => {
    const world = new World({ severity: 'MEDIUM' })
    hear(world, 1, { ...fires, declaration: { ...declaration, severity: 'MEDIUM' } })
    hear(world, 2, { ...fires, declaration: { ...declaration, severity: 'HIGH' } })
    assert.equal(world.state.severity, 'HIGH')
    world.command('set-severity', sato, { severity: 'LOW' })
    hear(world, 3, { ...fires, fired: 2, declaration: { ...declaration, severity: 'HIGH' } })
    assert.equal(world.state.severity, 'LOW')
  })

  it('remembers 500 of its groups; of more those that are clear go first, else the one longest not heard from', () => {
    const name = (i: number) => i.toString(16).padStart(32, '0')
    const of = (state: IncidentState, i: number, news: News = {}) =>
      withAlerts(
        state,
        { group: name(i), version: i, fired: 1, firing: 1, clear: false, severity: 'HIGH', ...news },
        alertmanager,
        0,
      )
    let { state } = new World()
    for (let i = 1; i <= 500; i += 1) state = of(state, i, i === 7 ? { firing: 0, clear: true } : {})
    const kept = () => new Set(state.alerts?.groups.map(({ group }) => Number.parseInt(group, 16)))
    assert.equal(kept().size, 500)
    state = of(state, 501)
    assert.deepEqual([kept().size, kept().has(1), kept().has(7)], [500, true, false])
    state = of(of(state, 1), 502)
    assert.deepEqual([kept().size, kept().has(1), kept().has(2), kept().has(502)], [500, true, false, true])
  })
})
