import assert from 'node:assert/strict'
import { type DeskCommandInput, parseDeskCommand } from '../../../domain/desk/commands.ts'
import { type Declared, type DeskOccurrence, decideDesk } from '../../../domain/desk/decide.ts'
import type { DeskFact } from '../../../domain/desk/events.ts'
import { evolveDesk } from '../../../domain/desk/evolve.ts'
import { type DeskState, emptyDesk } from '../../../domain/desk/state.ts'
import type { Actor, Phase } from '../../../domain/words.ts'
import { smallBook } from '../incident/small-runbook.ts'
import { noon, sato } from '../incident/world.ts'

const alertmanager: Actor = { kind: 'alert', id: 'alertmanager', verified: true }
const group = 'a'.repeat(32)
const trouble = { service: 'backend', symptom: '5xx', severity: 'HIGH', description: '5xx' } as const
const minute = 60_000

type Told = Partial<Omit<DeskCommandInput<'alerts'>, 'v' | 'by'>>

class Desk {
  state: DeskState
  now = noon
  readonly facts: DeskFact[] = []

  constructor() {
    this.state = emptyDesk('shodo', false, 0)
    this.#send('publish', { v: 1, by: sato, book: smallBook() })
  }

  /** What the sender is told; the name of the refusal where it is refused. */
  hear(told: Told): Declared | string | undefined {
    return this.#send('alerts', { v: 1, by: alertmanager, group, trouble, alerts: [], ...told })
  }

  declare(told: Omit<DeskCommandInput<'declare'>, 'v' | 'by'>): Declared | string | undefined {
    return this.#send('declare', { v: 1, by: sato, ...told })
  }

  /** Every numbered incident starts, and every delivery arrives. */
  settle(): void {
    for (const { incident } of this.state.unstarted) this.feed({ type: 'started', incident })
    this.feed({ type: 'delivered', deliveries: this.state.deliveries.map(({ id }) => id) })
  }

  changed(incident: string, phase: Phase): void {
    this.#send('incident-changed', { v: 1, by: sato, incident, phase, severity: 'HIGH' })
  }

  feed(occurrence: DeskOccurrence): void {
    const decision = decideDesk(this.state, occurrence, this.now)
    if ('facts' in decision) this.#take(decision.facts)
  }

  news() {
    return this.state.deliveries.flatMap((d) =>
      d.type === 'alerts' ? [[d.incident, d.fired, d.firing, d.clear]] : [],
    )
  }

  #send(type: string, payload: object): Declared | string | undefined {
    const command = parseDeskCommand(type, payload)
    if ('code' in command) return assert.fail(JSON.stringify(command))
    const decision = decideDesk(this.state, command, this.now)
    if ('refusal' in decision) return decision.refusal.name
    this.#take(decision.facts)
    return decision.declared
  }

  #take(facts: readonly DeskFact[]): void {
    for (const fact of facts) this.state = evolveDesk(this.state, fact, this.now)
    this.facts.push(...facts)
    // As a continue-as-new would.
    this.state = JSON.parse(JSON.stringify(this.state))
  }
}

const firing = (id: string, startsAtMs = noon) => ({ id, startsAtMs })
const ended = (id: string, startsAtMs = noon, endsAtMs = noon + minute) => ({ id, startsAtMs, endsAtMs })
const created = (incident: string) => ({ incident, created: true, reports: 1, repeated: false })
const known = (incident: string, repeated: boolean) => ({ incident, created: false, reports: 1, repeated })

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
    const versions = desk.state.deliveries.flatMap((d) => (d.type === 'alerts' ? [d.version] : []))
    assert.deepEqual(versions, [4])
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
    desk.feed({ type: 'delivery-failed', delivery: delivery?.id ?? '', reason: 'not found' })
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

  it('follows its incident to another number', () => {
    const desk = new Desk()
    desk.hear({ alerts: [firing('a')] })
    desk.feed({ type: 'start-failed', incident: 'shodo-1', reason: 'already exists' })
    assert.deepEqual(desk.hear({ alerts: [firing('a')] }), known('shodo-2', true))
    assert.deepEqual(desk.news(), [['shodo-2', 1, 1, false]])
  })

  it('loses no alert whose labels the runbook does not know: its first service takes it, and the text says so', () => {
    const desk = new Desk()
    desk.hear({ trouble: { ...trouble, service: 'billing' }, alerts: [firing('a')] })
    const [first] = desk.state.unstarted
    assert.equal(first?.declaration.service, 'backend')
    assert.match(first?.declaration.description ?? '', /billing/)
    desk.hear({
      group: 'b'.repeat(32),
      trouble: { ...trouble, service: 'shodo-frontend', symptom: 'odd' },
      alerts: [firing('b')],
    })
    const [, second] = desk.state.unstarted
    assert.deepEqual([second?.declaration.service, second?.declaration.symptom], ['frontend', undefined])
    assert.match(second?.declaration.description ?? '', /odd/)
  })

  it('keeps its memory bounded, the clear and old ones going first', () => {
    const desk = new Desk()
    const many = (n: number) => Array.from({ length: 900 }, (_, i) => firing(`${n}${i}`))
    for (let n = 1; n <= 6; n += 1) desk.hear({ group: String(n).repeat(32), alerts: many(n) })
    const groups = desk.state.alertGroups ?? []
    assert.deepEqual(
      groups.flatMap((shelf) => Object.keys(shelf ?? {})).map((g) => g[0]),
      ['3', '4', '5', '6'],
    )
    assert.ok(JSON.stringify(groups).length < 400_000)
  })
})
