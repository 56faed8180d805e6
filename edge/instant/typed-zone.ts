/** The zone as a person types it. */
import { nearest } from '../../domain/nearest.ts'
import type { Text } from '../../domain/words.ts'
import { isZone } from '../local-time.ts'
import { writeOffset } from './wall-time.ts'
import { type Meaning, meaningsOf } from './zone-abbreviations.ts'

export type TypedZone =
  /** `UTC`, `Asia/Tokyo` or `+09:00`: Intl knows it by this name. */
  | { readonly kind: 'zone'; readonly zone: string }
  /** What an abbreviation can mean; one meaning at least. */
  | { readonly kind: 'abbreviation'; readonly meanings: readonly Meaning[] }
  /** No zone, and those that were probably meant. */
  | { readonly kind: 'none'; readonly problem: Text; readonly meant: readonly string[] }

export function readZone(typed: string): TypedZone {
  if (typed === '') return none({ en: 'the time zone is missing', ja: 'タイムゾーンがありません' })
  const meanings = meaningsOf(typed)
  if (meanings.length > 0) return { kind: 'abbreviation', meanings }
  const [, prefix = '', sign, hours, minutes = '00'] =
    /^(UTC|GMT)?([+-])(\d{1,2})(?::?(\d\d))?$/i.exec(typed) ?? []
  if (sign !== undefined && hours !== undefined)
    return offsetZone(typed, prefix, sign === '-' ? -1 : 1, hours, minutes)
  // Names of one word are left to the abbreviations: Node would take EST for Panama.
  if (typed.includes('/') && isZone(typed)) return { kind: 'zone', zone: asListed(typed) }
  return none(
    { en: `there is no time zone ${typed}`, ja: `${typed} というタイムゾーンはありません` },
    zonesLike(typed),
  )
}

function offsetZone(typed: string, prefix: string, sign: 1 | -1, hours: string, minutes: string): TypedZone {
  const offsetMs = sign * (Number(hours) * 60 + Number(minutes)) * 60_000
  if (Number(minutes) > 59 || offsetMs > 14 * 3_600_000 || offsetMs < -12 * 3_600_000)
    return none({ en: `no time zone is at ${typed}`, ja: `時差が ${typed} の地域はありません` })
  const zone = ofOffset(offsetMs)
  if (prefix !== '' && offsetMs !== 0)
    return none(
      {
        en: `PostgreSQL reads ${typed} as ${ofOffset(-offsetMs)}`,
        ja: `PostgreSQL は ${typed} を ${ofOffset(-offsetMs)} と読みます`,
      },
      [zone, ofOffset(-offsetMs)],
    )
  // Nine hours ahead of UTC, or nine minutes later: nobody can tell.
  if (prefix === '' && hours.length === 1)
    return none({ en: 'an offset has two digits for the hours', ja: '時差の「時」は 2 桁で書きます' }, [zone])
  return { kind: 'zone', zone }
}

function ofOffset(offsetMs: number): string {
  return offsetMs === 0 ? 'UTC' : writeOffset(offsetMs)
}

/** `asia/tokyo` → `Asia/Tokyo`. Node names an old alias by another name, and that one is not what was typed. */
function asListed(typed: string): string {
  const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: typed }).resolvedOptions()
  return timeZone.toLowerCase() === typed.toLowerCase() ? timeZone : typed
}

function zonesLike(typed: string): readonly string[] {
  const zone = nearest(typed, Intl.supportedValuesOf('timeZone'))
  return zone === undefined ? [] : [zone]
}

function none(problem: Text, meant: readonly string[] = []): TypedZone {
  return { kind: 'none', problem, meant }
}
