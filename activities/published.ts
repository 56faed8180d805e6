/** The runbooks that a worker believes, and not because Temporal says so. */

import { type Failure, failure } from '../domain/failures.ts'
import { automaticKeys, publishedKey, publishedKeys, wholeKey } from '../domain/runbook/published.ts'
import type { Runbook } from '../domain/runbook/runbook.ts'
import type { StepContext, StepParams } from '../domain/steps/contract.ts'

/** Where runbooks lie that are believed; undefined where one of them has the key, else why none does. */
export type Source = (key: string, asked: Asked) => Promise<Failure | undefined>
export type Asked = { readonly kind: string; readonly context: StepContext }

export type Published = {
  /** Why what only a runbook may say of this step is said by none of them; undefined where one does. */
  readonly lacks: (kind: string, params: StepParams, context: StepContext) => Promise<Failure | undefined>
  /** One of them has this very change run without people. */
  readonly automates: (kind: string, params: StepParams, context: StepContext) => Promise<boolean>
}

/** Of several sources each is enough. */
export function publishedIn(sources: readonly Source[]): Published {
  const lacks = async (key: string, asked: Asked): Promise<Failure | undefined> => {
    let why: Failure | undefined
    for (const source of sources) {
      why = await source(key, asked)
      if (why === undefined) return undefined
    }
    return why
  }
  return {
    lacks: async (kind, params, context) => {
      const key = publishedKey({ kind, params }, context)
      return key === undefined ? undefined : lacks(key, { kind, context })
    },
    automates: async (kind, params, context) => {
      const key = wholeKey({ kind, params }, context)
      return key !== undefined && (await lacks(automatic(key), { kind, context })) === undefined
    },
  }
}

/** Everything that is believed of a book, as it is asked for. */
export function keysOf(book: Runbook): readonly string[] {
  return [...publishedKeys(book), ...[...automaticKeys(book)].map(automatic)]
}

function automatic(key: string): string {
  return `automatic ${key}`
}

/** Reads runbooks as they are now. */
export type Believed = () => Promise<readonly Runbook[]>

/** A runbook that was changed is believed within this time; a flood of refusals does not read it again and again. */
export const readsAgainAfterMs = 2_000
/** What is believed is looked at again after this: a word may have been taken away. */
export const freshForMs = 30_000

/** Runbooks that lie where only those may write whom the worker trusts. */
export function folderSource(believed: Believed, clock: () => number = () => performance.now()): Source {
  let keys: ReadonlySet<string> = new Set()
  let readAtMs = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | undefined
  const readAgain = async (): Promise<void> => {
    keys = new Set((await believed()).flatMap(keysOf))
    readAtMs = clock()
  }
  return async (key, { kind }) => {
    if (clock() - readAtMs >= (keys.has(key) ? freshForMs : readsAgainAfterMs)) {
      reading ??= readAgain().finally(() => {
        reading = undefined
      })
      await reading
    }
    return keys.has(key) ? undefined : failure('not-published', { kind })
  }
}
