import assert from 'node:assert/strict'
import { emptyDesk, openingOf } from '../../../domain/desk/state.ts'
import { present } from '../../../domain/present.ts'
import { type Phase, phases, verbatim } from '../../../domain/words.ts'
import { smallBook } from '../incident/small-runbook.ts'
import { noon, sato, yamada } from '../incident/world.ts'
import { alertmanager, created, Desk, known, trouble } from './alerted.ts'

const news = { incident: 'shodo-1', phase: 'investigating', severity: 'HIGH' } as const
const incidents = (desk: Desk) => Object.keys(desk.state.open)

function tell(desk: Desk, more: object): void {
  desk.send('incident-changed', { v: 1, by: sato, ...news, ...more })
}

/** A desk after so many incidents of others, whose word it takes. */
function deskAfter(lastNumber: number): Desk {
  const desk = new Desk()
  desk.state = { ...desk.state, lastNumber }
  return desk
}

/** A desk whose incident shodo-1 runs. */
function running(key?: string): Desk {
  const desk = new Desk()
  desk.declare({ declaration: trouble, ...present({ key }) })
  desk.settle()
  return desk
}

describe('news of an incident', () => {
  it('that a desk before this one opened is taken in up to the last number that it gave, and counts as one report', () => {
    const desk = deskAfter(42)
    tell(desk, { incident: 'shodo-43', service: 'backend' })
    assert.deepEqual(incidents(desk), [])
    tell(desk, { incident: 'shodo-42', service: 'backend', symptom: '5xx', version: 3 })
    const { openedAtMs, reports, service, heard } = desk.state.open['shodo-42'] ?? assert.fail()
    assert.deepEqual([openedAtMs, reports, service, heard], [noon, 1, 'backend', 3])
    assert.deepEqual(desk.declare({ declaration: trouble }), { ...known('shodo-42', false), reports: 2 })
  })

  it('ends it where it is closed, cancelled or merged; what was over is never taken in', () => {
    const ends = (phase: Phase) => {
      const desk = running()
      desk.changed('shodo-1', phase)
      const strange = deskAfter(42)
      const before = strange.facts.length
      tell(strange, { incident: 'shodo-40', service: 'backend', phase })
      assert.equal(incidents(strange).length, incidents(desk).length, phase)
      assert.equal(strange.facts.length - before, incidents(desk).length, phase)
      return incidents(desk).length === 0
    }
    assert.deepEqual(phases.filter(ends), ['closed', 'cancelled', 'merged'])
  })

  it('is written down where phase, severity or symptom is another one, and not where all are the same', () => {
    const desk = running()
    const written = (more: object) => {
      const before = desk.facts.length
      tell(desk, more)
      return desk.facts.length - before
    }
    assert.equal(written({}), 0)
    assert.equal(written({ symptom: '5xx' }), 0)
    assert.equal(written({ symptom: 'slow' }), 1)
    assert.equal(written({ severity: 'LOW' }), 1)
    assert.equal(written({ severity: 'LOW', phase: 'mitigating' }), 1)
    assert.equal(written({ severity: 'LOW', phase: 'mitigating' }), 0)
    assert.deepEqual(
      [desk.state.open['shodo-1']?.symptom, desk.state.open['shodo-1']?.heard],
      ['slow', undefined],
    )
  })

  it('that came too late for another one changes nothing about this one', () => {
    const desk = running()
    desk.declare({ declaration: { service: 'frontend', severity: 'LOW', description: 'slow' } })
    desk.settle()
    desk.declare({ declaration: trouble })
    desk.declare({ declaration: { service: 'frontend', severity: 'LOW', description: 'slow' } })
    desk.feed({ type: 'delivery-failed', delivery: 'shodo-1/report/2', reason: verbatim('not found') })
    const unreachable = Object.entries(desk.state.open).map(([id, { unreachable }]) => [id, unreachable])
    assert.deepEqual(unreachable, [
      ['shodo-1', true],
      ['shodo-2', undefined],
      ['shodo-3', undefined],
    ])
  })
})

describe('a report', () => {
  it('still goes to an incident that a freeze did not reach', () => {
    const desk = running()
    desk.send('freeze', { v: 1, by: sato, on: true })
    desk.feed({ type: 'delivery-failed', delivery: 'shodo-1/freeze/1', reason: verbatim('not found') })
    assert.deepEqual([desk.state.deliveries, incidents(desk)], [[], ['shodo-1']])
    assert.deepEqual(desk.declare({ declaration: trouble }), { ...known('shodo-1', false), reports: 2 })
  })

  it('opens a resolved incident again that its key names, unless nothing reaches that', () => {
    const again = (reachable: boolean) => {
      const desk = running('k')
      if (!reachable) {
        desk.declare({ declaration: trouble })
        desk.feed({ type: 'delivery-failed', delivery: 'shodo-1/report/2', reason: verbatim('not found') })
        desk.settle()
      }
      const { 'shodo-1': first } = desk.state.open
      assert.ok(first !== undefined)
      desk.state = { ...desk.state, open: { ...desk.state.open, 'shodo-1': { ...first, phase: 'resolved' } } }
      return desk.declare({ declaration: trouble, key: 'k' })
    }
    assert.deepEqual(again(true), { ...known('shodo-1', false), reports: 2 })
    assert.deepEqual(again(false), { ...known('shodo-2', false), reports: 2 })
  })

  it('of an alert about a service that no runbook knows is refused; its place would say where it is from', () => {
    const declaration = { service: 'payments', severity: 'HIGH', description: 'x' } as const
    const declare = (desk: Desk, service: string) =>
      desk.send('declare', { v: 1, by: alertmanager, declaration: { ...declaration, service } })
    assert.equal(declare(new Desk(), 'payments'), 'unknown-service')
    assert.deepEqual(declare(new Desk(), 'unknown/payments'), created('shodo-1'))
    const empty = new Desk()
    empty.state = emptyDesk('shodo', false, 0)
    assert.equal(declare(empty, 'unknown/payments'), 'no-runbook')
  })

  it('says that it made the incident worse, and only then', () => {
    const desk = running()
    const raised = (severity: 'CRITICAL' | 'HIGH' | 'LOW') => {
      const answer = desk.declare({ declaration: { ...trouble, severity } })
      return typeof answer === 'object' ? answer.raisedTo : assert.fail(answer)
    }
    assert.deepEqual(
      [raised('LOW'), raised('HIGH'), raised('CRITICAL'), raised('CRITICAL')],
      [undefined, undefined, 'CRITICAL', undefined],
    )
  })
})

describe('an incident that could not start under its number', () => {
  it('takes its own keys to the next one, which is the last number of all, and nobody else’s', () => {
    const desk = new Desk()
    const declare = (symptom: string, key: string) =>
      desk.declare({ declaration: { ...trouble, symptom }, key })
    declare('5xx', 'one')
    declare('slow', 'two')
    desk.declare({ declaration: { ...trouble, description: 'again' } })
    desk.feed({ type: 'start-failed', incident: 'shodo-2', reason: verbatim('already exists') })
    assert.deepEqual(
      desk.state.unstarted.map(({ incident }) => incident),
      ['shodo-1', 'shodo-3'],
    )
    assert.deepEqual(
      desk.state.deliveries.map(({ incident }) => incident),
      ['shodo-1'],
    )
    assert.deepEqual(declare('5xx', 'one'), { ...known('shodo-1', true), reports: 2 })
    assert.deepEqual(declare('slow', 'two'), known('shodo-3', true))
    assert.deepEqual(desk.declare({ declaration: trouble, fresh: true }), created('shodo-4'))
  })
})

describe('a runbook of before', () => {
  it('is kept for each incident that has yet to start under it, however many came since', () => {
    const desk = new Desk()
    const publish = (nextReview: string) =>
      desk.send('publish', { v: 1, by: sato, book: { ...smallBook(), nextReview } })
    const open = () => desk.declare({ declaration: trouble, fresh: true })
    open()
    publish('2028-01-01')
    open()
    publish('2029-01-01')
    open()
    open()
    publish('2030-01-01')
    const versions = () =>
      desk.state.unstarted.map((unstarted) => openingOf(desk.state, unstarted)?.runbook.version)
    assert.deepEqual(versions(), [1, 2, 3, 3])
    desk.feed({ type: 'started', incident: 'shodo-3' })
    assert.deepEqual(versions(), [1, 2, 3])
    desk.feed({ type: 'started', incident: 'shodo-1' })
    assert.deepEqual(versions(), [2, 3])
    assert.deepEqual(Object.keys(desk.state.outdated ?? {}), ['2', '3'])
  })
})

describe('a freeze', () => {
  it('can be said again by everybody, also unverified people', () => {
    const desk = running()
    for (const by of [sato, { ...yamada, verified: false }]) desk.send('freeze', { v: 1, by, on: true })
    assert.deepEqual(
      desk.state.deliveries.map(({ id, by }) => [id, by.id]),
      [
        ['shodo-1/freeze/1', 'sato'],
        ['shodo-1/freeze/2', 'yamada'],
      ],
    )
  })
})
