/** Reports of ours, handed to a desk as people hand theirs: it numbers them, and its policy says who is called. */
import { ApplicationFailure, type Client, WorkflowUpdateFailedError } from '@temporalio/client'
import { z } from 'zod'
import { commandVersion, declaration } from '../domain/incident/commands.ts'
import { runbookName } from '../domain/names.ts'
import { system } from '../domain/words.ts'
import type { Activities } from '../wire/activities.ts'
import { carriedBy } from '../wire/carried.ts'
import { carrying } from '../wire/carrying.ts'
import { type DeclareReceipt, deskId } from '../wire/messages.ts'
import { parser } from './calls.ts'

const declareCall = parser(
  'declare',
  z.object({
    desk: runbookName,
    id: z.string().min(1).max(200),
    key: z.string().min(1).max(300),
    declaration,
  }),
)

export function declareActivities(client: Client): Pick<Activities, 'declare'> {
  return {
    declare: async (input) => {
      const { desk, id, key, declaration: told } = declareCall(input)
      const args: [unknown] = [{ v: commandVersion, by: system, id, key, declaration: told }]
      try {
        const { incident, created } = await client.workflow
          .getHandle(deskId(desk))
          .executeUpdate<DeclareReceipt, [unknown]>('declare', { args, updateId: id })
        return { incident, created }
      } catch (error) {
        // What the desk refuses is its answer; everything else passes.
        const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined
        const refusal = cause instanceof ApplicationFailure ? carriedBy(cause) : undefined
        throw refusal === undefined ? error : carrying(refusal, { retryable: false })
      }
    },
  }
}
