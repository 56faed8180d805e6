import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { replay } from '../../client/replay/replay.ts'
import { reexecute } from '../../workers/reexecute.ts'
import { storedIncidents } from './histories.ts'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

/** Fix a defect that this finds with `patched` or a new rules number (docs/patches.md), never by recording again. */
describe('an incident of a released version', function () {
  this.timeout(120_000)

  for (const { version, play, incident, histories, events } of storedIncidents()) {
    it(`${version} ${play}: today's workflows re-execute it to the same bytes`, async () => {
      const verdict = await replay(incident, { histories }, reexecute)
      assert.deepEqual([verdict.verdict, verdict.difference], ['identical', undefined])
      // The sandbox's objects have prototypes of their own.
      assert.deepEqual(JSON.parse(JSON.stringify(verdict.timeline)), events)
    })
  }

  it('is kept for this version too', () => {
    assert.ok(storedIncidents().some((kept) => kept.version === version))
  })
})
