import assert from 'node:assert/strict'
import {
  type DeskCommandInput,
  type DeskCommandType,
  parseDeskCommand,
} from '../../../domain/desk/commands.ts'
import { decideDesk } from '../../../domain/desk/decide.ts'
import { evolveDesk } from '../../../domain/desk/evolve.ts'
import { type DeskState, emptyDesk, openingOf } from '../../../domain/desk/state.ts'
import { signedOf } from '../../../domain/runbook/guarded.ts'
import type { Runbook } from '../../../domain/runbook/runbook.ts'
import type { Signature } from '../../../domain/runbook/signature.ts'
import { smallBook } from '../incident/small-runbook.ts'
import { kato, noon, sato } from '../incident/world.ts'

const book = smallBook()
/** Only what people read differs. */
const reworded: Runbook = { ...book, nextReview: '2027-12-31' }
/** It may do more. */
const wider: Runbook = { ...book, blastRadius: { readyPodsPercent: 99 } }

const about = { service: 'backend', severity: 'HIGH', symptom: '5xx', description: '502' } as const

const signedBy = (person: string, of: Runbook, minutes = 0): Signature => {
  const { sha256, guarded } = signedOf(of)
  return {
    by: person,
    at: new Date(noon + minutes * 60_000).toISOString(),
    sha256,
    guarded,
    signature: String(minutes % 10).repeat(86),
  }
}

class Desk {
  state: DeskState = emptyDesk('shodo', false, 0)
  now = noon + 3_600_000

  /** The outcome of it: the types of the facts, or the code of the refusal. */
  ask<T extends DeskCommandType>(type: T, input: Omit<DeskCommandInput<T>, 'v' | 'by'>, by = sato): string {
    const command = parseDeskCommand(type, { v: 1, by, ...input })
    const decision = 'code' in command ? { refusal: command } : decideDesk(this.state, command, this.now)
    if ('refusal' in decision) return decision.refusal.code
    for (const fact of decision.facts) this.state = evolveDesk(this.state, fact, this.now)
    return decision.facts.map(({ type }) => type).join(' ')
  }

  publish(of: Runbook, ...signatures: readonly Signature[]): string {
    return this.ask('publish', {
      book: of,
      ...(signatures.length === 0 ? {} : { signatures: [...signatures] }),
    })
  }
}

const [mori, both] = [signedBy('mori', book), [signedBy('mori', book), signedBy('sato', book)]]

describe('a desk of signed runbooks', () => {
  it('that was never signed works without', () => {
    const desk = new Desk()
    assert.deepEqual(
      [desk.publish(book), desk.publish(book), desk.publish(wider)],
      ['published', '', 'published'],
    )
    assert.deepEqual([desk.state.runbook?.version, desk.state.runbook?.signatures], [2, undefined])
  })

  it('holds what one person signed, and puts it in force when another one signs the same', () => {
    const desk = new Desk()
    desk.publish(book)
    assert.equal(desk.publish(wider, signedBy('mori', wider)), 'proposed')
    assert.equal(desk.publish(wider, signedBy('mori', wider)), '')
    assert.equal(desk.publish(wider, signedBy('Mori', wider, 1)), 'proposed')
    assert.deepEqual([desk.state.runbook?.version, desk.state.proposed?.signatures?.length], [1, 2])
    assert.equal(desk.publish(wider, signedBy('sato', wider)), 'published')
    const { runbook, proposed } = desk.state
    assert.deepEqual([runbook?.version, runbook?.book, proposed], [2, wider, undefined])
    assert.deepEqual(runbook?.signatures?.map(({ by }) => by).toSorted(), ['Mori', 'mori', 'sato'])
  })

  it('has nothing in force before the second signature under a first runbook', () => {
    const desk = new Desk()
    assert.deepEqual(
      [desk.publish(book, mori), desk.ask('declare', { declaration: about })],
      ['proposed', 'HK208'],
    )
    assert.equal(desk.publish(book, signedBy('sato', book)), 'published')
    assert.equal(desk.ask('declare', { declaration: about }), 'opened')
  })

  it('carries signatures on while the guarded words stay the same', () => {
    const desk = new Desk()
    desk.publish(book, ...both)
    assert.equal(desk.publish(reworded, signedBy('kato', reworded, 5)), 'published')
    assert.deepEqual(
      desk.state.runbook?.signatures?.map(({ by }) => by),
      ['kato', 'mori', 'sato'],
    )
    assert.equal(desk.publish(wider, signedBy('kato', wider, 6)), 'proposed')
    assert.deepEqual(desk.state.runbook?.book, reworded)
  })

  it('lets nothing unsigned take the place of what is signed, and none that was signed before it', () => {
    const desk = new Desk()
    desk.publish(book, ...both)
    assert.equal(desk.publish(reworded), 'HK350')
    assert.equal(desk.publish(reworded, mori), 'HK350')
    assert.equal(desk.publish(book), '', 'the same content')
    assert.equal(desk.publish(wider, signedBy('mori', wider, 9), signedBy('sato', wider, 9)), 'published')
    assert.equal(desk.publish(book, ...both), 'HK351')
    assert.equal(desk.publish(book, signedBy('mori', book, 10), signedBy('sato', book, 10)), 'published')
    assert.equal(desk.state.runbook?.version, 3)
  })

  it('puts no signature in the place of one that it has, for it knows no good one from another', () => {
    const desk = new Desk()
    desk.publish(book, ...both)
    const lines = () => desk.state.runbook?.signatures?.map(({ by, signature }) => by + signature[0])
    const madeUp = (mark: string, minutes: number) => ({
      ...signedBy('mori', book, minutes),
      signature: mark.repeat(86),
    })
    for (const [i, mark] of ['x', 'y', 'z'].entries()) desk.publish(book, madeUp(mark, i + 1))
    assert.deepEqual(lines(), ['mori0', 'moriz', 'sato0'])
    // Nor does it keep what carries the next version from going on.
    assert.equal(
      desk.publish(reworded, { ...signedBy('sato', reworded, 4), signature: 'x'.repeat(86) }),
      'published',
    )
    assert.deepEqual(lines(), ['satox', 'mori0', 'sato0'])
    assert.equal(desk.publish(reworded, signedBy('sato', reworded, 5)), 'published')
    assert.deepEqual(lines(), ['satox', 'sato5', 'sato0', 'mori0'])
  })

  it('takes no signature of a time to come, which nothing could follow', () => {
    const desk = new Desk()
    assert.equal(desk.publish(book, signedBy('mori', book, 9_999), signedBy('sato', book)), 'HK101')
    // Clocks may differ by ten minutes; the desk's is at 60.
    desk.now -= 1
    assert.equal(desk.publish(book, signedBy('mori', book, 70), signedBy('sato', book)), 'HK101')
    desk.now += 1
    assert.equal(desk.publish(book, signedBy('mori', book, 70), signedBy('sato', book)), 'published')
  })

  it('takes what was signed in the same moment as what is in force', () => {
    const desk = new Desk()
    desk.publish(book, ...both)
    assert.equal(desk.publish(reworded, signedBy('kato', reworded)), 'published')
  })

  it('adds the signature of a further person, in the same version', () => {
    const desk = new Desk()
    desk.publish(book, ...both)
    desk.ask('declare', { declaration: about })
    assert.equal(desk.publish(book, signedBy('kato', book)), 'published')
    assert.deepEqual([desk.state.runbook?.version, desk.state.runbook?.signatures?.length], [1, 3])
    const opening = desk.state.unstarted[0] && openingOf(desk.state, desk.state.unstarted[0])
    assert.equal(opening?.runbook.signatures?.length, 3)
  })
})

describe('guarded words that were given up', () => {
  it('come back by two who sign them again, and not by one with what the other signed before', () => {
    const desk = new Desk()
    assert.equal(desk.publish(wider, signedBy('mori', wider), signedBy('sato', wider)), 'published')
    assert.equal(desk.publish(book, signedBy('mori', book, 1), signedBy('sato', book, 1)), 'published')
    assert.equal(desk.publish(wider, signedBy('mori', wider, 2), signedBy('sato', wider)), 'proposed')
    assert.equal(desk.state.runbook?.version, 2)
    assert.equal(desk.publish(wider, signedBy('sato', wider, 3)), 'published')
  })
})

describe('a withdrawn runbook', () => {
  const withdrawn = (): Desk => {
    const desk = new Desk()
    desk.publish(book, ...both)
    desk.ask('declare', { declaration: about })
    assert.equal(desk.ask('withdraw', { reason: 'replaced by kura' }), 'withdrawn')
    assert.equal(desk.ask('withdraw', { reason: 'once more' }), '')
    return desk
  }

  it('has no incident opened, by people or alerts; reports reach those that are open', () => {
    const desk = withdrawn()
    const other = { ...about, symptom: 'slow' }
    assert.equal(desk.ask('declare', { declaration: other }), 'HK352')
    assert.equal(desk.ask('declare', { declaration: about }), 'grouped')
    const alerts = [{ id: 'a1', startsAtMs: noon }]
    const alert = { kind: 'alert', id: 'alertmanager', verified: true } as const
    const fires = (symptom: string, group: string) =>
      desk.ask(
        'alerts',
        { group, alerts, trouble: { service: 'backend', symptom, severity: 'HIGH', description: 'x' } },
        alert,
      )
    assert.equal(fires('slow', 'a'.repeat(32)), 'HK352')
    assert.match(fires('5xx', 'b'.repeat(32)), /^grouped alerted$/)
  })

  it('comes back when it is published again', () => {
    const desk = withdrawn()
    assert.equal(desk.publish(book), 'published')
    assert.deepEqual([desk.state.withdrawn, desk.state.runbook?.version], [undefined, 1])
    assert.equal(desk.ask('declare', { declaration: { ...about, symptom: 'slow' } }), 'opened')
  })

  it('is withdrawn by nobody unverified where a verified person published it, and not before there is one', () => {
    const desk = new Desk()
    assert.equal(desk.ask('withdraw', { reason: 'x' }), 'HK208')
    desk.ask('publish', { book }, { ...sato, verified: true })
    assert.equal(desk.ask('withdraw', { reason: 'x' }, { ...kato, verified: false }), 'HK331')
    assert.equal(desk.ask('withdraw', { reason: 'x' }, { ...kato, verified: true }), 'withdrawn')
  })

  it('that a verified person withdrew is brought back by one, or by what was signed since', () => {
    const desk = new Desk()
    desk.publish(book, ...both)
    desk.ask('withdraw', { reason: 'x' }, { ...kato, verified: true })
    const unverified = { ...kato, verified: false }
    assert.equal(desk.ask('publish', { book }, unverified), 'HK331')
    // The desk's clock is at 60 minutes.
    assert.equal(desk.ask('publish', { book, signatures: [signedBy('sato', book, 60)] }, unverified), 'HK331')
    assert.equal(
      desk.ask('publish', { book, signatures: [signedBy('sato', book, 61)] }, unverified),
      'published',
    )
    desk.ask('withdraw', { reason: 'x' }, { ...kato, verified: true })
    assert.equal(desk.ask('publish', { book }, { ...sato, verified: true }), 'published')
  })
})
