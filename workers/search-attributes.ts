import type { Connection } from '@temporalio/client'
import proto from '@temporalio/proto'
import { type Failure, failure } from '../domain/failures.ts'
import { searchAttributes } from '../workflows/messages.ts'

const valueTypes = {
  KEYWORD: proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  KEYWORD_LIST: proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
  INT: proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_INT,
} as const

/** Adds the search attributes that are missing. One that cannot be had is a failure: without it workflow tasks fail for ever. */
export async function ensureSearchAttributes(
  connection: Connection,
  namespace: string,
): Promise<Failure | undefined> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace })
  const missing = Object.entries(searchAttributes).filter(
    ([name, type]) => customAttributes?.[name] !== valueTypes[type],
  )
  if (missing.length === 0) return undefined
  try {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map(([name, type]) => [name, valueTypes[type]])),
    })
    await untilUsable(
      connection,
      namespace,
      missing.map(([name]) => name),
    )
    return undefined
  } catch (error) {
    // Another worker may have been faster.
    const now = await connection.operatorService.listSearchAttributes({ namespace })
    const still = missing.find(([name, type]) => now.customAttributes?.[name] !== valueTypes[type])
    if (still === undefined) return undefined
    const reason = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error)
    return failure('search-attribute-missing', { attribute: still[0], type: still[1], reason })
  }
}

/** A server learns of a new attribute some time after it was added; until then it refuses whoever starts with it. */
async function untilUsable(
  connection: Connection,
  namespace: string,
  names: readonly string[],
): Promise<void> {
  const query = names.map((name) => `${name} IS NULL`).join(' AND ')
  const end = Date.now() + 60_000
  for (;;) {
    try {
      await connection.workflowService.countWorkflowExecutions({ namespace, query })
      return
    } catch (error) {
      if (Date.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
