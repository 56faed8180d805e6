import assert from 'node:assert/strict'
import type { Connection } from '@temporalio/client'
import { said } from '../../domain/words.ts'
import { stuckNow, troubleOf } from '../../wire/server/stuck.ts'
import { lookOver } from '../../workers/watch.ts'

const startMs = 1_764_000_000_000
const at = (ms: number) => ({ seconds: Math.floor((startMs + ms) / 1_000), nanos: (ms % 1_000) * 1e6 })

type Event = { readonly eventId: number; readonly [attributes: string]: unknown }
type Faked = { readonly type?: string; pendingSinceMs?: number; events: Event[] }

const completed = { workflowTaskCompletedEventAttributes: {} }
const failed = { workflowTaskFailedEventAttributes: { cause: 14, failure: { message: 'a defect' } } }
const timedOut = { workflowTaskTimedOutEventAttributes: { timeoutType: 1 } }
const signalled = { workflowExecutionSignaledEventAttributes: {} }

/** A run whose task is pending, a second from event to event. */
function run(what: readonly object[], { type = 'incident', pendingSinceMs = 0 } = {}): Faked {
  const faked: Faked = { type, pendingSinceMs, events: [] }
  goesOn(faked, what)
  return faked
}

function goesOn({ events }: Faked, what: readonly object[]): void {
  for (const one of what)
    events.push({ eventId: events.length + 1, eventTime: at(events.length * 1_000), ...one })
}

/** What comes with each signal to a stuck workflow: its task is a new one, and fails. */
const signals = (count: number) =>
  Array.from({ length: count }, () => [signalled, {}, {}, failed]).flat() as readonly object[]

/** A Temporal that reports no problems, as far as the watch asks one. */
function fakeTemporal(runs: Readonly<Record<string, Faked>>) {
  const lists: string[] = []
  const broken = new Set<string>()
  const refuse = (what: string) => {
    if (broken.has(what)) throw Object.assign(new Error(`${what}: refused`), { code: 8 })
  }
  const workflowService = {
    async listWorkflowExecutions({ query }: { query: string }) {
      lists.push(query)
      refuse('visibility')
      if (query.includes('IS NOT NULL')) throw new Error('invalid search attribute: TemporalReportedProblems')
      return {
        executions: Object.entries(runs).map(([id, { type }]) => ({
          execution: { workflowId: id, runId: id },
          type: { name: type },
        })),
      }
    },
    async describeWorkflowExecution({ execution }: { execution: { workflowId: string } }) {
      refuse(execution.workflowId)
      const scheduledTime = at(runs[execution.workflowId]?.pendingSinceMs ?? 0)
      return { workflowExecutionInfo: { status: 1 }, pendingWorkflowTask: { attempt: 1, scheduledTime } }
    },
    async getWorkflowExecutionHistoryReverse(asked: {
      execution: { workflowId: string }
      maximumPageSize: number
      nextPageToken?: Uint8Array
    }) {
      const all = runs[asked.execution.workflowId]?.events.toReversed() ?? []
      const from = Number(Buffer.from(asked.nextPageToken ?? []).toString() || 0)
      const to = from + asked.maximumPageSize
      const nextPageToken = Buffer.from(to < all.length ? String(to) : '')
      return { history: { events: all.slice(from, to) }, nextPageToken }
    },
  }
  const connection = { workflowService, withDeadline: (_: number, call: () => unknown) => call() }
  return { asked: { connection: connection as unknown as Connection, namespace: 'test' }, lists, broken }
}

describe('the watch for stuck workflows', () => {
  it('takes it for the same trouble however many signals come, though each makes the next try the first', async () => {
    const one = run([{}, {}, completed, ...signals(1)])
    const look = lookOver(fakeTemporal({ one }).asked)
    assert.deepEqual((await look()).stuck, [], 'once is no news')
    const seen = [await look()]
    for (let more = 0; more < 5; more += 1) {
      goesOn(one, signals(60))
      seen.push(await look())
    }
    const troubles = seen.flatMap(({ stuck }) => stuck.map((s) => [troubleOf(s), s.sinceMs, s.problem]))
    assert.deepEqual(
      troubles,
      Array.from({ length: 6 }, () => ['stuck/one/one/3', startMs + 6_000, 'a defect']),
    )
    goesOn(one, [completed])
    assert.deepEqual((await look()).stuck, [])
  })

  it('finds the last good task behind hundreds of signals, as everybody does who looks for the first time', async () => {
    const { asked } = fakeTemporal({ one: run([{}, {}, completed, ...signals(300)]) })
    const { stuck } = await stuckNow(asked)
    assert.deepEqual(
      stuck.map((one) => [troubleOf(one), one.sinceMs]),
      [['stuck/one/one/3', startMs + 6_000]],
    )
  })

  it('takes a task that goes well again and fails again for a new trouble', async () => {
    const one = run([{}, {}, completed, ...signals(1)])
    const look = lookOver(fakeTemporal({ one }).asked)
    await look()
    goesOn(one, [completed, ...signals(1)])
    assert.deepEqual((await look()).stuck, [])
    assert.deepEqual((await look()).stuck.map(troubleOf), ['stuck/one/one/8'])
  })

  it('does not take a busy worker or an interrupted task for a stuck workflow', async () => {
    const interrupted = { workflowTaskFailedEventAttributes: { cause: 1 } }
    const late = run([{}, {}, completed, signalled, {}, {}, timedOut], { pendingSinceMs: 10_000 })
    const busy = run([{}, {}, completed, signalled, {}, {}, interrupted])
    const look = lookOver(fakeTemporal({ late, busy }).asked)
    await look()
    assert.deepEqual((await look()).stuck, [])
    late.pendingSinceMs = 6_000 + 60_000
    await look()
    const [stuck] = (await look()).stuck
    assert.deepEqual([stuck?.workflow, said(stuck?.problem ?? '').en], ['late', 'its task runs out of time'])
  })

  it('calls for desks before incidents, and for nothing that somebody waits for', async () => {
    const stuck = [{}, {}, completed, ...signals(1)]
    const incidents = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`i-${i}`, run(stuck)]))
    const { asked, lists } = fakeTemporal({ ...incidents, 'desk/shodo': run(stuck, { type: 'desk' }) })
    const look = lookOver(asked)
    await look()
    assert.equal((await look()).stuck[0]?.workflow, 'desk/shodo')
    for (const query of lists) assert.doesNotMatch(query, /'look'/)
  })

  it('says what it could not read, tells of the others, and takes none of them for well', async () => {
    const stuck = [{}, {}, completed, ...signals(1)]
    const { asked, broken } = fakeTemporal({ one: run(stuck), other: run(stuck) })
    const look = lookOver(asked)
    await look()
    broken.add('one')
    const seen = await look()
    assert.deepEqual(seen.stuck.map(({ workflow }) => workflow).sort(), ['one', 'other'])
    assert.match(String(seen.unread[0]?.error), /one: refused/)
    broken.add('other')
    await assert.rejects(stuckNow(asked), /refused/)
  })

  it('looks again each time at what it could not read, however many others run', async () => {
    const well = () => run([{}, {}, completed])
    const others = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`i-${i}`, well()]))
    const { asked, broken } = fakeTemporal({ one: well(), ...others })
    broken.add('one')
    const look = lookOver(asked)
    for (let looks = 0; looks < 6; looks += 1) assert.equal((await look()).unread.length, 1)
    broken.clear()
    assert.deepEqual((await look()).unread, [])
  })

  it('asks visibility less than every other second, far less where it is refused, and looks on at what it knows', async () => {
    const clock = { ms: 0 }
    const { asked, lists, broken } = fakeTemporal({ one: run([{}, {}, completed, ...signals(1)]) })
    const look = lookOver(asked, () => clock.ms)
    const minute = async () => {
      const before = lists.length
      for (const end = clock.ms + 60_000; clock.ms < end; clock.ms += 2_000) await look()
      return lists.length - before
    }
    const asks = await minute()
    assert.ok(asks <= 25, `${asks} questions in a minute`)
    broken.add('visibility')
    await minute()
    const fewer = await minute()
    assert.ok(fewer <= 8, `${fewer} questions in a minute`)
    const seen = await look()
    assert.equal(seen.unread.length, 2)
    assert.deepEqual(seen.stuck.map(troubleOf), ['stuck/one/one/3'])
    broken.clear()
    await minute()
    assert.deepEqual((await look()).unread, [])
  })
})
