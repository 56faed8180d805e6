import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporal } from '@temporalio/proto'
import { textOf } from '../../activities/archive/archive-run.ts'
import { highestArchived } from '../../activities/archive/highest-archived.ts'
import { keepFile, removeUnfinished } from '../../activities/archive/keep-file.ts'
import { filesIn, keptIn, storyIn } from '../../client/replay/kept.ts'
import { runIn, runName } from '../../wire/archive.ts'
import { scratch } from '../scenarios/world.ts'

const order = { stem: runName(1), what: 'history', runId: 'aaaa', attempt: 1 } as const

const sha256Of = (content: string | Buffer) => createHash('sha256').update(content).digest('hex')

describe('the archive', () => {
  it('keeps two incidents that were given the same number, each whole', () =>
    scratch(async (folder) => {
      const first = await keepFile({ ...order, folder, content: 'of the first' })
      const second = await keepFile({ ...order, folder, runId: 'bbbb', content: 'of the second' })
      const third = await keepFile({ ...order, folder, runId: 'bbbb', content: 'of the second, longer' })
      assert.equal(first.file, 'run-0001.history.json')
      assert.equal(second.file, 'run-0001.bbbb.history.json')
      for (const [{ file, sha256 }, content] of [
        [first, 'of the first'],
        [second, 'of the second'],
        [third, 'of the second, longer'],
      ] as const) {
        assert.equal(await readFile(join(folder, file), 'utf8'), content)
        assert.equal(sha256, sha256Of(content))
      }
      assert.deepEqual(
        (await readdir(folder)).toSorted(),
        [first, second, third].map((f) => f.file).toSorted(),
      )
    }))

  it('takes the same content again, at any attempt, as done', () =>
    scratch(async (folder) => {
      const before = await keepFile({ ...order, folder, content: 'same' })
      const again = await keepFile({ ...order, folder, attempt: 2, content: 'same' })
      assert.deepEqual(again, before)
      assert.deepEqual(await readdir(folder), ['run-0001.history.json'])
    }))

  it('answers with what lies there, also where another call writes at the same time under the same number', () =>
    scratch(async (folder) => {
      const contents = Array.from({ length: 40 }, (_, i) => `${i}`.repeat(100_000))
      const kept = await Promise.all(
        contents.map((content, i) => keepFile({ ...order, folder, runId: `r${i}`, content })),
      )
      for (const { file, sha256 } of kept) assert.equal(sha256Of(await readFile(join(folder, file))), sha256)
      assert.equal((await readdir(folder)).length, contents.length)
    }))

  it('has of several copies of a run that which the archiving answered with, however long another one is', () =>
    scratch(async (folder) => {
      const runId = '0197a1f2-0000-7000-8000-000000000001'
      const events = (n: number, ...more: readonly object[]) =>
        JSON.stringify({
          events: [
            {
              eventId: '1',
              workflowExecutionStartedEventAttributes: {
                originalExecutionRunId: runId,
                firstExecutionRunId: runId,
              },
            },
            ...Array.from({ length: n }, (_, i) => ({ eventId: `${i + 2}` })),
            ...more,
          ],
        })
      const answered = await keepFile({ ...order, folder, runId, attempt: 2, content: events(10) })
      const told = Buffer.from(JSON.stringify({ historySha256: answered.sha256 })).toString('base64')
      const ended = { activityTaskCompletedEventAttributes: { result: { payloads: [{ data: told }] } } }
      // Attempt 1 stood still before it read, and goes on when the run has.
      const late = await keepFile({ ...order, folder, runId, content: events(14, ended) })
      assert.notEqual(late.file, answered.file)
      const { runs } = storyIn((await keptIn(filesIn(folder))).runs, undefined)
      assert.deepEqual(
        runs.map(({ files }) => files.map(({ name }) => name)),
        [[answered.file]],
      )
    }))

  it('writes a history the same way in whatever order Temporal tells what is in it', () => {
    const payload = (text: string) => ({
      metadata: { encoding: Buffer.from('json/plain') },
      data: Buffer.from(JSON.stringify(text)),
    })
    const history = (fields: Record<string, ReturnType<typeof payload>>) =>
      temporal.api.history.v1.History.fromObject({
        events: [{ eventId: 1, eventType: 1, workflowExecutionStartedEventAttributes: { memo: { fields } } }],
      })
    const [a, b] = [payload('a'), payload('b')]
    assert.equal(textOf(history({ a, b })), textOf(history({ b, a })))
    assert.notEqual(textOf(history({ a, b })), textOf(history({ a, b: a })))
  })

  it('leaves nothing behind where it fails, and removes what a killed worker left', () =>
    scratch(async (folder) => {
      const gone = join(folder, 'not there')
      await assert.rejects(keepFile({ ...order, folder: gone, content: 'x' }), { code: 'ENOENT' })
      // What it would be named is a folder.
      for (const name of ['run-0001', 'run-0001.aaaa']) await mkdir(join(folder, `${name}.history.json`))
      await assert.rejects(keepFile({ ...order, folder, content: 'x' }), { code: 'EISDIR' })
      const left = [
        'run-0001.history.json.1-0197a1f2.tmp',
        'run-0001.events.json.3-0197a1f2.tmp',
        'run-0002.history.json.1-0197a1f2.tmp',
      ]
      for (const file of left) await writeFile(join(folder, file), '{')
      await removeUnfinished(folder, 'run-0001', 3)
      const files = (await readdir(folder)).filter((file) => file.endsWith('.tmp'))
      assert.deepEqual(files.toSorted(), left.slice(1).toSorted())
    }))

  it('knows the highest number of each desk, and of none that only begins alike', () =>
    scratch(async (folder) => {
      assert.equal(await highestArchived(join(folder, 'not there'), 'shodo'), 0)
      for (const name of ['shodo-2', 'shodo-10', 'shodo-test-99', 'shodo-x', 'desk'])
        await mkdir(join(folder, name))
      assert.equal(await highestArchived(folder, 'shodo'), 10)
      assert.equal(await highestArchived(folder, 'shodo-test'), 99)
      assert.equal(await highestArchived(folder, 'sho'), 0)
    }))

  it('names its files so that they are found again, and no other', () => {
    assert.deepEqual(runIn('run-0012.history.json'), { run: 12, stem: 'run-0012', what: 'history' })
    assert.deepEqual(runIn('run-0012.1f-2e.events.json'), { run: 12, stem: 'run-0012.1f-2e', what: 'events' })
    for (const other of [
      'run-12.history.json',
      'run-0001.history.json.1.tmp',
      'run-0001.json',
      'timeline.json',
    ])
      assert.equal(runIn(other), undefined)
  })
})
