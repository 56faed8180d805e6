import assert from 'node:assert/strict'
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import fc from 'fast-check'
import { notifyActivities } from '../../../activities/notify/send-page.ts'
import { type Channel, unsent } from '../../../channels/channel.ts'
import { teamLeadAfterFiveMinutes } from '../../../channels/fixtures/team-lead-page.ts'
import type { PageCall } from '../../../domain/incident/fold/page.ts'
import type { PageReason } from '../../../domain/words.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { live, lives } from '../../domain/incident/moves.ts'
import { World } from '../../domain/incident/world.ts'

/** Hands whose channels take whatever reaches them. */
function hands() {
  const taken: PageCall[] = []
  const channel = {
    page: async (call: PageCall) => {
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

  const call = teamLeadAfterFiveMinutes('oncall')
  const beats: unknown[] = []
  const over = (page: Channel['page'], signal = new AbortController().signal) =>
    notifyActivities({
      channels: new Map([['oncall', { page }]]),
      now: () => 7,
      life: () => ({ signal, beat: (detail) => beats.push(detail) }),
    })

  it('beats with the key before the channel is asked', async () => {
    beats.length = 0
    const { sendPage } = over(async (_, { now }) => {
      assert.deepEqual(beats, [{ key: call.key }])
      return { sentAtMs: now(), reference: 'PD-1' }
    })
    assert.deepEqual(await sendPage(call), { sentAtMs: 7, reference: 'PD-1' })
  })

  it('leaves to the incident whether a page that was not taken is tried again', async () => {
    const params = { channel: 'oncall', reason: 'it answered 503' }
    const { sendPage } = over(() => Promise.reject(unsent('channel-unreachable', params)))
    await assert.rejects(sendPage(call), (error) => {
      assert.ok(error instanceof ApplicationFailure)
      const found = carriedBy(error) ?? assert.fail('no failure of the list')
      assert.deepEqual([found.name, found.params], ['channel-unreachable', params])
      assert.deepEqual([error.nonRetryable, error.type], [true, found.code])
      return true
    })
  })

  it('ends with the reason of a cancellation, and sends nothing when it comes before the start', async () => {
    const control = new AbortController()
    const { sendPage } = over(() => {
      control.abort(new CancelledFailure('CANCELLED'))
      control.signal.throwIfAborted()
      return assert.fail('it went on')
    }, control.signal)
    await assert.rejects(sendPage(call), CancelledFailure)
    const late = over(async () => assert.fail('it was sent'), control.signal)
    await assert.rejects(late.sendPage(call), CancelledFailure)
  })

  it('names the channels that exist when the channel is none of them', async () => {
    const { sendPage } = over(async () => assert.fail('wrong channel'))
    await assert.rejects(sendPage({ ...call, channel: 'mail' }), (error) => {
      assert.deepEqual(carriedBy(error)?.params, { channel: 'mail', known: 'oncall' })
      return carriedBy(error)?.name === 'channel-unknown'
    })
  })
})
