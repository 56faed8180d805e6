/**
 * A world without Temporal: it feeds commands and occurrences to `decide`, writes facts into the chain, starts what `effects`
 * wants, cancels what it does not want any more, and lets time pass from deadline to deadline, as the workflow does.
 */
import assert from 'node:assert/strict'
import type { Failure } from '../../../domain/failures.ts'
import {
  type Command,
  type CommandInput,
  type CommandType,
  declaration,
  parseCommand,
} from '../../../domain/incident/commands.ts'
import { type Deadline, deadlines } from '../../../domain/incident/deadlines.ts'
import { decide, type Occurrence } from '../../../domain/incident/decide.ts'
import { type Effect, effects } from '../../../domain/incident/effects.ts'
import type {
  EventData,
  IncidentEvent,
  IncidentEventType,
  IncidentFact,
} from '../../../domain/incident/fold/events.ts'
import { evolve } from '../../../domain/incident/fold/evolve.ts'
import type { PageCall } from '../../../domain/incident/fold/page.ts'
import { type IncidentState, newestRules, type StepRun } from '../../../domain/incident/fold/state.ts'
import { type Opening, open } from '../../../domain/incident/open.ts'
import { append, genesis } from '../../../domain/timeline/chain.ts'
import type { Actor, Receipt } from '../../../domain/words.ts'
import { answerTo, good } from './hands.ts'
import { type Policy, smallRunbook } from './small-runbook.ts'

export const person = (id: string, verified = true): Actor => ({ kind: 'person', id, verified })
export const sato = person('sato')
export const yamada = person('yamada')
export const kato = person('kato')

/** Noon of an ordinary day in Tokyo. */
export const noon = Date.UTC(2026, 10, 24, 3)

/** What the salts of its events come from. */
export const secret = 'the secret of a world'

export type Circumstances = Partial<CommandInput<'report'>['declaration']> & {
  readonly policy?: Policy
  readonly lab?: boolean
  readonly frozen?: boolean
  readonly by?: Actor
  /** How long the desk took the declaration before the workflow's first moment. */
  readonly startedLateMs?: number
  /** When it is declared; noon where nothing is said. */
  readonly atMs?: number
}

export function openingOf(circumstances: Circumstances = {}): Opening {
  const { policy, lab = false, frozen = false, by = sato, startedLateMs: _, ...rest } = circumstances
  const { atMs = noon, ...declared } = rest
  return {
    incident: 'shodo-42',
    rules: newestRules,
    declaration: declaration.parse({
      service: 'backend',
      severity: 'HIGH',
      description: 'The backend answers 502',
      ...declared,
    }),
    by,
    atMs,
    runbook: smallRunbook(policy),
    lab,
    ...(frozen ? { frozen: { by: kato, at: '2026-11-24T02:00:00.000Z' } } : {}),
  }
}

type Flight = { readonly effect: Effect; cancelled: boolean }

/** What one call of `decide` led to. */
export type Batch = {
  readonly at: number
  readonly input: 'open' | Command['type'] | Occurrence['type'] | 'told'
  readonly before: IncidentState
  readonly after: IncidentState
  readonly events: readonly IncidentEvent[]
}

/** More deadlines than this at one moment: something is due again and again. */
const dueAtOnce = 200

export class World {
  readonly opening: Opening
  readonly blank: IncidentState
  state: IncidentState
  head: Receipt = genesis
  now: number
  readonly events: IncidentEvent[] = []
  readonly batches: Batch[] = []
  readonly inFlight = new Map<string, Flight>()
  /** Every answer that was ever given, or would have been, to be given late and again. */
  readonly answered: Occurrence[] = []
  readonly #ended = new Set<string>()
  /** Cut the state by continue-as-new whenever this says so. */
  cut: () => boolean = () => false

  constructor(circumstances: Circumstances = {}) {
    this.opening = openingOf(circumstances)
    this.now = this.opening.atMs + (circumstances.startedLateMs ?? 0)
    const story = open(this.opening, this.now)
    this.blank = story.blank
    this.state = story.blank
    this.#write('open', story.facts)
    this.settle()
  }

  /** A command as its sender writes it; a refusal throws. */
  command<T extends CommandType>(type: T, by: Actor, input: Omit<CommandInput<T>, 'v' | 'by'>): void {
    const refusal = this.ask(type, by, input)
    if (refusal !== undefined) assert.fail(`${type} was refused: ${JSON.stringify(refusal)}`)
  }

  /** The name of the refusal that a command meets; fails when it is taken. */
  refusal<T extends CommandType>(type: T, by: Actor, input: Omit<CommandInput<T>, 'v' | 'by'>): string {
    const refusal = this.ask(type, by, input)
    return refusal?.name ?? assert.fail(`${type} was not refused`)
  }

  ask(type: CommandType, by: Actor, input: object): Failure | undefined {
    const command = parseCommand(type, { v: 1, by, ...input })
    return 'code' in command ? command : this.feed(command)
  }

  /** Feeds the rules, writes what they decide, and settles. */
  feed(input: Command | Occurrence): Failure | undefined {
    const refusal = this.#decide(input)
    this.settle()
    return refusal
  }

  /** Writes a fact that no rule of today leads to. */
  tell<T extends IncidentEventType>(type: T, by: Actor, data: EventData[T]): void {
    this.#write('told', [{ type, by, data } as IncidentFact])
    this.settle()
  }

  /** Time passes; each deadline is met when it comes. */
  wait(ms: number): void {
    const until = this.now + ms
    for (;;) {
      const next = deadlines(this.state)[0]
      if (next === undefined || next.atMs > until) break
      this.now = Math.max(this.now, next.atMs)
      this.settle()
    }
    this.now = until
    this.settle()
  }

  /** To so many minutes and seconds after the declaration (`4:59`). */
  waitUntil(clock: string): void {
    const [minutes = 0, seconds = 0] = clock.split(':').map(Number)
    const at = noon + (minutes * 60 + seconds) * 1_000
    assert.ok(at >= this.now, `${clock} is over`)
    this.wait(at - this.now)
  }

  /** Every process is down for so long: what was due meanwhile is met afterwards. */
  outage(ms: number): void {
    this.now += ms
    this.settle()
  }

  /** Time passes, and what comes next is met before anything that is due: nobody woke up yet. */
  clockAhead(ms: number): void {
    this.now += ms
  }

  /** The hands answer one effect that is in flight; a cancelled page was called back, or was out already. */
  answer(key: string, occurrence: Occurrence): void {
    assert.ok(this.inFlight.delete(key), `${key} is not in flight: ${[...this.inFlight.keys()].join(', ')}`)
    this.answered.push(occurrence)
    this.#ended.add(key)
    this.feed(occurrence)
  }

  /** The hands answer with whatever a number stands for. */
  answerAny(pick: number, roll: number): void {
    const flights = [...this.inFlight.values()]
    const flight = flights[pick % flights.length]
    if (flight === undefined) return
    const { effect, cancelled } = flight
    this.answer(
      effect.key,
      cancelled && roll % 3 > 0
        ? { type: 'page-cancelled', key: effect.key.slice('page/'.length) }
        : answerTo(effect, roll, this.now),
    )
  }

  /** Everything in flight is answered well, and what follows from it, until nothing is in flight. */
  allGoesWell(except: (effect: Effect) => boolean = () => false): void {
    for (let turns = 0; turns < 200; turns += 1) {
      const flight = [...this.inFlight.values()].find((f) => !except(f.effect))
      if (flight === undefined) return
      this.answer(flight.effect.key, good(flight.effect, this.now))
    }
    assert.fail(`the world does not come to rest: ${[...this.inFlight.keys()].join(', ')}`)
  }

  /** Starts what is wanted, cancels what is not, and meets what is due, until nothing changes at this moment. */
  settle(): void {
    for (let turns = 0; ; turns += 1) {
      if (this.cut()) this.state = JSON.parse(JSON.stringify(this.state))
      const due = deadlines(this.state).filter((d) => d.atMs <= this.now)
      if (due.length === 0) break
      assert.ok(turns < dueAtOnce, `due again and again: ${JSON.stringify(due[0])}`)
      for (const deadline of due) this.#meet(deadline)
    }
    this.#reconcile()
  }

  step(run: string): StepRun {
    return this.state.steps[run] ?? assert.fail(`no run ${run}: ${Object.keys(this.state.steps).join(', ')}`)
  }

  /** Data of every event of a type so far. */
  told<T extends IncidentEventType>(type: T): readonly EventData[T][] {
    return this.events.flatMap((e) => (e.type === type ? [e.data as EventData[T]] : []))
  }

  /** Everybody who was called, in order. */
  pages(): readonly Omit<PageCall, 'head'>[] {
    return this.told('page-requested').map((p) => p.page)
  }

  called(): readonly string[] {
    return this.told('escalated').map((e) => e.level)
  }

  #meet(deadline: Deadline): void {
    const still = (d: Deadline) => JSON.stringify(d) === JSON.stringify(deadline)
    if (!deadlines(this.state).some(still)) return
    this.#decide({ type: 'due', deadline })
    assert.ok(!deadlines(this.state).some(still), `still due after it was met: ${JSON.stringify(deadline)}`)
  }

  #decide(input: Command | Occurrence): Failure | undefined {
    const decision = decide(this.state, input, this.now)
    if ('refusal' in decision) return decision.refusal
    this.#write(input.type, decision.facts)
    return undefined
  }

  #write(input: Batch['input'], facts: readonly IncidentFact[]): void {
    const before = this.state
    const events: IncidentEvent[] = []
    for (const fact of facts) {
      const event = append(this.head, fact, this.now, secret) as IncidentEvent
      this.state = evolve(this.state, fact, this.now)
      this.head = { seq: event.seq, hash: event.hash }
      events.push(event)
    }
    this.events.push(...events)
    this.batches.push({ at: this.now, input, before, after: this.state, events })
  }

  #reconcile(): void {
    const wanted = effects(this.state)
    const keys = new Set(wanted.map((e) => e.key))
    assert.equal(keys.size, wanted.length, `keys of effects repeat: ${wanted.map((e) => e.key).join(', ')}`)
    for (const [key, flight] of this.inFlight) {
      if (keys.has(key)) continue
      flight.cancelled = true
      // Only of a cancelled page does the shell tell the rules; of everything else it hears no more.
      if (flight.effect.type === 'page') continue
      this.inFlight.delete(key)
      this.#ended.add(key)
      this.answered.push(answerTo(flight.effect, 0, this.now))
    }
    for (const effect of wanted) {
      if (this.inFlight.has(effect.key)) continue
      assert.ok(!this.#ended.has(effect.key), `${effect.key} ended and is wanted again`)
      this.inFlight.set(effect.key, { effect, cancelled: false })
    }
  }
}
