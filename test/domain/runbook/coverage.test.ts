import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { isKind, kindOf } from '../../../domain/steps/catalogue.ts'
import { risks } from '../../../domain/words.ts'

const covered = readFileSync('docs/runbook-coverage.md', 'utf8')

/** Cells of a Markdown table; `\|` is a bar of the command itself. */
function cellsOf(line: string): readonly string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('\\|', '|'))
}

const rowsOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|\s*(command|-+)\s*\|/.test(line))
    .map(cellsOf)

/** What shodo's runbook looks at besides. */
const beyondTheSeed = [
  'postgres.bisect',
  'postgres.restore-points',
  'postgres.salvage',
  'prometheus.alerts',
  'prometheus.range',
  'redis.ready',
]

describe('the table of the runbook’s commands', () => {
  const rows = rowsOf(covered)

  it('holds each of them once', () => {
    const commands = rows.map(([command]) => command)
    assert.equal(new Set(commands).size, commands.length, repeatedIn(commands).join('\n'))
    assert.equal(commands.length, 66)
  })

  for (const [command = '', defect = '', step = '', risk = '', undo = '', test = ''] of rows) {
    it(`covers ${command.slice(0, 100)}`, () => {
      for (const cell of [defect, step, risk, undo, test]) assert.notEqual(cell, '', 'an empty cell')
      assert.ok((risks as readonly string[]).includes(risk), risk)
      if (risk !== 'read') assert.notEqual(undo, '—', 'what changes something says how it is undone')
      assert.ok(existsSync(test) && test.endsWith('.test.ts'), `${test} does not exist`)
      const [, kind] = /^`([\w.-]+)`/.exec(step) ?? []
      if (kind !== undefined) {
        assert.ok(isKind(kind), `${kind} is no step kind`)
        assert.equal(kindOf(kind)?.risk, risk, `the risk of ${kind}`)
      }
    })
  }

  it('names only step kinds that shodo’s runbook uses, and every one of those', () => {
    const named = [...covered.matchAll(/`([a-z-]+\.[a-z-]+)`/g)].map(([, kind]) => kind ?? '')
    const used = kindsIn(parse(readFileSync('runbooks/shodo.yaml', 'utf8')))
    assert.deepEqual([...used].filter((kind) => !named.includes(kind)).toSorted(), beyondTheSeed)
    assert.deepEqual(
      named.filter((kind) => isKind(kind) && !used.has(kind)),
      [],
    )
  })
})

function repeatedIn(all: readonly (string | undefined)[]): string[] {
  return all.flatMap((one, i) => (one !== undefined && all.indexOf(one) !== i ? [one] : []))
}

function kindsIn(value: unknown): ReadonlySet<string> {
  const found = new Set<string>()
  const walk = (each: unknown): void => {
    if (each === null || typeof each !== 'object') return
    if ('kind' in each && typeof each.kind === 'string') found.add(each.kind)
    for (const member of Object.values(each)) walk(member)
  }
  walk(value)
  return found
}
