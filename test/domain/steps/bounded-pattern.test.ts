import assert from 'node:assert/strict'
import {
  boundedPattern,
  compiled,
  longestPattern,
  mostRepeated,
} from '../../../domain/steps/bounded-pattern.ts'
import { catalogue } from '../../../domain/steps/catalogue.ts'

function match(pattern: string, line: string): string | undefined {
  const read = boundedPattern(pattern)
  assert.ok(read.ok, `${pattern}: ${read.ok ? '' : read.problem.en}`)
  const found = compiled(read.pattern).exec(line)
  return found === null ? undefined : (found[1] ?? found[0])
}

function problemOf(pattern: string): string {
  const read = boundedPattern(pattern)
  return read.ok ? 'none' : read.problem.en
}

describe('a pattern that is bounded', () => {
  it('matches what a regular expression matches', () => {
    const line = '2026-11-30 ERROR user=4711 path=/a/b "POST /orders" 503 利用者=佐藤'
    for (const [pattern, found] of [
      ['user=(\\d+)', '4711'],
      ['user=(\\d+).* 5\\d\\d', '4711'],
      ['user=(\\d+?)', '4'],
      ['path=([^ "]+)', '/a/b'],
      ['\\b', undefined],
      ['^2026-\\d{2}-\\d{2} (?:WARN|ERROR) ', '2026-11-30 ERROR '],
      ['"(GET|POST) /orders" 5\\d{2}', 'POST'],
      ['利用者=(.+)$', '佐藤'],
      ['user=(\\d+) status', undefined],
      ['a/b', 'a/b'],
      ['[\\w.-]+=', 'user='],
    ] as const) {
      if (pattern === '\\b') assert.equal(problemOf(pattern), 'no "\\b"')
      else assert.equal(match(pattern, line), found, pattern)
    }
    const read = boundedPattern('user=(\\d+)')
    assert.deepEqual(read, { ok: true, pattern: { source: `user=(\\d{1,${mostRepeated}})`, captures: true } })
  })

  it('has nothing that repeats what repeats, and ends', () => {
    for (const evil of [
      '(a+)+$',
      '(?:a|a)*b',
      '(a|ab)(c|bcd)(d*)',
      '.*.*.*x',
      '(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)',
      'a{1,201}',
      'a{9,3}',
      '(a)\\1',
      '(?=a)',
      '(?<name>a)',
      '(a)(b)',
      '(?:a',
      'a)',
      '[a',
      '[[:alpha:]]',
      '*a',
      'a**',
      'a{',
      '\\',
      '\\p{L}',
      '\\x41',
      '^*',
    ])
      assert.notEqual(problemOf(evil), 'none', evil)
  })

  it('takes no line for long, whatever is in it', () => {
    const worst = compiled({ source: 'x', captures: false })
    assert.ok(worst.test('x'))
    for (const pattern of ['.*.*x', '\\w*\\w*!', '(?:a|a)(?:a|a)(?:a|a)a*!']) {
      const read = boundedPattern(pattern)
      assert.ok(read.ok, pattern)
      const started = performance.now()
      assert.equal(compiled(read.pattern).test('a'.repeat(2_000)), false)
      // Seconds would be the end of a picture; what is not bounded takes hours here.
      assert.ok(performance.now() - started < 20_000, pattern)
    }
  })

  it('is read with the parameters of a count, which say where and what', () => {
    const { params } = catalogue['kubernetes.log-count']
    const web = { deployment: 'web' }
    for (const good of [
      { ...web, contains: 'ERROR' },
      { ...web, pattern: 'user=(\\d+)', distinct: true },
      { selector: 'app=web', contains: ' 503 ', pattern: 'user=(\\d+)' },
    ])
      assert.equal(params.safeParse(good).error?.message, undefined)
    for (const [bad, says] of [
      [{ contains: 'x' }, /deployment or selector/],
      [{ ...web, selector: 'app=web', contains: 'x' }, /deployment or selector/],
      [web, /contains or pattern/],
      [{ ...web, pattern: '(a+)+' }, /only a character or \[class\] that repeats/],
      [{ ...web, pattern: '[z-a]' }, /in its order/],
      [{ ...web, pattern: 'x'.repeat(longestPattern + 1) }, /./],
      [{ ...web, contains: '' }, /./],
    ] as const)
      assert.match(params.safeParse(bad).error?.message ?? 'taken', says)
  })
})
