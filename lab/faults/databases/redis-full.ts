import { noteFault } from '../active.ts'
import type { Fault } from '../fault.ts'
import { needs } from './needs.ts'

/** Keys that the fault adds begin so; `heal` takes them away. */
export const bulk = 'page-cache:'
const value = 'x'.repeat(100_000)

export const redisFull: Fault = {
  name: 'redis-full',
  description: 'Redis is at its memory limit and refuses writes (OOM)',
  async begin(lab) {
    needs(lab, 'redis')
    noteFault(lab.dir, 'redis-full')
    await lab.databases.redis(async (redis) => {
      for (let i = 0; ; i += 1) {
        try {
          await redis.set(`${bulk}${i}`, value)
        } catch (error) {
          if (String(error).includes('OOM')) return
          throw error
        }
      }
    })
  },
}
