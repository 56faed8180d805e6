import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { IncidentEvent } from '../../../domain/incident/fold/events.ts'
import { newestRules } from '../../../domain/incident/fold/state.ts'
import { sentence } from '../../../domain/telling/sentences.ts'
import { storedIncidents } from '../../replay/histories.ts'
import { live, lives } from '../incident/moves.ts'
import { readTable } from '../rules/table.ts'
import { englishIn, loneEnglish, quotesIn } from './lone-english.ts'

describe('an event', () => {
  const quotesNothing = () => false

  it('holds no English sentence of ours alone, whatever happens', () => {
    fc.assert(
      fc.property(lives, (life) => {
        assert.deepEqual(
          live(life).events.flatMap((event) => loneEnglish(event, quotesNothing)),
          [],
        )
      }),
      { numRuns: 30 },
    )
  })

  it('holds none in the tables of the rules', () => {
    for (let rules = 1; rules <= newestRules; rules += 1)
      for (const { title, opens, turns } of readTable(rules).stories) {
        const events = [opens, ...turns.map((turn) => ('events' in turn ? turn.events : []))].flat()
        assert.deepEqual(
          events.flatMap((event) => loneEnglish(event, quotesNothing)),
          [],
          title,
        )
      }
  })

  it('would be found with one', () => {
    const planted = { where: 'pod-7', reason: 'it was not taken by the rules' }
    assert.deepEqual(loneEnglish({ type: 'internal-error', data: planted }), [
      'internal-error.reason: it was not taken by the rules',
    ])
    assert.deepEqual(loneEnglish({ type: 'reopened', data: planted }), [])
    const told = { reason: { en: planted.reason, ja: 'ルールで受け付けられませんでした' } }
    assert.deepEqual(loneEnglish({ type: 'internal-error', data: told }), [])
    assert.equal(loneEnglish({ type: 'found', data: { findings: [{ words: ['no such pod'] }] } }).length, 1)
  })
})

describe('a stored incident', () => {
  for (const { version, play, events } of storedIncidents()) {
    it(`${version} ${play} holds no English sentence of ours alone`, () => {
      assert.deepEqual(
        events.flatMap((event) => loneEnglish(event)),
        [],
      )
    })

    it(`${version} ${play} is told in Japanese without English sentences but quotes`, () => {
      const quotes = events.flatMap(({ data }) => quotesIn(data))
      const english = (events as readonly IncidentEvent[]).flatMap((event) => {
        const line = sentence(event, 'ja')
        const found = englishIn(line, sentence(event, 'en'), quotes)
        return found === undefined ? [] : [`${line} (${found})`]
      })
      assert.deepEqual(english, [])
    })
  }

  it('would be found with one', () => {
    const [ja, en] = ['失敗: the pod was replaced', 'failed: the pod was replaced']
    assert.equal(englishIn(ja, en), 'the pod')
    assert.equal(englishIn(ja, en, ['the pod was replaced']), undefined)
    assert.equal(englishIn(ja, en, ['pod', 'the pod was replaced']), undefined)
    assert.equal(englishIn('失敗（the pod was replaced）', 'failed (the pod was replaced)'), undefined)
  })
})
