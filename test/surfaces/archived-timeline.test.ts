import assert from 'node:assert/strict'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { WorkflowNotFoundError } from '@temporalio/common'
import { openIncidents } from '../../client/incidents/incidents.ts'
import { readTimeline } from '../../client/incidents/timeline.ts'
import { historiesIn } from '../../client/replay/histories.ts'
import { outlineOf } from '../../client/replay/outline.ts'
import { replay } from '../../client/replay/replay.ts'
import type { Temporal } from '../../client/temporal/connect.ts'
import type { TimelineEvent } from '../../domain/timeline/chain.ts'
import { Refused } from '../../edge/refused.ts'
import { archiveFolder, runName } from '../../wire/archive.ts'
import { reexecute } from '../../workers/reexecute.ts'
import { storedIncidents } from '../replay/histories.ts'
import { scratch } from '../scenarios/world.ts'

const kept = storedIncidents().find(({ play }) => play === 'many-notes') ?? assert.fail('no history is kept')
const { incident, events } = kept
const head = events.at(-1) ?? assert.fail('it has no events')
const runs = kept.histories.map((history) => outlineOf(history)?.runId ?? '')
/** The first event of each run. */
const begins = [0, ...events.flatMap(({ type }, index) => (type === 'continued' ? [index] : []))]
const of = (run: number) => events.slice(begins[run], begins[run + 1])

/** Temporal that has forgotten the first run. */
const temporal = {
  address: 'nowhere',
  connection: { withDeadline: (_: number, call: () => unknown) => call() },
  client: {
    workflow: {
      getHandle: (_: string, runId: string = runs.at(-1) ?? '') => ({
        query: async (name: string) => {
          if (runId === runs[0]) throw new WorkflowNotFoundError('gone', incident, runId)
          if (name === 'timeline') return { events: of(runs.indexOf(runId)) }
          const earlierRuns = runs
            .slice(0, -1)
            .map((id, run) => ({ runId: id, firstSeq: of(run)[0]?.seq ?? 0 }))
          return { state: {}, head: { seq: head.seq, hash: head.hash }, earlierRuns }
        },
      }),
    },
  },
} as unknown as Temporal

describe('a timeline with a run from the archive', () => {
  const put = async (archive: string, text: string | Buffer, name = 'run-0001') => {
    await mkdir(archiveFolder(archive, incident), { recursive: true })
    await writeFile(join(archiveFolder(archive, incident), `${name}.events.json`), text)
  }
  const whole = `${JSON.stringify(of(0))}\n`
  const refusedBy = (error: unknown) => (error instanceof Refused ? error.failure.name : String(error))

  it('is shown as it was put away', () =>
    scratch(async (archive) => {
      await put(archive, whole)
      assert.deepEqual(await readTimeline(temporal, incident, archive), events)
    }))

  it('is shown where the run lies under another name, beside another story', () =>
    scratch(async (archive) => {
      await put(
        archive,
        `${JSON.stringify([{ ...of(0)[0], data: 'another' }] as unknown as TimelineEvent[])}\n`,
      )
      await put(archive, whole, `run-0001.${runs[0]}`)
      assert.deepEqual(await readTimeline(temporal, incident, archive), events)
    }))

  it('is refused where the archive does not have the run: which events, and which file should hold them', () =>
    scratch(async (archive) => {
      const { failure } = await readTimeline(temporal, incident, archive).then(
        () => assert.fail('it was shown'),
        (error: Refused) => error,
      )
      const file = join(archiveFolder(archive, incident), 'run-0001.events.json')
      const to = of(0).at(-1)?.seq ?? 0
      assert.deepEqual(
        [failure.name, failure.params],
        ['archived-run-missing', { incident, run: 1, from: 1, to, file }],
      )
      assert.equal(await readTimeline(temporal, incident, undefined).catch(refusedBy), 'archive-not-set')
    }))

  it('and an incident that Temporal knows no more is named with the folder that it lies in', () =>
    scratch(async (archive) => {
      const gone = {
        ...temporal,
        client: {
          workflow: {
            getHandle: () => ({
              query: async () => {
                throw new WorkflowNotFoundError('gone', incident, undefined)
              },
            }),
          },
        },
        connection: { ...temporal.connection, workflowService: {} },
      } as unknown as Temporal
      const incidents = openIncidents(gone, { archive })
      for (const ask of [incidents.show, incidents.timeline])
        assert.equal(await ask(incident).catch(refusedBy), 'unknown-incident')
      await put(archive, whole)
      for (const ask of [incidents.show, incidents.timeline])
        assert.equal(await ask(incident).catch(refusedBy), 'incident-archived')
    }))

  it('of which a file of events is not there is no whole proof: the run and its events are named', () =>
    scratch(async (archive) => {
      const folder = archiveFolder(archive, incident)
      const missing = async () => {
        const { missing } = await replay(incident, await historiesIn(folder), reexecute)
        return missing.map(({ what, run, says }) => [what, run, says.en])
      }
      for (const [run, history] of kept.histories.entries()) {
        await put(archive, `${JSON.stringify(of(run))}\n`, runName(run + 1))
        await writeFile(join(folder, `${runName(run + 1)}.history.json`), JSON.stringify(history))
      }
      const before = await missing()
      await rm(join(folder, 'run-0002.events.json'))
      const [first, last] = [of(1)[0]?.seq, of(1).at(-1)?.seq]
      const says = `the file with the events of run 2 (${first} to ${last}) is missing; restore it from a copy of the archive`
      assert.deepEqual(await missing(), [['file', 2, says], ...before])
    }))

  it('is refused whichever byte of it was changed, cut off or put in', () =>
    scratch(async (archive) => {
      const bytes = Buffer.from(whole)
      // Some in each event, by a step that no event's length is a multiple of.
      for (let at = 0; at < bytes.length; at += 13) {
        const changed = Buffer.from(bytes)
        changed[at] = ((changed[at] ?? 0) + 1) % 128
        for (const text of [
          changed,
          bytes.subarray(0, at),
          Buffer.concat([bytes.subarray(0, at), Buffer.from(' '), bytes.subarray(at)]),
        ]) {
          await put(archive, text)
          assert.equal(
            await readTimeline(temporal, incident, archive).catch(refusedBy),
            'evidence-changed',
            `byte ${at}`,
          )
        }
      }
    }))
})
