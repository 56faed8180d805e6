import assert from 'node:assert/strict'
import { traceparent } from '../../wire/trace.ts'

describe('the trace context of a call', () => {
  it('is what it has always been: a trace an incident, a span a call', () => {
    const page = traceparent('shodo-42', 'page/team-lead/tanaka/oncall/1')
    assert.equal(page, traceparent('shodo-42', 'page/team-lead/tanaka/oncall/1'))
    assert.match(page, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    const [, trace, span] = page.split('-')
    const [, sameTrace, otherSpan] = traceparent('shodo-42', 'situation/1').split('-')
    assert.equal(sameTrace, trace)
    assert.notEqual(otherSpan, span)
    assert.notEqual(traceparent('shodo-43', 'situation/1').split('-')[1], trace)
    // Should this ever fail, spans of one incident no longer join over releases.
    assert.equal(
      traceparent('shodo-42', 'situation/1'),
      '00-365ea1272571c592a79ce5e5b594b181-96ffff99f1ea8676-01',
    )
  })
})
