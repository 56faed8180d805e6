import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { isErrorLine } from '../../../activities/kubernetes/pods/error-line.ts'

const linesOf = (name: string) =>
  readFileSync(new URL(`log-lines/${name}.txt`, import.meta.url), 'utf8')
    .split('\n')
    .slice(0, -1)

describe('which lines of a log are errors', () => {
  it('are those of a level that says so, in the shapes of many libraries, and without a level those that tell of one', () => {
    const missed = linesOf('errors').filter((line) => !isErrorLine(line))
    assert.deepEqual(missed, [])
  })

  it('are none that only hold the word, or say that there is none', () => {
    const taken = linesOf('others').filter(isErrorLine)
    assert.deepEqual(taken, [])
  })
})
