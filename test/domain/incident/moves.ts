/** Random lives of an incident: what people, hands, time and our own restarts may do to it, in any order. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { failure } from '../../../domain/failures.ts'
import type { Deadline } from '../../../domain/incident/deadlines.ts'
import type { Occurrence } from '../../../domain/incident/decide.ts'
import { type Actor, system } from '../../../domain/words.ts'
import { bad } from './hands.ts'
import { type Circumstances, kato, person, sato, World, yamada } from './world.ts'

export type Move =
  | { readonly do: 'command'; readonly by: number; readonly what: number; readonly which: number }
  | { readonly do: 'decide-on-step'; readonly by: number; readonly how: number; readonly which: number }
  | { readonly do: 'answer'; readonly pick: number; readonly roll: number }
  | { readonly do: 'all-goes-well'; readonly for: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'outage'; readonly ms: number }
  | { readonly do: 'clock-ahead'; readonly ms: number }
  | { readonly do: 'late'; readonly which: number }
  | { readonly do: 'continue' }
  | { readonly do: 'harden'; readonly which: number }

export type Life = {
  readonly circumstances: Circumstances
  readonly moves: readonly Move[]
  /** Which of the state's settlings are cut by continue-as-new, read as bits in turn. */
  readonly cuts: number
}

const alert: Actor = { kind: 'alert', id: 'alertmanager', verified: true }
const actors: readonly Actor[] = [sato, yamada, kato, person('sato', false), person('watanabe', false), alert]

const number = fc.nat(10_000)
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('command'), by: number, what: number, which: number }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('decide-on-step'), by: number, how: number, which: number }),
  },
  { weight: 9, arbitrary: fc.record({ do: fc.constant('answer'), pick: number, roll: number }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('answer'), pick: number, roll: fc.constant(0) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait'),
      ms: fc.oneof(
        fc.nat(5_000),
        fc.nat(400_000),
        fc.constantFrom(1, 5_000, 29_999, 60_000, 299_999, 1_800_000),
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('all-goes-well'), for: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('outage'), ms: fc.nat(2_000_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clock-ahead'), ms: fc.nat(2_000_000) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('late'), which: number }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('continue') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('harden'), which: number }) },
)

const circumstances: fc.Arbitrary<Circumstances> = fc.record(
  {
    severity: fc.constantFrom('CRITICAL', 'HIGH', 'MEDIUM', 'LOW'),
    symptom: fc.constantFrom('5xx', 'slow', 'handover'),
    dataLoss: fc.boolean(),
    breach: fc.boolean(),
    lab: fc.boolean(),
    frozen: fc.constantFrom(false, false, true),
    by: fc.constantFrom(sato, alert),
    startedLateMs: fc.constantFrom(0, 40, 400_000),
    policy: fc.record({
      until: fc.constantFrom('resolved', 'resolved', 'acknowledged', 'mitigated'),
      automatic: fc.constantFrom([], ['reversible'], ['reversible', 'disruptive']),
      approvals: fc.constantFrom({}, { disruptive: 2, reversible: 2 }),
      pauses: fc.constantFrom({}, { repeatEvery: '10m', acknowledgedFor: '20m' }),
      people: fc.constant(true),
      proofs: fc.boolean(),
      affected: fc.boolean(),
    }),
  },
  { requiredKeys: ['severity'] },
)

export const lives: fc.Arbitrary<Life> = fc.record({
  circumstances,
  moves: fc.array(move, { minLength: 1, maxLength: 60, size: 'max' }),
  cuts: fc.nat(0xffff),
})

export function live(life: Life, cut = true): World {
  let settlings = 0
  const world = new World(life.circumstances)
  if (cut) {
    world.cut = () => {
      settlings += 1
      return ((life.cuts >> (settlings % 16)) & 1) === 1
    }
  }
  for (const step of life.moves) makeMove(world, step)
  world.settle()
  return world
}

function makeMove(world: World, move: Move): void {
  switch (move.do) {
    case 'command': {
      const [type, input] = commands(move.which)[move.what % commands(0).length] ?? ['situation', {}]
      world.ask(type, actorOf(move.by), input)
      return
    }
    case 'decide-on-step':
      decideOnStep(world, actorOf(move.by), move.how, move.which)
      return
    case 'answer':
      world.answerAny(move.pick, move.roll)
      return
    case 'all-goes-well':
      for (let i = 0; i < move.for; i += 1) world.answerAny(0, 0)
      return
    case 'wait':
      world.wait(move.ms)
      return
    case 'outage':
      world.outage(move.ms)
      return
    case 'clock-ahead':
      world.clockAhead(move.ms)
      return
    case 'late': {
      const all = [...world.answered, ...nonsense(world)]
      world.feed(all[move.which % all.length] as Occurrence)
      return
    }
    case 'continue':
      world.feed({ type: 'continued', run: world.state.run + 1 })
      return
    case 'harden':
      harden(world, move.which)
  }
}

const actorOf = (by: number): Actor => actors[by % actors.length] ?? sato

type Sent = readonly [type: Parameters<World['ask']>[0], input: object]

function commands(which: number): readonly Sent[] {
  const of = <T>(...from: readonly T[]): T => from[which % from.length] as T
  const severity = of('CRITICAL', 'HIGH', 'MEDIUM', 'LOW')
  const declaration = {
    service: 'backend',
    severity,
    description: 'again',
    dataLoss: which % 5 === 0,
    breach: which % 7 === 0,
  }
  return [
    ['acknowledge', {}],
    ['note', { text: `note ${which}` }],
    ['set-severity', { severity }],
    ['set-impact', { impact: 'all' }],
    ['set-eta', { eta: '2026-11-24T04:00:00Z' }],
    ['set-commander', { person: of('kato', 'suzuki') }],
    ['set-symptom', { symptom: of('5xx', 'slow', 'handover') }],
    ['set-risk', { dataLoss: which % 2 === 0, breach: which % 3 === 0 }],
    ['escalate', of({}, { level: 'security' }, { level: 'team-lead' })],
    ['notify', of({ message: 'on it' }, { message: 'look', to: 'security', severity: 'LOW' })],
    ['check', { item: of('alert', 'post-mortem', 'status-page', 'healthy') }],
    ['done', { step: of('announce', 'tell-support', 'way', 'rollback'), saw: `seen ${which}` }],
    ['decide', { step: 'way', option: of('add-pods', 'replace-pods'), reason: 'there is room' }],
    ['skip', { step: of('announce', 'way', 'add-pods', 'rollback', 'logs'), reason: 'not needed' }],
    ['retry', { step: of('way', 'add-pods', 'rollback', 'announce', 'rollback-undo') }],
    ['situation', {}],
    ['resolve', {}],
    ['resolve', {}],
    ['reopen', { reason: 'it is back' }],
    ['reopen', { reason: 'it is back' }],
    ['close', of({}, { waive: 'nothing more to learn' }, { later: true })],
    ['cancel', { reason: 'false alarm' }],
    ['freeze', { on: true }],
    ['freeze', { on: false }],
    ['report', { declaration }],
    [
      'alerts',
      {
        group: of('a', 'b').repeat(32),
        version: (which % 40) + 1,
        fired: (which % 40) + 2,
        firing: which % 3,
        clear: which % 3 === 0,
        declaration,
      },
    ],
    [
      'run',
      {
        step: of(
          'rollback',
          'restart',
          'scale-out',
          'delete-pods',
          'logs',
          'quick-scale-out',
          'recover-backend',
          'announce',
          'add-pods',
        ),
      },
    ],
    ['run', { step: of('delete-pods', 'rollback') }],
  ]
}

/** Approves (with the right hash, a short one, a wrong one, or another step's), rejects, undoes or looks again at one of the runs. */
function decideOnStep(world: World, by: Actor, how: number, which: number): void {
  const runs = Object.values(world.state.steps)
  if (how % 4 === 0) {
    const changed = runs.filter((s) => s.done !== undefined || how % 8 === 0)
    const step = changed[which % changed.length]?.id ?? 'rollback'
    world.ask(how % 12 === 0 ? 'verify' : 'undo', by, { step })
    return
  }
  const waiting = runs.filter((s) => s.status === 'proposed')
  const from = how % 3 === 0 ? runs : waiting
  const step = from[which % from.length]
  if (step === undefined) return
  const hash = step.hash ?? 'f'.repeat(64)
  const other = runs.find((s) => s.hash !== undefined && s.hash !== hash)?.hash ?? '0'.repeat(64)
  const hashes = [
    hash,
    hash,
    hash,
    hash.slice(0, 32),
    other,
    `${hash.slice(0, 63)}${hash.endsWith('0') ? '1' : '0'}`,
  ]
  if (how % 10 === 0) world.ask('reject', by, { step: step.id, reason: 'not now' })
  else {
    const given = hashes[how % hashes.length] ?? hash
    const refusal = world.ask('approve', by, { step: step.id, hash: given })
    // The event carries the whole hash of the step, so only here is it known what the person gave.
    assert.ok(refusal !== undefined || hash === given, `approved with the hash ${given}`)
  }
}

/** The catalogue has no destructive kind yet: the rules for it are tried on a proposal that says so. */
function harden(world: World, which: number): void {
  const waiting = Object.values(world.state.steps).filter(
    (s) => s.status === 'proposed' && s.approvals.length === 0,
  )
  const step = waiting[which % waiting.length]
  if (step?.plan === undefined || step.hash === undefined || step.expiresAtMs === undefined) return
  world.tell('step-proposed', system, {
    run: step.id,
    plan: step.plan,
    hash: step.hash,
    risk: 'destructive',
    approvals: 2,
    expiresAt: new Date(step.expiresAtMs).toISOString(),
  })
}

/** Answers and deadlines that belong to nothing. */
function nonsense(world: World): readonly Occurrence[] {
  const never: readonly Deadline[] = [
    { what: 'escalate', level: 'nobody', atMs: 0 },
    { what: 'escalate', level: 'cto', atMs: 0 },
    { what: 'page-retry', key: 'constructor', atMs: 0 },
    { what: 'step-expiry', run: 'toString', atMs: 0 },
    { what: 'recovery-over', atMs: 0 },
    { what: 'repeat', level: 'nobody', atMs: 0 },
    { what: 'repeat', level: 'cto', atMs: 0 },
    { what: 'step-reminder', run: 'toString', atMs: 0 },
    { what: 'acknowledgement-over', atMs: 0 },
    { what: 'update', atMs: 0 },
    { what: 'checklist', atMs: 0 },
    { what: 'look', atMs: 0 },
    { what: 'afterwards-over', atMs: 0 },
  ]
  return [
    ...never.map((deadline): Occurrence => ({ type: 'due', deadline })),
    { type: 'stage-ended', run: 'constructor', stage: 'run', outcome: bad('internal') },
    { type: 'stage-ended', run: 'rollback', stage: 'verify', outcome: bad('internal') },
    { type: 'page-ended', key: '__proto__', outcome: bad('internal') },
    { type: 'page-cancelled', key: 'constructor' },
    { type: 'situation-ended', number: 99_999_999, tookMs: 1, parts: {} },
    { type: 'recovery-checked', tookMs: 1, parts: {} },
    { type: 'archive-ended', run: world.state.run + 7, runId: 'other', outcome: bad('internal') },
    { type: 'continued', run: 0 },
    { type: 'signal-refused', signal: 'approve', failure: failure('internal'), inputSha256: 'f'.repeat(64) },
    { type: 'internal-error', where: 'test', reason: 'a defect' },
    { type: 'internal-error', where: 'test', reason: 'a defect' },
  ]
}
