/** The workers of the audit, each a process of its own: started, killed without a word, started again. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Absences, absences } from './absences.ts'

export type Crew = {
  /** When nobody at all polled. */
  readonly nobody: Absences
  readonly size: number
  /** Returns when it polls. */
  readonly start: (place: number) => Promise<void>
  readonly kill: (place: number) => Promise<void>
  /** Returns when at least one polls. */
  readonly somebody: () => Promise<void>
  /** Starts whoever is not there. */
  readonly complete: () => Promise<void>
  readonly dismiss: () => Promise<void>
}

type Place = { child?: ChildProcess; starting?: Promise<void>; polls: boolean }

export function crewOf(size: number, worker: string, env: NodeJS.ProcessEnv, logFolder: string): Crew {
  const places = Array.from({ length: size }, (): Place => ({ polls: false }))
  const nobody = absences()
  nobody.begin()
  const polling = () => places.some((place) => place.polls)

  const start = (number: number): Promise<void> => {
    const place = places[number]
    if (place === undefined || place.polls) return Promise.resolve()
    place.starting ??= launch(place, number).finally(() => {
      delete place.starting
    })
    return place.starting
  }
  const launch = async (place: Place, number: number): Promise<void> => {
    const child = spawn(process.execPath, [worker], { env, stdio: ['pipe', 'pipe', 'pipe'] })
    place.child = child
    child.stderr.pipe(createWriteStream(join(logFolder, `worker-${number}.log`), { flags: 'a' }))
    const lines = createInterface({ input: child.stdout })
    await Promise.race([once(lines, 'line'), once(child, 'exit')])
    // Killed while it started, or no way to Temporal: whoever brings the crew together again tries once more.
    if (place.child !== child) return
    if (child.exitCode !== null || child.signalCode !== null) {
      delete place.child
      return
    }
    if (!polling()) nobody.end()
    place.polls = true
  }
  const kill = async (number: number): Promise<void> => {
    const place = places[number]
    const { child } = place ?? {}
    if (place === undefined || child === undefined) return
    const polled = place.polls
    delete place.child
    place.polls = false
    if (polled && !polling()) nobody.begin()
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  return {
    nobody,
    size,
    start,
    kill,
    somebody: async () => {
      while (!polling()) await Promise.race(places.map((_, number) => start(number)))
    },
    complete: async () => {
      for (let tries = 0; tries < 5 && !places.every((place) => place.polls); tries += 1)
        await Promise.all(places.map((_, number) => start(number)))
      if (!places.every((place) => place.polls)) throw new Error(`workers do not start: see ${logFolder}`)
    },
    dismiss: async () => {
      await Promise.all(places.map((_, number) => kill(number)))
    },
  }
}
