/** The form in which a point in time is typed, and what people type instead. */

/** The digits as they were typed; `zone` is empty where none was. */
export type Typed = {
  readonly date: string
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** What follows the second's point. */
  readonly fraction: string
  readonly zone: string
}

/** `YYYY-MM-DD HH:MM[:SS[.mmm]] [ZONE]`, a T or a blank between; undefined for any other form. */
export function readForm(text: string): Typed | undefined {
  const found =
    /^((\d{4})-(\d\d)-(\d\d))(?:[Tt]|\s+)(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?\s*(?![ap]m$)([a-z+-][\w/:+-]*)?$/i.exec(
      text,
    )
  if (found === null) return undefined
  const [, date = '', year, month, day, hour, minute, second = '0', fraction = '', zone = ''] = found
  return {
    date,
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    fraction,
    zone,
  }
}

/** The texts that were probably meant by one of another form: `2024/1/20 2:30 PM JST` → `2024-01-20 14:30:00 JST`. */
export function probablyMeant(text: string): readonly string[] {
  if (text.length > 100) return []
  // Full-width figures of a Japanese keyboard, and the minus signs of web pages.
  const plain = text
    .normalize('NFKC')
    .replaceAll(/[\u2010-\u2015\u2212]/g, '-')
    .trim()
  const clock =
    /(?:^|[T\s日])(\d{1,2})[:時](\d\d)(?:[:分](\d\d))?[分秒]?(?:[.,](\d+))?\s*(?:([ap])\.?m\.?(?![a-z]))?\s*(.*)$/i
  const found = clock.exec(plain)
  if (found === null) return []
  const [, typedHour = '', minute = '', second = '00', fraction, half, zone = ''] = found
  const hour = half === undefined ? typedHour : ofTwelve(Number(typedHour), half.toLowerCase() === 'p')
  const time = `${pad(hour)}:${minute}:${second}${fraction === undefined ? '' : `.${fraction}`}`
  const rest = zone.replace(/^日本(?:標準)?時間?$/, 'JST').replace(/^協定世界時$/, 'UTC')
  return datesIn(plain.slice(0, found.index))
    .map((date) => `${date} ${time} ${rest}`.trim())
    .filter((meant) => meant !== text && readForm(meant) !== undefined)
}

/** The hour of a clock with twelve, in a day of 24. */
function ofTwelve(hour: number, afterNoon: boolean): string {
  return String((hour % 12) + (afterNoon ? 12 : 0))
}

/** `2024/1/20` is one date; `1/2/2024` is two, because half of the world writes the day first. */
function datesIn(text: string): readonly string[] {
  const [, year, month = '', day = ''] = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[\s,]*$/.exec(text) ?? []
  if (year !== undefined) return [`${year}-${pad(month)}-${pad(day)}`]
  const [, one = '', other = '', last] = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})[\s,]*$/.exec(text) ?? []
  if (last === undefined) return []
  const dates = [`${last}-${pad(one)}-${pad(other)}`, `${last}-${pad(other)}-${pad(one)}`]
  return [...new Set(dates)].filter((date) => Number(date.slice(5, 7)) <= 12)
}

function pad(figure: string): string {
  return figure.padStart(2, '0')
}
