/** Our search attributes, typed, and reading of Temporal's visibility. */
import type { WorkflowExecutionInfo } from '@temporalio/client'
import { z } from 'zod'
import { present } from '../../domain/present.ts'
import { type AttributeName, type AttributeValue, attributeKeys } from '../../wire/attributes.ts'
import { outlineMemo } from '../../wire/messages.ts'
import { problemsAttribute } from '../../wire/server/stuck.ts'
import type { Temporal } from './connect.ts'
import { isUnknownAttribute, refusalOf } from './errors.ts'

/** One attribute of an execution; undefined where it was never set. */
export function searchAttribute<Name extends AttributeName>(
  execution: Pick<WorkflowExecutionInfo, 'typedSearchAttributes'>,
  attribute: Name,
): AttributeValue<Name> | undefined {
  // The key fixes the type of the value, which the union of keys hides from the compiler.
  const key = attributeKeys[attribute] as (typeof attributeKeys)['HikeshiRunbook']
  return execution.typedSearchAttributes.get(key) as AttributeValue<Name> | undefined
}

/** Whether Temporal itself says that the task keeps failing; it says so of ended runs as well, where it matters no more. */
export function isReportedStuck({ raw, status }: WorkflowExecutionInfo): boolean {
  const { indexedFields } = raw.searchAttributes ?? {}
  return status.name === 'RUNNING' && indexedFields?.[problemsAttribute] !== undefined
}

/** What an incident says of itself for lists: present as soon as it has taken its first turn. */
export function outlineIn({ memo, startTime }: Pick<WorkflowExecutionInfo, 'memo' | 'startTime'>): {
  readonly startedAt: string
  readonly description?: string
  readonly commander?: string
  readonly timezone?: string
} {
  const parsed = outline.safeParse(memo?.[outlineMemo])
  const { declaredAt, ...rest } = parsed.success ? parsed.data : { declaredAt: undefined }
  // A run that continued as new began later than its incident.
  return { startedAt: declaredAt ?? startTime.toISOString(), ...present(rest) }
}

const outline = z.object({
  declaredAt: z.string(),
  description: z.string(),
  timezone: z.string(),
  commander: z.string().optional(),
})

const listWithinMs = 5_000

/** All executions that a visibility query finds. With `limit` the first ones only; `withinMs` is for whoever has others waiting. */
export async function visible(
  temporal: Temporal,
  query: string,
  limit = Number.POSITIVE_INFINITY,
  withinMs = listWithinMs,
): Promise<readonly WorkflowExecutionInfo[]> {
  const found: WorkflowExecutionInfo[] = []
  try {
    await temporal.connection.withDeadline(Date.now() + withinMs, async () => {
      const options = limit > 1_000 ? { query } : { query, pageSize: limit }
      for await (const execution of temporal.client.workflow.list(options)) {
        found.push(execution)
        if (found.length >= limit) break
      }
    })
  } catch (error) {
    // Before the first worker came, Temporal does not know our attributes; then it holds nothing of ours either.
    if (isUnknownAttribute(error)) return []
    throw refusalOf(error, temporal.address)
  }
  return found
}

/** Incidents that are open, as a query: one that is closed may still run, and one that only just began has no phase yet. */
export const openExecutions = `ExecutionStatus = 'Running' AND (HikeshiPhase IS NULL OR HikeshiPhase != 'closed')`
