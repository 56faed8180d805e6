import { CancellationScope, isCancellation } from '@temporalio/workflow'

type Ends<T> = {
  readonly done: (value: T, wasCancelled: boolean) => void
  readonly broke: (error: unknown) => void
  readonly cancelled?: () => void
}

/** Work under way, by keys: nothing runs twice at a time, each can be cancelled alone, and every end wakes the loop. */
export class UnderWay {
  readonly #scopes = new Map<string, CancellationScope>()
  readonly #ended = new Set<string>()
  readonly #wake: () => void

  constructor(wake: () => void) {
    this.#wake = wake
  }

  get size(): number {
    return this.#scopes.size
  }

  keys(): readonly string[] {
    return [...this.#scopes.keys()]
  }

  has(key: string): boolean {
    return this.#scopes.has(key)
  }

  /** It came to its own end in this run. What was cancelled has not, and may be wanted again. */
  hasEnded(key: string): boolean {
    return this.#ended.has(key)
  }

  start<T>(key: string, work: () => Promise<T>, { done, broke, cancelled }: Ends<T>): void {
    const scope = new CancellationScope({ cancellable: true })
    this.#scopes.set(key, scope)
    scope
      .run(work)
      .then(
        (value) => done(value, scope.consideredCancelled),
        (error: unknown) => (isCancellation(error) && cancelled ? cancelled() : broke(error)),
      )
      .finally(() => {
        this.#scopes.delete(key)
        if (!scope.consideredCancelled) this.#ended.add(key)
        this.#wake()
      })
  }

  cancel(key: string): void {
    this.#scopes.get(key)?.cancel()
  }
}
