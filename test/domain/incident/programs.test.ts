import assert from 'node:assert/strict'
import { containerSteps } from '../../../domain/steps/containers.ts'
import { sato, World } from './world.ts'

describe('programs in containers', () => {
  const world = () =>
    new World({ severity: 'CRITICAL', policy: { programs: true, automatic: ['reversible'] } })

  it('read without an approval only what the published runbook says, wherever the words come from', () => {
    const at = world()
    for (const made of [
      { argv: ['cat', '/etc/shadow'] },
      { argv: ['cat', '/etc/hostname', '/etc/shadow'] },
      { container: 'sidecar' },
      { deployment: 'shodo-frontend' },
    ]) {
      assert.equal(at.refusal('run', sato, { step: 'look', with: made }), 'parameter-published')
    }
    at.command('run', sato, { step: 'look', with: { argv: ['cat', '/etc/hostname'], within: '5s' } })
    assert.equal(at.step('look').status, 'reading')
    assert.equal(at.step('look').params.within, 5_000)
  })

  it('change nothing before people have said yes, at any severity: two for the words of the runbook, three for others', () => {
    const at = world()
    at.command('run', sato, { step: 'clean', with: { argv: ['rm', '/tmp/other'] } })
    at.allGoesWell((effect) => effect.type === 'step' && effect.stage === 'run')
    const { status, approvalsNeeded, risk, params } = at.step('clean')
    assert.deepEqual([status, approvalsNeeded, risk], ['proposed', 3, 'destructive'])
    assert.deepEqual(params.argv, ['rm', '/tmp/other'])
  })

  it('are a program with its words, bounded, and never a line for a shell', () => {
    const problem = (params: object) =>
      containerSteps['kubernetes.exec'].params.safeParse({ pod: 'web-0', argv: ['ls'], ...params }).error
        ?.issues[0]?.message
    assert.equal(problem({}), undefined)
    assert.match(problem({ argv: 'ls -la' }) ?? '', /array/)
    assert.match(problem({ argv: [] }) ?? '', />=1|at least/)
    assert.match(problem({ argv: ['-c'] }) ?? '', /name of a program/)
    assert.match(problem({ argv: ['ls', 'a\u001b[2J'] }) ?? '', /invisible characters/)
    assert.match(problem({ argv: Array(31).fill('x') }) ?? '', /<=30|at most/)
    assert.match(problem({ argv: ['x', ...Array(3).fill('y'.repeat(3_000))] }) ?? '', /8000/)
    assert.match(problem({ deployment: 'web' }) ?? '', /either deployment or pod/)
    assert.match(problem({ within: '31s' }) ?? '', /at most 30s/)
  })
})
