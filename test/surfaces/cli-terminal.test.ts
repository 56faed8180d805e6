import assert from 'node:assert/strict'
import fc from 'fast-check'
import stringWidth from 'string-width'
import { parse } from 'yaml'
import { table } from '../../client/doors/cli/table.ts'
import { clean, cleanJson, cut, hanging, screenOf, wrap } from '../../client/doors/cli/terminal.ts'
import { toYaml } from '../../client/doors/cli/yaml-output.ts'
import { hasControlCharacters } from '../../domain/words.ts'
import { atLocalClock, localTime, zoneName } from '../../edge/local-time.ts'

const anyText = fc.string({ unit: 'grapheme', maxLength: 300 })
const screen = screenOf({ isTTY: true, columns: 80 }, { NO_COLOR: '1' })

describe('text on its way to a terminal', () => {
  it('shows every character that a terminal would obey instead of obeying it', () => {
    assert.equal(clean('\u001b[31mred\u0007'), '\\x1b[31mred\\x07')
    assert.equal(clean('a\u202eb\u009bc\u2066'), 'a\\u202eb\\x9bc\\u2066')
    assert.equal(clean('日本語 👨‍👩‍👧 é\tx\ny'), '日本語 👨‍👩‍👧 é    x\ny')
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !hasControlCharacters(clean(text))))
  })

  it('keeps JSON and YAML what they say, with such characters escaped', () => {
    const nasty = { text: 'a\u202eb\u009b\u001b \u2028 日本語 🔥', n: 1 }
    const json = cleanJson(JSON.stringify(nasty))
    assert.deepEqual(JSON.parse(json), nasty)
    assert.equal(hasControlCharacters(json), false)
    const yaml = toYaml(nasty)
    assert.deepEqual(parse(yaml), nasty)
    assert.equal(hasControlCharacters(yaml.replaceAll('\n', '')), false)
  })

  it('wraps to the width whatever the text, and loses nothing but blanks', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 10, max: 80 }), (text, columns) => {
        const lines = wrap(clean(text), columns)
        for (const line of lines) assert.ok(stringWidth(line) <= columns, line)
        const bare = (source: string) => source.replace(/\s/g, '')
        assert.equal(bare(lines.join('')), bare(clean(text)))
      }),
    )
  })

  it('breaks English between words and Japanese anywhere, but not before 、 or 。', () => {
    assert.deepEqual(wrap('one two three four', 9), ['one two', 'three', 'four'])
    assert.deepEqual(wrap('Pod 3 個がクラッシュを繰り返しています。', 20), [
      'Pod 3 個がクラッシュ',
      'を繰り返しています。',
    ])
    assert.ok(wrap('あいうえおかきくけ。こ', 18).every((line) => !line.startsWith('。')))
  })

  it('cuts to the width, also in the middle of wide characters and joined emoji', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 40 }), (text, columns) => {
        assert.ok(stringWidth(cut(clean(text), columns)) <= columns)
      }),
    )
    assert.equal(cut('日本語です', 6), '日本…')
    assert.equal(cut('👨‍👩‍👧 family', 4), '👨‍👩‍👧 …')
  })

  it('hangs the lines after the first one below the text', () => {
    assert.deepEqual(hanging('label', 'one two three', 7, 14), ['label  one two', '       three'])
  })

  it('is wrapped on terminals only, to their width', () => {
    assert.equal(screenOf({ isTTY: false }, {}).width, Number.POSITIVE_INFINITY)
    assert.equal(screenOf({ isTTY: true, columns: 200 }, {}).width, 200)
    assert.equal(screenOf({ isTTY: true }, {}).width, 80)
    const long = 'word '.repeat(100).trim()
    assert.deepEqual(hanging('label  ', long, 7, Number.POSITIVE_INFINITY), [`label  ${long}`])
  })

  it('stands below its label where the terminal leaves no room beside it', () => {
    assert.deepEqual(hanging('  a-long-label', 'one two three', 14, 20), [
      '  a-long-label',
      '    one two three',
    ])
    assert.deepEqual(hanging('longer-than-that', 'x', 10, 80), ['longer-than-that', '          x'])
  })

  it('is coloured on a terminal only, and never with NO_COLOR or a dumb terminal', () => {
    const red = (tty: boolean, env: Record<string, string>) => screenOf({ isTTY: tty }, env).paint('red', 'x')
    assert.equal(red(true, {}), '\u001b[31mx\u001b[0m')
    assert.equal(red(false, {}), 'x')
    assert.equal(red(true, { NO_COLOR: '1' }), 'x')
    assert.equal(red(true, { TERM: 'dumb' }), 'x')
  })
})

describe('a table', () => {
  it('fits into 80 columns whatever is in it', () => {
    const columns = [0, 1, 2, 3].map((i) => ({
      title: `COLUMN ${i}`,
      value: (row: readonly string[]) => row[i] ?? '',
      flexible: i === 3,
    }))
    fc.assert(
      fc.property(
        fc.array(fc.array(anyText, { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
        (rows) => {
          for (const line of table(screen, columns, rows).split('\n'))
            assert.ok(stringWidth(line) <= 80, line)
        },
      ),
    )
  })

  it('never cuts a name that people type: on a narrow terminal each row stands as lines', () => {
    const columns = [
      { title: 'INCIDENT', value: () => 'picture-store-1234', whole: true },
      { title: 'PHASE', value: () => 'investigating' },
      { title: 'WHERE', value: () => 'web/bad-release' },
      { title: 'WHAT', value: () => 'nothing comes back from the store', flexible: true },
    ]
    const narrow = table(screenOf({ isTTY: true, columns: 40 }, { NO_COLOR: '1' }), columns, [0])
    assert.match(narrow, /^picture-store-1234/m)
    for (const line of narrow.split('\n')) assert.ok(stringWidth(line) <= 40, line)
    const wide = table(screenOf({ isTTY: false }, {}), columns, [0])
    assert.match(
      wide,
      /picture-store-1234 {2}investigating {2}web\/bad-release {2}nothing comes back from the store/,
    )
  })

  it('keeps its columns below each other beside Japanese', () => {
    const columns = [
      { title: '名前', value: ([name]: readonly string[]) => name ?? '' },
      { title: 'X', value: ([, x]: readonly string[]) => x ?? '' },
    ]
    const lines = table(screen, columns, [
      ['日本語', '1'],
      ['ascii', '2'],
    ]).split('\n')
    assert.deepEqual(
      lines.map((line) => stringWidth(line)),
      [9, 9, 9],
    )
  })
})

describe('local times', () => {
  it('carry the abbreviation of their zone', () => {
    const ms = Date.parse('2026-11-24T05:03:00Z')
    assert.equal(localTime(ms, 'Asia/Tokyo'), '2026-11-24 14:03 JST')
    assert.equal(localTime(ms, 'UTC'), '2026-11-24 05:03 UTC')
    assert.equal(zoneName(ms, 'Europe/Berlin'), 'CET')
    assert.equal(zoneName(ms, 'America/New_York'), 'EST')
    assert.equal(zoneName(ms, 'Asia/Kathmandu'), 'UTC+05:45')
  })

  it('are in UTC where the zone does not exist, and never fail', () => {
    const ms = Date.parse('2026-11-24T05:03:00Z')
    for (const zone of ['Asia/Tokio', 'Etc/Unknown', 'GMT+09:00', '']) {
      assert.equal(localTime(ms, zone), '2026-11-24 05:03 UTC', zone)
      assert.equal(zoneName(ms, zone), 'UTC')
    }
  })

  it('find the next moment of a clock time, also over midnight and a clock change', () => {
    const at = Date.parse('2026-11-24T14:30:00Z') // 23:30 in Tokyo
    assert.equal(new Date(atLocalClock('0:10', 'Asia/Tokyo', at)).toISOString(), '2026-11-24T15:10:00.000Z')
    const spring = Date.parse('2026-03-29T00:30:00Z') // 1:30 in Berlin; 2:00 becomes 3:00
    assert.equal(
      new Date(atLocalClock('3:30', 'Europe/Berlin', spring)).toISOString(),
      '2026-03-29T01:30:00.000Z',
    )
  })
})
