import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expectedText, problemInJapanese } from '../../domain/phrases.ts'

const rings = ['domain', 'activities', 'client', 'workers', 'wire', 'edge']

describe('what is said of a mistake', () => {
  it('stands in Japanese too, for every sentence that begins with "expected"', () => {
    const lacking: string[] = []
    for (const file of rings.flatMap(sources)) {
      for (const message of messagesIn(readFileSync(file, 'utf8')))
        if (expectedText(message) === undefined) lacking.push(`${file}: ${message}`)
    }
    assert.deepEqual(lacking, [])
  })

  it('stands in Japanese too, for every reason that a hand gives', () => {
    const lacking = [
      ...sources('activities'),
      ...sources('client'),
      ...sources('domain'),
      ...sources('workflows'),
    ].flatMap((file) =>
      [
        ...readFileSync(file, 'utf8').matchAll(
          /\b(?:reason|problem)(?::| =)(?: \w+ \?)? (['`])((?:(?!\1)[^\n])+)\1/g,
        ),
      ]
        .map(([, , reason = '']) => reason.replaceAll(/\$\{(?:[^{}]|\{[^}]*\})+\}/g, '7'))
        .filter(
          (reason) => reason.includes(' ') && problemInJapanese(reason) === undefined && reason !== '7: 7',
        )
        .map((reason) => `${file}: ${reason}`),
    )
    assert.deepEqual(
      // Halves of a sentence that is put together from what the list holds.
      lacking.filter((each) => !/: (?:unknown input|expected 7|7 such as \S+)$/.test(each)),
      [],
      'add it to domain/phrases.ts, or give the reason in both languages',
    )
  })

  it('stands in Japanese too, for every problem and reason that a door or a worker gives in English alone', () => {
    const lacking = [...sources('client'), ...sources('workers')].flatMap((file) =>
      [
        ...readFileSync(file, 'utf8').matchAll(
          /(?:\b(?:problem|reason)(?:: | = )|\b(?:badInput|turnedAway|badFile|bad)\([^'`]*?(?:(?:'[^']*'|\w+),\s*))(['`])((?:(?!\1)[^\n])+)\1/g,
        ),
      ]
        .map(([, , said = '']) => said.replaceAll(/\$\{(?:[^{}]|\{[^}]*\})+\}/g, '7'))
        // A list of words, or a sentence that another function begins, stands first.
        .filter((said) => said.includes(' ') && !/^(?:expected )?7/.test(said))
        .filter((said) => problemInJapanese(said) === undefined)
        .map((said) => `${file}: ${said}`),
    )
    assert.deepEqual(lacking, [])
  })

  it('keeps its figures', () => {
    assert.deepEqual(expectedText('expected at most 30s'), { en: 'at most 30s', ja: '30 秒以下' })
    assert.deepEqual(expectedText('expected a duration such as 30s, 5m or 1h30m'), {
      en: 'a duration such as 30s, 5m or 1h30m',
      ja: '30s、5m、1h30m のような時間',
    })
  })

  it('keeps what stands in it, in its order, and says "expected" in Japanese', () => {
    assert.equal(problemInJapanese('expected at most 30s'), '期待: 30 秒以下')
    assert.equal(
      problemInJapanese('template 7c9d is revision 4, not 5'),
      'テンプレート 7c9d はリビジョン 4 で、5 ではありません',
    )
    assert.equal(problemInJapanese('no answer in 1.5 s'), '1.5 秒以内に応答なし')
    assert.equal(problemInJapanese('no answer in some s'), undefined)
    assert.equal(problemInJapanese('well, no answer was read'), undefined)
  })

  it('is never in the words of a library', () => {
    assert.equal(expectedText('Invalid input: expected string, received undefined'), undefined)
    assert.equal(expectedText('expected something that nobody wrote down'), undefined)
  })
})

/** Every sentence of a source that says what is expected, wherever it stands; a figure that is worked out is one like any other. */
function messagesIn(source: string): readonly string[] {
  return [...source.matchAll(/(?<!\ben: )(['`])(expected (?:(?!\1)[^\n])+)\1/g)]
    .filter(([, , message = '']) => !message.includes('join(') && !/^expected \$\{\w+\}$/.test(message))
    .map(([, , message = '']) => message.replaceAll(/\$\{[^}]+\}/g, '7'))
}

function sources(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file))
}
