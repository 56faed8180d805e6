import assert from 'node:assert/strict'
import { checkRunbook } from '../../../domain/runbook/check.ts'
import { explainProblem } from '../../../domain/runbook/problem.ts'
import { smallBook } from '../incident/small-runbook.ts'

const title = { ja: '連絡', en: 'Announce' }
const text = title
const options = [
  { id: 'a', title },
  { id: 'b', title },
]
const announce = { id: 'announce', title, kind: 'person.do', with: { text } }
const way = { id: 'way', title, kind: 'person.decide', with: { text, options } }
const logs = { id: 'logs', title, kind: 'kubernetes.logs', with: { deployment: 'shodo-backend' } }

/** What the check says of a symptom with these steps. */
function says(steps: readonly object[], quick: readonly object[] = []): readonly string[] {
  const { severities, ...book } = smallBook()
  const checked = checkRunbook({
    ...book,
    severities: { ...severities, LOW: { ...severities.LOW, quick } },
    symptoms: [{ id: 'one', title, service: 'backend', steps }],
  })
  if (!('problems' in checked)) return []
  for (const problem of checked.problems) assert.notEqual(explainProblem(problem, 'ja'), '')
  return checked.problems.map((problem) => explainProblem(problem, 'en'))
}

describe('the order of steps in a runbook', () => {
  it('names earlier steps of the symptom, and options of a decision among them', () => {
    assert.deepEqual(says([announce, way, { ...logs, after: ['announce', 'way/b'] }]), [])
  })

  it('names nothing that comes later, stands elsewhere, is itself, or is no option', () => {
    for (const [steps, got] of [
      [[{ ...logs, after: ['announce'] }, announce], 'announce'],
      [[{ ...logs, after: ['logs'] }], 'logs'],
      [[announce, { ...logs, after: ['announcement'] }], 'announcement'],
      [[way, { ...logs, after: ['way/c'] }], 'way/c'],
      [[announce, { ...logs, after: ['announce/a'] }], 'announce/a'],
    ] as const) {
      const [first = '', ...more] = says(steps)
      assert.match(first, /^symptoms\.0\.steps\.\d\.after\.0: |^symptoms\[0\]/, first)
      assert.ok(first.includes(`"${got}"`), first)
      assert.deepEqual(more, [])
    }
    assert.match(says([announce, { ...logs, after: ['announcement'] }])[0] ?? '', /announce/)
  })

  it('asks people for a finding in symptoms alone, and a quick reference comes after nothing', () => {
    assert.deepEqual(says([{ ...announce, when: ['crash-loop'] }]), [])
    assert.match(says([logs], [{ ...announce, when: ['crash-loop'] }])[0] ?? '', /no "when" on a quick step/)
    assert.match(says([logs], [{ ...announce, after: ['logs'] }])[0] ?? '', /after/)
  })

  it('is checked as well where the rest of the runbook is broken', () => {
    const { services: _, ...book } = smallBook()
    const symptoms = [{ id: 'one', title, service: 'backend', steps: [{ ...logs, after: ['later'] }] }]
    const checked = checkRunbook({ ...book, symptoms })
    assert.ok('problems' in checked)
    assert.ok(checked.problems.some(({ path }) => path.includes('after')))
  })

  it('takes two to ten options of different names', () => {
    const decide = (given: readonly object[]) => says([{ ...way, with: { text, options: given } }])
    assert.equal(decide([options[0] ?? {}]).length, 1)
    assert.match(decide([options[0] ?? {}, options[0] ?? {}])[0] ?? '', /options with different names/)
  })
})

describe('the count of affected users in a runbook', () => {
  const counted = (more: object) => {
    const checked = checkRunbook({ ...smallBook({ people: true }), ...more })
    return 'problems' in checked ? checked.problems.map((problem) => explainProblem(problem, 'en')) : []
  }
  const affectedUsers = { kind: 'postgres.count', with: { sql: 'select 1' } }
  const afterwards = [{ id: 'users', title, proof: 'counted' }]

  it('is made by a kind that counts, with its parameters', () => {
    assert.deepEqual(counted({ affectedUsers, afterwards }), [])
    const other = counted({ affectedUsers: { kind: 'prometheus.query', with: { query: 'up' } } })
    assert.match(
      other[0] ?? '',
      /^affectedUsers\.kind: expected one of "kubernetes.log-count", "postgres.count", "prometheus.count"/,
    )
    assert.match(counted({ affectedUsers: { ...affectedUsers, with: {} } })[0] ?? '', /affectedUsers\.with/)
    const blind = counted({ affectedUsers: { kind: 'prometheus.count', with: { query: 'up' } } })
    assert.match(blind[0] ?? '', /expected a query with \$window/)
  })

  it('has to be there for a checklist that waits for it, under a name that no step has', () => {
    assert.match(counted({ afterwards })[0] ?? '', /proof: expected "affectedUsers", which counts them/)
    const symptoms = [{ id: 'one', title, service: 'backend', steps: [{ ...logs, id: 'affected-users' }] }]
    assert.match(counted({ affectedUsers, symptoms })[0] ?? '', /"affected-users" again/)
  })
})
