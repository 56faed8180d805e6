/** Re-executes runs in another process, which takes as long to start as some thousand events; see reexecute-child.ts. */
import { fork } from 'node:child_process'
import { url as inspected } from 'node:inspector'
import { availableParallelism } from 'node:os'
import { present } from '../domain/present.ts'
import type { WorkflowBundle } from './bundle.ts'
import { ownProgram } from './own-program.ts'
import type { Given, Reexecution, Runs } from './reexecute-here.ts'

/** What the other process is told: the next run, or that there is none. */
export type Told = { readonly given?: Given; readonly workflowId: string; readonly workflows: WorkflowBundle }
/** What it answers: that it is free, and what it has made of the run before. */
export type Free = { readonly made?: Reexecution }

/** Events of Temporal's for which a process of their own is worth its start. */
const worthAProcess = 6_000
/** Each takes some 200 MB. */
const atMost = 3

/** How many processes help with these. None where somebody looks on with an inspector: every call is to stop there. */
export function othersFor(histories: readonly unknown[]): number {
  if (inspected() !== undefined) return 0
  const events = histories.reduce<number>((sum, history) => sum + lengthOf(history), 0)
  const worth = Math.floor(events / worthAProcess)
  return Math.max(0, Math.min(worth, availableParallelism() - 1, histories.length - 1, atMost))
}

/** Returns when there is no next run, or when the process has ended before; the run that it held is given back. */
export function reexecuteBeside(
  { next, made, back }: Runs,
  workflowId: string,
  workflows: WorkflowBundle,
  program: string | URL = ownProgram('reexecute-child'),
): Promise<void> {
  return new Promise((resolve) => {
    const child = fork(program, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    let held: Given | undefined
    let ended = false
    const end = (): void => {
      if (held !== undefined) back(held)
      held = undefined
      ended = true
      resolve()
    }
    child.on('message', async (free: Free) => {
      // What it said last may be heard after its end.
      if (ended) return
      if (held !== undefined && free.made !== undefined) made(held.place, free.made)
      held = await next()
      const told: Told = { ...present({ given: held }), workflowId, workflows }
      child.send(told, () => undefined)
      if (held === undefined) end()
    })
    child.once('error', end)
    child.once('close', end)
  })
}

function lengthOf(history: unknown): number {
  const events = typeof history === 'object' && history !== null && 'events' in history ? history.events : []
  return Array.isArray(events) ? events.length : 0
}
