import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { expected } from '../../domain/expected.ts'
import { explain, type FailureName, failure, failures, inUtc, isFailure } from '../../domain/failures.ts'
import { none, type Words } from '../../domain/words.ts'

describe('the list of failures', () => {
  const names = Object.keys(failures) as FailureName[]

  it('has each code once, and every entry of every group', () => {
    const codes = names.map((name) => failures[name].code)
    assert.deepEqual(codes, [...new Set(codes)])
    const written = readdirSync('domain/failures').flatMap(
      (file) => readFileSync(`domain/failures/${file}`, 'utf8').match(/'HK\d{3}'/g) ?? [],
    )
    assert.equal(written.length, names.length, 'a name that stands in two groups hides one of them')
  })

  it('keeps a code in its group, with the exit code that fits', () => {
    const exits: Readonly<Record<string, readonly number[]>> = {
      HK1: [2],
      HK2: [3],
      HK3: [4],
      HK4: [1, 3, 4],
      HK5: [5],
      HK6: [6],
      HK9: [1],
    }
    for (const name of names) {
      const { code, exit } = failures[name]
      assert.ok(exits[code.slice(0, 3)]?.includes(exit), `${code} ${name} exits with ${exit}`)
    }
  })

  it('says of each whether the same again can help: of what was wrong or refused never, of what could not be reached always', () => {
    const usually: Readonly<Record<string, boolean>> = {
      HK1: false,
      HK2: false,
      HK3: false,
      HK4: false,
      HK5: true,
      HK6: true,
      HK9: false,
    }
    const others = names.filter(
      (name) => failures[name].retryable !== usually[failures[name].code.slice(0, 3)],
    )
    assert.deepEqual(
      others.toSorted(),
      [
        // They pass by themselves.
        'step-busy',
        'steps-under-way',
        'alert-in-doubt',
        'target-busy',
        'database-full',
        'replacement-starting',
        'rules-newer',
        'workflow-stuck',
        // Nothing comes back of what Temporal lacks or has forgotten.
        'search-attribute-missing',
        'run-forgotten',
      ].toSorted(),
    )
  })

  it('says that nothing was changed only where a change that meets it knows so', () => {
    const told = names.filter((name) => /nothing was (changed|run)/i.test(failures[name].next.en))
    assert.ok(told.length > 10, told.join())
    for (const name of told) assert.notEqual(failures[name].unchanged, undefined, name)
  })

  it('says in both languages what happened and what to do next, from the same parameters', () => {
    const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, place]) => place).toSorted()
    for (const name of names) {
      const { what, next } = failures[name]
      for (const text of [what, next])
        assert.ok((text.en !== '' && text.ja !== '' && text.en !== text.ja) || /^\{/.test(text.en), name)
      assert.deepEqual(new Set(places(what.ja)), new Set(places(what.en)), name)
    }
  })

  it('says it in Japanese without English sentences inside', () => {
    for (const name of names) {
      const { what, next } = failures[name]
      for (const { ja } of [what, next]) {
        assert.match(ja.replaceAll(/\{\w+\}/g, ''), /[ぁ-んァ-ン一-龥]|^[: ]*$/, `${name}: ${ja}`)
        assert.doesNotMatch(withoutCommands(ja), /[a-z]{2,}(?: [a-z]{2,}){2,}/, `${name}: ${ja}`)
      }
    }
  })

  it('words what fills its places: titles, moments, texts in two languages', () => {
    const text = (refusal: Parameters<typeof explain>[0], lang: 'ja' | 'en') => explain(refusal, lang).what
    const busy = failure('step-busy', { incident: 'shodo-1', step: 'scale', status: 'proposed' })
    assert.equal(text(busy, 'ja'), '手順「scale」はすでに進行中です（承認待ち）。')
    assert.equal(text(busy, 'en'), 'Step "scale" is already under way (waiting for approval).')
    const already = failure('already', {
      what: { en: 'It was acknowledged', ja: '対応の引き受け' },
      by: 'sato',
      at: '2026-11-24T05:03:07.123Z',
    })
    assert.equal(text(already, 'en'), 'It was acknowledged already, by sato at 2026-11-24 05:03 UTC.')
    assert.equal(
      explain(already, 'ja', () => '14:03 JST').what,
      '対応の引き受け（すでに sato が 14:03 JST に実施済み）。',
    )
    const bad = failure('bad-input', { where: 'name', problem: expected('a name', '名前') })
    assert.deepEqual([text(bad, 'en'), text(bad, 'ja')], ['name: expected a name', 'name: 期待: 名前'])
    const item = failure('unknown-item', { item: 'x', known: none })
    assert.match(explain(item, 'ja').next, /なし/)
  })

  it('words a place for the one language alone where only one needs it', () => {
    const text = (refusal: Parameters<typeof explain>[0], lang: 'ja' | 'en') => {
      const { what, next } = explain(refusal, lang, (ms) => `<${ms}>`)
      return `${what} ${next}`
    }
    const known = (words: Words) => failure('unknown-item', { item: 'none', known: words })
    // An item may be called so as well.
    assert.match(text(known(none), 'en'), /no item "none".*exist: none\.$/)
    assert.match(text(known(none), 'ja'), /「none」.*: なし。$/)
    assert.match(text(known('none'), 'ja'), /「none」.*: none。$/)
    const problem = { en: 'expected a name', ja: '名前ではありません' }
    const bad = (given: Parameters<typeof failure>[1]) => failure('bad-input', { where: 'a', ...given })
    assert.match(text(bad({ problem }), 'ja'), /^a: 名前ではありません /)
    assert.match(text(bad({ problem }), 'en'), /^a: expected a name /)
    assert.match(text(bad({ problem: 'expected a name' }), 'en'), /^a: expected a name /)
    // What somebody else said stays as it was said.
    assert.match(text(bad({ problem: 'who knows' }), 'ja'), /^a: who knows /)
    // What is no text is no sentence, no title and no moment.
    assert.match(text(bad({ problem: 7 }), 'ja'), /^a: 7 /)
    assert.match(text(bad({}), 'en'), /^a: \{problem\} /)
  })

  it('takes for a title only what is one, and for a moment only a time that there is', () => {
    const status = (word: string) => explain(failure('step-busy', { step: 'a', status: word }), 'en').what
    assert.match(status('proposed'), /\(waiting for approval\)/)
    assert.match(status('nonsense'), /\(nonsense\)/)
    const when = (at: string) =>
      explain(failure('already', { what: 'It', by: 'sato', at }), 'en', (ms) => `<${ms}>`).what
    const noon = Date.UTC(2026, 10, 24, 12)
    assert.equal(when('2026-11-24T12:00:00Z'), `It already, by sato at <${noon}>.`)
    assert.equal(when('2026-11-24T12:00:00.001Z'), `It already, by sato at <${noon + 1}>.`)
    for (const none of ['2026-11-24T25:00:00Z', '2026-11-24', 'at 2026-11-24T12:00:00Z', '1'])
      assert.equal(when(none), `It already, by sato at ${none}.`)
    assert.equal(inUtc(Date.UTC(2026, 0, 2, 3, 4, 59, 999)), '2026-01-02 03:04 UTC')
  })

  it('is whole whatever it is given: nothing, odd figures, titles that are none, words of every object', () => {
    const odd = [
      'constructor',
      '__proto__',
      '',
      'a\u200bb',
      '2026-99-99T00:00:00Z',
      '{reason}',
      '$&',
      Number.NaN,
    ]
    for (const name of names) {
      const places = [failures[name].what.en, failures[name].next.en].join().matchAll(/\{(\w+)\}/g)
      const wanted = [...places].map(([, place = '']) => place)
      for (const value of odd) {
        const refusal = failure(name, Object.fromEntries(wanted.map((place) => [place, value])))
        for (const lang of ['ja', 'en'] as const) {
          const { what, next } = explain(refusal, lang)
          assert.doesNotMatch(what + next, /undefined|\[object|function|\u200b/, name)
        }
      }
      assert.doesNotThrow(() => explain(failure(name), 'ja'))
    }
  })

  it('knows its own again when they come from elsewhere, and nothing that only looks like one', () => {
    assert.equal(isFailure(JSON.parse(JSON.stringify(failure('frozen', { by: 'sato' })))), true)
    for (const other of [
      undefined,
      null,
      'frozen',
      {},
      { name: 'frozen' },
      { params: {} },
      { name: 'frozen', params: null },
      { name: 'frozen', params: 'x' },
      { name: 'constructor', params: {} },
      { name: 7, params: {} },
      { name: 'nonsense', params: {} },
      { name: 'frozen', params: {} },
      { name: 'frozen', code: 'HK101', params: {} },
      { ...failure('frozen'), params: [] },
      { ...failure('frozen'), params: { by: null } },
      { ...failure('frozen'), params: { by: ['sato'] } },
      { ...failure('frozen'), params: { by: { en: 'sato' } } },
      { ...failure('frozen'), params: { by: { en: 'sato', ja: 7 } } },
      { ...failure('frozen'), params: { by: { en: 'sato', ja: '佐藤', fr: 'sato' } } },
    ])
      assert.equal(isFailure(other), false, JSON.stringify(other))
  })

  it('keeps a text in both languages, cleaned in each', () => {
    const where = { en: 'a\u001b', ja: 'あ\u001b' }
    assert.deepEqual(failure('bad-input', { where }).params, { where: { en: 'a\ufffd', ja: 'あ\ufffd' } })
  })

  it('lets nothing through that would lie on a terminal', () => {
    const { what } = explain(failure('bad-input', { where: 'x', problem: 'a\u001b[2Jb' }), 'en')
    assert.doesNotMatch(what, /\u001b/)
  })
})

/** What is typed, quoted or the name of a file is the same in every language. */
function withoutCommands(text: string): string {
  return text
    .replaceAll(/「[^」]*」/g, '')
    .replaceAll(/\b(?:hikeshi|kubectl)(?: [\w{}./:=-]+)+/g, '')
    .replaceAll(/[\w-]+(?:\/[\w.-]+)+/g, '')
}
