import assert from 'node:assert/strict'
import fc from 'fast-check'
import { notifyActivities } from '../../../activities/notify/send-page.ts'
import type { PageCall, PageReason } from '../../../domain/escalation/page.ts'
import { live, lives } from '../../domain/incident/moves.ts'
import { World } from '../../domain/incident/world.ts'

/** Hands whose channels take whatever reaches them. */
function hands() {
  const taken: PageCall[] = []
  const channel = {
    send: async (call: PageCall) => {
      taken.push(call)
      return { sentAtMs: 0 }
    },
  }
  const channels = { get: () => channel, keys: () => [].values() }
  const life = () => ({ signal: new AbortController().signal, beat: () => {} })
  const { sendPage } = notifyActivities({ channels: channels as never, now: () => 0, life })
  return { sendPage, taken }
}

/** Each page that the rules ever wanted goes out, and whole. */
async function sendsAll(world: World): Promise<ReadonlySet<PageReason>> {
  const { sendPage, taken } = hands()
  const pages = world.told('page-requested').map(({ page }) => ({ ...page, head: world.head }))
  for (const page of pages) await sendPage(page)
  assert.deepEqual(taken, pages)
  return new Set(pages.map(({ reason }) => reason))
}

describe('the hand that pages', () => {
  it('takes whatever the rules want to have sent, and leaves nothing of it out', async () => {
    const seen = new Set<PageReason>()
    await fc.assert(
      fc.asyncProperty(lives, async (life) => {
        for (const reason of await sendsAll(live(life))) seen.add(reason)
      }),
      { numRuns: 150, seed: 1 },
    )
    for (const reason of ['due', 'waiting', 'worse', 'data-loss', 'by-hand', 'all-clear'] as const)
      assert.ok(seen.has(reason), `no page because of ${reason}`)
  })

  it('pages for an incident of a place that no runbook knows', async () => {
    const world = new World({ service: 'unknown/batch-eu/data-lake/scratch-0', dataLoss: true })
    assert.ok((await sendsAll(world)).size > 0)
  })
})
