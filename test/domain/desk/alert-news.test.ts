import assert from 'node:assert/strict'
import { alertGroup } from '../../../domain/desk/alert-groups.ts'
import type { Declared } from '../../../domain/desk/decide.ts'
import { inOrder, isByHand, isPressing } from '../../../domain/desk/deliveries.ts'
import { emptyDesk } from '../../../domain/desk/state.ts'
import { verbatim } from '../../../domain/words.ts'
import { noon } from '../incident/world.ts'
import { created, Desk, ended, firing, group, known, minute, type Told, trouble } from './alerted.ts'

const { symptom: _, ...vague } = trouble
const incidents = (desk: Desk) => Object.keys(desk.state.open)

/** A group whose one alert fired, in an incident that has been told. */
function told(alerts = [firing('a')], hidden = 0): Desk {
  const desk = new Desk()
  desk.hear({ alerts, hidden })
  desk.settle()
  return desk
}

describe('what alerts declare', () => {
  const declared = (about: NonNullable<Told['trouble']>) => {
    const desk = new Desk()
    desk.hear({ trouble: about, alerts: [firing('a')] })
    return desk.state.unstarted[0]?.declaration ?? assert.fail('nothing was opened')
  }

  it('is what they say of the trouble, and no risk: data loss and a breach are for people to suspect', () => {
    const rest = { service: 'backend', severity: 'HIGH', description: '5xx', dataLoss: false, breach: false }
    assert.deepEqual(declared(trouble), { ...rest, symptom: '5xx' })
    assert.deepEqual(declared(vague), rest)
  })

  it('says no more than a declaration may, remarks included', () => {
    const { description } = declared({
      ...trouble,
      service: 'payments',
      symptom: 'odd',
      description: 'x'.repeat(10_000),
    })
    assert.equal(description.length, 10_000)
    assert.match(
      description,
      /x\n\(payments（Runbook にない対象） \/ payments \(in no runbook\)\)\n\(.*「odd」.* \/ symptom of the alert: odd; unknown\)$/,
    )
  })

  it('is refused where no runbook is published', () => {
    const desk = new Desk()
    desk.state = emptyDesk('shodo', false, 0)
    assert.equal(desk.hear({ alerts: [firing('a')] }), 'no-runbook')
  })
})

describe('news of alerts', () => {
  it('presses where they are worse than the incident was, until it has been told, and goes first', () => {
    const desk = told()
    const next = (service: string, severity: 'LOW' | 'HIGH' | 'CRITICAL', alert: string) =>
      desk.hear({
        group: alert.repeat(32),
        trouble: { ...trouble, service, severity },
        alerts: [firing(alert)],
      })
    const pressing = () =>
      inOrder(desk.state.deliveries).map((d) => [isPressing(d), 'group' in d && d.group[0]])
    next('backend', 'LOW', 'b')
    next('backend', 'CRITICAL', 'c')
    next('backend', 'CRITICAL', 'd')
    const order = [
      [true, 'c'],
      [false, 'b'],
      [false, 'd'],
    ]
    assert.deepEqual(pressing(), order)
    // Its newer form has not reached anybody either.
    desk.hear({ group: 'c'.repeat(32), trouble: { ...trouble, severity: 'LOW' }, alerts: [firing('e')] })
    assert.deepEqual(pressing().toSorted(), order.toSorted())
    assert.ok(!desk.state.deliveries.some(isByHand), 'machines keep to so many messages at once')
    desk.settle()
    next('backend', 'CRITICAL', 'f')
    assert.deepEqual(pressing(), [[false, 'f']])
  })

  it('is numbered from one', () => {
    const desk = new Desk()
    const ids = ['a', 'b'].map((alert) => {
      desk.hear({ alerts: [firing(alert)] })
      return desk.state.deliveries.map((d) => [d.id, d.type === 'alerts' && d.version])
    })
    assert.deepEqual(ids, [[['shodo-1/alerts/1', 1]], [['shodo-1/alerts/2', 2]]])
  })

  it('of an end opens nothing, however often and late it is told', () => {
    const desk = new Desk()
    desk.hear({ alerts: [ended('a')] })
    desk.now += 5 * minute
    assert.equal(desk.hear({ alerts: [ended('a')] }), undefined)
    assert.deepEqual(desk.state.open, {})
  })

  it('of an end tells nobody where people ended the incident before', () => {
    const desk = told()
    desk.changed('shodo-1', 'closed')
    desk.hear({ alerts: [ended('a')] })
    assert.deepEqual([desk.state.deliveries, desk.state.open], [[], {}])
    const resolved = told()
    resolved.changed('shodo-1', 'resolved')
    resolved.hear({ alerts: [ended('a')] })
    assert.deepEqual(resolved.news(), [['shodo-1', 1, 0, true]])
  })

  it('of what begins to fire goes past an incident that is resolved, or that nothing reaches', () => {
    const resolved = told()
    resolved.changed('shodo-1', 'resolved')
    assert.deepEqual(resolved.hear({ alerts: [firing('b')] }), created('shodo-2'))
    const gone = told()
    gone.declare({ declaration: { ...trouble, description: 'by a person' } })
    gone.feed({ type: 'delivery-failed', delivery: 'shodo-1/report/2', reason: verbatim('not found') })
    assert.deepEqual(incidents(gone), ['shodo-1', 'shodo-2'])
    assert.equal((gone.hear({ alerts: [firing('b')] }) as Declared).incident, 'shodo-2')
  })

  it('goes to another incident where it reached none, also of a single alert', () => {
    const desk = new Desk()
    desk.hear({ alerts: [firing('a')] })
    desk.feed({ type: 'delivery-failed', delivery: 'shodo-1/alerts/1', reason: verbatim('not found') })
    assert.deepEqual(incidents(desk), ['shodo-1', 'shodo-2'])
    assert.deepEqual(desk.news(), [['shodo-2', 1, 1, false]])
  })

  it('stays where it is undelivered, of an incident that its group has left', () => {
    const desk = new Desk()
    desk.hear({ alerts: [firing('a')] })
    desk.feed({ type: 'started', incident: 'shodo-1' })
    desk.changed('shodo-1', 'resolved')
    desk.hear({ alerts: [firing('b')] })
    assert.deepEqual(
      desk.news().map(([incident]) => incident),
      ['shodo-1', 'shodo-2'],
    )
  })
})

describe('news that an incident hands back', () => {
  it('opens another one while its group fires, and none for a group that has ended', () => {
    const fires = told()
    fires.changed('shodo-1', 'closed')
    assert.deepEqual(fires.hear({ unheardBy: 'shodo-1' }), created('shodo-2'))
    const over = told()
    over.changed('shodo-1', 'closed')
    over.hear({ alerts: [ended('a')] })
    assert.deepEqual(over.hear({ unheardBy: 'shodo-1' }), { ...known('shodo-1', true), reports: 0 })
    assert.deepEqual(incidents(over), [])
  })

  it('says nothing of hidden alerts: there are as many as before, and none of a group that was forgotten', () => {
    const hidden = told([firing('a')], 3)
    hidden.changed('shodo-1', 'closed')
    hidden.hear({ unheardBy: 'shodo-1' })
    assert.equal(alertGroup(hidden.state, group)?.hidden, 3)
    const forgotten = new Desk()
    assert.deepEqual(forgotten.hear({ unheardBy: 'shodo-9' }), created('shodo-1'))
    assert.deepEqual(forgotten.news(), [['shodo-1', 0, 0, true]])
    assert.equal(alertGroup(forgotten.state, group)?.heardAtMs, noon)
  })
})
