/** What was collected when an incident was closed, as the answer to the archiving of that run says it. */
import type { Json } from '../words.ts'

/** Where it lies or will lie, below the archive: `shodo-42/collected/close`. */
export function collectedAtClose(result: Json): string | undefined {
  const { evidence } = Object(result) as { readonly evidence?: unknown }
  return typeof evidence === 'string' ? evidence : undefined
}
