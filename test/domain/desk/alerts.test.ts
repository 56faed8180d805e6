import assert from 'node:assert/strict'
import type { Declared } from '../../../domain/desk/decide.ts'
import { verbatim } from '../../../domain/words.ts'
import { noon } from '../incident/world.ts'
import { alertmanager, created, Desk, ended, firing, known, minute, type Told, trouble } from './alerted.ts'

describe('a desk that hears alerts', () => {
  it('opens one incident for a group, and counts what comes again nowhere', () => {
    const desk = new Desk()
    const told = { alerts: [firing('a'), firing('b')] }
    assert.deepEqual(desk.hear(told), created('shodo-1'))
    const facts = desk.facts.length
    for (let i = 0; i < 3; i += 1) assert.deepEqual(desk.hear(told), known('shodo-1', true))
    assert.equal(desk.facts.length, facts)
    assert.deepEqual(desk.news(), [['shodo-1', 2, 2, false]])
    assert.deepEqual(desk.state.unstarted[0]?.by, alertmanager)
  })

  it('tells the incident when more fire and when all are clear', () => {
    const desk = new Desk()
    desk.hear({ alerts: [firing('a')] })
    desk.settle()
    desk.hear({ alerts: [firing('a'), firing('b')] })
    assert.deepEqual(desk.news(), [['shodo-1', 2, 2, false]])
    desk.hear({ alerts: [ended('a'), firing('b')] })
    assert.deepEqual(desk.hear({ alerts: [ended('a'), ended('b')] }), known('shodo-1', false))
    // Only how it stands now waits to be told.
    assert.deepEqual(desk.news(), [['shodo-1', 2, 0, true]])
    const versions = desk.state.deliveries.map((d) => [d.id, d.type === 'alerts' && d.version])
    assert.deepEqual(versions, [['shodo-1/alerts/4', 4]])
  })

  it('tells whoever reports to come again where too much waits for its incidents', () => {
    const desk = new Desk()
    desk.hear({ alerts: [firing('a')] })
    const [waiting] = desk.state.deliveries
    assert.ok(waiting !== undefined)
    const deliveries = Array.from({ length: 10_000 }, (_, i) => ({ ...waiting, id: `shodo-1/alerts/${i}` }))
    desk.state = { ...desk.state, deliveries }
    assert.equal(desk.hear({ group: 'b'.repeat(32), alerts: [firing('b')] }), 'too-busy')
    const declaration = { ...trouble, description: 'by a person' }
    assert.equal(desk.declare({ declaration }), 'too-busy')
    // Nobody has to be told of what opens an incident of its own.
    assert.deepEqual(desk.declare({ declaration, fresh: true }), created('shodo-2'))
    assert.deepEqual(
      desk.declare({ declaration: { ...declaration, service: 'frontend', symptom: undefined } }),
      created('shodo-3'),
    )
    desk.settle()
    const { reports } = desk.hear({ group: 'b'.repeat(32), alerts: [firing('b')] }) as Declared
    assert.equal(reports, 2)
  })

  it('joins the open incident about the same trouble, as any report does', () => {
    const desk = new Desk()
    desk.hear({ alerts: [firing('a')] })
    const other = desk.hear({ group: 'b'.repeat(32), alerts: [firing('c')] })
    assert.deepEqual(other, { incident: 'shodo-1', created: false, reports: 2, repeated: false })
    const elsewhere = desk.hear({
      group: 'c'.repeat(32),
      trouble: { ...trouble, service: 'frontend', symptom: undefined },
      alerts: [firing('d')],
    })
    assert.deepEqual(elsewhere, created('shodo-2'))
  })

  it('tells an incident of each of its groups, in the newest form of each, and of which its report is news', () => {
    const desk = new Desk()
    const other = 'b'.repeat(32)
    const told = () =>
      desk.state.deliveries.flatMap((d) =>
        d.type === 'alerts' ? [[d.group.slice(0, 1), d.firing, d.joins === true]] : [],
      )
    desk.hear({ alerts: [firing('a')] })
    assert.deepEqual(told(), [['a', 1, false]])
    desk.hear({ group: other, alerts: [firing('c')] })
    assert.deepEqual(told(), [
      ['a', 1, false],
      ['b', 1, true],
    ])
    // That it joined is not forgotten over its next message, and is not another group's.
    desk.hear({ group: other, alerts: [firing('c'), firing('d')] })
    desk.hear({ alerts: [firing('a'), firing('b')] })
    assert.deepEqual(told(), [
      ['b', 2, true],
      ['a', 2, false],
    ])
    desk.settle()
    desk.hear({ group: other, alerts: [ended('c'), firing('d')] })
    assert.deepEqual(told(), [['b', 1, false]])
  })

  it('takes the report of a group that has ended meanwhile to the open incident about the same trouble', () => {
    const desk = new Desk()
    desk.hear({ alerts: [firing('a')] })
    desk.hear({ group: 'b'.repeat(32), alerts: [firing('b')] })
    const joined = desk.state.deliveries.at(-1)?.id ?? ''
    desk.declare({ declaration: { ...trouble, description: 'another one' }, fresh: true })
    desk.hear({ group: 'b'.repeat(32), alerts: [ended('b')] })
    const newest = desk.state.deliveries.at(-1)?.id ?? ''
    assert.notEqual(newest, joined)
    desk.feed({ type: 'delivery-failed', delivery: newest, reason: verbatim('not found') })
    assert.deepEqual(Object.keys(desk.state.open), ['shodo-1', 'shodo-2'])
    assert.equal(desk.state.open['shodo-2']?.reports, 2)
    // Of what only told how its alerts stand, nothing is left to say.
    const first = desk.state.deliveries.find((d) => d.type === 'alerts')?.id ?? ''
    desk.hear({ alerts: [ended('a')] })
    const news = desk.state.deliveries.find((d) => d.type === 'alerts')?.id ?? ''
    assert.notEqual(first, news)
    desk.feed({ type: 'delivery-failed', delivery: news, reason: verbatim('not found') })
    assert.equal(desk.state.open['shodo-2']?.reports, 2)
  })

  it('opens nothing for what has ended, and puts off for a minute what then comes as firing', () => {
    const desk = new Desk()
    assert.equal(desk.hear({ alerts: [ended('a')] }), undefined)
    assert.deepEqual(desk.state.open, {})
    desk.now += minute - 1
    assert.equal(desk.hear({ alerts: [firing('a')] }), 'alert-in-doubt')
    desk.now += 1
    assert.deepEqual(desk.hear({ alerts: [firing('a')] }), created('shodo-1'))
  })

  it('goes back to the same incident when it fires again while that is open', () => {
    const desk = new Desk()
    desk.hear({ alerts: [firing('a')] })
    desk.hear({ alerts: [ended('a')] })
    desk.settle()
    assert.deepEqual(desk.hear({ alerts: [firing('a', noon + 2 * minute)] }), known('shodo-1', false))
    assert.deepEqual(desk.news(), [['shodo-1', 2, 1, false]])
  })

  it('opens another one when it fires again, or goes on firing, after people ended it; an end alone opens none', () => {
    const desk = new Desk()
    desk.hear({ alerts: [firing('a'), firing('b')] })
    desk.settle()
    desk.changed('shodo-1', 'resolved')
    desk.hear({ alerts: [ended('a'), firing('b')] })
    assert.deepEqual(desk.news(), [['shodo-1', 2, 1, false]])
    desk.settle()
    desk.changed('shodo-1', 'closed')
    const repeat = { alerts: [firing('b')] }
    assert.deepEqual(desk.hear(repeat), { ...known('shodo-1', true), reports: 0 })
    desk.now += minute
    assert.deepEqual(desk.hear(repeat), created('shodo-2'))
    desk.settle()
    desk.changed('shodo-2', 'closed')
    desk.now += 1
    assert.deepEqual(desk.hear({ alerts: [firing('a', noon + 5 * minute)] }), created('shodo-3'))
  })

  it('takes what its incident did not get to another one, once', () => {
    const desk = new Desk()
    desk.hear({ alerts: [firing('a')] })
    desk.settle()
    desk.hear({ alerts: [firing('a'), firing('b')] })
    const [delivery] = desk.state.deliveries
    desk.feed({ type: 'delivery-failed', delivery: delivery?.id ?? '', reason: verbatim('not found') })
    assert.deepEqual(
      desk.state.unstarted.map((o) => o.incident),
      ['shodo-2'],
    )
    assert.deepEqual(desk.news(), [['shodo-2', 2, 2, false]])
    desk.settle()
    desk.changed('shodo-2', 'closed')
    assert.deepEqual(desk.hear({ unheardBy: 'shodo-2' }), created('shodo-3'))
    assert.deepEqual(desk.hear({ unheardBy: 'shodo-2' }), known('shodo-3', true))
  })

  it('takes nothing on from an incident that its group has left meanwhile', () => {
    const desk = new Desk()
    desk.hear({ alerts: [firing('a')] })
    desk.feed({ type: 'started', incident: 'shodo-1' })
    const [late] = desk.state.deliveries
    desk.changed('shodo-1', 'closed')
    desk.now += minute
    assert.deepEqual(desk.hear({ alerts: [firing('a')] }), created('shodo-2'))
    const told = desk.facts.length
    desk.feed({ type: 'delivery-failed', delivery: late?.id ?? '', reason: verbatim('not found') })
    assert.deepEqual(
      desk.facts.slice(told).map(({ type }) => type),
      ['delivered'],
    )
  })

  it('follows its incident to another number', () => {
    const desk = new Desk()
    desk.hear({ alerts: [firing('a')] })
    desk.feed({ type: 'start-failed', incident: 'shodo-1', reason: verbatim('already exists') })
    assert.deepEqual(desk.hear({ alerts: [firing('a')] }), known('shodo-2', true))
    assert.deepEqual(desk.news(), [['shodo-2', 1, 1, false]])
  })

  it('opens an incident of its own for what no runbook knows, which joins no other and no other joins', () => {
    const desk = new Desk()
    desk.hear({ alerts: [firing('a')] })
    const { symptom: _, service: __, ...bare } = trouble
    const place = (service: string, namespace = 'shodo') => ({ ...bare, place: { service, namespace } })
    const hear = (group: string, about: NonNullable<Told['trouble']>) =>
      (desk.hear({ group: group.repeat(32), trouble: about, alerts: [firing('b')] }) as Declared).incident
    assert.equal(hear('b', place('payments')), 'shodo-2')
    assert.equal(hear('c', place('payments')), 'shodo-2')
    assert.equal(hear('d', place('payments', 'data-lake')), 'shodo-3')
    assert.equal(hear('e', place('backend', 'data-lake')), 'shodo-4')
    assert.equal(hear('f', place('shodo-backend')), 'shodo-1')
    const [, payments, , lake] = desk.state.unstarted
    assert.deepEqual(
      [payments?.declaration.service, lake?.declaration.service],
      ['unknown/payments', 'unknown/data-lake/backend'],
    )
    assert.match(payments?.declaration.description ?? '', /payments \(in no runbook\)/)
    const declaration = { ...trouble, symptom: undefined, description: 'by a person' }
    assert.deepEqual(desk.declare({ declaration }), { ...known('shodo-1', false), reports: 3 })
  })

  it('takes back what the incident of an unknown place was told too late, and no person’s word for such a place', () => {
    const desk = new Desk()
    const told = { service: 'unknown/payments', severity: 'HIGH', description: 'x' } as const
    desk.settle()
    assert.equal(desk.declare({ declaration: told }), 'unknown-service')
    const handed = desk.send('declare', { v: 1, by: alertmanager, declaration: told })
    assert.deepEqual(handed, created('shodo-1'))
    const heard = desk.hear({ trouble: told, unheardBy: 'shodo-9' })
    assert.deepEqual(heard, { ...known('shodo-1', false), reports: 2 })
  })

  it('leaves a symptom out that the runbook does not know, and the text says so', () => {
    const desk = new Desk()
    desk.hear({ alerts: [firing('a')] })
    desk.hear({
      group: 'b'.repeat(32),
      trouble: { ...trouble, service: 'shodo-frontend', symptom: 'odd' },
      alerts: [firing('b')],
    })
    const [, second] = desk.state.unstarted
    assert.deepEqual([second?.declaration.service, second?.declaration.symptom], ['frontend', undefined])
    assert.match(second?.declaration.description ?? '', /odd/)
    // Neither is it one for being another service's, nor for its service having others.
    const symptomOf = (service: string, symptom: string) => {
      const other = new Desk()
      other.hear({ trouble: { ...trouble, service, symptom }, alerts: [firing('a')] })
      return other.state.unstarted[0]?.declaration.symptom
    }
    assert.equal(symptomOf('backend', '5xx'), '5xx')
    assert.equal(symptomOf('backend', 'odd'), undefined)
    assert.equal(symptomOf('frontend', '5xx'), undefined)
  })
})
