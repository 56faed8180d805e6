import assert from 'node:assert/strict'
import { append, genesis, type TimelineEvent } from '../../../domain/timeline/chain.ts'
import type { RunEvidence } from '../../../domain/timeline/evidence.ts'
import { changedFiles, type KeptFile, missingFiles } from '../../../domain/timeline/kept-files.ts'
import { type Receipt, system } from '../../../domain/words.ts'

const put = '0123456789abcdef'.repeat(4)
const now = 'fedcba9876543210'.repeat(4)

/** A run of five events; the last says that another run's files were put away. */
function run(number: number, archives?: string, head: Receipt = genesis): RunEvidence {
  const events: TimelineEvent[] = []
  for (let i = 0; i < 5; i += 1) {
    const data =
      i === 4 && archives !== undefined
        ? { runId: archives, result: { historySha256: put, eventsSha256: put } }
        : { note: i }
    const type = 'runId' in data ? 'archived' : 'noted'
    events.push(append(events.at(-1) ?? head, { type, by: system, data }, i, 'secret') as TimelineEvent)
  }
  const earlierRuns = Array.from({ length: number - 1 }, (_, i) => ({ runId: `run-${i + 1}` }))
  return {
    run: number,
    runId: `run-${number}`,
    startedAs: `run-${number}`,
    end: 'none',
    resets: [],
    input: number === 1 ? {} : { carried: { head, earlierRuns } },
    recorded: [],
    sent: [],
    events,
  }
}

const first = run(1)
const second = run(2, 'run-1', first.events.at(-1))
const history = (of: string, sha256 = put): KeptFile => ({
  name: `${of}.history`,
  runId: of,
  what: 'history',
  sha256,
})
const events = (of: string, given: unknown): KeptFile => ({
  name: `${of}.events`,
  runId: of,
  what: 'events',
  sha256: put,
  events: given,
})

describe('the files of an archive', () => {
  it('are told with the first twelve digits of what they are and of what was put away', () => {
    assert.deepEqual(changedFiles([first, second], [history('run-1', now)]), {
      run: 1,
      at: 'run-1.history',
      says: {
        en: 'its SHA-256 is fedcba987654; it was 0123456789ab when archived',
        ja: 'SHA-256 は fedcba987654、保管時は 0123456789ab でした',
      },
    })
    assert.equal(changedFiles([first, second], [history('run-1'), history('run-2', now)]), undefined)
  })

  it('are held against what was archived also where their run is not here, and are then of none', () => {
    const found = changedFiles([second], [history('run-1', now)])
    assert.deepEqual([found?.run, found?.at], [0, 'run-1.history'])
    // Without its run nobody can make its events again.
    assert.equal(changedFiles([second], [events('run-1', 'nonsense')]), undefined)
  })

  it('hold the events of the run, all of them or those that there were when they were put away', () => {
    const kept = (given: unknown) => changedFiles([first, second], [events('run-1', given)])?.at
    for (const count of [0, 1, 5]) assert.equal(kept(first.events.slice(0, count)), undefined, String(count))
    for (const bad of [undefined, null, {}, first.events.slice(1), [...first.events, first.events[0]]])
      assert.equal(kept(bad), 'run-1.events')
  })

  it('lack the events of a run whose history is there and whose events were put away: from which to which', () => {
    const missing = (source: 'running' | 'archive', ...files: readonly KeptFile[]) =>
      missingFiles([first, second], files, source).map(({ says }) => says.en)
    const lost = (number: number, from: number, to: number) =>
      `the file with the events of run ${number} (${from} to ${to}) is missing; restore it from a copy of the archive`
    assert.deepEqual(missing('running', history('run-1'), history('run-2')), [lost(1, 1, 5)])
    assert.deepEqual(missing('archive', history('run-1'), history('run-2')), [lost(1, 1, 5), lost(2, 6, 10)])
    assert.deepEqual(missing('running', history('run-1'), events('run-1', [])), [])
    assert.deepEqual(missing('archive', events('run-1', [])), [])
    assert.deepEqual(missing('archive'), [])
    const [found] = missingFiles([first, second], [history('run-1')], 'running')
    assert.deepEqual(
      [found?.what, found?.run, found?.says.ja],
      ['file', 1, '実行 1 のイベント（1〜5）のファイルがありません。保管先のコピーから戻してください'],
    )
  })
})
