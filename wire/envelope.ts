/** What is filled in around a command before it is parsed, and what is unpacked. */
import { type Batch, batchedAtMost } from './messages.ts'

/**
 * Signals come from anywhere, also typed by hand with the stock `temporal workflow signal`: a missing version, sender or input is
 * filled in. Whatever a signal says, its sender is a person and not verified; only what one of our workflows passes on may come from an alert or from hikeshi.
 */
export function lenient(payload: unknown, from: 'anybody' | 'workflow' = 'anybody'): unknown {
  const given = typeof payload === 'object' && payload !== null && !Array.isArray(payload) ? payload : {}
  const { by, ...rest } = given as { by?: unknown }
  const sender = unverified(by)
  return { v: 1, ...rest, by: from === 'workflow' ? sender : { ...sender, kind: 'person' } }
}

function unverified(by: unknown): object {
  if (typeof by === 'string') return { kind: 'person', id: by, verified: false }
  if (typeof by === 'object' && by !== null) {
    // Only a door knows more of a person than the name.
    const { checked: _, roles: __, ...named } = by as Readonly<Record<string, unknown>>
    return { kind: 'person', ...named, verified: false }
  }
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
