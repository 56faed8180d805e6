import assert from 'node:assert/strict'
import fc from 'fast-check'
import { dataChecks } from '../../../domain/restore/checks.ts'
import { compareDecimals } from '../../../domain/restore/decimal.ts'
import { type Expectation, meets, showExpectation } from '../../../domain/restore/expectation.ts'
import { statementIn } from '../../../domain/restore/statement.ts'
import { explainProblem } from '../../../domain/runbook/problem.ts'
import { schemaProblems } from '../../../domain/runbook/schema-problems.ts'

describe('a check of data in a runbook', () => {
  const says = (...checks: readonly unknown[]) =>
    schemaProblems(dataChecks, checks).map((problem) => {
      assert.notEqual(explainProblem(problem, 'ja'), '')
      return explainProblem(problem, 'en')
    })
  const orders = { name: 'orders', rows: 'orders', atLeast: 1 }

  it('is read the same a second time', () => {
    const fresh = { name: 'recent', fresh: 'sales.orders', column: 'placed', within: '1h' }
    const read = dataChecks.parse([orders, fresh, { name: 'sum', sql: 'select 1', expect: { atMost: 2 } }])
    assert.deepEqual(dataChecks.parse(read), read)
    assert.deepEqual(read[1], { ...fresh, within: 3_600_000 })
  })

  it('has a name of its own', () => {
    assert.deepEqual(says(orders, { name: 'orders', indexes: 'orders' }), [
      '[1].name: expected a name that no other check has; found "orders".',
    ])
  })

  it('has bounds that something can be within', () => {
    const bounded = '"atLeast", "atMost" or both; found a group of keys.'
    assert.deepEqual(says({ name: 'a', rows: 'orders' }), [`[0]: expected ${bounded}`])
    assert.deepEqual(says({ name: 'a', sql: 'select 1', expect: {} }), [`[0].expect: expected ${bounded}`])
    const crossed = 'expected a number of at least 3, as "atLeast" says; found 2.'
    assert.deepEqual(says({ ...orders, atLeast: 3, atMost: 2 }), [`[0].atMost: ${crossed}`])
    assert.deepEqual(says({ name: 'a', sql: 'select 1', expect: { atLeast: 3, atMost: 2 } }), [
      `[0].expect.atMost: ${crossed}`,
    ])
    assert.deepEqual(says({ ...orders, atLeast: 3, atMost: 3 }), [])
  })

  it('has one statement that reads', () => {
    for (const [sql, found] of [
      ['', 'no statement'],
      [' -- nothing;', 'no statement'],
      [';', 'no statement'],
      ['select 1; commit', 'several statements'],
      ['update orders set id = 1', 'another statement'],
      ["copy orders to program 'id'", 'another statement'],
      ['commit', 'another statement'],
      ['set transaction read write', 'another statement'],
      ['select $1', 'one with parameters'],
    ] as const) {
      const [problem = ''] = says({ name: 'a', sql, expect: 1 })
      assert.ok(
        problem.startsWith(`[0].sql: expected one SELECT (or WITH, VALUES, TABLE), not ${found};`),
        problem,
      )
    }
  })

  it('names what is missing in it, and the nearest of its keys', () => {
    assert.deepEqual(says({ name: 'a' }), [
      '[0]: expected one of "sql", "rows", "fresh", "indexes", "foreignKeys"; found a group of keys.',
    ])
    assert.match(
      says({ name: 'a', fresh: 'orders', colum: 'x', within: '1h' }).join(),
      /Did you mean "column"\?/,
    )
    assert.deepEqual(says({ name: 'a', fresh: 'orders', column: 'x', within: '1ms' }), [
      '[0].within: expected a duration of at least 1s; found 1.',
    ])
  })

  it('writes a number that JavaScript cannot hold as text', () => {
    assert.match(
      says({ name: 'a', sql: 'select 1', expect: 2 ** 60 }).join(),
      /at most 15 figures; write a longer/,
    )
  })
})

describe('the statement in a text', () => {
  const sql = (source: string) => {
    const read = statementIn(source)
    return 'sql' in read ? read.sql : read.problem.en
  }

  it('goes on to the `;` that ends it, whatever its literals, names and comments hold', () => {
    for (const source of [
      "select ';'",
      "select e'\\';'",
      'select 1 as "a;b"',
      'select $$;$$',
      "select $tag$ '; $$ $tag$",
      'select 1 /* ; */ + 1',
      'select 1 -- ;\n + 1',
      '(select 1)',
      'WITH x AS (select 1) TABLE x',
    ]) {
      assert.equal(sql(source), source)
      assert.equal(sql(`${source} ; -- the end`), source)
    }
  })

  it('is one of several where a name only looks like a quotation', () => {
    assert.equal(sql('select 1 as x$$; commit; select 2 as y$$'), 'several statements')
    assert.equal(sql('select 1 as 値$$; commit; select 2 as 値$$'), 'several statements')
  })
})

describe('what is expected of a value', () => {
  it('compares numbers of any size as numbers', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt(), fc.nat(30), (a, b, places) => {
        const zeros = '0'.repeat(places)
        const sign = a < b ? -1 : a > b ? 1 : 0
        assert.equal(compareDecimals(`${a}.${zeros}`, String(b)), sign)
        assert.equal(compareDecimals(`${a}e${places}`, `${b}${zeros}`), sign)
      }),
    )
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        assert.equal(compareDecimals(String(value), String(value)), 0)
        assert.equal(compareDecimals(value.toExponential(), String(value)), 0)
      }),
    )
  })

  it('takes nothing else for a number', () => {
    for (const word of ['', '.', '-', 'NaN', 'Infinity', '1e9999', '0x10', '1 ', '１', '$5'])
      assert.equal(compareDecimals(word, '1'), undefined, word)
  })

  it('is met by nothing where there is no value, nor by one that was cut', () => {
    const all: readonly Expectation[] = ['', 'null', 0, false, { atLeast: 0 }, { atMost: 0 }]
    for (const expected of all) {
      assert.equal(meets(expected, null), false)
      assert.equal(meets(expected, '0'.repeat(1_001)), false)
    }
  })

  it('is what PostgreSQL writes of it', () => {
    assert.equal(meets(true, 'true'), true)
    assert.equal(meets(true, '1'), false)
    assert.equal(meets(10, '10.00'), true)
    assert.equal(meets('10', '10.00'), false)
    assert.equal(meets({ atLeast: 2, atMost: 3 }, '3.0'), true)
    assert.equal(meets({ atLeast: 2, atMost: 3 }, '3.0001'), false)
    assert.equal(meets({ atLeast: 2 }, 'many'), false)
  })

  it('is told in both languages', () => {
    assert.deepEqual(showExpectation({ atLeast: 2 }), { en: 'at least 2', ja: '2 以上' })
    assert.deepEqual(showExpectation({ atMost: 3 }), { en: 'at most 3', ja: '3 以下' })
    assert.deepEqual(showExpectation({ atLeast: 2, atMost: 3 }), { en: '2 to 3', ja: '2 以上 3 以下' })
    assert.equal(showExpectation('x'.repeat(500)).en.length, 202)
  })
})
