/** Whether the zone of a runbook exists: only the edge can tell, for Node's list of zones changes with its version. */
import { nearest } from '../../domain/nearest.ts'
import { present } from '../../domain/present.ts'
import { describe, type Problem } from '../../domain/runbook/problem.ts'
import { isZone } from '../../edge/local-time.ts'

/** A mistake at `timezone`, with the zone that was most likely meant. */
export function zoneProblem(timezone: string): Problem | undefined {
  if (isZone(timezone)) return undefined
  const known = ['UTC', ...Intl.supportedValuesOf('timeZone')]
  const suggestion = nearest(timezone, known) ?? bySurname(timezone, known)
  return {
    path: ['timezone'],
    at: 'value',
    expected: { en: 'an IANA time zone that exists', ja: '実在する IANA タイムゾーン' },
    got: describe(timezone),
    ...present({ suggestion }),
  }
}

/** `Tokyo` and `Japan/Tokyo` are known by the city. */
function bySurname(timezone: string, known: readonly string[]): string | undefined {
  const city = timezone.split('/').at(-1)?.toLowerCase()
  return known.find((zone) => zone.split('/').at(-1)?.toLowerCase() === city)
}
