import assert from 'node:assert/strict'
import { situationParts } from '../../../domain/incident/fold/picture.ts'
import { leftToDo } from '../../../domain/incident/fold/state.ts'
import { report } from '../../../domain/telling/report.ts'
import { sentence } from '../../../domain/telling/sentences.ts'
import type { Actor } from '../../../domain/words.ts'
import { bad, finding, reading } from './hands.ts'
import { isPicture, picture, pictureOf, read } from './pictures.ts'
import { type Circumstances, kato, sato, World, yamada } from './world.ts'

const alertmanager: Actor = { kind: 'alert', id: 'alertmanager', verified: true }
const day = 86_400_000
const minute = 60_000

function listed(more: Circumstances = {}): World {
  return new World({ severity: 'LOW', ...more, policy: { proofs: true, ...more.policy } })
}

/** Resolved; the picture of it is still being taken. */
function resolved(more: Circumstances = {}): World {
  const at = listed(more)
  at.allGoesWell()
  at.command('resolve', sato, {})
  return at
}

const hear = (at: World, version: number, firing: number) =>
  at.command('alerts', alertmanager, {
    group: 'a'.repeat(32),
    version,
    fired: 1,
    firing,
    clear: firing === 0,
    declaration: { service: 'backend', severity: 'LOW', description: 'x' },
  })

const ticked = (at: World): readonly string[] => Object.keys(at.state.checks)
const isNow = (at: World, item: string): boolean => Object.hasOwn(at.state.checks, item)

describe('the first checklist', () => {
  it('ticks itself: declared, looked at, acknowledged, somebody reached', () => {
    const at = listed()
    assert.deepEqual(ticked(at), ['declared'])
    at.allGoesWell()
    assert.deepEqual(ticked(at), ['declared', 'scope'])
    at.command('acknowledge', yamada, {})
    assert.deepEqual(ticked(at), ['declared', 'scope', 'seen'])
    at.command('escalate', yamada, {})
    assert.equal(isNow(at, 'told'), false)
    at.allGoesWell()
    assert.equal(isNow(at, 'told'), true)
    const words = at.events.filter(({ type }) => type === 'checked').map((event) => sentence(event, 'en'))
    assert.equal(words[1], '"scope" is done: the situation was taken')
    assert.deepEqual(at.state.checks.scope?.by.id, 'hikeshi')
  })

  it('does not take a picture without a single answer for a look', () => {
    const at = listed()
    const parts = Object.fromEntries(['pods', 'rollouts'].map((part) => [part, bad('no-answer')]))
    at.answer('situation/1', { type: 'situation-ended', number: 1, tookMs: 900, parts })
    assert.equal(isNow(at, 'scope'), false)
  })

  it('calls somebody once for what stays open, and for nothing that was ticked meanwhile', () => {
    const at = listed()
    at.waitUntil('2:59')
    assert.deepEqual(at.pages(), [])
    at.waitUntil('3:00')
    assert.deepEqual(
      at.pages().map(({ reason, person, items }) => [reason, person, items]),
      [['checklist', 'tanaka', ['status-page']]],
    )
    assert.match(at.pages()[0]?.says.en ?? '', /Not done on the checklist: status-page/)
    at.command('check', yamada, { item: 'status-page' })
    assert.ok(
      ![...at.inFlight.values()].some(({ effect, cancelled }) => effect.type === 'page' && !cancelled),
    )

    const done = listed()
    done.command('check', yamada, { item: 'status-page' })
    done.waitUntil('4:59')
    assert.deepEqual(done.pages(), [])
  })

  it('keeps a tick though its reason passes: who looked has looked', () => {
    const at = listed({ policy: { pauses: { acknowledgedFor: '10m' } } })
    at.command('acknowledge', yamada, {})
    at.wait(600_000)
    assert.equal(at.state.acknowledged, undefined)
    assert.equal(isNow(at, 'seen'), true)
  })
})

describe('the last checklist', () => {
  it('ticks itself once it is resolved, and not before: said, seen to be healthy, alerts clear', () => {
    const at = listed()
    hear(at, 1, 0)
    at.allGoesWell()
    assert.deepEqual(ticked(at), ['declared', 'scope'])
    at.command('resolve', sato, {})
    assert.deepEqual(ticked(at).slice(2), ['over', 'clear'])
    at.allGoesWell()
    assert.equal(isNow(at, 'healthy'), true)
  })

  it('takes nothing for healthy that the picture since the recovery does not show', () => {
    const bad = resolved()
    picture(bad, { rollouts: [finding('bad-rollout')] })
    assert.equal(isNow(bad, 'healthy'), false)
    pictureOf(bad)
    assert.equal(isNow(bad, 'healthy'), true)
    // Seen again: the tick goes, and the close waits for it.
    pictureOf(bad, { rollouts: [finding('bad-rollout')] })
    assert.deepEqual(bad.told('unchecked'), [{ item: 'healthy', proof: 'recovered' }])
    assert.ok(leftToDo(bad.state).includes('healthy'))
    assert.equal(bad.refusal('close', sato, {}), 'afterwards-open')
  })

  const slow = { ...finding('slow-responses'), service: 'backend' }
  const timed = (): World => {
    const at = listed({ symptom: 'slow', policy: { timings: true } })
    picture(at)
    read(at, 'timings', slow)
    at.command('run', sato, { step: 'timings' })
    return at
  }

  it('takes nothing for healthy of which a reading could not see everything', () => {
    const at = resolved()
    const number = at.state.situation.wanted
    const parts = situationParts(at.state).map(({ id }) => {
      const seen = id === 'health:backend' ? { ...reading(), partial: true as const } : reading()
      return [id, { ok: true as const, reading: seen }]
    })
    const taken = { type: 'situation-ended', number, tookMs: 900, parts: Object.fromEntries(parts) } as const
    at.answer(`situation/${number}`, taken)
    assert.equal(isNow(at, 'healthy'), false)
  })

  it('has what no picture sees looked for again once the picture since the recovery shows nothing else, also where the recovery ended that very reading', () => {
    const at = timed()
    at.wait(1_000)
    at.command('resolve', sato, {})
    assert.deepEqual([at.step('timings.2').status, at.state.steps['timings.3']], ['expired', undefined])
    picture(at)
    assert.equal(isNow(at, 'healthy'), false)
    read(at, 'timings.3')
    assert.deepEqual([at.state.findings, isNow(at, 'healthy')], [[], true])
  })

  it('has nothing looked for that stands in the picture itself, nor before that is there', () => {
    const at = timed()
    at.wait(1_000)
    at.command('resolve', sato, {})
    picture(at, { 'health:backend': [{ ...finding('health-failing'), service: 'backend' }] })
    assert.deepEqual([at.state.steps['timings.3'], isNow(at, 'healthy')], [undefined, false])
    at.command('close', sato, { waive: 'a drill' })
    assert.equal(at.state.steps['timings.3'], undefined)
  })

  it('looks again until a picture since the recovery shows it to be healthy, less and less often', () => {
    const at = resolved()
    const asked = () => at.state.situation.wanted
    const silent = {
      pods: 'silent',
      rollouts: 'silent',
      events: 'silent',
      'health:backend': 'silent',
    } as const
    picture(at, silent)
    const first = asked()
    for (const [nth, minutes] of [1, 2, 4, 8, 16, 32, 60, 60].entries()) {
      at.wait(minutes * minute - 1)
      assert.equal(asked(), first + nth)
      at.wait(1)
      assert.equal(asked(), first + nth + 1)
      assert.equal(isNow(at, 'healthy'), false)
      picture(at, silent)
    }
    at.wait(60 * minute)
    picture(at)
    assert.equal(isNow(at, 'healthy'), true)
    const last = asked()
    at.wait(day)
    assert.equal(asked(), last)
  })

  it('looks no more once it is closed, nor after an incident of a service that no runbook knows', () => {
    const closed = resolved()
    picture(closed, { 'health:backend': 'silent' })
    closed.command('close', sato, { waive: 'a drill' })
    const strange = listed({ service: 'unknown/elsewhere' })
    strange.command('resolve', sato, {})
    strange.allGoesWell()
    for (const at of [closed, strange]) {
      const { wanted } = at.state.situation
      at.wait(day)
      assert.equal(at.state.situation.wanted, wanted)
    }
  })

  it('does not know that alerts are clear of which it has never heard', () => {
    const at = resolved()
    at.allGoesWell()
    assert.equal(isNow(at, 'clear'), false)
    at.command('check', sato, { item: 'clear' })
    assert.equal(at.state.checks.clear?.proof, undefined)
  })

  it('begins anew when it is reopened, but for what people ticked', () => {
    const at = resolved()
    at.allGoesWell()
    at.command('check', sato, { item: 'post-mortem' })
    at.command('reopen', kato, { reason: 'it is back' })
    assert.deepEqual(
      at.told('unchecked').map(({ item }) => item),
      ['over', 'healthy'],
    )
    at.command('resolve', sato, {})
    // The picture of the first recovery says nothing about this one.
    assert.deepEqual([isNow(at, 'over'), isNow(at, 'healthy')], [true, false])
    at.allGoesWell()
    assert.equal(isNow(at, 'healthy'), true)
    assert.equal(isNow(at, 'post-mortem'), true)
  })

  it('calls somebody after the recovery for what is open, and again after the next one', () => {
    const at = resolved()
    at.allGoesWell()
    at.command('check', sato, { item: 'status-page' })
    at.wait(day)
    const calls = () =>
      at
        .pages()
        .filter(({ reason }) => reason === 'checklist')
        .map(({ items }) => items)
    assert.deepEqual(calls(), [['review']])
    at.wait(day)
    assert.equal(calls().length, 1)
    at.command('reopen', kato, { reason: 'it is back' })
    at.command('resolve', sato, {})
    at.wait(day)
    assert.deepEqual(calls(), [['review'], ['review']])
  })
})

describe('a close with required items open', () => {
  it('is refused, of both lists; what is not required holds nothing up', () => {
    const at = resolved()
    at.allGoesWell(isPicture)
    assert.deepEqual(leftToDo(at.state), ['status-page', 'post-mortem', 'healthy', 'clear'])
    assert.equal(at.refusal('close', sato, {}), 'afterwards-open')
    const times = { localTime: (ms: number) => new Date(ms).toISOString(), now: at.now }
    assert.match(
      report(at.state, 'en', times),
      /Next:\n- status-page\n- The post-mortem has a date\n- healthy\n/,
    )
    at.allGoesWell()
    for (const item of ['status-page', 'post-mortem', 'clear']) at.command('check', sato, { item })
    at.command('close', sato, {})
    assert.deepEqual(at.told('closed'), [{}])
  })

  it('is waived by the commander, with a reason, and by nobody else while there is one', () => {
    const at = resolved()
    at.allGoesWell()
    at.command('reopen', kato, { reason: 'x' })
    at.command('set-commander', sato, { person: 'kato' })
    at.command('resolve', sato, {})
    at.allGoesWell()
    assert.equal(at.refusal('close', sato, { waive: 'a drill' }), 'commander-only')
    at.command('close', kato, { waive: 'a drill' })
    assert.deepEqual(at.told('closed')[0]?.waived, ['status-page', 'post-mortem', 'clear'])

    const open = resolved()
    open.command('close', sato, { waive: 'a drill' })
    assert.equal(open.state.phase, 'closed')
  })
})
