import assert from 'node:assert/strict'
import { explain } from '../../domain/failures.ts'
import { sayInstant, tzVersion, writeInstant } from '../../edge/instant/said.ts'
import { isObserved, meaningsOf } from '../../edge/instant/zone-abbreviations.ts'
import { isZone } from '../../edge/local-time.ts'
import { Refused } from '../../edge/refused.ts'
import { readTarget, targetOf } from '../../edge/restore-target.ts'

const team = 'Asia/Tokyo'

/** Abbreviations that stand for several zones. */
const several = 'ADT AMT AST BST CDT CST ECT EST GST IST MST NST PST SST WST'

/** ISO of the instant; `problem: text | text` of a refusal. */
function read(text: string, zone = team): string {
  const found = readTarget(text, zone)
  if (found.kind === 'instant') return new Date(found.ms).toISOString()
  return `${found.problem.en}: ${found.choices.map((choice) => choice.text).join(' | ')}`
}

/** Each refusal's choices as text → instant. */
function choices(text: string, zone = team): { readonly [text: string]: string } {
  const found = readTarget(text, zone)
  assert.equal(found.kind, 'unclear', text)
  if (found.kind !== 'unclear') return {}
  return Object.fromEntries(found.choices.map((each) => [each.text, new Date(each.ms).toISOString()]))
}

describe('the target of a restore', () => {
  it('is read from every form that can mean one instant only', () => {
    for (const text of [
      '2024-01-20 14:30:00 JST',
      '2024-01-20 14:30:00 jst',
      '2024-01-20 14:30:00JST',
      '2024-01-20 14:30 JST',
      '  2024-01-20  14:30:00  JST ',
      '2024-01-20 14:30:00 KST',
      '2024-01-20T14:30:00+09:00',
      '2024-01-20t14:30:00.000+0900',
      '2024-01-20 14:30:00+09',
      '2024-01-20 14:30:00 Asia/Tokyo',
      '2024-01-20 14:30:00 asia/tokyo',
      '2024-01-20 05:30:00 UTC',
      '2024-01-20 05:30:00 utc',
      '2024-01-20T05:30:00Z',
      '2024-01-20T05:30:00.000000z',
      '2024-01-20 05:30 GMT',
      '2024-01-20 05:30 GMT+0',
      '2024-01-20 05:30 Etc/UTC',
      '2024-01-20 05:30:00 -00:00',
      '2024-01-20 00:30:00 America/New_York',
      '2024-01-19 20:30:00 Etc/GMT+9',
      '2024-01-20 11:15:00 +05:45',
      '2024-01-20 11:15:00 Asia/Kathmandu',
      '2024-01-20 06:30:00 CET',
    ])
      assert.equal(read(text), '2024-01-20T05:30:00.000Z', text)
    assert.equal(read('2024-02-29 23:59:59.1 UTC'), '2024-02-29T23:59:59.100Z')
    assert.equal(read('2024-02-29 23:59:59.087 UTC'), '2024-02-29T23:59:59.087Z')
  })

  it('names the zone it was typed in, and says it there, on the clock of the team and in UTC', () => {
    const said = (text: string) => {
      const { zone, said } = targetOf(text, team)
      return [zone, said]
    }
    const utc = '2024-01-20 05:30:00 UTC'
    assert.deepEqual(said('2024-01-20 14:30 JST'), [team, `2024-01-20 14:30:00 JST (${utc})`])
    assert.deepEqual(said(utc), ['UTC', `${utc} (2024-01-20 14:30:00 JST)`])
    assert.deepEqual(said('2024-07-01 10:00:00.25 EDT'), [
      'America/New_York',
      '2024-07-01 10:00:00.250 EDT (2024-07-01 23:00:00.250 JST, 2024-07-01 14:00:00.250 UTC)',
    ])
    assert.deepEqual(said('2024-01-20 00:30-05:00'), [
      '-05:00',
      `2024-01-20 00:30:00 -05:00 (2024-01-20 14:30:00 JST, ${utc})`,
    ])
  })

  it('needs a zone, and without one shows what it would be on the clock of the team and in UTC', () => {
    assert.deepEqual(choices('2024-01-20 14:30'), {
      '2024-01-20 14:30:00 JST': '2024-01-20T05:30:00.000Z',
      '2024-01-20 14:30:00 UTC': '2024-01-20T14:30:00.000Z',
    })
    assert.deepEqual(Object.keys(choices('2024-01-20 14:30', 'UTC')), ['2024-01-20 14:30:00 UTC'])
    assert.deepEqual(Object.keys(choices('2024-01-20 14:30', 'Mars/Olympus')), ['2024-01-20 14:30:00 UTC'])
    // The team's clocks have it twice.
    assert.deepEqual(choices('2026-11-01 01:30', 'America/New_York'), {
      '2026-11-01 01:30:00 -04:00': '2026-11-01T05:30:00.000Z',
      '2026-11-01 01:30:00 -05:00': '2026-11-01T06:30:00.000Z',
      '2026-11-01 01:30:00 UTC': '2026-11-01T01:30:00.000Z',
    })
  })

  it('has no abbreviation that stands for several zones, and shows each of them', () => {
    assert.deepEqual(choices('2024-07-20 14:30:00 ist'), {
      '2024-07-20 14:30:00 Asia/Kolkata': '2024-07-20T09:00:00.000Z',
      '2024-07-20 14:30:00 Europe/Dublin': '2024-07-20T13:30:00.000Z',
      // Israel is on summer time then, and whoever writes IST may still mean winter time.
      '2024-07-20 14:30:00 Asia/Jerusalem': '2024-07-20T11:30:00.000Z',
      '2024-07-20 14:30:00 +02:00': '2024-07-20T12:30:00.000Z',
    })
    for (const name of several.split(' '))
      assert.match(read(`2024-07-20 14:30 ${name}`), new RegExp(`^${name} stands for several.*: .* \\| `))
  })

  it('has an abbreviation of one zone only while that zone goes by it', () => {
    assert.equal(read('2024-07-20 14:30 EDT'), '2024-07-20T18:30:00.000Z')
    assert.equal(read('2024-07-20 14:30 CEST'), '2024-07-20T12:30:00.000Z')
    assert.deepEqual(choices('2024-01-20 14:30 EDT'), {
      '2024-01-20 14:30:00 America/New_York': '2024-01-20T19:30:00.000Z',
      '2024-01-20 14:30:00 -04:00': '2024-01-20T18:30:00.000Z',
    })
    assert.match(read('2024-07-20 14:30 CET'), /^Europe\/Berlin is not on CET at that time: /)
    // In the hour that comes twice it tells which.
    assert.equal(read('2026-11-01 01:30 EDT'), '2026-11-01T05:30:00.000Z')
    assert.equal(read('2026-10-25 02:30 CEST'), '2026-10-25T00:30:00.000Z')
    assert.equal(read('2026-10-25 02:30 CET'), '2026-10-25T01:30:00.000Z')
    // Moscow was four hours ahead from 2011 to 2014.
    assert.match(read('2012-07-20 14:30 MSK'), /is not on MSK/)
  })

  it('knows of every abbreviation a zone whose clocks it has named', () => {
    const names =
      'UTC Z GMT JST KST HKT SGT WIB PKT AWST ACST ACDT AEST AEDT NZST NZDT WET WEST CET CEST EET EEST MSK SAST EDT MDT PDT ' +
      `AKST AKDT HST ${several}`
    const days = Array.from({ length: 27 * 36 }, (_, i) => Date.UTC(2000, 0, 1 + i * 10))
    for (const name of names.split(' ')) {
      const meanings = meaningsOf(name)
      assert.ok(meanings.length > 0, name)
      for (const meaning of meanings) {
        assert.ok(isZone(meaning.zone), `${name}: ${meaning.zone}`)
        assert.ok(
          days.some((ms) => isObserved(meaning, ms)),
          `${name}: ${meaning.zone} ${meaning.offset}`,
        )
      }
    }
  })

  it('asks which one, where clocks go back', () => {
    assert.deepEqual(choices('2026-11-01 01:30 America/New_York'), {
      '2026-11-01 01:30:00 -04:00': '2026-11-01T05:30:00.000Z',
      '2026-11-01 01:30:00 -05:00': '2026-11-01T06:30:00.000Z',
    })
    assert.equal(read('2026-11-01 00:59:59.999 America/New_York'), '2026-11-01T04:59:59.999Z')
    assert.equal(read('2026-11-01 02:00:00 America/New_York'), '2026-11-01T07:00:00.000Z')
    // Half an hour.
    assert.deepEqual(Object.keys(choices('2026-04-05 01:45 Australia/Lord_Howe')), [
      '2026-04-05 01:45:00 +11:00',
      '2026-04-05 01:45:00 +10:30',
    ])
    assert.equal(read('2026-04-05 01:29:59 Australia/Lord_Howe'), '2026-04-04T14:29:59.000Z')
  })

  it('is no time that clocks skip: the last before and the first after are shown', () => {
    assert.deepEqual(choices('2026-03-08 02:30:00.5 America/New_York'), {
      '2026-03-08 01:59:59 America/New_York': '2026-03-08T06:59:59.000Z',
      '2026-03-08 03:00:00 America/New_York': '2026-03-08T07:00:00.000Z',
    })
    assert.match(
      read('2026-03-08 02:00 America/New_York'),
      /skips this time: its clocks go from 2026-03-08 02:00:00 to 2026-03-08 03:00:00/,
    )
    assert.equal(read('2026-03-08 01:59:59.999 America/New_York'), '2026-03-08T06:59:59.999Z')
    assert.deepEqual(Object.keys(choices('2026-10-04 02:15 Australia/Lord_Howe')), [
      '2026-10-04 01:59:59 Australia/Lord_Howe',
      '2026-10-04 02:30:00 Australia/Lord_Howe',
    ])
    // Samoa went to the other side of the date line.
    assert.deepEqual(choices('2011-12-30 12:00 Pacific/Apia'), {
      '2011-12-29 23:59:59 Pacific/Apia': '2011-12-30T09:59:59.000Z',
      '2011-12-31 00:00:00 Pacific/Apia': '2011-12-30T10:00:00.000Z',
    })
  })

  it('is not what PostgreSQL reads the other way round, and no half-written offset', () => {
    assert.equal(
      read('2024-01-20 14:30 UTC+9'),
      'PostgreSQL reads UTC+9 as -09:00: 2024-01-20 14:30:00 +09:00 | 2024-01-20 14:30:00 -09:00',
    )
    assert.match(read('2024-01-20 14:30 GMT-05:30'), /as \+05:30: .*-05:30 \| .*\+05:30$/)
    assert.deepEqual(Object.keys(choices('2024-01-20 14:30 +9')), ['2024-01-20 14:30:00 +09:00'])
    assert.deepEqual(Object.keys(choices('2024-01-20 14:30 -930')), ['2024-01-20 14:30:00 -09:30'])
    for (const offset of ['+14:01', '+15', '-12:30', '+09:60', '+99:99'])
      assert.match(read(`2024-01-20 14:30 ${offset}`), /^no time zone is at /, offset)
    assert.equal(read('2024-01-20 14:30 +14:00'), '2024-01-20T00:30:00.000Z')
    assert.equal(read('2024-01-20 14:30 -12:00'), '2024-01-21T02:30:00.000Z')
    // The name says plus, the clock is behind: what is said has the truth.
    assert.equal(targetOf('2024-01-20 14:30 Etc/GMT+9', 'UTC').zone, 'Etc/GMT+9')
    assert.equal(
      targetOf('2024-01-20 14:30 Etc/GMT+9', 'UTC').said,
      '2024-01-20 14:30:00 -09:00 (2024-01-20 23:30:00 UTC)',
    )
  })

  it('has no zone that is unknown, and shows one that is spelt nearly so', () => {
    assert.match(read('2024-01-20 14:30 XYZ'), /^there is no time zone XYZ: .* JST \| .* UTC$/)
    assert.match(read('2024-01-20 14:30 Asia/Tokio'), /: 2024-01-20 14:30:00 Asia\/Tokyo$/)
    assert.match(read('2024-01-20 14:30 Tokyo'), /: 2024-01-20 14:30:00 Asia\/Tokyo$/)
    // Node knows these: as Panama, as Alaska, as Brussels.
    for (const name of ['EST5EDT', 'PNT', 'MET', 'ACT', 'Japan', 'constructor', '__proto__', 'toString'])
      assert.doesNotMatch(read(`2024-01-20 14:30 ${name}`), /^\d/, name)
  })

  it('is a date that calendars have and a time that clocks show', () => {
    for (const [text, problem] of [
      ['2026-02-30 10:00:00 JST', 'there is no 2026-02-30'],
      ['2026-02-29 10:00:00 JST', 'there is no 2026-02-29'],
      ['2026-13-01 10:00:00 JST', 'there is no 2026-13-01'],
      ['2026-00-01 10:00:00 JST', 'there is no 2026-00-01'],
      ['2026-01-00 10:00:00 JST', 'there is no 2026-01-00'],
      ['2026-01-20 25:00:00 JST', 'there is no 25:00:00'],
      ['2026-01-20 24:00:01 JST', 'there is no 24:00:01'],
      ['2026-01-20 10:60:00 JST', 'there is no 10:60:00'],
      ['2026-01-20 10:00:61 JST', 'there is no 10:00:61'],
      ['1999-12-31 23:59:59 UTC', 'the year is not between 2000 and 2100'],
      ['2101-01-01 00:00:00 UTC', 'the year is not between 2000 and 2100'],
    ] as const)
      assert.equal(read(text), `${problem}: `)
    assert.match(read('2026-01-31 24:00 JST'), /the next day: 2026-02-01 00:00:00 JST$/)
    assert.match(
      read('2016-12-31 23:59:60 UTC'),
      /leap.*: 2016-12-31 23:59:59 UTC \| 2017-01-01 00:00:00 UTC$/,
    )
    assert.equal(read('2000-01-01 00:00:00 +14:00'), '1999-12-31T10:00:00.000Z')
    assert.equal(read('2100-12-31 23:59:59.999 -12:00'), '2101-01-01T11:59:59.999Z')
  })

  it('is exact: parts of a millisecond are not rounded away', () => {
    assert.equal(
      read('2024-01-20 14:30:00.123456+00'),
      'a second has three decimal places at most: 2024-01-20 14:30:00.123 UTC | 2024-01-20 14:30:00.124 UTC',
    )
    assert.match(read('2024-12-31 23:59:59.9999 JST'), /59\.999 JST \| 2025-01-01 00:00:00 JST$/)
    assert.equal(read('2024-01-20 14:30:00.123000+00'), '2024-01-20T14:30:00.123Z')
  })

  it('shows the right form of what is written otherwise, and guesses nothing', () => {
    for (const [text, meant] of [
      ['2024/01/20 14:30:00 JST', '2024-01-20 14:30:00 JST'],
      ['2024/1/20 9:30 JST', '2024-01-20 09:30:00 JST'],
      ['2024-01-20 02:30:00 PM JST', '2024-01-20 14:30:00 JST'],
      ['2024-01-20 12:30 a.m. JST', '2024-01-20 00:30:00 JST'],
      ['2024-01-20 12:30 pm UTC', '2024-01-20 12:30:00 UTC'],
      ['2024-01-20 02:30 PM', '2024-01-20 14:30:00 JST | 2024-01-20 14:30:00 UTC'],
      ['2024-01-20 14:30:00,5 JST', '2024-01-20 14:30:00.500 JST'],
      ['2024-01-20 14:30:00 \u221205:00', '2024-01-20 14:30:00 -05:00'],
      ['２０２４-０１-２０　１４：３０ ＪＳＴ', '2024-01-20 14:30:00 JST'],
      ['2024年1月20日 14時30分15秒 日本時間', '2024-01-20 14:30:15 JST'],
      ['2024年1月20日14時30分', '2024-01-20 14:30:00 JST | 2024-01-20 14:30:00 UTC'],
      ['01/02/2024 14:30 JST', '2024-01-02 14:30:00 JST | 2024-02-01 14:30:00 JST'],
      ['20.01.2024 14:30 JST', '2024-01-20 14:30:00 JST'],
      ['2024-01-20', ''],
      ['2024-01-20 JST', ''],
      ['14:30 JST', ''],
      ['now', ''],
      ['', ''],
      ['1705728600', ''],
      ['20240120-143000F', ''],
      ['2024-01-20 14:30:00 JST UTC', ''],
      ['2024-01-20 14:30:00 +09:00 (JST)', ''],
      ['02024-01-20 14:30:00 JST', ''],
      [`2024/01/20 14:30${' '.repeat(200)}JST`, ''],
    ] as const)
      assert.equal(read(text), `expected YYYY-MM-DD HH:MM:SS and a time zone: ${meant}`, text)
  })

  it('is refused at a door in one sentence, with the texts to type and what they mean', () => {
    const refusal = (text: string) => {
      try {
        targetOf(text, team)
      } catch (error) {
        assert.ok(error instanceof Refused)
        assert.equal(error.failure.name, 'unclear-time')
        const { en, ja } = { en: explain(error.failure, 'en'), ja: explain(error.failure, 'ja') }
        return [en.what, en.next, ja.what, ja.next]
      }
      return assert.fail(`${text} was read`)
    }
    assert.deepEqual(refusal('2024-01-20 14:30'), [
      '"2024-01-20 14:30" is not an exact time: the time zone is missing',
      'Write it as "2024-01-20 14:30:00 JST" (2024-01-20 05:30:00 UTC) or "2024-01-20 14:30:00 UTC" (2024-01-20 23:30:00 JST).',
      '「2024-01-20 14:30」は時刻として確定できません: タイムゾーンがありません',
      '"2024-01-20 14:30:00 JST" (2024-01-20 05:30:00 UTC)、または "2024-01-20 14:30:00 UTC" (2024-01-20 23:30:00 JST)の形で書いてください。',
    ])
    const [what, next, , ja] = refusal('2026-02-30T10:00:00Z')
    assert.equal(what, '"2026-02-30T10:00:00Z" is not an exact time: there is no 2026-02-30')
    assert.equal(next, 'Write it as date, time and time zone, for example "2024-01-20 14:30:00 JST".')
    assert.equal(ja, '日付・時刻・タイムゾーン（例: "2024-01-20 14:30:00 JST"）の形で書いてください。')
    const [hostile] = refusal(`\u001b[2J${'x'.repeat(1_000)}`)
    assert.doesNotMatch(hostile ?? '', /\u001b|x{80}/)
  })

  it('is said with seconds, and milliseconds where there are any, by no name that can mislead', () => {
    const ms = Date.UTC(2024, 0, 20, 5, 30)
    assert.equal(sayInstant(ms, team), '2024-01-20 14:30:00 JST (2024-01-20 05:30:00 UTC)')
    assert.equal(sayInstant(ms + 7, team), '2024-01-20 14:30:00.007 JST (2024-01-20 05:30:00.007 UTC)')
    assert.equal(sayInstant(ms, 'UTC'), '2024-01-20 05:30:00 UTC')
    assert.equal(writeInstant(ms, 'Asia/Seoul'), '2024-01-20 14:30:00 KST')
    assert.equal(writeInstant(ms, 'Asia/Kolkata'), '2024-01-20 11:00:00 Asia/Kolkata')
    assert.equal(writeInstant(ms, 'America/New_York'), '2024-01-20 00:30:00 America/New_York')
    assert.equal(writeInstant(ms, 'Europe/London'), '2024-01-20 05:30:00 GMT')
    assert.equal(writeInstant(ms, 'Etc/GMT-9'), '2024-01-20 14:30:00 +09:00')
    // The second time that New York's clocks show 01:30.
    assert.equal(writeInstant(Date.UTC(2026, 10, 1, 6, 30), 'America/New_York'), '2026-11-01 01:30:00 -05:00')
    assert.match(tzVersion(), /^20\d\d[a-z]$/)
  })
})
