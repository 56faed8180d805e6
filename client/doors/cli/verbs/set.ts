import { durationMs } from '../../../../domain/duration.ts'
import { expected } from '../../../../domain/expected.ts'
import { nearest } from '../../../../domain/nearest.ts'
import { type Impact, impacts, type Severity, severities } from '../../../../domain/words.ts'
import { atLocalClock } from '../../../../edge/local-time.ts'
import { type Refused, refused } from '../../../../edge/refused.ts'
import { exactMoment } from '../moment.ts'
import type { Session } from '../session.ts'
import { zoneOf } from '../zone.ts'
import { tell } from './tell.ts'

const settings = ['severity', 'impact', 'eta', 'commander', 'symptom', 'data-loss', 'breach'] as const
const says = { en: 'set', ja: '設定しました' }

export async function set(
  session: Session,
  incident: string,
  what: string,
  value: string,
): Promise<undefined> {
  switch (what) {
    case 'severity': {
      const severity = value.toUpperCase()
      if (!isOneOf<Severity>(severities, severity)) throw notOneOf(what, severities, severity)
      return tell(session, incident, { type: 'set-severity', severity }, says)
    }
    case 'impact':
      if (!isOneOf<Impact>(impacts, value)) throw notOneOf(what, impacts, value)
      return tell(session, incident, { type: 'set-impact', impact: value }, says)
    case 'eta':
      return tell(session, incident, { type: 'set-eta', eta: await momentOf(session, incident, value) }, says)
    case 'commander':
      return tell(session, incident, { type: 'set-commander', person: value }, says)
    case 'symptom':
      return tell(session, incident, { type: 'set-symptom', symptom: value }, says)
    case 'data-loss':
      return tell(session, incident, { type: 'set-risk', dataLoss: yesOrNo(what, value) }, says)
    case 'breach':
      return tell(session, incident, { type: 'set-risk', breach: yesOrNo(what, value) }, says)
    default:
      throw notOneOf('set', settings, what)
  }
}

/** Nobody expects a recovery later than this. */
const longestMs = 366 * 86_400_000

/** `14:30` on the team's clock, `+45m` from now, or a moment with its offset. */
async function momentOf(session: Session, incident: string, value: string): Promise<string> {
  const now = Date.now()
  const inMs = value.startsWith('+') ? durationMs(value.slice(1)) : undefined
  if (inMs !== undefined && inMs <= longestMs) return new Date(now + inMs).toISOString()
  if (/^([01]?\d|2[0-3]):[0-5]\d$/.test(value)) {
    const zone = await zoneOf(session, await session.incidents(), incident)
    return new Date(atLocalClock(value, zone, now)).toISOString()
  }
  return new Date(
    exactMoment(value, 'set eta', {
      en: '14:30, +45m, or a time with its offset',
      ja: '14:30、+45m、または時差付きの時刻',
    }),
  ).toISOString()
}

function yesOrNo(where: string, value: string): boolean {
  if (['yes', 'on', 'true'].includes(value)) return true
  if (['no', 'off', 'false'].includes(value)) return false
  throw notOneOf(where, ['yes', 'no'], value)
}

function isOneOf<T extends string>(all: readonly T[], value: string): value is T {
  return (all as readonly string[]).includes(value)
}

function notOneOf(where: string, known: readonly string[], value: string): Refused {
  const meant = nearest(value, known)
  return refused('bad-input', {
    where,
    problem: expected(
      `one of ${known.join(', ')}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`,
      `${known.join(', ')} のいずれか${meant === undefined ? '' : `（もしかして: ${meant}）`}`,
    ),
  })
}
