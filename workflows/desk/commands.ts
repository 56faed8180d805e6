/** The commands of a desk: how each is taken, alone or as one of a batch that answers each of them. */

import { ApplicationFailure, workflowInfo } from '@temporalio/workflow'
import {
  type DeskCommand,
  deskCommandTypes,
  neverSignals,
  parseDeskCommand,
} from '../../domain/desk/commands.ts'
import type { Declared } from '../../domain/desk/join.ts'
import { type DeskState, openingOf } from '../../domain/desk/state.ts'
import { expected } from '../../domain/expected.ts'
import { failure } from '../../domain/failures.ts'
import { policyFrom } from '../../domain/incident/fold/levels.ts'
import { iso } from '../../domain/iso.ts'
import { present } from '../../domain/present.ts'
import { repeated } from '../../domain/request-id.ts'
import type { Receipt } from '../../domain/words.ts'
import { carriedBy } from '../../wire/carried.ts'
import { itemsOf, lenient } from '../../wire/envelope.ts'
import {
  type BatchAnswer,
  batch,
  batchedAtMost,
  type CommandReceipt,
  type DeclareReceipt,
} from '../../wire/messages.ts'
import { refused } from '../calls/failure-of.ts'
import { hear } from '../machine/hear.ts'
import { reasonOf } from '../reason.ts'
import type { DeskPump } from './pump.ts'

type AnyReceipt = CommandReceipt | DeclareReceipt

/** What each command was answered with, so that a repeat of it gets the same answer; the newest are kept. */
export type Answers = { readonly id: string; readonly answer: AnyReceipt }[]

const answersKept = 1_000
/** As many as can be on their way at once, two from each API. */
const batchesKept = 32

/**
 * What batches were answered with, and in which task: the length of the history it began with. Temporal itself knows a batch of this run
 * when it comes again; those of a run's last task go over to the next run.
 */
export type Batches = { readonly id: string; readonly answer: BatchAnswer; readonly task: number }[]

/** Lets the commands in; each is decided in its handler, which never waits. */
export function takeDeskCommands(
  pump: DeskPump,
  { answers, batches, isFull }: { answers: Answers; batches: Batches; isFull: () => boolean },
): void {
  const take = (command: DeskCommand): AnyReceipt => {
    const before = repeated(answers, command.id)
    if (before === 'other') throw refused(failure('key-used'))
    if (before !== undefined) return before.answer
    const decision = pump.decide(command, Date.now())
    if ('refusal' in decision) throw refused(decision.refusal)
    const receipt = pump.write(decision.facts, Date.now(), command.id)
    const answer =
      decision.declared === undefined
        ? { receipt }
        : declareReceipt(pump.ledger.state, decision.declared, receipt)
    if (command.id !== undefined) answers.push({ id: command.id, answer })
    if (answers.length > answersKept) answers.shift()
    return answer
  }

  /** A defect of ours stands in the desk's own timeline, and is answered as one. */
  const guarded = (type: string, payload: unknown): AnyReceipt => {
    pump.asked()
    try {
      return take(parsed(type, payload))
    } catch (error) {
      if (error instanceof ApplicationFailure) throw error
      const reason = reasonOf(error)
      pump.happened({ type: 'internal-error', where: type, reason })
      throw refused(failure('internal', { where: type, reason }))
    }
  }

  const signal = (name: string, payload: unknown): void => {
    pump.asked()
    try {
      const command = parsed(name, lenient(payload, 'workflow'))
      if (neverSignals.includes(name)) throw refused(failure('not-permitted', bySignal(command)))
      take(command)
    } catch (error) {
      const where = `signal/${name.slice(0, 60)}`
      pump.happened({ type: 'internal-error', where, reason: reasonOf(error) })
    }
  }

  const several = (payload: unknown, id = ''): BatchAnswer => {
    const before = batches.find((b) => b.id === id)
    if (before !== undefined) return before.answer
    const items = itemsOf(payload)
    const problem = expected(
      `at most ${batchedAtMost} items with a type`,
      `type を持つ要素 ${batchedAtMost} 個以下`,
    )
    if (items === undefined) throw refused(failure('bad-input', { where: batch, problem }))
    const refusal = failure('too-busy', { limit: pump.ledger.state.deliveries.length })
    const full = items.some(({ type }) => type === 'alerts') && isFull()
    const answer = {
      answers: items.map(({ type, ...command }) =>
        full && type === 'alerts' ? { refusal } : answered(() => guarded(type, command)),
      ),
    }
    batches.push({ id, answer, task: workflowInfo().historyLength })
    if (batches.length > batchesKept) batches.shift()
    return answer
  }

  hear({ types: deskCommandTypes, update: guarded, signal, batch: { name: batch, update: several } })
}

function bySignal({ by }: DeskCommand) {
  const reason = {
    en: 'runbooks are published and withdrawn by update, never by signal',
    ja: 'Runbook の公開と取り下げはアップデートで行い、シグナルでは受け付けません',
  }
  return { person: by.id, reason }
}

function parsed(type: string, payload: unknown): DeskCommand {
  const command = parseDeskCommand(type, payload)
  if ('code' in command) throw refused(command)
  return command
}

/** The answer to one item of a batch: its refusal is no refusal of the others. */
function answered(run: () => AnyReceipt): BatchAnswer['answers'][number] {
  try {
    return { answer: run() }
  } catch (error) {
    const refusal = carriedBy(error) ?? failure('internal', { where: batch, reason: reasonOf(error) })
    return { refusal }
  }
}

/** The answer to a declaration says who is called next if nobody does anything. */
function declareReceipt(state: DeskState, declared: Declared, receipt: Receipt): DeclareReceipt {
  const unstarted = state.unstarted.find((o) => o.incident === declared.incident)
  const opening = unstarted && openingOf(state, unstarted)
  if (opening === undefined) return { ...declared, receipt }
  const { dataLoss, breach } = opening.declaration
  const { timezone } = opening.runbook.book
  const due = Object.entries(policyFrom({ runbook: opening.runbook, dataLoss, breach }, opening.atMs))
    .flatMap(([level, { dueMs }]) => (dueMs === undefined ? [] : [{ level, dueMs }]))
    .sort((a, b) => a.dueMs - b.dueMs)[0]
  return {
    ...declared,
    receipt,
    ...present({ next: due && { level: due.level, at: iso(due.dueMs), timezone } }),
  }
}
