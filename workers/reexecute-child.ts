/** The other process of reexecute-beside.ts: asks for a run, re-executes it, answers with what it made, and asks for the next one. */
import { once } from 'node:events'
import type { Free, Told } from './reexecute-beside.ts'
import { type Reexecution, reexecuteHere } from './reexecute-here.ts'

let last: Reexecution | undefined

/** Whoever has asked may have ended. */
process.once('disconnect', () => process.exit())

async function ask(): Promise<Told> {
  const free: Free = last === undefined ? {} : { made: last }
  last = undefined
  const told = once(process, 'message')
  process.send?.(free)
  const [next] = (await told) as [Told]
  return next
}

let told: Told | undefined = await ask()
if (told.given !== undefined)
  await reexecuteHere(
    {
      next: async () => {
        const { given } = told ?? (await ask())
        told = undefined
        return given
      },
      made: (_, one) => {
        last = one
      },
      back: () => undefined,
    },
    told.workflowId,
    told.workflows,
  )
process.disconnect()
