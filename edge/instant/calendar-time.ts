/** From typed digits to a time that calendars and clocks know, in whatever zone. */
import type { Text } from '../../domain/words.ts'
import type { Typed } from './time-forms.ts'

export type CalendarTime =
  /** Epoch ms of the same time in UTC. */
  | { readonly kind: 'wall'; readonly wall: number }
  /** No time, and the times that were probably meant. */
  | { readonly kind: 'none'; readonly problem: Text; readonly meant: readonly number[] }

const years = { first: 2000, last: 2100 } as const

export function calendarTime(typed: Typed): CalendarTime {
  const { year, month, day, hour, minute, second, fraction } = typed
  if (year < years.first || year > years.last)
    return none({
      en: `the year is not between ${years.first} and ${years.last}`,
      ja: `年が ${years.first}〜${years.last} の範囲にありません`,
    })
  const midnight = Date.UTC(year, month - 1, day)
  if (new Date(midnight).toISOString().slice(0, 10) !== typed.date)
    return none({ en: `there is no ${typed.date}`, ja: `${typed.date} という日付はありません` })
  const seconds = midnight + ((hour * 60 + minute) * 60 + second) * 1_000
  if (hour === 24 && minute === 0 && second === 0 && Number(fraction) === 0)
    return none({ en: '24:00 is 00:00 of the next day', ja: '24:00 は翌日の 00:00 です' }, [seconds])
  if (second === 60 && minute <= 59 && hour <= 23)
    return none({ en: 'PostgreSQL counts no leap seconds', ja: 'PostgreSQL にうるう秒はありません' }, [
      seconds - 1_000,
      seconds,
    ])
  if (hour > 23 || minute > 59 || second > 59) {
    const time = [hour, minute, second].map((figure) => String(figure).padStart(2, '0')).join(':')
    return none({ en: `there is no ${time}`, ja: `${time} という時刻はありません` })
  }
  const wall = seconds + Number(fraction.slice(0, 3).padEnd(3, '0'))
  // Rounding could restore to the far side of the very commit that is to be left out.
  if (/[1-9]/.test(fraction.slice(3)))
    return none({ en: 'a second has three decimal places at most', ja: '秒の小数は 3 桁までです' }, [
      wall,
      wall + 1,
    ])
  return { kind: 'wall', wall }
}

function none(problem: Text, meant: readonly number[] = []): CalendarTime {
  return { kind: 'none', problem, meant }
}
