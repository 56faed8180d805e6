import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expected, expectedIn, expects } from '../../domain/expected.ts'

const rings = ['domain', 'activities', 'channels', 'client', 'workers', 'workflows', 'wire', 'edge']

describe('what is said of a mistake', () => {
  it('stands in both languages where it is made, and the message of a schema carries both', () => {
    assert.deepEqual(expected('a name', '名前'), { en: 'expected a name', ja: '期待: 名前' })
    assert.deepEqual(expectedIn(expects('at most 30s', '30 秒以下')), { en: 'at most 30s', ja: '30 秒以下' })
  })

  it('is never in the words of a library', () => {
    assert.equal(expectedIn('Invalid input: expected string, received undefined'), undefined)
    assert.equal(expectedIn('expected string, received undefined'), undefined)
  })

  it('is nowhere a message, a problem or a reason in English alone', () => {
    const lone = rings
      .flatMap(sources)
      .flatMap((file) => loneSentences(readFileSync(file, 'utf8')).map((sentence) => `${file}: ${sentence}`))
    assert.deepEqual(lone, [], 'say it in both languages, as a Text')
  })

  it('would be found', () => {
    for (const planted of [
      "z.string().max(3, 'expected less of it')",
      "refuse('internal', { where, reason: 'nobody knows why' })",
      "const problem = 'the file is gone'",
    ])
      assert.equal(loneSentences(planted).length, 1, planted)
  })
})

/** What begins with "expected", and what is given as a reason or a problem, where it is a sentence and no half of a Text. */
function loneSentences(source: string): readonly string[] {
  return [
    ...source.matchAll(/(?<!\ben:\s*)(?<!\w\(\s*)(['`])(expected [a-z](?:(?!\1)[^\n])+)\1/g),
    ...source.matchAll(
      /(?<!: )\b(?:reason|problem|difference|holder)(?::| =)\s*(?:\w+ \?\s*)?(['`])((?:(?!\1)[^\n])+)\1/g,
    ),
  ]
    .map(([, , sentence = '']) => sentence.replaceAll(/\$\{(?:[^{}]|\{[^}]*\})+\}/g, '…'))
    .filter((sentence) => /[a-z]{2,} [a-z]{2,}/.test(sentence))
}

function sources(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => join(folder, file))
}
