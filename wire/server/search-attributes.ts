/** Temporal's search attributes of ours, made by whoever comes first: a worker, or a person who publishes before any worker ran. */
import type { Connection } from '@temporalio/client'
import { type Failure, failure } from '../../domain/failures.ts'
import { type AttributeName, attributeKeys } from '../attributes.ts'

/** IndexedValueType by number (temporal.api.enums.v1). */
const valueTypes = { KEYWORD: 2, INT: 3, KEYWORD_LIST: 7 } as const

type Known = { readonly [name: string]: unknown } | null | undefined

/** Those that a server lacks, or has with another type; `known` as `listSearchAttributes` answers. */
export function missingAttributes(known: Known) {
  const names = Object.keys(attributeKeys) as AttributeName[]
  return names
    .map((name) => [name, attributeKeys[name].type] as const)
    .filter(([name, type]) => known?.[name] !== valueTypes[type])
}

/** Adds the search attributes that are missing. One that cannot be had is a failure: without it workflow tasks fail for ever. */
export async function ensureSearchAttributes(
  connection: Connection,
  namespace: string,
): Promise<Failure | undefined> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace })
  const missing = missingAttributes(customAttributes)
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
    // Somebody else may have been faster.
    const now = await connection.operatorService.listSearchAttributes({ namespace })
    const [still] = missingAttributes(now.customAttributes)
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
