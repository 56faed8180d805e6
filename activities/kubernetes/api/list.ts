import { isRefusal } from '../../refusal.ts'
import type { Apis, CallOptions, Kubernetes, Question, Raw } from './client.ts'

/** 50 pages of 200: a namespace beyond it is cut, and what is said of it says so. Larger pages cost a worker its memory. */
const pageSize = 200
const mostPages = 50
export const mostListed = pageSize * mostPages

export type Page = { readonly limit: number; readonly _continue?: string }
type List<T> = { readonly items: T[]; readonly metadata?: object }
export type Listed<T> = { readonly items: readonly T[]; readonly cut: boolean }

/** Lists page by page and keeps of each object only what `keep` makes of it, so that a large namespace never lies in memory whole. */
export async function listAll<T, Kept>(
  kubernetes: Kubernetes,
  question: Omit<Question<unknown>, 'ask' | 'verb'>,
  ask: (apis: Apis, page: Page, options: CallOptions) => Promise<List<T>>,
  keep: (item: Raw<T>) => Kept,
): Promise<Listed<Kept>> {
  for (let round = 1; ; round++) {
    try {
      return await listOnce(kubernetes, question, ask, keep)
    } catch (error) {
      // 410: the list was compacted between two pages; a second round starts from a newer state.
      if (round === 2 || !isRefusal(error, 'kubernetes-refused')) throw error
    }
  }
}

async function listOnce<T, Kept>(
  kubernetes: Kubernetes,
  question: Omit<Question<unknown>, 'ask' | 'verb'>,
  ask: (apis: Apis, page: Page, options: CallOptions) => Promise<List<T>>,
  keep: (item: Raw<T>) => Kept,
): Promise<Listed<Kept>> {
  const items: Kept[] = []
  let next: string | undefined
  for (let page = 0; page < mostPages; page++) {
    const from = next === undefined ? {} : { _continue: next }
    const list = await kubernetes.call({
      ...question,
      verb: 'list',
      ask: (apis, options) => ask(apis, { limit: pageSize, ...from }, options),
    })
    for (const item of list.items) items.push(keep(item as Raw<T>))
    // The wire's name is `continue`; the client's models call it `_continue`.
    next = (list.metadata as { readonly continue?: string } | undefined)?.continue
    if (!next) return { items, cut: false }
  }
  return { items, cut: true }
}
