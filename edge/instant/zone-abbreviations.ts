/**
 * What the abbreviations of time zones mean. Node has an opinion of its own (its EST is Panama, its AST Alaska) and PostgreSQL
 * another (its IST is Israel), so neither is asked.
 */
import { zoneName } from '../local-time.ts'
import { offsetAt, writeOffset } from './wall-time.ts'

/** An abbreviation is an offset; the zone is one whose people write it so, for some of the year at least. */
export type Meaning = { readonly zone: string; readonly offset: string }

/** In use since 2000. Where several zones stand, people in different countries type the same letters and mean different times. */
const abbreviations: { readonly [abbreviation: string]: { readonly [zone: string]: string } } = {
  UTC: { UTC: '+00:00' },
  Z: { UTC: '+00:00' },
  GMT: { 'Etc/GMT': '+00:00' },

  JST: { 'Asia/Tokyo': '+09:00' },
  KST: { 'Asia/Seoul': '+09:00' },
  HKT: { 'Asia/Hong_Kong': '+08:00' },
  SGT: { 'Asia/Singapore': '+08:00' },
  WIB: { 'Asia/Jakarta': '+07:00' },
  PKT: { 'Asia/Karachi': '+05:00' },
  AWST: { 'Australia/Perth': '+08:00' },
  ACST: { 'Australia/Adelaide': '+09:30' },
  ACDT: { 'Australia/Adelaide': '+10:30' },
  AEST: { 'Australia/Sydney': '+10:00' },
  AEDT: { 'Australia/Sydney': '+11:00' },
  NZST: { 'Pacific/Auckland': '+12:00' },
  NZDT: { 'Pacific/Auckland': '+13:00' },
  WET: { 'Europe/Lisbon': '+00:00' },
  WEST: { 'Europe/Lisbon': '+01:00' },
  CET: { 'Europe/Berlin': '+01:00' },
  CEST: { 'Europe/Berlin': '+02:00' },
  EET: { 'Europe/Athens': '+02:00' },
  EEST: { 'Europe/Athens': '+03:00' },
  MSK: { 'Europe/Moscow': '+03:00' },
  SAST: { 'Africa/Johannesburg': '+02:00' },
  EDT: { 'America/New_York': '-04:00' },
  MDT: { 'America/Denver': '-06:00' },
  PDT: { 'America/Los_Angeles': '-07:00' },
  AKST: { 'America/Anchorage': '-09:00' },
  AKDT: { 'America/Anchorage': '-08:00' },
  HST: { 'Pacific/Honolulu': '-10:00' },

  ADT: { 'America/Halifax': '-03:00', 'Asia/Baghdad': '+04:00' },
  AMT: { 'America/Manaus': '-04:00', 'Asia/Yerevan': '+04:00' },
  AST: { 'America/Halifax': '-04:00', 'Asia/Riyadh': '+03:00' },
  BST: { 'Europe/London': '+01:00', 'Asia/Dhaka': '+06:00', 'Pacific/Bougainville': '+11:00' },
  CDT: { 'America/Chicago': '-05:00', 'America/Havana': '-04:00' },
  CST: { 'America/Chicago': '-06:00', 'Asia/Shanghai': '+08:00', 'America/Havana': '-05:00' },
  ECT: { 'America/Guayaquil': '-05:00', 'America/Puerto_Rico': '-04:00' },
  EST: { 'America/New_York': '-05:00', 'Australia/Sydney': '+10:00' },
  GST: { 'Asia/Dubai': '+04:00', 'Atlantic/South_Georgia': '-02:00', 'Pacific/Guam': '+10:00' },
  IST: { 'Asia/Kolkata': '+05:30', 'Europe/Dublin': '+01:00', 'Asia/Jerusalem': '+02:00' },
  MST: { 'America/Denver': '-07:00', 'Asia/Kuala_Lumpur': '+08:00', 'Asia/Yangon': '+06:30' },
  NST: { 'America/St_Johns': '-03:30', 'Asia/Kathmandu': '+05:45', 'Pacific/Norfolk': '+11:00' },
  PST: { 'America/Los_Angeles': '-08:00', 'Asia/Manila': '+08:00' },
  SST: { 'Pacific/Pago_Pago': '-11:00', 'Asia/Singapore': '+08:00' },
  WST: { 'Australia/Perth': '+08:00', 'Pacific/Apia': '+13:00' },
}

/** What people mean by it, in whatever case it is written; empty when it is unknown here. */
export function meaningsOf(abbreviation: string): readonly Meaning[] {
  const name = abbreviation.toUpperCase()
  if (!Object.hasOwn(abbreviations, name)) return []
  return Object.entries(abbreviations[name] ?? {}).map(([zone, offset]) => ({ zone, offset }))
}

/** Whether people of its zone write the abbreviation at the instant: nobody writes CEST in winter. */
export function isObserved({ zone, offset }: Meaning, ms: number): boolean {
  return writeOffset(offsetAt(ms, zone)) === offset
}

/** The abbreviation for the zone's clocks at the instant that means nothing else anywhere; undefined when there is none. */
export function abbreviationOf(ms: number, zone: string): string | undefined {
  const offset = writeOffset(offsetAt(ms, zone))
  const usual = zoneName(ms, zone)
  return Object.keys(abbreviations).find((abbreviation) => {
    const [meaning, another] = meaningsOf(abbreviation)
    if (meaning === undefined || another !== undefined) return false
    if (meaning.zone !== zone && abbreviation !== usual) return false
    return meaning.offset === offset && isObserved(meaning, ms)
  })
}
