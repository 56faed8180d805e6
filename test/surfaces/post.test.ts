import assert from 'node:assert/strict'
import { connect, type Temporal, temporalSettings } from '../../client/connect.ts'
import { declareIncident } from '../../client/declare.ts'
import { post } from '../../client/post.ts'
import { Refused } from '../../client/refused.ts'
import { deskId } from '../../workflows/messages.ts'
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

  it('is refused only when more waits than is kept, and what is kept is not lost for that', async () => {
    const release: (() => void)[] = []
    const executeUpdate = (_: string, { args: [{ items }] }: { args: [{ items: unknown[] }] }) =>
      new Promise((resolve) => {
        release.push(() => resolve({ answers: items.map(() => ({ answer: { receipt: 1 } })) }))
      })
    const silent = {
      connection: { withDeadline: (_: unknown, call: () => unknown) => call() },
      client: { workflow: { getHandle: () => ({ executeUpdate }) } },
    } as unknown as Temporal
    const big = 'x'.repeat(1_000_000)
    const posted = Array.from({ length: 40 }, () => post(silent, 'shodo', { type: 'alerts', big }))
    const seen = posted.map((one) =>
      one.then(
        () => 'taken',
        (error) => (error as Refused).failure.name,
      ),
    )
    let open = true
    Promise.all(seen).then(() => {
      open = false
    })
    while (open) {
      for (const done of release.splice(0)) done()
      await new Promise((resolve) => setImmediate(resolve))
    }
    const ends = await Promise.all(seen)
    // Two are on their way, and 64 MB wait.
    assert.equal(ends.filter((end) => end === 'taken').length, 34)
    assert.ok(ends.slice(34).every((end) => end === 'too-busy'))
  })
})
