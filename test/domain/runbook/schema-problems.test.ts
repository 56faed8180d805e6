import assert from 'node:assert/strict'
import { z } from 'zod'
import { expects } from '../../../domain/expected.ts'
import { explainProblem, type Problem } from '../../../domain/runbook/problem.ts'
import { schemaProblems } from '../../../domain/runbook/schema-problems.ts'

function says(schema: z.ZodType, value: unknown): readonly string[] {
  return schemaProblems(schema, value).map((problem) => explainProblem(problem, 'en'))
}

const at = (schema: z.ZodType, value: unknown): readonly Problem['at'][] =>
  schemaProblems(schema, value).map((problem) => problem.at)

describe('what a schema says of a value', () => {
  it('is nothing where it fits', () => {
    assert.deepEqual(schemaProblems(z.string(), 'x'), [])
  })

  it('of alternatives is the sentence of ours, wherever it stands, else all of them, each once', () => {
    const ours = z.string().refine((value) => value === 'x', expects('a name', '名前'))
    const number = z.number().min(1)
    assert.deepEqual(says(z.union([ours, number]), 'y'), ['expected a name; found "y".'])
    assert.deepEqual(says(z.union([number, ours]), 'y'), ['expected a name; found "y".'])
    const kind = z.boolean({ error: expects('a name', '名前') })
    assert.deepEqual(says(z.union([kind, z.number()]), 'y'), ['expected a name; found "y".'])
    assert.deepEqual(says(z.union([z.number(), kind]), 'y'), ['expected a name; found "y".'])
    assert.deepEqual(says(z.union([z.number(), z.boolean()]), 'y'), [
      'expected a number or true or false; found "y".',
    ])
    assert.deepEqual(says(z.union([z.number(), z.number()]), 'y'), ['expected a number; found "y".'])
  })

  it('names bounds, of texts, lists and numbers', () => {
    assert.deepEqual(says(z.string().min(1), ''), ['expected non-empty text; found "".'])
    assert.deepEqual(says(z.string().min(2), ''), ['expected text of at least 2 characters; found "".'])
    assert.deepEqual(says(z.string().max(2), 'xxx'), ['expected text of at most 2 characters; found "xxx".'])
    assert.deepEqual(says(z.array(z.string()).min(1), []), [
      'expected a list of at least 1; found an empty list.',
    ])
    assert.deepEqual(says(z.array(z.string()).max(1), ['a', 'b']), [
      'expected a list of at most 1; found a list of 2.',
    ])
    assert.deepEqual(says(z.number().min(3), 2), ['expected a number of at least 3; found 2.'])
    assert.deepEqual(says(z.number().max(3), 4), ['expected a number of at most 3; found 4.'])
  })

  it('tells what is missing from what is wrong; a rule over several members misses none of them', () => {
    const schema = z.object({ a: z.string(), b: z.enum(['x', 'y']) })
    assert.deepEqual(at(schema, {}), ['missing', 'missing'])
    assert.deepEqual(at(schema, { a: 1, b: 'z' }), ['value', 'value'])
    const either = z
      .object({ a: z.string().optional() })
      .refine(({ a }) => a !== undefined, { path: ['a'], error: expects('a name', '名前') })
    assert.deepEqual(at(either, {}), ['value'])
    assert.deepEqual(at(z.strictObject({}), { a: 1 }), ['key'])
  })

  it('of a misspelt key names the nearest, in lists, defaults and groups of any name', () => {
    const inner = z.strictObject({ replicas: z.number().optional() })
    const found = (schema: z.ZodType, value: unknown) => says(schema, value)[0]
    const wanted = /expected "replicas"; found "replcas"\. Did you mean "replicas"\?$/
    assert.match(found(inner, { replcas: 1 }) ?? '', wanted)
    assert.match(found(z.array(inner), [{ replcas: 1 }]) ?? '', wanted)
    assert.match(found(z.record(z.string(), inner), { a: { replcas: 1 } }) ?? '', wanted)
    assert.match(found(z.object({ a: inner.optional() }), { a: { replcas: 1 } }) ?? '', wanted)
    assert.match(found(z.object({ a: inner.default({}) }), { a: { replcas: 1 } }) ?? '', wanted)
    assert.equal(found(z.strictObject({}), { a: 1 }), 'a: expected nothing here; found "a".')
  })

  it('is one mistake where a wanted key stands there misspelt, and two where it stands elsewhere', () => {
    const inner = z.strictObject({ title: z.string() })
    assert.deepEqual(says(z.object({ a: inner }), { a: { titel: 'x' } }), [
      'a.titel: expected "title"; found "titel". Did you mean "title"?',
    ])
    const two = z.object({ a: inner, b: inner })
    const apart = { a: { titel: 'x' }, b: {} }
    assert.equal(says(two, apart).length, 2)
    assert.equal(says(z.object({ deeper: two }), { deeper: apart }).length, 2)
    assert.equal(
      says(z.strictObject({ title: z.string(), a: inner }), { title: 1, a: { titel: 'x' } }).length,
      2,
    )
  })
})

describe('what a schema wants', () => {
  const wants = (schema: z.ZodType, value: unknown, lang: 'en' | 'ja' = 'en') =>
    schemaProblems(schema, value).map(({ expected }) => expected[lang])

  it('is told in our words, of each type and form that a runbook uses', () => {
    const told: readonly (readonly [z.ZodType, unknown, string, string])[] = [
      [z.string(), 7, 'text', '文字列'],
      [z.number(), 'x', 'a number', '数値'],
      [z.number().int(), 1.5, 'a whole number', '整数'],
      [z.boolean(), 'x', 'true or false', 'true または false'],
      [z.array(z.string()), 'x', 'a list', 'リスト'],
      [z.object({}), 'x', 'a group of keys', 'キーの集まり'],
      [z.record(z.string(), z.string()), 'x', 'a group of keys', 'キーの集まり'],
      [z.url(), 'x', 'a URL starting with http:// or https://', 'http:// または https:// で始まる URL'],
      [z.iso.date(), 'x', 'a date such as 2026-11-24', '2026-11-24 のような日付'],
      [
        z.iso.datetime(),
        'x',
        'a time in UTC such as 2026-11-24T14:30:00Z',
        '2026-11-24T14:30:00Z のような UTC の時刻',
      ],
      [z.enum(['a', 'b']), 'x', 'one of "a", "b"', '"a", "b" のいずれか'],
      [z.literal('a'), 'x', '"a"', '"a"'],
      [z.string().min(1), '', 'non-empty text', '空でない文字列'],
      [z.string().min(2), 'x', 'text of at least 2 characters', '2 文字以上の文字列'],
      [z.string().max(2), 'xxx', 'text of at most 2 characters', '2 文字以下の文字列'],
      [z.array(z.string()).min(1), [], 'a list of at least 1', '1 個以上のリスト'],
      [z.number().max(3), 4, 'a number of at most 3', '3 以下の数値'],
    ]
    for (const [schema, value, en, ja] of told) {
      assert.deepEqual(wants(schema, value), [en])
      assert.deepEqual(wants(schema, value, 'ja'), [ja])
    }
  })

  it('is another value where no words are known: never those of a library', () => {
    for (const schema of [z.date(), z.uuid(), z.string().refine(() => false, 'Nonsense'), z.union([])])
      assert.deepEqual(wants(schema, 'x'), ['another value'])
    const union = z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('a') }),
      z.object({ kind: z.literal('b') }),
    ])
    assert.deepEqual(wants(union, { kind: 'c' }), ['another value'])
  })

  it('of one alternative is that one', () => {
    assert.deepEqual(wants(z.union([z.number()]), 'x'), ['a number'])
    assert.deepEqual(wants(z.union([z.enum(['a', 'b']), z.boolean()]), 7), [
      'one of "a", "b" or true or false',
    ])
    assert.deepEqual(wants(z.union([z.enum(['a', 'b']), z.boolean()]), 7, 'ja'), [
      '"a", "b" のいずれかかtrue または false',
    ])
  })

  it('of names is told at the name', () => {
    const named = z.record(z.string().regex(/^[a-z]+$/, expects('a name', '名前')), z.number())
    assert.deepEqual(
      schemaProblems(named, { A: 1 }).map(({ at, path, expected }) => [at, path, expected.en]),
      [['key', ['A'], 'a name']],
    )
  })
})
