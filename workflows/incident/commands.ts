/**
 * Commands: updates answer with a receipt or a refusal; signals are the same commands without an answer. No validator refuses: what one
 * refuses leaves no events, and a task without any is heard otherwise when it is read anew (docs/adr/0009-every-task-is-sealed.md).
 */
import {
  ApplicationFailure,
  currentUpdateInfo,
  defineSignal,
  defineUpdate,
  setDefaultSignalHandler,
  setDefaultUpdateHandler,
  setHandler,
} from '@temporalio/workflow'
import { isTooDeep } from '../../domain/depth.ts'
import { type Failure, failure } from '../../domain/failures.ts'
import { type Command, commandTypes, deskOnly, parseCommand } from '../../domain/incident/commands.ts'
import { repeated } from '../../domain/request-id.ts'
import { digest } from '../../domain/timeline/canonical.ts'
import type { Receipt } from '../../domain/words.ts'
import { itemsOf, lenient, withId } from '../envelope.ts'
import { reasonOf, refused } from '../failure-of.ts'
import { answering } from '../ledger.ts'
import { batch, type CommandReceipt } from '../messages.ts'
import type { News } from './news.ts'
import type { Pump } from './pump.ts'

/** What each command was answered with, so that a repeat of it gets the same answer; the newest are kept. */
export type Receipts = { readonly id: string; readonly receipt: Receipt; readonly delivered?: true }[]

/** Of people's commands so many, and of the desk's deliveries: a storm of them must not push out what a person may send again. */
const receiptsKept = 500

function keep(receipts: Receipts, id: string, receipt: Receipt, delivered: boolean): void {
  receipts.push({ id, receipt, ...(delivered ? { delivered } : {}) })
  const isAlike = (kept: Receipts[number]) => (kept.delivered ?? false) === delivered
  if (receipts.filter(isAlike).length > receiptsKept) receipts.splice(receipts.findIndex(isAlike), 1)
}

/** Lets the commands in; each is decided in its handler, which never waits. */
export function takeCommands(pump: Pump, news: News, receipts: Receipts): void {
  const take = (command: Command): Receipt => {
    const before = repeated(receipts, command.id)
    if (before === 'other') throw refused(failure('key-used'))
    if (before !== undefined) return before.receipt
    const receipt = decided(pump, command)
    if (command.id !== undefined) keep(receipts, command.id, receipt, isDeskOnly(command.type))
    return receipt
  }

  const update = (type: string, payload: unknown): CommandReceipt => {
    pump.asked()
    const id = currentUpdateInfo()?.id
    return answering(id, () => {
      const command = parseCommand(type, withId(payload, id))
      if ('code' in command) throw refused(command)
      return { receipt: take(command) }
    })
  }

  const signal = (name: string, payload: unknown): void => {
    pump.asked()
    const command = parseCommand(name, lenient(payload))
    const why = 'code' in command ? command : refusalOf(() => take(command))
    if (why === undefined) return
    if (!('code' in command)) news.handBack(command)
    pump.happened(
      {
        type: 'signal-refused',
        signal: name.slice(0, 60),
        failure: why,
        inputSha256: digest(isTooDeep(payload) ? 'nested too deep' : payload),
      },
      Date.now(),
    )
  }

  for (const type of commandTypes) {
    setHandler(defineUpdate<CommandReceipt, [unknown]>(type), (payload) => update(type, payload))
    setHandler(defineSignal<[unknown]>(type), (payload) => signal(type, payload))
  }
  setHandler(defineSignal<[unknown]>(batch), (payload) => {
    const items = itemsOf(payload)
    if (items === undefined || !items.every(isOfDesk)) return signal(batch, payload)
    for (const { type, ...command } of items) signal(type, command)
  })
  // The last ones: what came with the first task is given to them as soon as they are there, also what another one would take.
  setDefaultSignalHandler((name, payload) => signal(name, payload))
  setDefaultUpdateHandler((name, payload) => update(name, payload))
}

/** A desk sends nothing else in a batch. */
function isOfDesk({ type }: { readonly type: string }): boolean {
  return type === 'freeze' || isDeskOnly(type)
}

function isDeskOnly(type: string): boolean {
  return (deskOnly as readonly string[]).includes(type)
}

/** Decides the command and writes down what follows; throws its refusal. */
function decided(pump: Pump, command: Command): Receipt {
  try {
    const decision = pump.decide(command, Date.now())
    if ('refusal' in decision) throw refused(decision.refusal)
    return pump.write(decision.facts, Date.now())
  } catch (error) {
    if (error instanceof ApplicationFailure) throw error
    pump.broke(command.type, error, Date.now())
    throw refused(failure('internal', { where: command.type, reason: reasonOf(error) }))
  }
}

/** The refusal of a command, or undefined when it was taken. */
function refusalOf(run: () => unknown): Failure | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof ApplicationFailure) return error.details?.[0] as Failure
    return failure('internal', { where: 'signal', reason: reasonOf(error) })
  }
}
