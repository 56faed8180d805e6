/** Pictures and readings that arrive in a world, with what they saw. */
import assert from 'node:assert/strict'
import type { Finding } from '../../../domain/steps/contract.ts'
import { bad, reading } from './hands.ts'
import type { World } from './world.ts'

export type Seen = { readonly [part: string]: readonly Finding[] | 'silent' }

/** The picture that is awaited arrives: all parts answer, these with findings, or not at all. */
export function picture(at: World, seen: Seen = {}): void {
  const number = at.state.situation.wanted
  const effect = at.inFlight.get(`situation/${number}`)?.effect
  assert.ok(effect?.type === 'situation', `no picture is awaited: ${[...at.inFlight.keys()].join(', ')}`)
  const parts = effect.parts.map(({ id }) => {
    const found = seen[id] ?? []
    return [id, found === 'silent' ? bad('no-answer') : { ok: true as const, reading: reading(...found) }]
  })
  at.answer(effect.key, { type: 'situation-ended', number, tookMs: 900, parts: Object.fromEntries(parts) })
}

/** Somebody asks for a picture, and it arrives. */
export function pictureOf(at: World, seen: Seen = {}): void {
  const { wanted, taken } = at.state.situation
  if (taken?.number === wanted) at.command('situation', { kind: 'person', id: 'kato', verified: true }, {})
  picture(at, seen)
}

/** What a reading step saw. */
export function read(at: World, run: string, ...found: readonly Finding[]): void {
  at.answer(`step/${run}/read`, {
    type: 'stage-ended',
    run,
    stage: 'read',
    outcome: { ok: true, value: reading(...found), attempt: 1 },
  })
}

export const isPicture = (effect: { readonly type: string }): boolean => effect.type === 'situation'
