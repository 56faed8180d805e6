/** Ends what would hold this thread: a regular expression searches until it is done, and nothing else has its turn in the meantime. */
import { createContext, Script } from 'node:vm'

const place = createContext({ work: undefined })
const script = new Script('work()')

/** Whether it ended by itself within this time. What `work` has done until then stays done. */
export function endsWithin(ms: number, work: () => void): boolean {
  place.work = work
  try {
    script.runInContext(place, { timeout: ms })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false
    throw error
  } finally {
    place.work = undefined
  }
}
