import assert from 'node:assert/strict'
import { WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client'
import { declareIncident } from '../../client/incidents/declare.ts'
import { post } from '../../client/incidents/post.ts'
import { connect, type Temporal, temporalSettings } from '../../client/temporal/connect.ts'
import { Refused } from '../../edge/refused.ts'
import { deskId } from '../../wire/messages.ts'
import { aoki, openDesk, type World, world } from '../scenarios/world.ts'

const declaration = {
  service: 'frontend',
  severity: 'LOW',
  description: 'slow',
  dataLoss: false,
  breach: false,
}

describe('what many say to one desk at once', function () {
  this.timeout(120_000)

  describe('on real parts', () => {
    let here: World
    let temporal: Temporal

    before(async () => {
      here = await world()
      temporal = await connect(temporalSettings(here.env))
    })
    after(() => temporal?.close())

    it('goes in few updates, each with an answer or a refusal of its own', async () => {
      const desk = await openDesk(here)
      const service = (i: number) => (i % 10 === 3 ? 'billing' : 'frontend')
      const answers = await Promise.allSettled(
        Array.from({ length: 200 }, (_, i) =>
          declareIncident(temporal, {
            declaration: { ...declaration, severity: 'LOW', service: `${desk.name}/${service(i)}` },
            by: aoki,
            key: `report-${i}`,
          }),
        ),
      )
      const taken = answers.flatMap((a) => (a.status === 'fulfilled' ? [a.value] : []))
      const reasons = answers.flatMap((a) => (a.status === 'rejected' ? [a.reason] : []))
      assert.equal(taken.length, 180)
      assert.ok(reasons.every((r) => r instanceof Refused && r.failure.name === 'unknown-service'))
      assert.equal(taken.filter(({ created }) => created).length, 1)
      assert.deepEqual(
        taken.map(({ reports }) => reports).toSorted((a, b) => a - b),
        Array.from({ length: 180 }, (_, i) => i + 1),
      )
      const { events = [] } = await here.client.workflow.getHandle(deskId(desk.name)).fetchHistory()
      const updates = events?.filter((e) => e.workflowExecutionUpdateAcceptedEventAttributes) ?? []
      assert.ok(updates.length < 20, `${updates.length} updates for 200 declarations`)
    })

    it('names what there is where the system that is named has no desk', async () => {
      const { name } = await openDesk(here)
      const unknown = { ...declaration, severity: 'LOW', service: `no-such-${name}/frontend` } as const
      const refused = await declareIncident(temporal, { declaration: unknown, by: aoki }).catch((e) => e)
      assert.ok(refused instanceof Refused)
      assert.equal(refused.failure.name, 'unknown-service')
    })
  })

  describe('on a desk in the hand of the test', () => {
    const kindOf = (error: unknown) => (error as Refused).failure.name
    const endOf = (posted: Promise<unknown>) => posted.then(() => 'taken', kindOf)

    /** Updates that end when and how the test says, with the types of their items. */
    function held() {
      type Update = { readonly types: readonly string[]; answer: () => void; fail: (error: Error) => void }
      const updates: Update[] = []
      type Item = { readonly type: string }
      const executeUpdate = (_: string, { args: [{ items }] }: { args: [{ items: readonly Item[] }] }) =>
        new Promise((resolve, fail) => {
          const answer = () => resolve({ answers: items.map(() => ({ answer: { receipt: 1 } })) })
          updates.push({ types: items.map(({ type }) => type), answer, fail })
        })
      const temporal = {
        connection: { withDeadline: (_: unknown, call: () => unknown) => call() },
        client: { workflow: { getHandle: () => ({ executeUpdate }) } },
      } as unknown as Temporal
      return { temporal, updates }
    }

    async function answerAll(updates: ReturnType<typeof held>['updates'], posted: Promise<unknown>) {
      let open = true
      posted.finally(() => {
        open = false
      })
      while (open) {
        for (const { answer } of updates.splice(0)) answer()
        await new Promise((resolve) => setImmediate(resolve))
      }
    }

    it('has people answered while a batch of machines is under way, and the other way round', async () => {
      for (const [slow, quick] of [
        ['alerts', 'declare'],
        ['declare', 'alerts'],
      ] as const) {
        const { temporal, updates } = held()
        const first = post(temporal, 'shodo', { type: slow })
        const waits = post(temporal, 'shodo', { type: slow })
        const passes = post(temporal, 'shodo', { type: quick })
        await new Promise((resolve) => setImmediate(resolve))
        assert.deepEqual(
          updates.map(({ types }) => types),
          [[slow], [quick]],
        )
        updates[1]?.answer()
        await passes
        const [update] = updates.splice(0)
        update?.answer()
        await answerAll(updates, Promise.all([first, waits]))
      }
    })

    it('waits for those who were just answered, and no longer than until they have come', async () => {
      const { temporal, updates } = held()
      const alert = () => post(temporal, 'shodo', { type: 'alerts' })
      const tick = () => new Promise((resolve) => setImmediate(resolve))
      const all = Array.from({ length: 20 }, alert)
      await tick()
      assert.deepEqual(
        updates.map(({ types }) => types.length),
        [1],
        'nobody was answered yet: the first one goes alone',
      )
      const answerNext = async (answered: readonly Promise<unknown>[]) => {
        updates.pop()?.answer()
        await Promise.all(answered)
        await tick()
        assert.equal(updates.length, 0, 'the next one is gathered')
        const come = answered.map(alert)
        await tick()
        assert.deepEqual(
          updates.map(({ types }) => types.length),
          [20],
        )
        return come
      }
      const [first, ...others] = all
      const again = await answerNext(first === undefined ? [] : [first])
      const last = await answerNext([...others, ...again])
      await answerAll(updates, Promise.all(last))
    })

    it('gives what waited too long behind an update that failed the reason of that one', async () => {
      const { now } = performance
      let passedMs = 0
      performance.now = () => now.call(performance) + passedMs
      try {
        const { temporal, updates } = held()
        const sent = endOf(post(temporal, 'shodo', { type: 'declare' }))
        const waited = endOf(post(temporal, 'shodo', { type: 'declare' }))
        await new Promise((resolve) => setImmediate(resolve))
        passedMs = 25_000
        updates[0]?.fail(new WorkflowUpdateRPCTimeoutOrCancelledError('nobody'))
        assert.deepEqual([await sent, await waited], ['no-worker', 'no-worker'])
        assert.equal(updates.length, 1)
      } finally {
        performance.now = now
      }
    })

    it('answers everybody who waits when the time is over in the very moment that it is looked at', async () => {
      const { now } = performance
      const [limitMs, from] = [20_000, now.call(performance)]
      let [clock, tick] = [from, 0]
      performance.now = () => {
        clock += tick
        return clock
      }
      try {
        const { temporal, updates } = held()
        const sent = endOf(post(temporal, 'shodo', { type: 'declare' }))
        const waiting = Array.from({ length: 8 }, () => endOf(post(temporal, 'shodo', { type: 'declare' })))
        await new Promise((resolve) => setImmediate(resolve))
        clock = from + limitMs - 3
        tick = 1
        updates.shift()?.fail(new WorkflowUpdateRPCTimeoutOrCancelledError('nobody'))
        await answerAll(updates, Promise.all(waiting))
        assert.equal(await sent, 'no-worker')
        assert.equal(new Set(await Promise.all(waiting)).size, 1, 'none is refused and sent all the same')
      } finally {
        performance.now = now
      }
    })

    it('is refused only when more waits than is kept, and what is kept is not lost for that', async () => {
      const { temporal, updates } = held()
      const big = 'x'.repeat(1_000_000)
      const ends = Promise.all(
        Array.from({ length: 40 }, () => endOf(post(temporal, 'shodo', { type: 'alerts', big }))),
      )
      await answerAll(updates, ends)
      // One is on its way, and 64 MB wait: 31 of two million bytes each.
      assert.equal((await ends).filter((end) => end === 'taken').length, 32)
      assert.ok((await ends).slice(32).every((end) => end === 'too-busy'))
    })

    it('keeps no more for many desks than for one, whatever names the labels of alerts make up', async () => {
      const { temporal, updates } = held()
      const big = 'x'.repeat(1_000_000)
      const ends = Promise.all(
        Array.from({ length: 20 }, (_, desk) =>
          Array.from({ length: 4 }, () => endOf(post(temporal, `desk-${desk}`, { type: 'alerts', big }))),
        ).flat(),
      )
      const person = endOf(post(temporal, 'desk-1', { type: 'declare', big }))
      await answerAll(updates, Promise.all([ends, person]))
      // Of ten desks one is on its way and three wait, of the next one one and one.
      assert.equal((await ends).filter((end) => end === 'taken').length, 42)
      assert.equal(await person, 'taken')
    })
  })
})
