import assert from 'node:assert/strict'
import { seenAgain, unseen, unseenAgain } from '../../domain/diagnosis/board.ts'
import { lookGroups } from '../../domain/diagnosis/looks.ts'
import { overviewOf, overviewParts } from '../../domain/diagnosis/overview.ts'
import type { PartResult } from '../../domain/incident/fold/events.ts'
import { firstPictureSharesMs, type Parts } from '../../domain/incident/fold/picture.ts'
import type { Finding } from '../../domain/steps/contract.ts'
import { bad, finding, reading } from './incident/hands.ts'
import { smallRunbook } from './incident/small-runbook.ts'

const now = Date.UTC(2026, 10, 30, 9)
const runbook = smallRunbook()
const whole = overviewParts(runbook)

/** Everything answered, and this was found by one part. */
function seen(part = '', ...findings: readonly Finding[]): Parts {
  return Object.fromEntries(
    whole.map(({ id }): [string, PartResult] => [
      id,
      { ok: true, reading: reading(...(id === part ? findings : [])) },
    ]),
  )
}

function stands(parts: Parts) {
  return overviewOf(runbook, { parts, tookMs: 900 }, now).services.map(({ service, standing }) => [
    service,
    standing,
  ])
}

describe('an overview of services', () => {
  it('reads the picture alone, without texts, and shares what another look has just begun', () => {
    const [group, ...more] = lookGroups(runbook, { at: 'services' })
    assert.deepEqual(more, [])
    assert.deepEqual(
      [group?.parts.map(({ id }) => id), group?.sharesMs, group?.withoutTexts],
      [['pods', 'rollouts', 'events', 'health:backend', 'health:frontend'], firstPictureSharesMs, true],
    )
    const [one] = lookGroups(runbook, { at: 'services', service: 'frontend' })
    assert.deepEqual(
      one?.parts.map(({ id }) => id),
      ['pods', 'rollouts', 'events', 'health:frontend'],
    )
  })

  it('calls healthy what was looked at and is, and tells whom the policy calls first', () => {
    assert.deepEqual(stands(seen()), [
      ['backend', 'healthy'],
      ['frontend', 'healthy'],
    ])
    const { onCall, runbook: name } = overviewOf(runbook, { parts: seen(), tookMs: 1 }, now)
    const [first] = runbook.book.escalation.levels
    assert.deepEqual([name, onCall], ['shodo', { level: first?.id, people: first?.notify }])
  })

  it('calls nothing healthy that was not looked at, that did not answer, or not in full', () => {
    const { 'health:backend': _, ...without } = seen()
    assert.deepEqual(stands(without)[0], ['backend', 'unknown'])
    assert.deepEqual(stands({ ...seen(), 'health:backend': bad('target-not-found') })[0], [
      'backend',
      'unknown',
    ])
    const partial: PartResult = { ok: true, reading: { ...reading(), partial: true } }
    assert.deepEqual(stands({ ...seen(), pods: partial }), [
      ['backend', 'unknown'],
      ['frontend', 'unknown'],
    ])
  })

  it('tells what is worst first, of the service that it is found of', () => {
    const parts = seen('pods', finding('pods-not-ready'), finding('service-dead'), finding('crash-loop'))
    const [backend, frontend] = overviewOf(runbook, { parts, tookMs: 1 }, now).services
    assert.deepEqual(
      [backend?.standing, backend?.findings.map(({ code }) => code), frontend?.standing],
      ['down', ['service-dead', 'crash-loop', 'pods-not-ready'], 'healthy'],
    )
    assert.equal(stands(seen('pods', finding('replica-lag')))[0]?.[1], 'attention')
  })

  it('leaves out what happened long ago, and keeps apart what is of no service', () => {
    const at = (ms: number) => ({ lastAt: new Date(now - ms).toISOString() })
    const killed = { ...finding('oom-killed'), data: at(3_600_000) }
    assert.deepEqual(stands(seen('pods', killed))[0], ['backend', 'healthy'])
    assert.deepEqual(stands(seen('pods', { ...killed, data: at(60_000) }))[0], ['backend', 'troubled'])
    const { elsewhere, services } = overviewOf(
      runbook,
      { parts: seen('pods', finding('crash-loop', 'deployment/shodo/somebody-elses')), tookMs: 1 },
      now,
    )
    assert.deepEqual([elsewhere.length, services.flatMap(({ findings }) => findings)], [1, []])
  })
})

describe('a board of services', () => {
  const looked = (parts: Parts) => overviewOf(runbook, { parts, tookMs: 1 }, now)
  const told = (rows: ReturnType<typeof seenAgain>) =>
    rows.map(({ service, standing, seenMs, last }) => [service, standing, seenMs, last])

  it('knows nothing before the first look, and what was known before it is told with its age', () => {
    const before = unseen(['backend', 'frontend'])
    assert.deepEqual(told(before)[0], ['backend', 'unknown', undefined, undefined])
    assert.deepEqual(told(unseenAgain(before))[0], ['backend', 'unknown', undefined, undefined])
    const first = seenAgain(before, looked(seen()), 1_000)
    assert.deepEqual(told(first)[0], ['backend', 'healthy', 1_000, undefined])
    const last = { standing: 'healthy', seenMs: 1_000 }
    const blind = unseenAgain(first)
    assert.deepEqual(told(blind)[0], ['backend', 'unknown', undefined, last])
    const half = seenAgain(blind, looked({ ...seen(), 'health:backend': bad('target-not-found') }), 9_000)
    assert.deepEqual(told(half), [
      ['backend', 'unknown', undefined, last],
      ['frontend', 'healthy', 9_000, undefined],
    ])
    assert.deepEqual(told(seenAgain(half, looked(seen()), 12_000))[0], [
      'backend',
      'healthy',
      12_000,
      undefined,
    ])
  })
})
