/** What happens to the machines meanwhile: kill -9 of one worker, of all of them, of Temporal; and people who only look on. */
import type { Chance } from './chance.ts'
import type { Crew } from './crew.ts'
import type { Doors } from './doors.ts'
import type { Server } from './server.ts'

export type Storm = {
  readonly kills: number
  readonly everyMs: number
  /** Told what was killed. */
  readonly onKill: (what: string) => void
}

/** The storm's own clock: a slow machine has slow kills, and as many of them beside each story. */
export type Clock = { readonly strikes: (nth: number) => Promise<void>; readonly strike: () => void }

export function clock(): Clock {
  let struck = 0
  const waiting: { readonly nth: number; readonly wake: () => void }[] = []
  return {
    strikes: (nth) =>
      nth <= struck ? Promise.resolve() : new Promise((wake) => waiting.push({ nth, wake })),
    strike: () => {
      struck += 1
      for (const { nth, wake } of waiting) if (nth <= struck) wake()
    },
  }
}

export async function rage(crew: Crew, server: Server, storm: Storm, chance: Chance): Promise<void> {
  const { kills, everyMs, onKill } = storm
  for (let i = 0; i < kills; i += 1) {
    await chance.pause(everyMs / 2, (3 * everyMs) / 2)
    const place = chance.between(0, crew.size - 1)
    const what = chance.of(['one', 'one', 'one', 'all', 'temporal', 'both'] as const)
    const backAfterMs = chance.between(100, 3_000)
    onKill(what)
    if (what === 'one' || what === 'both') await crew.kill(place)
    if (what === 'all') await Promise.all(Array.from({ length: crew.size }, (_, other) => crew.kill(other)))
    if (what === 'temporal' || what === 'both') await server.kill()
    // Nobody lives for some seconds, and people go on asking.
    if (what === 'all') await chance.pause(backAfterMs, backAfterMs + 1_500)
    if (what === 'temporal' || what === 'both') {
      await chance.pause(50, 1_000)
      await server.start()
    }
    const back = Promise.all(Array.from({ length: crew.size }, (_, other) => crew.start(other)))
    // Mostly the next kill waits until all are there; now and then it meets a worker that starts, never twice in a row.
    if (chance.happens(0.75)) await back
    else await crew.somebody()
  }
  await server.start()
  await crew.complete()
}

/** Asks for the state of incidents and desks all the time, also while no worker lives: those questions wait for the next one. */
export async function lookOn(
  doors: Doors,
  what: { readonly desks: readonly string[]; readonly incidents: () => readonly string[] },
  until: AbortSignal,
  chance: Chance,
): Promise<number> {
  const open = new Set<Promise<unknown>>()
  let asked = 0
  while (!until.aborted) {
    const known = what.incidents().slice(-8)
    const withinMs = chance.between(1_000, 9_000)
    const asking =
      known.length === 0 || chance.happens(0.25)
        ? doors.desk(chance.of(what.desks), withinMs)
        : doors.view(chance.of(known), withinMs)
    asked += 1
    const answered = asking.catch(() => undefined).finally(() => open.delete(answered))
    open.add(answered)
    await chance.pause(20, 300)
  }
  await Promise.all(open)
  return asked
}

/** Groups of alerts that fire, end, and fire again, each message twice now and then. */
export async function soundAlerts(
  doors: Doors,
  desk: string,
  group: { readonly id: string; readonly lastsMs: number },
  chance: Chance,
): Promise<void> {
  const by = { kind: 'alert', id: 'alertmanager', verified: true } as const
  const rounds = chance.between(1, 3)
  await chance.pause(0, group.lastsMs / 2)
  for (let i = 0; i < rounds; i += 1) {
    const startsAtMs = 1_000 * (2 * i + 1)
    const fires = { id: group.id.slice(0, 16), startsAtMs }
    const copies = chance.between(1, 2)
    await Promise.all(Array.from({ length: copies }, () => doors.alerts(desk, group.id, fires, by)))
    await chance.pause(100, group.lastsMs / 6)
    await doors.alerts(desk, group.id, { ...fires, endsAtMs: startsAtMs + 500 }, by)
    await chance.pause(100, group.lastsMs / 6)
  }
}
