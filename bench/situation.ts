import { breakLab, healLab } from '../lab/index.ts'
import { aoki, command, openDesk, until } from '../test/scenarios/world.ts'
import type { Figure, Here } from './figure.ts'

/** The picture: always within 5 s; and no longer than its slowest part + 0.7 s when health takes 1.5 s. */
export async function measureSituation(here: Here): Promise<readonly Figure[]> {
  const desk = await openDesk(here)
  const { incident } = await desk.declare({ severity: 'LOW' })
  await until(here.client, incident, 'picture', (v) => v.state.situation.taken !== undefined)
  // One that is asked for: a first picture may be given what was read for another incident.
  const picture = async () => {
    const asked = performance.now()
    await command(here.client, incident, 'situation', aoki, {})
    const { state } = await until(
      here.client,
      incident,
      'picture',
      ({ state: { situation } }) => situation.taken?.number === situation.wanted,
    )
    // Of a part that nobody answered for, the picture itself knows only how long it waited.
    const seenMs = performance.now() - asked
    const { taken } = state.situation
    const health = taken?.parts['health:backend']
    const facts = health?.ok ? (health.reading.facts as { ms?: number }) : {}
    return { tookMs: taken?.tookMs ?? Number.NaN, healthMs: facts.ms ?? 0, seenMs }
  }
  const calm = []
  for (let i = 0; i < 10; i += 1) calm.push((await picture()).tookMs)
  await breakLab(here.lab, 'slow')
  const slow = await picture()
  await healLab(here.lab)
  await breakLab(here.lab, 'hung-health')
  const hung = await picture()
  await healLab(here.lab)
  await command(here.client, incident, 'cancel', aoki, { reason: 'bench' })
  return [
    {
      what: 'situation, everything answers, slowest of 10',
      value: Math.max(...calm),
      unit: 'ms',
      limit: 5_000,
    },
    {
      what: 'situation over its slowest part (health of 1.5 s)',
      value: slow.tookMs - slow.healthMs,
      unit: 'ms',
      limit: 700,
    },
    { what: 'situation while health hangs, by the wall clock', value: hung.seenMs, unit: 'ms', limit: 5_000 },
  ]
}
