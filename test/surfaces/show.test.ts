import assert from 'node:assert/strict'
import { screenOf } from '../../client/doors/cli/terminal.ts'
import { shownText } from '../../client/doors/cli/verbs/show.ts'
import { currentView, showIncident } from '../../client/incidents/show.ts'
import type { Temporal } from '../../client/temporal/connect.ts'
import { Refused } from '../../edge/refused.ts'
import { staleQuery } from '../../wire/messages.ts'
import { sato, World } from '../domain/incident/world.ts'

/** A run whose newest events no task has taken up: every query of it comes too early, for `early` ms. */
function untaken(
  status: 'TERMINATED' | 'RUNNING',
  early = Number.POSITIVE_INFINITY,
  pollers: readonly { identity: string; lastAccessTime: { seconds: number } }[] = [],
): Temporal {
  const until = Date.now() + early
  const describe = async () => ({
    runId: 'run-1',
    type: 'incident',
    status: { name: status },
    startTime: new Date('2026-11-02T03:04:05Z'),
    typedSearchAttributes: { get: () => undefined },
  })
  const query = async () => {
    if (Date.now() < until) throw new Error(staleQuery)
    return 'the state'
  }
  return {
    address: 'nowhere',
    connection: {
      withDeadline: (_: unknown, call: () => unknown) => call(),
      workflowService: {
        describeWorkflowExecution: async () => ({}),
        describeTaskQueue: async () => ({ pollers }),
      },
    },
    client: { workflow: { getHandle: () => ({ query, describe }) } },
  } as unknown as Temporal
}

describe('an incident whose newest events no task will take up', () => {
  it('is shown by what visibility knows of it', async () => {
    const { source, ...shown } = await showIncident(untaken('TERMINATED'), 'shodo-42')
    assert.equal(source, 'visibility')
    assert.ok('status' in shown && shown.status === 'over')
  })

  it('has no state, and waits for a worker only while it runs', async () => {
    const nameOf = (temporal: Temporal) =>
      currentView(temporal, 'shodo-42').then(
        () => assert.fail(),
        (error) => {
          assert.ok(error instanceof Refused)
          return error.failure.name
        },
      )
    assert.equal(await nameOf(untaken('RUNNING')), 'no-worker')
    assert.equal(await nameOf(untaken('TERMINATED')), 'internal')
  })

  it('is waited for where its worker is there and has more to do than it can', async () => {
    const polled = (ago: number) => [
      { identity: 'w', lastAccessTime: { seconds: Math.floor(Date.now() / 1_000) - ago } },
    ]
    const state: unknown = await currentView(untaken('RUNNING', 3_000, polled(40)), 'shodo-42')
    assert.equal(state, 'the state')
    await assert.rejects(currentView(untaken('RUNNING', 3_000, polled(200)), 'shodo-42'), /HK506/)
  })
})

describe('the steps that nobody has asked for yet', () => {
  const shown = (at: World, lang: 'en' | 'ja') => {
    const { seq, hash } = at.events.at(-1) ?? assert.fail()
    const view = { state: at.state, head: { seq, hash }, earlierRuns: [] }
    return shownText({ source: 'worker', ...view }, lang, screenOf({}, {}), {
      zone: 'Asia/Tokyo',
    })
  }
  /** The lines below a heading. */
  const below = (text: string, title: string) =>
    (text.split(`\n${title}\n`)[1] ?? '')
      .split('\n\n')[0]
      ?.split('\n')
      .map((line) => line.trim().replaceAll(/ {2,}/g, '  ')) ?? []

  it('are those whose turn it is, and apart from them those that come later, each with what it comes after', () => {
    const at = new World({ severity: 'MEDIUM', symptom: 'handover', policy: { people: true } })
    at.allGoesWell(({ type }) => type === 'page')
    const before = shown(at, 'en')
    const now = below(before, 'Available steps').map((line) => line.split(' ')[0])
    assert.ok(now.includes('tell-support') && !now.includes('way') && !now.includes('add-pods'), before)
    assert.deepEqual(below(before, 'Later steps').slice(0, 2), [
      'way  More pods, or new ones (after announce)',
      'add-pods  Scale out to 9 (after way/add-pods)',
    ])
    assert.match(shown(at, 'ja'), /\nまだ実行できない手順\n.*（announce の後）/s)
    at.command('done', sato, { step: 'announce' })
    at.command('skip', sato, { step: 'way', reason: 'no time' })
    const after = shown(at, 'en')
    assert.ok(
      below(after, 'Available steps').some((line) => line.startsWith('add-pods ')),
      after,
    )
  })
})
