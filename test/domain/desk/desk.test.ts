import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  type DeskCommandInput,
  type DeskCommandType,
  parseDeskCommand,
} from '../../../domain/desk/commands.ts'
import { type Declared, type DeskOccurrence, decideDesk } from '../../../domain/desk/decide.ts'
import { inOrder } from '../../../domain/desk/deliveries.ts'
import type { DeskFact } from '../../../domain/desk/events.ts'
import { evolveDesk } from '../../../domain/desk/evolve.ts'
import type { DeskDecision } from '../../../domain/desk/join.ts'
import { type DeskState, emptyDesk, openingOf } from '../../../domain/desk/state.ts'
import { explain, type Failure } from '../../../domain/failures.ts'
import { present } from '../../../domain/present.ts'
import { type Actor, none, said, verbatim } from '../../../domain/words.ts'
import { smallBook } from '../incident/small-runbook.ts'
import { kato, noon, sato, yamada } from '../incident/world.ts'

const alert: Actor = { kind: 'alert', id: 'alertmanager', verified: true }
const hour = 3_600_000

const about5xx = { service: 'backend', severity: 'HIGH', symptom: '5xx', description: '502' } as const

/** A desk without its shell: commands and answers in, facts folded in. */
class Desk {
  state: DeskState
  now = noon
  readonly facts: DeskFact[] = []

  constructor(lastNumber = 41) {
    this.state = { ...published, lastNumber }
  }

  ask<T extends DeskCommandType>(
    type: T,
    by: Actor,
    input: Omit<DeskCommandInput<T>, 'v' | 'by'>,
  ): DeskDecision {
    const command = parseDeskCommand(type, { v: 1, by, ...input })
    return 'code' in command ? { refusal: command } : this.#take(decideDesk(this.state, command, this.now))
  }

  send<T extends DeskCommandType>(type: T, by: Actor, input: Omit<DeskCommandInput<T>, 'v' | 'by'>): void {
    const decision = this.ask(type, by, input)
    if ('refusal' in decision) assert.fail(JSON.stringify(decision.refusal))
  }

  refusal<T extends DeskCommandType>(
    type: T,
    by: Actor,
    input: Omit<DeskCommandInput<T>, 'v' | 'by'>,
  ): Failure {
    const decision = this.ask(type, by, input)
    return 'refusal' in decision ? decision.refusal : assert.fail(`${type} was taken`)
  }

  declare(by: Actor, input: Omit<DeskCommandInput<'declare'>, 'v' | 'by'>): Declared {
    const decision = this.ask('declare', by, input)
    if ('refusal' in decision) return assert.fail(JSON.stringify(decision.refusal))
    return decision.declared ?? assert.fail('nothing was declared')
  }

  feed(occurrence: DeskOccurrence): void {
    this.#take(decideDesk(this.state, occurrence, this.now))
  }

  /** Every numbered incident runs. */
  started(): void {
    for (const { incident } of this.state.unstarted) this.feed({ type: 'started', incident })
  }

  cut(): void {
    this.state = JSON.parse(JSON.stringify(this.state))
  }

  #take(decision: DeskDecision): DeskDecision {
    if ('facts' in decision) {
      for (const fact of decision.facts) this.state = evolveDesk(this.state, fact, this.now)
      this.facts.push(...decision.facts)
    }
    return decision
  }
}

const published = ((): DeskState => {
  const empty = emptyDesk('shodo', false, 0)
  const command = parseDeskCommand('publish', { v: 1, by: sato, book: smallBook() })
  const decision = 'code' in command ? assert.fail() : decideDesk(empty, command, noon)
  const [fact] = 'facts' in decision ? decision.facts : []
  return evolveDesk(empty, fact ?? assert.fail(), noon)
})()

describe('a desk', () => {
  it('makes one incident with three reports of two declarations and an alert in the same instant', () => {
    const desk = new Desk()
    const answers = [sato, yamada, alert].map((by) => desk.declare(by, { declaration: about5xx }))
    assert.deepEqual(answers, [
      { incident: 'shodo-42', created: true, reports: 1, repeated: false },
      { incident: 'shodo-42', created: false, reports: 2, repeated: false },
      { incident: 'shodo-42', created: false, reports: 3, repeated: false },
    ])
    assert.deepEqual(
      desk.state.unstarted.map((o) => o.incident),
      ['shodo-42'],
    )
    assert.deepEqual(
      desk.state.deliveries.map((d) => [d.id, d.type, d.by.id]),
      [
        ['shodo-42/report/2', 'report', 'yamada'],
        ['shodo-42/report/3', 'report', 'alertmanager'],
      ],
    )
  })

  it('opens a second one when that is what the person wants', () => {
    const desk = new Desk()
    desk.declare(sato, { declaration: about5xx })
    const second = desk.declare(yamada, { declaration: about5xx, fresh: true })
    assert.deepEqual(second, { incident: 'shodo-43', created: true, reports: 1, repeated: false })
  })

  it('keeps other services and other symptoms apart; who names no symptom joins', () => {
    const desk = new Desk()
    desk.declare(sato, { declaration: about5xx })
    const { symptom: _, ...vague } = about5xx
    assert.equal(desk.declare(sato, { declaration: { ...about5xx, symptom: 'slow' } }).incident, 'shodo-43')
    assert.equal(desk.declare(sato, { declaration: { ...vague, service: 'frontend' } }).incident, 'shodo-44')
    assert.equal(desk.declare(sato, { declaration: vague }).incident, 'shodo-42')
  })

  it('answers a repeated key as the first time and counts nothing while the incident is open', () => {
    const desk = new Desk()
    const first = desk.declare(alert, { declaration: about5xx, key: 'fingerprint-1' })
    const facts = desk.facts.length
    desk.cut()
    const again = desk.declare(alert, { declaration: about5xx, key: 'fingerprint-1' })
    assert.deepEqual(again, { ...first, created: false, repeated: true })
    assert.equal(desk.facts.length, facts)
  })

  it('opens again what was resolved when its key comes again, and another one when it is over: that is another outage', () => {
    const desk = new Desk()
    const key = 'fingerprint-1'
    desk.declare(alert, { declaration: about5xx, key })
    desk.started()
    const changed = (incident: string, phase: 'resolved' | 'closed') =>
      desk.send('incident-changed', sato, { incident, phase, severity: 'HIGH' })
    changed('shodo-42', 'resolved')
    const again = desk.declare(alert, { declaration: about5xx, key })
    assert.deepEqual(again, { incident: 'shodo-42', created: false, reports: 2, repeated: false })
    assert.deepEqual(
      desk.state.deliveries.map(({ id }) => id),
      ['shodo-42/report/2'],
    )
    changed('shodo-42', 'closed')
    assert.equal(desk.declare(alert, { declaration: about5xx, key }).incident, 'shodo-43')
    assert.deepEqual(desk.declare(alert, { declaration: about5xx, key }), {
      incident: 'shodo-43',
      created: false,
      reports: 1,
      repeated: true,
    })
  })

  it('knows a key as its sender’s own, however the name is written: nobody’s report is the echo of another’s', () => {
    const desk = new Desk()
    desk.declare(sato, { declaration: about5xx, key: 'k' })
    assert.equal(desk.declare({ ...sato, id: 'Sato' }, { declaration: about5xx, key: 'k' }).repeated, true)
    const other = desk.declare(yamada, { declaration: { ...about5xx, symptom: 'slow' }, key: 'k' })
    assert.deepEqual([other.incident, other.repeated], ['shodo-43', false])
    assert.equal(desk.declare({ ...alert, id: 'sato' }, { declaration: about5xx, key: 'k' }).repeated, false)
  })

  it('learns the symptom of an incident from a report that names one, and keeps others apart from then on', () => {
    const desk = new Desk()
    const { symptom: _, ...vague } = about5xx
    desk.declare(sato, { declaration: vague })
    assert.equal(desk.declare(yamada, { declaration: about5xx }).incident, 'shodo-42')
    assert.equal(desk.declare(sato, { declaration: { ...about5xx, symptom: 'slow' } }).incident, 'shodo-43')
    desk.send('incident-changed', sato, {
      incident: 'shodo-43',
      phase: 'investigating',
      severity: 'HIGH',
      symptom: '5xx',
      version: 5,
    })
    assert.equal(desk.state.open['shodo-43']?.symptom, '5xx')
  })

  it('is not moved by news of an incident that newer ones have overtaken, also after its end', () => {
    const desk = new Desk()
    desk.declare(sato, { declaration: about5xx })
    desk.started()
    const tell = (phase: 'resolved' | 'mitigating' | 'closed', version: number) =>
      desk.send('incident-changed', sato, {
        incident: 'shodo-42',
        service: 'backend',
        phase,
        severity: 'HIGH',
        version,
      })
    tell('resolved', 9)
    tell('mitigating', 8)
    assert.equal(desk.state.open['shodo-42']?.phase, 'resolved')
    tell('closed', 10)
    tell('mitigating', 8)
    assert.deepEqual(desk.state.open, {})
  })

  it('takes the first that it hears of an incident, however early that was, and of the same moment nothing twice', () => {
    const desk = new Desk()
    desk.declare(sato, { declaration: about5xx })
    const tell = (phase: 'mitigating' | 'monitoring', version: number) =>
      desk.send('incident-changed', sato, { incident: 'shodo-42', phase, severity: 'HIGH', version })
    tell('mitigating', 0)
    assert.equal(desk.state.open['shodo-42']?.phase, 'mitigating')
    tell('monitoring', 0)
    assert.equal(desk.state.open['shodo-42']?.phase, 'mitigating')
    tell('monitoring', 1)
    assert.equal(desk.state.open['shodo-42']?.phase, 'monitoring')
  })

  it('remembers the last 500 that are over, whose word from before opens nothing', () => {
    const desk = new Desk(600)
    const tell = (number: number, phase: 'mitigating' | 'closed', version: number) =>
      desk.send('incident-changed', sato, {
        incident: `shodo-${number}`,
        phase,
        severity: 'HIGH',
        service: 'backend',
        version,
      })
    for (let number = 1; number <= 501; number += 1) {
      tell(number, 'mitigating', 1)
      tell(number, 'closed', 3)
    }
    assert.deepEqual(desk.state.open, {})
    tell(2, 'mitigating', 2)
    assert.deepEqual(desk.state.open, {})
    tell(1, 'mitigating', 2)
    assert.deepEqual(Object.keys(desk.state.open), ['shodo-1'])
  })

  it('that is new takes in what goes on of a desk before it: reports join that, and a freeze reaches it', () => {
    const desk = new Desk(42)
    const news = { incident: 'shodo-40', phase: 'mitigating', severity: 'HIGH', version: 30 } as const
    desk.send('freeze', kato, { on: true })
    // Without its service it is news of an older release.
    desk.send('incident-changed', sato, news)
    assert.deepEqual(desk.state.open, {})
    desk.send('incident-changed', sato, { ...news, service: 'backend', symptom: '5xx' })
    assert.deepEqual(
      desk.state.deliveries.map((d) => [d.incident, d.type === 'freeze' && d.on]),
      [['shodo-40', true]],
    )
    assert.equal(desk.declare(yamada, { declaration: about5xx }).incident, 'shodo-40')
    for (const incident of ['shodo-43', 'other-1', 'shodo-040', 'constructor'])
      desk.send('incident-changed', sato, { ...news, incident, service: 'backend' })
    assert.deepEqual(Object.keys(desk.state.open), ['shodo-40'])
    const known = emptyDesk('shodo', false, 42, desk.state.open)
    assert.deepEqual(Object.keys(known.open), ['shodo-40'])
  })

  it('is released by nobody unverified where a verified person froze it, outside of a lab', () => {
    const desk = new Desk()
    const nobody = { ...kato, verified: false }
    desk.send('freeze', kato, { on: true })
    assert.equal(desk.refusal('freeze', nobody, { on: false }).name, 'verified-only')
    // Nor by saying the same, as if it were theirs.
    desk.send('freeze', nobody, { on: true })
    assert.equal(desk.refusal('freeze', nobody, { on: false }).name, 'verified-only')
    assert.ok(desk.state.frozen !== undefined)
    desk.state = { ...desk.state, lab: true }
    desk.send('freeze', nobody, { on: false })
    assert.equal(desk.state.frozen, undefined)
  })

  it('forgets keys after 24 h, and remembers at most 5,000 in half a megabyte whatever their length', () => {
    const desk = new Desk()
    desk.declare(alert, { declaration: about5xx, key: 'old' })
    desk.now += 24 * hour - 1
    assert.equal(desk.declare(alert, { declaration: about5xx, key: 'old' }).repeated, true)
    desk.now += 1
    assert.equal(desk.declare(alert, { declaration: about5xx, key: 'old' }).repeated, false)
    desk.started()
    for (let i = 0; i < 5_100; i += 1) {
      desk.declare(alert, { declaration: about5xx, key: `${i}`.padEnd(300, '火') })
      desk.feed({ type: 'delivered', deliveries: desk.state.deliveries.map(({ id }) => id) })
    }
    assert.equal(desk.state.keys.length, 5_000)
    assert.ok(JSON.stringify(desk.state.keys).length < 500_000, `${JSON.stringify(desk.state.keys).length}`)
    assert.equal(desk.declare(alert, { declaration: about5xx, key: '5099'.padEnd(300, '火') }).repeated, true)
    assert.equal(desk.declare(alert, { declaration: about5xx, key: '99'.padEnd(300, '火') }).repeated, false)
  })

  it('does not let a report join a resolved incident, but does once it is reopened', () => {
    const desk = new Desk()
    desk.declare(sato, { declaration: about5xx })
    desk.started()
    const changed = (phase: 'resolved' | 'investigating') =>
      desk.send('incident-changed', sato, { incident: 'shodo-42', phase, severity: 'HIGH' })
    changed('resolved')
    assert.equal(desk.declare(sato, { declaration: about5xx }).incident, 'shodo-43')
    changed('investigating')
    assert.equal(desk.declare(sato, { declaration: about5xx }).incident, 'shodo-42')
  })

  it('opens a new incident for a report whose incident is gone, one for all of them, and sends none there again', () => {
    const desk = new Desk()
    for (const by of [sato, yamada, kato]) desk.declare(by, { declaration: about5xx })
    desk.started()
    for (const { id } of desk.state.deliveries)
      desk.feed({ type: 'delivery-failed', delivery: id, reason: verbatim('workflow not found') })
    assert.deepEqual(
      desk.state.unstarted.map((o) => [o.incident, o.by.id]),
      [['shodo-43', 'yamada']],
    )
    assert.equal(desk.state.open['shodo-43']?.reports, 2)
    assert.equal(desk.declare(sato, { declaration: about5xx }).incident, 'shodo-43')
  })

  it('sends reports again to an incident that it thought gone once that is heard of', () => {
    const desk = new Desk()
    for (const by of [sato, yamada]) desk.declare(by, { declaration: about5xx })
    desk.started()
    desk.feed({ type: 'delivery-failed', delivery: 'shodo-42/report/2', reason: verbatim('busy') })
    desk.send('incident-changed', sato, { incident: 'shodo-42', phase: 'investigating', severity: 'HIGH' })
    assert.equal(desk.declare(sato, { declaration: about5xx }).incident, 'shodo-42')
  })

  it('gives an incident that could not start under its number the next one, with all its reports and keys', () => {
    const desk = new Desk()
    desk.declare(sato, { declaration: about5xx, key: 'k' })
    desk.declare(yamada, { declaration: about5xx })
    desk.feed({ type: 'start-failed', incident: 'shodo-42', reason: verbatim('already exists') })
    assert.deepEqual(
      desk.state.unstarted.map((o) => o.incident),
      ['shodo-43'],
    )
    assert.deepEqual(Object.keys(desk.state.open), ['shodo-43'])
    assert.deepEqual(
      desk.state.deliveries.map((d) => d.incident),
      ['shodo-43'],
    )
    assert.equal(desk.declare(sato, { declaration: about5xx, key: 'k' }).incident, 'shodo-43')
    assert.equal(desk.declare(sato, { declaration: about5xx, fresh: true }).incident, 'shodo-44')
  })

  it('refuses a runbook with a mistake whole, names the first one, and keeps the old', () => {
    const desk = new Desk()
    const book = smallBook()
    const broken = { ...book, people: {} }
    const refusal = desk.refusal('publish', yamada, { book: broken })
    assert.equal(refusal.name, 'bad-runbook')
    assert.match(explain(refusal, 'en').what, /escalation\.levels\[0\]\.notify\[0\]: expected /)
    assert.doesNotMatch(explain(refusal, 'en').what, /\[object/)
    assert.equal(desk.state.runbook?.version, 1)
    assert.deepEqual(desk.state.runbook?.publishedBy, sato)
  })

  it('refuses the runbook of another desk', () => {
    const refusal = new Desk().refusal('publish', sato, { book: { ...smallBook(), runbook: 'payments' } })
    assert.match(explain(refusal, 'en').what, /expected shodo/)
    assert.equal(refusal.params.count, 1)
  })

  it('publishes the same runbook once and numbers the versions', () => {
    const desk = new Desk()
    desk.send('publish', yamada, { book: smallBook() })
    assert.deepEqual(desk.facts, [])
    desk.send('publish', yamada, { book: smallBook({ until: 'mitigated' }) })
    assert.equal(desk.state.runbook?.version, 2)
  })

  it('gives each incident the runbook of its moment', () => {
    const desk = new Desk()
    desk.declare(sato, { declaration: about5xx })
    desk.send('publish', yamada, { book: smallBook({ until: 'mitigated' }) })
    desk.declare(sato, { declaration: about5xx, fresh: true })
    assert.deepEqual(
      desk.state.unstarted.map((o) => {
        const { version, book } = openingOf(desk.state, o)?.runbook ?? assert.fail()
        return [version, book.escalation.until]
      }),
      [
        [1, 'resolved'],
        [2, 'mitigated'],
      ],
    )
    // It is kept for as long as somebody needs it.
    const old = () => Object.keys(desk.state.outdated ?? {})
    assert.deepEqual(old(), ['1'])
    desk.feed({ type: 'started', incident: 'shodo-43' })
    assert.deepEqual(old(), ['1'])
    desk.feed({ type: 'started', incident: 'shodo-42' })
    assert.deepEqual(old(), [])
  })

  it('refuses what it does not know: service, symptom, a declaration before any runbook', () => {
    const desk = new Desk()
    const names = (['nothing', 'constructor'] as const).map(
      (service) => desk.refusal('declare', sato, { declaration: { ...about5xx, service } }).name,
    )
    assert.deepEqual(names, ['unknown-service', 'unknown-service'])
    const slowFrontend = { ...about5xx, service: 'frontend' }
    assert.equal(desk.refusal('declare', sato, { declaration: slowFrontend }).name, 'unknown-symptom')
    const empty = new Desk()
    empty.state = emptyDesk('shodo', false, 0)
    assert.equal(empty.refusal('declare', sato, { declaration: about5xx }).name, 'no-runbook')
  })

  it('loses none of 60 declarations at once and numbers them without a gap', () => {
    const desk = new Desk(0)
    const made = Array.from({ length: 60 }, (_, i) =>
      desk.declare(sato, { declaration: about5xx, fresh: true, key: `k${i}` }),
    )
    assert.deepEqual(
      made.map((d) => d.incident),
      Array.from({ length: 60 }, (_, i) => `shodo-${i + 1}`),
    )
    assert.equal(desk.state.unstarted.length, 60)
    desk.started()
    assert.equal(desk.state.unstarted.length, 0)
    assert.equal(Object.keys(desk.state.open).length, 60)
  })

  it('carries a freeze to every open incident, and new ones start frozen', () => {
    const desk = new Desk()
    desk.declare(sato, { declaration: about5xx })
    desk.declare(sato, { declaration: about5xx, fresh: true })
    desk.send('freeze', kato, { on: true })
    assert.deepEqual(
      desk.state.deliveries.map((d) => [d.incident, d.type === 'freeze' && d.on]),
      [
        ['shodo-42', true],
        ['shodo-43', true],
      ],
    )
    desk.declare(sato, { declaration: about5xx, fresh: true })
    assert.equal(desk.state.unstarted[2]?.frozen?.by.id, 'kato')
  })

  it('tells of a freeze, and of what a person says, before what machines say', () => {
    const desk = new Desk()
    desk.declare(sato, { declaration: about5xx })
    for (const by of [alert, alert, kato, alert]) desk.declare(by, { declaration: about5xx })
    desk.send('freeze', kato, { on: true })
    desk.send('freeze', kato, { on: false })
    assert.deepEqual(
      inOrder(desk.state.deliveries).map(({ type, by, id }) => [type, by.id, id]),
      [
        ['report', 'kato', 'shodo-42/report/4'],
        ['freeze', 'kato', 'shodo-42/freeze/1'],
        ['freeze', 'kato', 'shodo-42/freeze/2'],
        ['report', 'alertmanager', 'shodo-42/report/2'],
        ['report', 'alertmanager', 'shodo-42/report/3'],
        ['report', 'alertmanager', 'shodo-42/report/5'],
      ],
    )
  })

  it('delivers a freeze and a thaw of the same millisecond both, in order', () => {
    const desk = new Desk()
    desk.declare(sato, { declaration: about5xx })
    desk.send('freeze', kato, { on: true })
    desk.send('freeze', kato, { on: false })
    desk.send('freeze', kato, { on: true })
    const ids = desk.state.deliveries.map((d) => d.id)
    assert.equal(new Set(ids).size, 3)
    desk.feed({ type: 'delivered', deliveries: ids.slice(0, 1) })
    assert.deepEqual(
      desk.state.deliveries.map((d) => d.type === 'freeze' && d.on),
      [false, true],
    )
  })

  it('names up to twenty of what it knows to whoever named something else', () => {
    const known = (count: number) => {
      const desk = new Desk()
      const book = smallBook()
      const [symptom] = book.symptoms
      const symptoms = Array.from({ length: count }, (_, i) => ({
        ...symptom,
        id: `s${i}`,
        service: 'frontend',
      }))
      const quick = { ...book.severities.HIGH, quick: [] }
      const severities = { ...book.severities, HIGH: quick }
      desk.send('publish', sato, { book: { ...book, severities, symptoms } })
      const declaration = { service: 'frontend', severity: 'LOW', symptom: 'x', description: 'x' } as const
      return desk.refusal('declare', sato, { declaration }).params.known
    }
    assert.deepEqual(known(0), none)
    const names = Array.from({ length: 20 }, (_, i) => `s${i}`).join(', ')
    assert.equal(known(20), names)
    assert.equal(known(21), `${names}, …`)
  })

  it('writes down no more than the first 1,000 characters of an error', () => {
    const desk = new Desk()
    const reason = 'x'.repeat(2_000)
    desk.declare(sato, { declaration: about5xx })
    desk.feed({ type: 'internal-error', where: 'desk', reason })
    const lengths = desk.facts.flatMap(({ type, data }) => {
      return 'reason' in data ? [[type, said(data.reason).en.length]] : []
    })
    assert.deepEqual(lengths, [['internal-error', 1_000]])
  })

  it('writes down once that a run of it lies in the archive, and no older one afterwards', () => {
    const desk = new Desk()
    const archived = (run: number) =>
      desk.feed({ type: 'archive-ended', run, runId: `r${run}`, result: { kept: true } })
    for (const run of [1, 1, 2, 1, 2]) archived(run)
    const runs = desk.facts.flatMap((fact) => (fact.type === 'archived' ? [fact.data.run] : []))
    assert.deepEqual(runs, [1, 2])
    assert.equal(desk.state.archivedRun, 2)
    archived(0)
    assert.equal(desk.state.archivedRun, 2)
  })

  it('is not moved by answers and news of what it does not know', () => {
    const desk = new Desk()
    const before = desk.facts.length
    desk.feed({ type: 'started', incident: 'shodo-7' })
    desk.feed({ type: 'start-failed', incident: 'constructor', reason: verbatim('x') })
    desk.feed({ type: 'delivered', deliveries: ['toString'] })
    desk.feed({ type: 'delivery-failed', delivery: 'shodo-1/report/2', reason: verbatim('x') })
    desk.send('incident-changed', sato, { incident: 'constructor', phase: 'closed', severity: 'LOW' })
    assert.equal(desk.facts.length, before)
  })
})

describe('in every life of a desk', () => {
  const move = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('declare'), n: fc.nat(1_000) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom('start', 'no-start', 'deliver', 'no-deliver'),
        n: fc.nat(20),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constantFrom('change', 'freeze', 'wait', 'cut'), n: fc.nat(1_000) }),
    },
  )

  function live(moves: readonly { readonly do: string; readonly n: number }[], cuts: boolean) {
    const desk = new Desk()
    let reports = 0
    for (const { do: what, n } of moves) {
      const of = <T>(from: readonly T[]): T | undefined => from[n % from.length]
      const incident = of(desk.state.unstarted)?.incident ?? 'none'
      const delivery = of(desk.state.deliveries)?.id ?? 'none'
      if (what === 'declare') {
        const symptom = of(['5xx', 'slow', undefined])
        const { symptom: _, ...base } = about5xx
        const answer = desk.declare(sato, {
          declaration: { ...base, ...present({ symptom }) },
          ...(n % 2 === 0 ? { key: `k${n % 9}` } : {}),
          fresh: n % 11 === 0,
        })
        if (!answer.repeated) reports += 1
      } else if (what === 'start') desk.feed({ type: 'started', incident })
      else if (what === 'no-start') desk.feed({ type: 'start-failed', incident, reason: verbatim('exists') })
      else if (what === 'deliver') desk.feed({ type: 'delivered', deliveries: [delivery] })
      else if (what === 'no-deliver')
        desk.feed({ type: 'delivery-failed', delivery, reason: verbatim('gone') })
      else if (what === 'change') {
        const phase = of(['resolved', 'closed', 'investigating', 'mitigating'] as const) ?? 'closed'
        const known = of(Object.keys(desk.state.open)) ?? 'none'
        desk.send('incident-changed', sato, { incident: known, phase, severity: 'LOW' })
      } else if (what === 'freeze') desk.send('freeze', kato, { on: n % 2 === 0 })
      else if (what === 'wait') desk.now += n * 100_000
      else if (cuts) desk.cut()
    }
    return { desk, reports }
  }

  it('every report opened an incident or was handed to one; numbers and deliveries never repeat; cuts change nothing', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 80, size: 'max' }), (moves) => {
        const { desk, reports } = live(moves, true)
        assert.deepEqual(live(moves, false).desk.state, desk.state)
        const opened = desk.facts.flatMap((f) => (f.type === 'opened' ? [f.data.opening.incident] : []))
        const grouped = desk.facts.flatMap((f) => (f.type === 'grouped' ? [f.data.delivery] : []))
        const renumbered = desk.facts.flatMap((f) => (f.type === 'renumbered' ? [f.data.to] : []))
        const lost = desk.facts.filter(
          (f) =>
            f.type === 'delivered' &&
            f.data.failure !== undefined &&
            f.data.deliveries.some((id) => id.includes('report')),
        ).length
        assert.equal(opened.length + grouped.length, reports + lost)
        const numbers = [...opened, ...renumbered]
        assert.equal(new Set(numbers).size, numbers.length)
        const ids = desk.state.deliveries.map((d) => d.id)
        assert.equal(new Set(ids).size, ids.length)
        assert.equal(new Set(grouped).size, grouped.length)
        for (const { incident } of desk.state.unstarted) assert.match(incident, /^shodo-\d+$/)
      }),
      { numRuns: 500 },
    )
  })
})
