import assert from 'node:assert/strict'
import fc from 'fast-check'
import { deskCommandSchemas, parseDeskCommand } from '../../../domain/desk/commands.ts'
import { type Failure, isFailure } from '../../../domain/failures.ts'
import { commandSchemas, parseCommand } from '../../../domain/incident/commands.ts'
import { said } from '../../../domain/words.ts'

const sato = { kind: 'person', id: 'sato', verified: true }

describe('what is wrong with a command', () => {
  it('is said in our own words, for they stand in events', () => {
    const value = fc.oneof(
      fc.constantFrom(undefined, null, '', 'x', -1, 1.5, true, [], {}, 'a\u0007b', { services: 1 }),
      fc.string(),
      fc.jsonValue(),
    )
    const parsers = [
      { schemas: commandSchemas, parse: parseCommand },
      { schemas: deskCommandSchemas, parse: parseDeskCommand },
    ] as const
    let refusals = 0
    for (const { schemas, parse } of parsers)
      for (const [type, schema] of Object.entries(schemas)) {
        const members = fc.record(
          Object.fromEntries(Object.keys({ ...schema.shape, other: 1 }).map((key) => [key, value])),
          { requiredKeys: [] },
        )
        fc.assert(
          fc.property(members, fc.boolean(), (given, signed) => {
            const refused: unknown = parse(type, { ...given, v: 1, ...(signed ? { by: sato } : {}) })
            if (!isFailure(refused) || !('code' in refused)) return
            const { name, params } = refused as Failure
            if (name === 'bad-input') assert.match(said(params.problem).en, /^expected .+; found .+/)
            else assert.equal(name, 'text-too-long')
            assert.doesNotMatch(JSON.stringify(params), /invalid|unrecognized|too (big|small)/i)
            refusals += 1
          }),
          { numRuns: 40 },
        )
      }
    assert.ok(refusals > 500, `${refusals} refusals`)
  })

  it('names the place, what was expected, and what was found', () => {
    const refusal = (type: string, input: object) => {
      const refused = parseCommand(type, { v: 1, by: sato, ...input }) as Failure
      const { where, problem } = refused.params
      const { en, ja } = said(problem)
      assert.equal(refused.code, 'HK101')
      return [where, en, ja]
    }
    assert.deepEqual(refusal('set-eta', { eta: 'soon' }), [
      'set-eta.eta',
      'expected a time in UTC such as 2026-11-24T14:30:00Z; found "soon".',
      '期待: 2026-11-24T14:30:00Z のような UTC の時刻。実際: "soon"。',
    ])
    assert.match(
      String(refusal('set-severity', { severity: 'WORST' })),
      /^set-severity\.severity,expected one of "CRITICAL", "HIGH", "MEDIUM", "LOW"; found "WORST"\./,
    )
    assert.match(String(refusal('note', {})), /^note\.text,expected text; found nothing\./)
  })
})
