import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { explain, type FailureName, failure, failures } from '../../domain/failures.ts'

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

  it('says in both languages what happened and what to do next, from the same parameters', () => {
    const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, place]) => place).toSorted()
    for (const name of names) {
      const { what, next } = failures[name]
      for (const text of [what, next])
        assert.ok((text.en !== '' && text.ja !== '' && text.en !== text.ja) || /^\{/.test(text.en), name)
      assert.deepEqual(new Set(places(what.ja)), new Set(places(what.en)), name)
    }
  })

  it('lets nothing through that would lie on a terminal', () => {
    const { what } = explain(failure('bad-input', { where: 'x', problem: 'a\u001b[2Jb' }), 'en')
    assert.doesNotMatch(what, /\u001b/)
  })
})
