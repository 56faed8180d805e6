import assert from 'node:assert/strict'
import type { CommandInput } from '../../../domain/incident/commands.ts'
import { reportedAgain } from '../../../domain/incident/phases.ts'
import { present } from '../../../domain/present.ts'
import type { Actor, Severity } from '../../../domain/words.ts'
import { sato, World, yamada } from './world.ts'

const alertmanager: Actor = { kind: 'alert', id: 'alertmanager', verified: true }
type News = Partial<Omit<CommandInput<'alerts'>, 'v' | 'by'>>

const declared = (severity: Severity, symptom?: string) => ({
  service: 'backend',
  severity,
  description: '5xx',
  ...present({ symptom }),
})

function hear(world: World, version: number, news: News): void {
  world.command('alerts', alertmanager, {
    group: 'a'.repeat(32),
    version,
    fired: 1,
    firing: 1,
    clear: false,
    declaration: declared('MEDIUM'),
    ...news,
  })
}

describe('news of a group of alerts', () => {
  it('are heard once, though the same ones come twice', () => {
    const world = new World({ severity: 'MEDIUM' })
    hear(world, 1, {})
    hear(world, 1, {})
    assert.equal(world.told('alerts-changed').length, 1)
    hear(world, 2, {})
    assert.equal(world.told('alerts-changed').length, 2)
  })

  it('open what was resolved only where some fire that began to since', () => {
    for (const [news, phase] of [
      [{ fired: 1, firing: 1 }, 'resolved'],
      // One began meanwhile, and ended meanwhile.
      [{ fired: 2, firing: 0, clear: true }, 'resolved'],
      [{ fired: 2, firing: 0, clear: false }, 'resolved'],
      [{ fired: 2, firing: 1 }, 'investigating'],
      [{ group: 'b'.repeat(32), fired: 1, firing: 1 }, 'investigating'],
    ] as const) {
      const world = new World({ severity: 'MEDIUM' })
      hear(world, 1, {})
      world.command('resolve', sato, {})
      hear(world, 2, news)
      assert.equal(world.state.phase, phase, JSON.stringify(news))
    }
  })

  it('are a report where the group joins, and only the first time', () => {
    const world = new World({ severity: 'MEDIUM' })
    hear(world, 1, {})
    assert.equal(world.state.reports, 1)
    hear(world, 2, { group: 'b'.repeat(32), joins: true, declaration: declared('LOW', '5xx') })
    assert.deepEqual(
      [world.state.reports, world.state.symptom, world.step('logs').status],
      [2, '5xx', 'reading'],
    )
    hear(world, 3, { group: 'b'.repeat(32), joins: true })
    assert.equal(world.state.reports, 2)
    assert.deepEqual(world.told('reopened'), [])
  })

  it('open what was resolved where the group joins, though nothing fires by now', () => {
    const world = new World({ severity: 'MEDIUM' })
    world.command('resolve', sato, {})
    hear(world, 1, { joins: true, firing: 0, clear: true })
    assert.deepEqual(world.told('reopened'), [{ reason: reportedAgain }])
  })

  it('make it worse only where they fire, became worse, and are worse than it is', () => {
    for (const [severity, before, news, firing, after] of [
      ['LOW', 'MEDIUM', 'HIGH', 1, 'HIGH'],
      ['LOW', 'MEDIUM', 'HIGH', 0, 'LOW'],
      ['LOW', 'HIGH', 'MEDIUM', 1, 'LOW'],
      ['LOW', 'MEDIUM', 'MEDIUM', 1, 'LOW'],
      ['CRITICAL', 'MEDIUM', 'HIGH', 1, 'CRITICAL'],
      ['LOW', undefined, 'HIGH', 1, 'LOW'],
    ] as const) {
      const world = new World({ severity, policy: { recovers: false } })
      if (before !== undefined) hear(world, 1, { declaration: declared(before) })
      hear(world, 2, { firing, declaration: declared(news) })
      assert.equal(world.state.severity, after, `${severity}: ${before} to ${news}, ${firing} fire`)
    }
  })

  it('leave the symptom as it is, where it has one', () => {
    const world = new World({ severity: 'LOW', symptom: 'slow' })
    world.command('report', yamada, { declaration: declared('LOW', '5xx') })
    assert.deepEqual([world.state.symptom, Object.keys(world.state.steps)], ['slow', []])
  })
})
