/** Our search attributes, typed, and reading of Temporal's visibility. */
import type { WorkflowExecutionInfo } from '@temporalio/client'
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import { z } from 'zod'
import { problemsAttribute } from '../wire/stuck.ts'
import { outlineMemo } from '../workflows/messages.ts'
import type { Temporal } from './connect.ts'
import { isUnknownAttribute, refusalOf } from './temporal-errors.ts'

const { KEYWORD, KEYWORD_LIST, INT } = SearchAttributeType

/** Keys for `typedSearchAttributes`, one per entry of workflows/messages.ts. */
export const attributeKeys = {
  HikeshiRunbook: defineSearchAttributeKey('HikeshiRunbook', KEYWORD),
  HikeshiServices: defineSearchAttributeKey('HikeshiServices', KEYWORD_LIST),
  HikeshiService: defineSearchAttributeKey('HikeshiService', KEYWORD),
  HikeshiSymptom: defineSearchAttributeKey('HikeshiSymptom', KEYWORD),
  HikeshiSeverity: defineSearchAttributeKey('HikeshiSeverity', KEYWORD),
  HikeshiPhase: defineSearchAttributeKey('HikeshiPhase', KEYWORD),
  HikeshiNumber: defineSearchAttributeKey('HikeshiNumber', INT),
} as const

type Values = {
  HikeshiRunbook: string
  HikeshiServices: readonly string[]
  HikeshiService: string
  HikeshiSymptom: string
  HikeshiSeverity: string
  HikeshiPhase: string
  HikeshiNumber: number
}

/** One attribute of an execution; undefined where it was never set. */
export function searchAttribute<Name extends keyof Values>(
  execution: Pick<WorkflowExecutionInfo, 'typedSearchAttributes'>,
  attribute: Name,
): Values[Name] | undefined {
  // The pair of name and type above fixes the type of the value, which the union of keys hides from the compiler.
  const key = attributeKeys[attribute] as (typeof attributeKeys)['HikeshiRunbook']
  return execution.typedSearchAttributes.get(key) as Values[Name] | undefined
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
  return { startedAt: declaredAt ?? startTime.toISOString(), ...withoutUndefined(rest) }
}

const outline = z.object({
  declaredAt: z.string(),
  description: z.string(),
  timezone: z.string(),
  commander: z.string().optional(),
})

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const kept = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(kept) as { [K in keyof T]: Exclude<T[K], undefined> }
}

const listWithinMs = 5_000

/** All executions that a visibility query finds. With `limit` the first ones only. */
export async function visible(
  temporal: Temporal,
  query: string,
  limit = Number.POSITIVE_INFINITY,
): Promise<readonly WorkflowExecutionInfo[]> {
  const found: WorkflowExecutionInfo[] = []
  try {
    await temporal.connection.withDeadline(Date.now() + listWithinMs, async () => {
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
