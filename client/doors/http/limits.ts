/** How much one person may ask for: a bucket for each kind of request, and a few at a time of what takes long. Each API counts for itself. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { failure } from '../../../domain/failures.ts'
import { personKey } from '../../../domain/person.ts'
import type { Text, Words } from '../../../domain/words.ts'
import { TurnedAway } from './problem.ts'

/** What is counted together. */
export type Cost = 'look' | 'act' | 'run' | 'declare' | 'diagnose' | 'overview'

/** So many at once, and so many more in each minute. */
type Bucket = { readonly burst: number; readonly perMinute: number }

/** A person at a keyboard, with some scripts and a screen on the wall that looks every second, stays far below. */
const buckets: { readonly [cost in Cost]: Bucket } = {
  look: { burst: 300, perMinute: 600 },
  act: { burst: 120, perMinute: 120 },
  run: { burst: 30, perMinute: 30 },
  declare: { burst: 20, perMinute: 10 },
  diagnose: { burst: 10, perMinute: 10 },
  /** Screens that look every few seconds; those that ask in the same moment cost one look. */
  overview: { burst: 60, perMinute: 60 },
}

/** Names may be made up where there are no tokens: more of them than this, and the one not seen for longest is forgotten. */
const peopleKnown = 10_000

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `act` where a route does not say. */
    cost?: Cost
  }
}

type Level = { left: number; atMs: number }

/** Refuses with 429 whoever has used up their bucket; `now` in ms of a clock that only goes on. */
export function limitRequests(app: FastifyInstance, now: () => number = () => performance.now()): void {
  const levels = new Map<string, Level>()
  app.addHook('onRequest', async ({ routeOptions, method, actor }) => {
    const cost = routeOptions.config.cost ?? (method === 'POST' ? 'act' : 'look')
    const person = actor?.id ?? ''
    const key = `${cost} ${personKey(person)}`
    const { burst, perMinute } = buckets[cost]
    const atMs = now()
    const before = levels.get(key) ?? { left: burst, atMs }
    const left = Math.min(burst, before.left + ((atMs - before.atMs) * perMinute) / 60_000)
    // In the order of their last requests: the first one is the one to forget.
    levels.delete(key)
    levels.set(key, { left: left < 1 ? left : left - 1, atMs })
    const [oldest] = levels.keys()
    if (levels.size > peopleKnown && oldest !== undefined) levels.delete(oldest)
    if (left >= 1) return
    throw tooMany(person, `${perMinute}/min`, Math.ceil(((1 - left) * 60) / perMinute))
  })
}

/** Lets so many run at once, of one person and of all; refuses the others with 429. */
export class AtOnce {
  readonly #each: number
  readonly #all: number
  readonly #running = new Map<string, number>()
  #count = 0

  constructor(each: number, all: number) {
    this.#each = each
    this.#all = all
  }

  async run<T>({ actor }: FastifyRequest, work: () => Promise<T>): Promise<T> {
    const person = actor?.id ?? ''
    const key = personKey(person)
    const own = this.#running.get(key) ?? 0
    if (own >= this.#each || this.#count >= this.#all)
      throw tooMany(person, atOnce(own >= this.#each ? this.#each : this.#all), 5)
    this.#running.set(key, own + 1)
    this.#count += 1
    try {
      return await work()
    } finally {
      this.#count -= 1
      const left = (this.#running.get(key) ?? 1) - 1
      if (left === 0) this.#running.delete(key)
      else this.#running.set(key, left)
    }
  }
}

function atOnce(limit: number): Text {
  return { en: `${limit} at once`, ja: `同時 ${limit} 件` }
}

function tooMany(person: string, limit: Words, seconds: number): TurnedAway {
  const why = failure('too-many-requests', { person, limit, seconds })
  return new TurnedAway(429, why, { 'retry-after': String(seconds) })
}
