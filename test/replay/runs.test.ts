import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { workflowBundle } from '../../workers/bundle.ts'
import { reexecute } from '../../workers/reexecute.ts'
import { othersFor, reexecuteBeside } from '../../workers/reexecute-beside.ts'
import type { Given, Reexecution, Runs } from '../../workers/reexecute-here.ts'
import { storedIncidents } from './histories.ts'

describe('the runs of one incident', function () {
  this.timeout(120_000)

  const { incident, histories } =
    storedIncidents().find(({ play }) => play === 'many-notes') ?? assert.fail('no history is kept')
  const [one, two, three] = histories

  it('are each re-executed for themselves, whatever becomes of the run before', async () => {
    const another = { events: (two as { events: object[] }).events.map(withOtherActivity) }
    const made = await reexecute([one, another, {}, two, three], incident)
    assert.equal(made.length, 5)
    assert.match(made[1]?.broke ?? '', /activity/i)
    assert.notEqual(made[2]?.broke, undefined)
    // Each sandbox has prototypes of its own.
    for (const [place, history] of [
      [0, one],
      [3, two],
      [4, three],
    ] as const)
      assert.equal(JSON.stringify([made[place]]), JSON.stringify(await reexecute([history], incident)))
  })

  it('are the same whichever process re-executes them, and one that breaks ends none of them', async () => {
    const { runs, made, left } = queueOf([one, {}, two, three])
    await reexecuteBeside(runs, incident, await workflowBundle())
    assert.deepEqual([left.length, made.length], [0, 4])
    assert.equal(JSON.stringify(made), JSON.stringify(await reexecute([one, {}, two, three], incident)))
  })

  it('are not lost with a process that ends before its time', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hikeshi-reexecute-'))
    const dies = join(folder, 'dies.mjs')
    await writeFile(dies, "process.once('message', () => process.exit(1)); process.send({})")
    const { runs, made, left } = queueOf([one, two])
    await reexecuteBeside(runs, incident, await workflowBundle(), dies)
    assert.deepEqual([left.map(({ place }) => place), made.length], [[0, 1], 0])
    await rm(folder, { recursive: true })
  })

  it('are all told to be broken where the workflows themselves cannot be read', async () => {
    const made = await reexecute([one, two], incident, { codePath: '/nowhere/workflows.js' })
    assert.deepEqual(
      made.map(({ broke }) => /ENOENT/.test(broke ?? '')),
      [true, true],
    )
  })

  it('stay in this process where they are few', () => {
    assert.equal(othersFor(histories), 0)
    assert.equal(othersFor([]), 0)
  })
})

function queueOf(histories: readonly unknown[]) {
  const left = histories.map((history, place): Given => ({ place, history }))
  const made: Reexecution[] = []
  const runs: Runs = {
    next: async () => left.shift(),
    made: (place, one) => {
      made[place] = one
    },
    back: (given) => left.unshift(given),
  }
  return { runs, made, left }
}

/** As a history of other workflows would have it. */
function withOtherActivity(event: object): object {
  const changed = JSON.parse(JSON.stringify(event)) as {
    activityTaskScheduledEventAttributes?: { activityType: { name: string } }
  }
  if (changed.activityTaskScheduledEventAttributes !== undefined)
    changed.activityTaskScheduledEventAttributes.activityType.name = 'another'
  return changed
}
