import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { sayInstant, writeInstant } from '../../edge/instant/said.ts'
import { readTarget } from '../../edge/restore-target.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

const zones = Intl.supportedValuesOf('timeZone').filter((zone) => zone.includes('/'))
const someZone = fc.constantFrom(...zones)
/** Within the years, whatever the zone. */
const someMs = fc.integer({ min: Date.UTC(2000, 0, 2), max: Date.UTC(2100, 11, 30) })
const someOffset = fc.integer({ min: -12 * 60, max: 14 * 60 })

const formats = new Map<string, Intl.DateTimeFormat>()

/** The clocks of a zone as Intl writes them, by another way than edge/local-time.ts takes. */
function clock(ms: number, zone: string): string {
  const known = formats.get(zone)
  const format =
    known ?? new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' })
  formats.set(zone, format)
  return format.format(ms)
}

/** Every instant at which the zone's clocks show it: since 2000 all offsets are quarters of an hour. */
function allInstants(wall: string, zone: string): readonly number[] {
  const ms = Date.parse(`${wall.replace(' ', 'T')}Z`)
  return Array.from({ length: 30 * 4 }, (_, i) => ms - 15 * hourMs + i * 15 * minuteMs).filter(
    (candidate) => clock(candidate, zone) === wall,
  )
}

/** How far ahead of UTC the zone's clocks are, in ms. */
function ahead(ms: number, zone: string): number {
  return Date.parse(`${clock(ms, zone).replace(' ', 'T')}Z`) - ms
}

/** When the zone's offset changes in a year. */
function changesIn(year: number, zone: string): readonly number[] {
  const days = Array.from({ length: 366 }, (_, day) => Date.UTC(year, 0, 1 + day, 12))
  return days
    .filter((ms) => ahead(ms, zone) !== ahead(ms + 24 * hourMs, zone))
    .flatMap((day) => Array.from({ length: 24 * 4 }, (_, i) => day + (i + 1) * 15 * minuteMs))
    .filter((ms) => ahead(ms, zone) !== ahead(ms - 15 * minuteMs, zone))
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

describe('the target of a restore, whatever is typed', () => {
  it('is the instant that was written with an offset, in each form', () => {
    fc.assert(
      fc.property(someMs, someOffset, fc.nat(2), (ms, minutes, form) => {
        const wall = iso(ms + minutes * minuteMs).slice(0, 23)
        const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((figure) =>
          String(figure).padStart(2, '0'),
        )
        const sign = minutes < 0 ? '-' : '+'
        const text = [
          `${wall}${sign}${hours}:${rest}`,
          `${wall.replace('T', ' ')} ${sign}${hours}${rest}`,
          `${wall.replace('T', ' ')} ${rest === '00' ? `${sign}${hours}` : `${sign}${hours}:${rest}`}`,
        ][form]
        const found = readTarget(text ?? '', 'UTC')
        assert.ok(found.kind === 'instant' && found.ms === ms, text)
      }),
      { numRuns: 1_000 },
    )
  })

  it('shows on the clocks of its zone what was typed, or is refused: never shifted', () => {
    const kinds = { once: 0, twice: 0, skipped: 0 }
    const nearChange = fc
      .record({ zone: someZone, year: fc.integer({ min: 2000, max: 2099 }), which: fc.nat() })
      .chain(({ zone, year, which }) => {
        const changes = changesIn(year, zone)
        const change = changes[which % Math.max(1, changes.length)] ?? Date.UTC(year, 5, 1)
        const before = change + ahead(change - minuteMs, zone)
        return fc.record({
          zone: fc.constant(zone),
          wall: fc.integer({ min: -90, max: 90 }).map((minutes) => before + minutes * minuteMs),
        })
      })
    const anywhere = fc.record({ zone: someZone, wall: someMs.map((ms) => ms - (ms % 1_000)) })
    fc.assert(
      fc.property(fc.oneof(nearChange, anywhere), ({ zone, wall }) => {
        const text = iso(wall).slice(0, 19).replace('T', ' ')
        const instants = allInstants(text, zone)
        const found = readTarget(`${text} ${zone}`, 'UTC')
        if (found.kind === 'instant') {
          kinds.once += 1
          assert.deepEqual(instants, [found.ms], `${text} ${zone}`)
          return
        }
        const offered = found.choices.map(({ ms }) => ms)
        if (instants.length === 2) {
          kinds.twice += 1
          assert.deepEqual(offered, instants, `${text} ${zone}`)
          return
        }
        kinds.skipped += 1
        assert.deepEqual(instants, [], `${text} ${zone}: ${found.problem.en}`)
        const [before = 0, after = 0] = offered
        assert.equal(after - before, 1_000)
        assert.ok(clock(before, zone) < text && text < clock(after, zone), `${text} ${zone}`)
      }),
      { numRuns: 1_000 },
    )
    for (const [kind, count] of Object.entries(kinds)) assert.ok(count > 5, `${kind}: ${count}`)
  })

  it('can be typed as it is said', () => {
    fc.assert(
      fc.property(someMs, fc.oneof(someZone, fc.constantFrom('UTC', 'Asia/Tokyo', '+05:45')), (ms, zone) => {
        const texts = [writeInstant(ms, zone), ...sayInstant(ms, zone, 'Asia/Tokyo').split(/ \(|, |\)/)]
        for (const text of texts.filter((each) => each !== '')) {
          const found = readTarget(text, 'UTC')
          assert.ok(found.kind === 'instant' && found.ms === ms, `${iso(ms)} ${zone}: ${text}`)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('is offered in texts that mean what they are said to mean', () => {
    const piece = {
      date: fc.constantFrom('2024-01-20', '2026-03-08', '2026-11-01', '2026-03-29', '2026/10/25', '1/2/2024'),
      time: fc.constantFrom('01:30', '02:30', '01:30:00.0001', '24:00', '2:30 PM', '23:59:60', '02:15:01,5'),
      zone: fc.oneof(
        fc.constantFrom(
          '',
          'IST',
          'BST',
          'CST',
          'cet',
          'CEST',
          'PDT',
          'UTC+9',
          'GMT-3',
          '+9',
          '+15',
          'Tokyo',
          'XYZ',
        ),
        someZone,
      ),
    }
    let offered = 0
    fc.assert(
      fc.property(
        fc.record(piece),
        fc.constantFrom('Asia/Tokyo', 'America/New_York', 'Europe/London'),
        ({ date, time, zone }, team) => {
          const found = readTarget(`${date} ${time} ${zone}`, team)
          if (found.kind === 'instant') return
          for (const { text, ms } of found.choices) {
            const again = readTarget(text, team)
            assert.ok(again.kind === 'instant' && again.ms === ms, `${date} ${time} ${zone}: ${text}`)
            offered += 1
          }
        },
      ),
      { numRuns: 200 },
    )
    assert.ok(offered > 200, `${offered} choices`)
  })

  it('is an answer, whatever text comes', () => {
    const alphabet = fc.constantFrom(...'0123456789-:/.+TZ amp年月日時分\u3000\u0000UTCJS')
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: alphabet, maxLength: 40 })),
        someZone,
        (text, team) => {
          const found = readTarget(text, team)
          assert.ok(found.kind === 'instant' || (found.problem.en !== '' && found.problem.ja !== ''))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('is the same whatever zone the process is in', async () => {
    const texts = [
      '2024-01-20 14:30:00 JST',
      '2024-01-20 14:30:00',
      '2026-03-08 02:30 Asia/Tokyo',
      '2026-03-08 02:30 America/New_York',
      '2026-11-01 01:30 America/New_York',
      '2026-11-01 01:30 Asia/Seoul',
      '2024-07-20 14:30 EST',
    ]
    const program = `import { readTarget } from './edge/restore-target.ts'
      console.log(JSON.stringify(${JSON.stringify(texts)}.map((text) => readTarget(text, 'Asia/Tokyo'))))`
    const here = JSON.stringify(texts.map((text) => readTarget(text, 'Asia/Tokyo')))
    for (const TZ of ['Asia/Seoul', 'America/New_York', 'Australia/Lord_Howe', '']) {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--import', 'tsx', '--input-type=module', '-e', program],
        { env: { ...process.env, TZ } },
      )
      assert.equal(stdout.trim(), here, `TZ=${TZ}`)
    }
  })
})
