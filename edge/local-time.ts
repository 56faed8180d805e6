/** UTC to the team's clock, at the edge: Node's zone data changes with its version, so nothing of this is ever recorded. */

const shapes = new Map<string, Intl.DateTimeFormat>()

/** Whether this Node knows the zone. */
export function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** The zone, or UTC where this Node knows no such zone: a wrong name must never keep anybody from reading. */
function known(zone: string): string {
  return isZone(zone) ? zone : 'UTC'
}

function parts(ms: number, zone: string): { readonly [part: string]: string } {
  let shape = shapes.get(zone)
  if (shape === undefined) {
    shape = new Intl.DateTimeFormat('en-CA', {
      timeZone: known(zone),
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    shapes.set(zone, shape)
  }
  return Object.fromEntries(shape.formatToParts(ms).map(({ type, value }) => [type, value]))
}

/** `2026-11-24 14:03 JST` */
export function localTime(ms: number, zone: string): string {
  const { year, month, day, hour, minute } = parts(ms, zone)
  return `${year}-${month}-${day} ${hour}:${minute} ${zoneName(ms, zone)}`
}

/** `14:03:07` */
export function localClock(ms: number, zone: string): string {
  const { hour, minute, second } = parts(ms, zone)
  return `${hour}:${minute}:${second}`
}

/** What the zone's clocks show, as epoch ms of the same time in UTC; the milliseconds are kept. */
export function wallTime(ms: number, zone: string): number {
  const { year, month, day, hour, minute, second } = parts(ms, zone)
  const seconds = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return seconds + (((ms % 1000) + 1000) % 1000)
}

/** `2026-11-24` */
export function localDate(ms: number, zone: string): string {
  const { year, month, day } = parts(ms, zone)
  return `${year}-${month}-${day}`
}

/** The abbreviation that people of the zone use. Each locale knows only its own: `JST` is in ja, `CET` in en-GB. */
export function zoneName(ms: number, wanted: string): string {
  const zone = known(wanted)
  for (const locale of ['en-US', 'ja-JP', 'en-GB', 'en-AU', 'en-IN', 'en-ZA']) {
    const name = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'short' })
      .formatToParts(ms)
      .find((part) => part.type === 'timeZoneName')?.value
    if (name !== undefined && /^[A-Z]{3,5}$/.test(name)) return name
  }
  const offset = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
    .formatToParts(ms)
    .find((part) => part.type === 'timeZoneName')?.value
  return offset === undefined || offset === 'GMT' ? 'UTC' : offset.replace('GMT', 'UTC')
}

/** The zone of whoever sits at the terminal, where no team's is known. With TZ empty or wrong Node names one that it does not know itself. */
export function ownZone(): string {
  return known(Intl.DateTimeFormat().resolvedOptions().timeZone)
}

/** The next moment at which the zone's clocks show `HH:MM`, epoch ms. Looked for minute by minute, so it holds on days with a shift too. */
export function atLocalClock(clock: string, zone: string, nowMs: number): number {
  const wanted = clock.padStart(5, '0')
  const start = Math.ceil(nowMs / 60_000) * 60_000
  for (let minute = 0; minute < 25 * 60; minute++) {
    const ms = start + minute * 60_000
    if (localClock(ms, zone).slice(0, 5) === wanted) return ms
  }
  // A time that a clock change leaves out: the wanted distance from now will do.
  return start
}
