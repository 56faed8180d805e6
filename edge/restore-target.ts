/**
 * The point in time that a person types to restore to. PostgreSQL reads nearly anything, in the zone of its own settings; here
 * what can mean two instants, or none, is refused with the texts that mean one.
 */
import { expected } from '../domain/expected.ts'
import { cutTo, type Text, verbatim } from '../domain/words.ts'
import { calendarTime } from './instant/calendar-time.ts'
import { sayInstant, writeInstant, writeNamed } from './instant/said.ts'
import { probablyMeant, readForm } from './instant/time-forms.ts'
import { readZone } from './instant/typed-zone.ts'
import { instantsAt, offsetAt, writeOffset, writeWallTime } from './instant/wall-time.ts'
import { isObserved, type Meaning } from './instant/zone-abbreviations.ts'
import { refused } from './refused.ts'

export type Target = {
  readonly kind: 'instant'
  /** Epoch ms, exact. */
  readonly ms: number
  /** As Intl knows it: `Asia/Tokyo` for JST, `UTC`, `+09:00`. */
  readonly zone: string
  /** In that zone, the team's and UTC. */
  readonly said: string
}

/** A text to type, and the instant that it means. */
export type Choice = { readonly text: string; readonly ms: number }

export type Unclear = {
  readonly kind: 'unclear'
  readonly problem: Text
  /** What was probably meant; empty where nobody can guess. */
  readonly choices: readonly Choice[]
}

/** Reads `2024-01-20 14:30:00 JST`; a zone has to be there. The team's zone, `Asia/Tokyo`, only words what is said. */
export function readTarget(text: string, team: string): Target | Unclear {
  const typed = readForm(text.trim())
  if (typed === undefined)
    return unclear(
      expected('YYYY-MM-DD HH:MM:SS and a time zone', '「YYYY-MM-DD HH:MM:SS」とタイムゾーン'),
      probablyMeant(text).flatMap((meant) => choicesOf(readTarget(meant, team))),
    )
  const time = calendarTime(typed)
  if (time.kind === 'wall') return inTypedZone(time.wall, typed.zone, team)
  return unclear(
    time.problem,
    time.meant.flatMap((wall) => choicesOf(inTypedZone(wall, typed.zone, team))),
  )
}

/** The same for a door that goes on with an instant only: anything else is HK111. */
export function targetOf(text: string, team: string): Target {
  const found = readTarget(text, team)
  if (found.kind === 'instant') return found
  const write = found.choices.length === 0 ? example(team) : worded(found.choices, team)
  throw refused('unclear-time', { text: verbatim(cutTo(text, 80)), problem: found.problem, write })
}

function inTypedZone(wall: number, typed: string, team: string): Target | Unclear {
  const read = readZone(typed)
  if (read.kind === 'zone') return inZone(wall, read.zone, team)
  if (read.kind === 'none') {
    const meant = read.meant.flatMap((zone) => near(wall, zone))
    const usual = [team, 'UTC'].flatMap((zone) => near(wall, zone, writeInstant))
    return unclear(read.problem, meant.length === 0 ? usual : meant)
  }
  const [meaning, ...others] = read.meanings
  if (meaning !== undefined && others.length === 0) return abbreviated(wall, typed, meaning, team)
  return unclear(
    { en: `${typed} stands for several time zones`, ja: `${typed} は複数のタイムゾーンを指します` },
    read.meanings.flatMap((each) => meant(wall, each)),
  )
}

/** The offset of the abbreviation, while people of its zone go by it. */
function abbreviated(wall: number, typed: string, meaning: Meaning, team: string): Target | Unclear {
  const ms = wall - offsetAt(wall, meaning.offset)
  if (isObserved(meaning, ms)) return target(ms, meaning.zone, team)
  return unclear(
    {
      en: `${meaning.zone} is not on ${typed} at that time`,
      ja: `${meaning.zone} はこの時刻に ${typed} ではありません`,
    },
    meant(wall, meaning),
  )
}

function inZone(wall: number, zone: string, team: string): Target | Unclear {
  const found = instantsAt(wall, zone)
  if (found.kind === 'once') return target(found.ms, zone, team)
  if (found.kind === 'twice')
    return unclear(
      {
        en: `${zone} has this time twice, because its clocks go back`,
        ja: `${zone} では時計が戻るため、この時刻が 2 回あります`,
      },
      near(wall, zone),
    )
  const [from, to] = [writeWallTime(found.from), writeWallTime(found.to)]
  return unclear(
    {
      en: `${zone} skips this time: its clocks go from ${from} to ${to}`,
      ja: `${zone} にこの時刻はありません（時計が ${from} から ${to} に進みます）`,
    },
    near(wall, zone),
  )
}

/** What the zone's clocks can mean by a wall time; where they skip it, their last second before and their first after. */
function near(wall: number, zone: string, write = writeNamed): readonly Choice[] {
  const found = instantsAt(wall, zone)
  if (found.kind === 'twice')
    return [found.earlier, found.later].map((ms) => choice(ms, writeOffset(offsetAt(ms, zone))))
  const instants = found.kind === 'once' ? [found.ms] : [found.ms - 1_000, found.ms]
  return instants.map((ms) => ({ text: write(ms, zone), ms }))
}

/** The zone's clocks, and the offset of the abbreviation where the zone does not go by it then. */
function meant(wall: number, meaning: Meaning): readonly Choice[] {
  const ms = wall - offsetAt(wall, meaning.offset)
  const byClock = near(wall, meaning.zone)
  return isObserved(meaning, ms) ? byClock : [...byClock, choice(ms, meaning.offset)]
}

function target(ms: number, zone: string, team: string): Target {
  return { kind: 'instant', ms, zone, said: sayInstant(ms, zone, team) }
}

function unclear(problem: Text, choices: readonly Choice[]): Unclear {
  const texts = choices.map(({ text }) => text)
  return { kind: 'unclear', problem, choices: choices.filter(({ text }, i) => texts.indexOf(text) === i) }
}

function choicesOf(read: Target | Unclear): readonly Choice[] {
  return read.kind === 'instant' ? [choice(read.ms, read.zone)] : read.choices
}

function choice(ms: number, zone: string): Choice {
  return { text: writeInstant(ms, zone), ms }
}

/** `"2024-01-20 14:30:00 JST" (2024-01-20 05:30:00 UTC) or "2024-01-20 14:30:00 UTC" (2024-01-20 23:30:00 JST)` */
function worded(choices: readonly Choice[], team: string): Text {
  const each = choices.map(({ text, ms }) => {
    const elsewhere = [writeInstant(ms, 'UTC'), writeInstant(ms, team)].find((other) => other !== text)
    return elsewhere === undefined ? `"${text}"` : `"${text}" (${elsewhere})`
  })
  return { en: each.join(' or '), ja: each.join('、または ') }
}

function example(team: string): Text {
  const text = `"${writeInstant(Date.UTC(2024, 0, 20, 5, 30), team)}"`
  return {
    en: `date, time and time zone, for example ${text}`,
    ja: `日付・時刻・タイムゾーン（例: ${text}）`,
  }
}
