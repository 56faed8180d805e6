import assert from 'node:assert/strict'
import {
  pageCancelled,
  pageFailed,
  pageRequested,
  pageSent,
} from '../../../domain/incident/fold/evolving/pages.ts'
import type { PageCall } from '../../../domain/incident/fold/page.ts'
import type { IncidentState, Page } from '../../../domain/incident/fold/state.ts'
import { noon, sato, World } from './world.ts'

type Call = Omit<PageCall, 'head'>

const { state } = new World({ severity: 'LOW' })

function call(given: Partial<Call> = {}): Call {
  const { level = 'team-lead', person = 'tanaka', channel = 'oncall', attempt = 1 } = given
  return {
    incident: 'shodo-42',
    reason: 'due',
    severity: 'LOW',
    service: 'backend',
    description: 'x',
    says: { ja: '訳', en: 'x' },
    declaredBy: sato,
    dueMs: noon,
    timezone: 'Asia/Tokyo',
    ...given,
    level,
    person,
    channel,
    attempt,
    key: `shodo-42/${level}/${person}/${channel}/${attempt}`,
  }
}

const next = call({ attempt: 9 })

/** What is known of the next page, after this one. */
function pageAfter(status: Page['status'], given: Partial<Call>, tries = 2, wanted: Call = next) {
  const before = call(given)
  const pages = { [before.key]: { call: before, status, tries } }
  const told = pageRequested({ ...state, pages } as IncidentState, wanted, noon).pages
  return { tries: told[wanted.key]?.tries, isKept: told[before.key] !== undefined }
}

describe('a page', () => {
  it('counts how often its channel was tried in a row: for the same person and level, and as the same kind of call', () => {
    assert.equal(pageRequested(state, next, noon).pages[next.key]?.tries, 1)
    assert.equal(pageAfter('failed', {}).tries, 3)
    assert.equal(pageAfter('failed', { reason: 'breach' }).tries, 3)
    assert.equal(pageAfter('failed', {}, 1).tries, 2)
    for (const status of ['sending', 'sent', 'cancelled'] as const)
      assert.equal(pageAfter(status, {}).tries, 1)
    for (const other of [
      { channel: 'mail' },
      { person: 'ito' },
      { level: 'security' },
      { reason: 'waiting' },
      { reason: 'update' },
      { reason: 'all-clear' },
    ] as const)
      assert.equal(pageAfter('failed', other).tries, 1, JSON.stringify(other))
    const waiting = call({ attempt: 9, reason: 'waiting' })
    assert.equal(pageAfter('failed', { reason: 'waiting' }, 2, waiting).tries, 3)
    assert.equal(pageAfter('failed', { reason: 'update' }, 2, waiting).tries, 1)
  })

  it('takes the place of those before it for the same person, level and kind, whatever their channel, once they ended', () => {
    for (const status of ['sent', 'failed', 'cancelled'] as const)
      for (const given of [{}, { channel: 'mail' }, { reason: 'breach' }] as const)
        assert.equal(pageAfter(status, given).isKept, false, `${status} ${JSON.stringify(given)}`)
    assert.equal(pageAfter('sending', {}).isKept, true)
    for (const other of [{ person: 'ito' }, { level: 'security' }, { reason: 'waiting' }] as const)
      assert.equal(pageAfter('sent', other).isKept, true, JSON.stringify(other))
  })

  it('that tells that it is over marks all that this person was sent, and nobody else', () => {
    const pages = Object.fromEntries(
      [call(), call({ level: 'security' }), call({ person: 'ito' })].map((one): [string, Page] => [
        one.key,
        { call: one, status: 'sent', tries: 1 },
      ]),
    )
    const cleared = (reason: Call['reason']) =>
      Object.values(
        pageRequested({ ...state, pages }, call({ level: 'cto', attempt: 9, reason }), noon).pages,
      )
        .filter((page) => page.cleared)
        .map((page) => `${page.call.level} ${page.call.person}`)
    assert.deepEqual(cleared('all-clear'), ['team-lead tanaka', 'security tanaka'])
    assert.deepEqual(cleared('breach'), [])
  })

  it('is remembered where it says when the last alarm or the last reminder was', () => {
    const said = (reason: Call['reason']) => {
      const { lastAlarmMs, remindedMs } = pageRequested(state, call({ reason }), noon)
      return [lastAlarmMs, remindedMs]
    }
    assert.deepEqual(said('internal-error'), [noon, undefined])
    assert.deepEqual(said('update'), [undefined, noon])
    assert.deepEqual(said('due'), [undefined, undefined])
  })

  it('says how it ended, and nothing of a page that nobody asked for', () => {
    const { key } = next
    const asked = pageRequested(state, next, noon)
    assert.deepEqual(pageSent(asked, key).pages[key]?.status, 'sent')
    const failed = pageFailed(asked, {
      key,
      failure: { code: 'HK000', name: 'internal', params: {} } as never,
      retryAt: new Date(noon + 5_000).toISOString(),
      retryOver: 'mail',
    })
    const { status, retryAtMs, retryOver } = failed.pages[key] ?? assert.fail()
    assert.deepEqual([status, retryAtMs, retryOver], ['failed', noon + 5_000, 'mail'])
    const cancelled = pageCancelled(failed, key, noon + 1).pages[key]
    assert.deepEqual(
      [cancelled?.status, cancelled?.retryAtMs, cancelled?.retryOver],
      ['cancelled', noon + 1, undefined],
    )
    assert.equal(pageSent(asked, 'constructor'), asked)
  })
})
