/** The commands of an incident: how each is taken, and what is written down of a signal that is refused. */
import { ApplicationFailure } from '@temporalio/workflow'
import { isTooDeep } from '../../domain/depth.ts'
import { type Failure, failure } from '../../domain/failures.ts'
import { type Command, commandTypes, deskOnly, parseCommand } from '../../domain/incident/commands.ts'
import { repeated } from '../../domain/request-id.ts'
import { digest } from '../../domain/timeline/canonical.ts'
import type { Receipt } from '../../domain/words.ts'
import { carriedBy } from '../../wire/carried.ts'
import { itemsOf, lenient } from '../../wire/envelope.ts'
import { batch, type CommandReceipt } from '../../wire/messages.ts'
import { refused } from '../calls/failure-of.ts'
import { hear } from '../machine/hear.ts'
import { reasonOf } from '../reason.ts'
import type { News } from './news.ts'
import type { IncidentPump } from './pump.ts'

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
export function takeCommands(pump: IncidentPump, news: News, receipts: Receipts): void {
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
    const command = parseCommand(type, payload)
    if ('code' in command) throw refused(command)
    return { receipt: take(command) }
  }

  const signal = (name: string, payload: unknown, from: 'anybody' | 'workflow' = 'anybody'): void => {
    pump.asked()
    const command = parseCommand(name, lenient(payload, from))
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

  const several = (payload: unknown): void => {
    const items = itemsOf(payload)
    if (!items?.every(isOfDesk)) signal(batch, payload)
    else for (const { type, ...command } of items) signal(type, command, 'workflow')
  }

  hear({ types: commandTypes, update, signal, batch: { name: batch, signal: several } })
}

/** A desk sends nothing else in a batch. */
function isOfDesk({ type }: { readonly type: string }): boolean {
  return type === 'freeze' || isDeskOnly(type)
}

function isDeskOnly(type: string): boolean {
  return (deskOnly as readonly string[]).includes(type)
}

/** Decides the command and writes down what follows; throws its refusal. */
function decided(pump: IncidentPump, command: Command): Receipt {
  try {
    const decision = pump.decide(command, Date.now())
    if ('refusal' in decision) throw refused(decision.refusal)
    return pump.write(decision.facts, Date.now(), command.id)
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
    return carriedBy(error) ?? failure('internal', { where: 'signal', reason: reasonOf(error) })
  }
}
