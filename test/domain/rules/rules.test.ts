import assert from 'node:assert/strict'
import { commandTypes } from '../../../domain/incident/commands.ts'
import { newestRules } from '../../../domain/incident/fold/state.ts'
import { open } from '../../../domain/incident/open.ts'
import { Retold, readTable } from './table.ts'

describe('an incident opened under rules', () => {
  for (let rules = 1; rules <= newestRules; rules += 1) {
    const { runbook, stories } = readTable(rules)
    for (const { title, opening, openedAt, opens, turns } of stories) {
      it(`${rules} goes on under them, byte by byte: ${title}`, () => {
        const whole = { ...opening, runbook }
        const retold = new Retold(whole, openedAt)
        assert.deepEqual(retold.chain(open(whole, openedAt).facts, openedAt), opens)
        retold.take(opens)
        for (const { at, input, ...given } of turns) {
          assert.deepEqual(JSON.parse(JSON.stringify(retold.decide(input, at))), given)
          if ('events' in given) retold.take(given.events)
        }
      })
    }
  }

  it('has a table for each number, and the newest one knows every command', () => {
    const { rules, stories } = readTable(newestRules)
    assert.equal(rules, newestRules)
    const tried = stories.flatMap((s) =>
      s.turns.flatMap(({ input }) => ('command' in input ? [input.command] : [])),
    )
    assert.deepEqual(
      commandTypes.filter((type) => !tried.includes(type)),
      [],
    )
  })
})
