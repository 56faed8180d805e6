/** What is filled in around a command before it is parsed, and what is unpacked. */
import { type Batch, batchedAtMost } from './messages.ts'

/**
 * Signals come from anywhere, also typed by hand with the stock `temporal workflow signal`: a missing version, sender or input is
 * filled in. Whatever a signal says, its sender is not verified.
 */
export function lenient(payload: unknown): unknown {
  const given = typeof payload === 'object' && payload !== null && !Array.isArray(payload) ? payload : {}
  const { by, ...rest } = given as { by?: unknown }
  return { v: 1, ...rest, by: unverified(by) }
}

function unverified(by: unknown): unknown {
  if (typeof by === 'string') return { kind: 'person', id: by, verified: false }
  if (typeof by === 'object' && by !== null) return { kind: 'person', ...by, verified: false }
  return { kind: 'person', id: 'signal', verified: false }
}

/** The commands of a batch; undefined where it is none. */
export function itemsOf(payload: unknown): Batch['items'] | undefined {
  if (typeof payload !== 'object' || payload === null || !('items' in payload)) return undefined
  const { items } = payload
  if (!Array.isArray(items) || items.length > batchedAtMost) return undefined
  return items.every(isItem) ? items : undefined
}

function isItem(item: unknown): item is Batch['items'][number] {
  return typeof item === 'object' && item !== null && 'type' in item && typeof item.type === 'string'
}

/** The update's own id is the command's id where the sender named none: a repeat is recognised also after continue-as-new. */
export function withId(payload: unknown, id: string | undefined): unknown {
  if (typeof payload !== 'object' || payload === null || 'id' in payload || id === undefined) return payload
  return { ...payload, id }
}
