import assert from 'node:assert/strict'
import type { Evidence } from '../../client/replay/histories.ts'
import { hasDoneATask, upToLastTask } from '../../client/replay/last-task.ts'
import { type Reexecute, type Replayed, replay } from '../../client/replay/replay.ts'
import { reexecute } from '../../workers/reexecute.ts'
import { storedIncidents } from './histories.ts'

type Made = Awaited<ReturnType<Reexecute>>[number]
type JsonEvent = {
  readonly eventId: string
  readonly activityTaskScheduledEventAttributes?: { readonly activityId: string }
}
type History = { readonly events: readonly JsonEvent[] }

/** Every beginning of a history is re-executed once; whole runs and those that are cut between two tasks are the same for all tests. */
class Remembered {
  readonly #made = new Map<string, Made>()

  async learn(incident: string, histories: readonly History[]): Promise<void> {
    const unknown = new Map(
      histories.map((history) => [keyOf(history), history] as const).filter(([key]) => !this.#made.has(key)),
    )
    const made = await reexecute([...unknown.values()], incident)
    for (const [index, key] of [...unknown.keys()].entries()) {
      const one = made[index]
      if (one !== undefined) this.#made.set(key, one)
    }
  }

  readonly again: Reexecute = async (histories) =>
    histories.map((history) => this.#made.get(keyOf(history as History)) ?? assert.fail('not learnt'))
}

/** By its first event, which is the run's own, and its length; the JSON and what the SDK reads from it alike. */
function keyOf({ events }: History): string {
  const first = events[0] as { workflowExecutionStartedEventAttributes?: { originalExecutionRunId?: string } }
  return `${first.workflowExecutionStartedEventAttributes?.originalExecutionRunId} ${events.length}`
}

const cut = (history: History, length: number): History => ({ events: history.events.slice(0, length) })
const lengths = (history: History) => Array.from({ length: history.events.length - 1 }, (_, i) => i + 1)

/** From here on the archive's own copy of a last run may end: the call that makes it has been scheduled. */
function putsItselfAway(history: History, run: number): number {
  const at = history.events.findIndex(
    (event) => event.activityTaskScheduledEventAttributes?.activityId === `archive/${run}`,
  )
  return at < 0 ? history.events.length : at + 1
}

describe('what is cut out of a recorded incident', function () {
  this.timeout(600_000)

  for (const kept of storedIncidents()) {
    describe(`${kept.version} ${kept.play}`, () => {
      const { incident } = kept
      const histories = kept.histories as readonly History[]
      const remembered = new Remembered()
      const judge = (evidence: Evidence) => replay(incident, evidence, remembered.again)
      const last = histories.length

      before(async () => {
        const cuts = histories.flatMap((history) => lengths(history).map((n) => cut(history, n)))
        await remembered.learn(
          incident,
          [...histories, ...cuts].filter(hasDoneATask).map((history) => upToLastTask(history) as History),
        )
      })

      it('is identical where nothing is cut', async () => {
        const verdict = await judge({ histories })
        assert.deepEqual([verdict.verdict, verdict.difference, verdict.missing], ['identical', undefined, []])
        assert.deepEqual(verdict.ends, { how: 'closed', seq: kept.events.length })
      })

      it('is never identical where the end is cut off, after whatever event', async () => {
        for (const [index, history] of histories.entries()) {
          for (const length of lengths(history)) {
            const where = `run ${index + 1} after event ${length}`
            const runs = [...histories.slice(0, index), cut(history, length)]
            says(await judge({ histories: runs }), where)
            // With the runs behind the cut, at every seventh: it is the first thing that is seen.
            const rest = histories.slice(index + 1)
            if (rest.length > 0 && length % 7 === 0)
              says(await judge({ histories: [...runs, ...rest] }), `${where}, with all others`)
          }
        }
      })

      it('is identical in an archive only from the call on that put its last run away', async () => {
        const history = histories.at(-1) ?? assert.fail('no run')
        for (const length of lengths(history)) {
          const verdict = await judge({
            histories: [...histories.slice(0, -1), cut(history, length)],
            source: 'archive',
          })
          if (length >= putsItselfAway(history, last) && verdict.identical)
            assert.equal(verdict.ends.how, 'archived')
          else says(verdict, `after event ${length}`)
        }
      })

      it('says of an open one where it ends, and is its beginning', async () => {
        const history = histories[last - 1] ?? assert.fail('no run')
        for (const length of lengths(history)) {
          const runs = [...histories.slice(0, -1), cut(history, length)]
          const verdict = await judge({ histories: runs, source: 'running' })
          const told = JSON.parse(JSON.stringify(verdict.timeline))
          assert.deepEqual(told, kept.events.slice(0, told.length), `after event ${length}`)
          if (verdict.identical) assert.deepEqual(verdict.ends, { how: 'open', seq: told.length })
          else says(verdict, `open, after event ${length}`)
        }
      })

      it('is incomplete where a run is missing, and names it', async () => {
        for (const index of histories.keys()) {
          const rest = histories.filter((_, i) => i !== index)
          if (rest.length === 0) continue
          for (const source of ['over', 'archive', 'running'] as const) {
            const verdict = await judge({ histories: rest, source })
            assert.equal(verdict.verdict, 'incomplete', `without run ${index + 1}: ${why(verdict)}`)
            assert.deepEqual(
              verdict.missing.map(({ what, run }) => [what, run]),
              [['run', index + 1]],
            )
          }
        }
      })

      it('is not identical where any event is taken out of a history, and names it', async () => {
        for (const [index, history] of histories.entries())
          for (const [at, { eventId }] of history.events.slice(0, -1).entries()) {
            const holed = { events: history.events.filter((_, i) => i !== at) }
            // What has a hole is not looked into, whatever its re-execution gives.
            const again: Reexecute = async (all) => all.map(() => none)
            const verdict = await replay(incident, { histories: [holed] }, again)
            says(verdict, `without event ${eventId} of run ${index + 1}`)
            if (at > 0)
              assert.ok(
                verdict.missing.some(({ says }) => says.en.includes(`Temporal's event ${eventId} but`)),
                why(verdict),
              )
          }
      })
    })
  }
})

const none: Made = { events: [], sent: [] }

function says(verdict: Replayed, where: string): void {
  assert.notEqual(verdict.verdict, 'identical', where)
  assert.ok(verdict.difference !== undefined || verdict.missing.length > 0, where)
}

function why(verdict: Replayed): string {
  return JSON.stringify([verdict.verdict, verdict.difference, verdict.missing])
}
