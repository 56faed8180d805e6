import assert from 'node:assert/strict'
import { mostAnswerBytes, withinAnswer } from '../../activities/answer-size.ts'
import { failure } from '../../domain/failures.ts'
import type { Parts } from '../../domain/incident/fold/picture.ts'
import type { Finding } from '../../domain/steps/contract.ts'
import { said } from '../../domain/words.ts'

const says = { ja: '応答が遅い', en: 'slow' }
const finding = (of: number, evidence: string): Finding => ({
  code: 'slow-responses',
  subject: `http://s${of}/health`,
  says,
  evidence: [evidence],
  data: { evidence },
})
const parts = (count: number, { text = '', facts = '', evidence = '' }): Parts =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `health:s${i}`,
      i % 10 === 9
        ? { ok: false, failure: failure('no-answer', { seconds: 4, where: `s${i}` }) }
        : { ok: true, reading: { facts: { facts }, findings: [finding(i, evidence)], text } },
    ]),
  )
const bytes = (answer: Parts) => Buffer.byteLength(JSON.stringify(Object.values(answer)))

describe('the answer of a picture', () => {
  it('that fits is as the hands made it', () => {
    const small = parts(20, { text: 'excerpt', facts: 'figures', evidence: 'line' })
    assert.deepEqual(withinAnswer(small), small)
  })

  it('that is too large stays below what Temporal takes: texts go first, findings and failures stay, and it says so', () => {
    const answer = withinAnswer(parts(200, { text: '字'.repeat(5_000), facts: 'f'.repeat(2_000) }))
    assert.ok(bytes(answer) <= mostAnswerBytes + 1_000)
    assert.equal(Object.keys(answer).length, 200)
    for (const part of Object.values(answer)) {
      if (!part.ok) continue
      assert.deepEqual(part.reading.facts, { facts: 'f'.repeat(2_000) })
      assert.equal(part.reading.findings.length, 1)
      assert.match(said(part.reading.text).en, /^字|^… omitted/)
    }
  })

  it('gives up facts and evidence only when nothing else helps, and never a finding', () => {
    const answer = withinAnswer(
      parts(300, { text: 't'.repeat(16_000), facts: 'f'.repeat(40_000), evidence: '根'.repeat(5_000) }),
    )
    assert.ok(bytes(answer) <= mostAnswerBytes + 1_000)
    const found = Object.values(answer).flatMap((part) => (part.ok ? part.reading.findings : []))
    assert.equal(found.length, 270)
    assert.ok(found.every((f) => f.says.ja === says.ja))
  })
})
