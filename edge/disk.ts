/**
 * Calls to a disk that may not answer, such as that of a file server that is away. Each such call holds one of the four threads that Node has
 * for files, for as long as it lasts; with the last of them the whole process stands still. So they go through two places, and nobody waits
 * for one longer than a while.
 */
const places = 2
const answersWithinMs = 20_000

/** What is done with one disk: at most so many calls at once. An error with the code ETIMEDOUT where it does not answer. */
export function openDisk(withinMs = answersWithinMs): <T>(work: () => Promise<T>) => Promise<T> {
  let free = places
  const waiting: (() => void)[] = []
  return <T>(work: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const begin = () => {
        free -= 1
        work()
          .then(resolve, reject)
          .finally(() => {
            clearTimeout(late)
            free += 1
            waiting.shift()?.()
          })
      }
      const late = setTimeout(() => {
        const turn = waiting.indexOf(begin)
        if (turn >= 0) waiting.splice(turn, 1)
        reject(noAnswer(withinMs))
      }, withinMs)
      if (free > 0) begin()
      else waiting.push(begin)
    })
}

/** The archive's; a process has one. */
export const onDisk = openDisk()

/** The same for what comes in pieces: each piece has this long. */
export async function* piecesWithin<T>(
  pieces: AsyncIterable<T>,
  withinMs = answersWithinMs,
): AsyncGenerator<T> {
  const each = pieces[Symbol.asyncIterator]()
  for (;;) {
    let late: NodeJS.Timeout | undefined
    const silence = new Promise<never>((_, reject) => {
      late = setTimeout(() => reject(noAnswer(withinMs)), withinMs)
    })
    try {
      const { done, value } = await Promise.race([each.next(), silence])
      if (done) return
      yield value
    } finally {
      clearTimeout(late)
    }
  }
}

function noAnswer(withinMs: number): Error {
  return Object.assign(new Error(`the disk did not answer in ${withinMs / 1_000} s`), { code: 'ETIMEDOUT' })
}
