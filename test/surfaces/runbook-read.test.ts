import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  explainLocated,
  explainWarning,
  type ReadRunbook,
  readRunbook,
  readRunbookBytes,
} from '../../client/runbook/read-runbook.ts'

const shodoFile = fileURLToPath(new URL('../../runbooks/shodo.yaml', import.meta.url))
const shodo = await readFile(shodoFile, 'utf8')

type Env = Readonly<Record<string, string>>

function read(text: string | Uint8Array, env: Env = {}, today?: string): ReadRunbook {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  return readRunbookBytes(bytes, 'book.yaml', env, today === undefined ? undefined : Date.parse(today))
}

function mistakes(result: ReadRunbook): readonly string[] {
  assert.ok('problems' in result, 'nothing was found')
  for (const problem of result.problems) assert.match(explainLocated(problem, 'ja'), /期待: .+。実際: .+。/)
  return result.problems.map((problem) => explainLocated(problem, 'en'))
}

function bookOf(result: ReadRunbook): Extract<ReadRunbook, { readonly sha256: string }> {
  assert.ok('book' in result, JSON.stringify(result))
  return result
}

/** shodo's file with the one place that `from` names changed. */
function changed(from: string, to: string): string {
  const parts = shodo.split(from)
  assert.ok(parts.length >= 2, `${from} is not in the runbook`)
  return `${parts[0]}${to}${parts.slice(1).join(from)}`
}

/** Line and column (1-based) where a text stands first. */
function placeIn(text: string, needle: string): string {
  const offset = text.indexOf(needle)
  assert.ok(offset >= 0, `${needle} is not there`)
  const before = text.slice(0, offset).split('\n')
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`
}

describe('reading a runbook file', () => {
  it('reads shodo.yaml, with defaults where the environment says nothing', async () => {
    const { book, sha256, warnings } = bookOf(await readRunbook(shodoFile, {}, Date.parse('2026-11-24')))
    assert.equal(book.cluster, 'production')
    assert.equal(book.services.frontend?.health, 'https://api.shodo.example.com/health/frontend')
    assert.match(sha256, /^[0-9a-f]{64}$/)
    assert.deepEqual(warnings, [])
  })

  it('leaves what is written with two dollars to the shell', () => {
    const words = 'title: { ja: インシデント対応 Runbook, en: Incident runbook }'
    const { book } = bookOf(
      read(changed(words, `title: { ja: "$\${SHODO_X}", en: "a $$\${TEMPORAL_API_KEY:-x}" }`)),
    )
    assert.deepEqual(book.title, { ja: `\${SHODO_X}`, en: `a $\${TEMPORAL_API_KEY:-x}` })
  })

  it('fills the environment, and the digest follows it', () => {
    const plain = bookOf(read(shodo))
    const env = { HIKESHI_CLUSTER: 'lab', SHODO_API_URL: 'http://127.0.0.1:8080' }
    const filled = bookOf(read(shodo, env))
    assert.equal(filled.book.cluster, 'lab')
    assert.equal(filled.book.services.backend?.health, 'http://127.0.0.1:8080/health')
    assert.notEqual(filled.sha256, plain.sha256)
    assert.equal(bookOf(read(shodo, { HIKESHI_CLUSTER: '' })).sha256, plain.sha256)
  })

  it('never reads YAML out of the environment', () => {
    const env = { HIKESHI_CLUSTER: 'lab\nnamespace: kube-system' }
    const found = mistakes(read(shodo, env))
    assert.deepEqual(found, [
      `book.yaml:10:10: cluster: expected a short name: a-z, 0-9 and -; found "\${HIKESHI_CLUSTER:-production}".`,
    ])
  })

  it('never prints what came from the environment', () => {
    const secret = 'tmprl_supersecretvalue'
    for (const place of [
      'timezone: Asia/Tokyo',
      'updated: 2026-11-24',
      'namespace: shodo\n',
      'until: resolved',
    ]) {
      const key = place.split(':')[0]
      const result = read(changed(place, `${key}: \${SHODO_X}${place.endsWith('\n') ? '\n' : ''}`), {
        SHODO_X: `${secret}!`,
      })
      assert.ok('problems' in result, place)
      assert.doesNotMatch(JSON.stringify(result), new RegExp(secret), place)
      assert.match(mistakes(result).join('\n'), /found "\$\{SHODO_X\}"/)
    }
  })

  it('reads no variable but those that bear its name, and the cluster', () => {
    const env = {
      TEMPORAL_API_KEY: 'secret',
      OTHER_X: 'secret',
      SHODO_API_TOKEN: 'secret',
      HIKESHI_API_TOKEN: 'secret',
    }
    const url = 'https://grafana.shodo.example.com/d/alerts'
    for (const name of Object.keys(env)) {
      const refused = read(changed(url, `https://evil.example/?k=\${${name}}`), env)
      assert.match(
        mistakes(refused).join(),
        new RegExp(`may read: SHODO_… or HIKESHI_CLUSTER, .*found "${name}"`),
      )
      assert.doesNotMatch(JSON.stringify(refused), /"secret/)
      const { book, warnings } = bookOf(read(changed(url, `https://good.example/\${${name}:-x}`), env))
      assert.equal(book.links[0]?.url, 'https://good.example/x')
      assert.match(
        warnings.map((w) => explainWarning(w, 'en')).join(),
        new RegExp(`${name} is not read, so its default is used`),
      )
    }
    for (const own of ['temporal', 'hikeshi', 'hikeshi-api']) {
      const text = changed(url, `https://evil.example/?k=\${TEMPORAL_API_KEY}`).replace(
        'runbook: shodo',
        `runbook: ${own}`,
      )
      assert.match(mistakes(read(text, env)).join(), /may read: HIKESHI_CLUSTER/, own)
    }
  })

  it('warns of a review date that has come, with its place', () => {
    const { warnings } = bookOf(read(shodo, {}, '2027-03-01'))
    assert.deepEqual(
      warnings.map((warning) => explainWarning(warning, 'en')),
      [
        `book.yaml:${placeIn(shodo, '2027-02-24')}: warning: The runbook was due for review on 2027-02-24. Review it and set a new date.`,
      ],
    )
  })

  it('tells "not there" from "wrong"', async () => {
    await assert.rejects(readRunbook('/nowhere/book.yaml', {}), { code: 'ENOENT' })
    await assert.rejects(readRunbook(tmpdir(), {}), { code: 'EISDIR' })
  })

  it('reads no more than the limit of something endless', async () => {
    const found = mistakes(await readRunbook('/dev/zero', {}))
    assert.match(found[0] ?? '', /^\/dev\/zero:1:1: expected a file of at most 524288 bytes/)
  })

  const places: readonly (readonly [string, string, string, string, string])[] = [
    [
      'a misspelt key',
      'atOnce: [data-loss, breach]',
      'atOnze: [data-loss, breach]',
      'atOnze',
      'escalation.levels[2].atOnze: expected one of "id", "title", "after", "atOnce", "notify"; found "atOnze". Did you mean "atOnce"?',
    ],
    [
      'a wrong value in a flow list',
      'grep: [ERROR, CRITICAL]',
      'grep: [ERROR, ""]',
      '""]',
      'symptoms[1].steps[0].with.grep[1]: expected non-empty text; found "".',
    ],
    [
      'a value of the wrong type',
      'replicas: 10, only: up }',
      'replicas: ten, only: up }',
      'ten, only: up }',
      'severities.HIGH.quick[2].with.replicas: expected a number; found "ten".',
    ],
    [
      'a number that no duration takes back',
      'updateEvery: 4h',
      'updateEvery: 4 hours',
      '4 hours',
      'severities.LOW.updateEvery: expected a duration such as 30s, 5m or 1h30m; found "4 hours".',
    ],
    [
      'a misspelt key that is needed, once',
      'until: resolved\n  levels:',
      'until: resolved\n  levelz:',
      'levelz',
      'escalation.levelz: expected one of "until", "repeatEvery", "acknowledgedFor", "levels"; found "levelz". Did you mean "levels"?',
    ],
    [
      'a text that is missing in one language',
      'title: { ja: Grafana アラート, en: Grafana alerts }',
      'title: { ja: Grafana アラート }',
      'title: { ja: Grafana アラート }',
      'links[0].title.en: expected text; found nothing.',
    ],
    [
      'an address that is none',
      'url: https://grafana.shodo.example.com/d/alerts\n\n#',
      'url: grafana\n\n#',
      'grafana\n',
      'links[0].url: expected a URL starting with http:// or https://; found "grafana".',
    ],
    [
      'an empty value',
      'namespace: shodo\n',
      'namespace:\n',
      '\n\nservices',
      'namespace: expected text; found an empty value.',
    ],
    [
      'a zone that does not exist',
      'timezone: Asia/Tokyo',
      'timezone: Asia/Tokio',
      'Asia/Tokio',
      'timezone: expected an IANA time zone that exists; found "Asia/Tokio". Did you mean "Asia/Tokyo"?',
    ],
    [
      'a step kind, at its value',
      'kind: kubernetes.rollout-undo',
      'kind: kubernetes.rolout-undo',
      'kubernetes.rolout-undo',
      'Did you mean "kubernetes.rollout-undo"?',
    ],
    [
      'a name with blanks as key',
      '  team-lead:\n',
      '  team lead:\n',
      'team lead:\n',
      'people."team lead": expected a short name: a-z, 0-9 and -; found "team lead".',
    ],
    [
      'a variable without value or default',
      `cluster: \${HIKESHI_CLUSTER:-production}`,
      `cluster: \${HIKESHI_CLUSTR}`,
      `\${HIKESHI_CLUSTR}`,
      `none that is named like a secret; found "HIKESHI_CLUSTR". Did you mean "HIKESHI_CLUSTER"?`,
    ],
    [
      'a variable of its own without value or default',
      `cluster: \${HIKESHI_CLUSTER:-production}`,
      `cluster: \${SHODO_CLUSTER}`,
      `\${SHODO_CLUSTER}`,
      `expected the environment variable SHODO_CLUSTER, or a default: \${SHODO_CLUSTER:-…}; found it is not set.`,
    ],
    [
      'a reference to the environment that is none',
      `cluster: \${HIKESHI_CLUSTER:-production}`,
      `cluster: \${HIKESHI CLUSTER}`,
      `\${HIKESHI CLUSTER}`,
      `expected \${NAME} or \${NAME:-default}; found "\${HIKESHI CLUSTER}".`,
    ],
    [
      'an unclosed reference to the environment',
      `cluster: \${HIKESHI_CLUSTER:-production}`,
      `cluster: \${HIKESHI_CLUSTER`,
      `\${HIKESHI_CLUSTER`,
      `expected \${NAME} or \${NAME:-default}; found "\${HIKESHI_CLUSTER".`,
    ],
  ]
  for (const [what, from, to, at, sentence] of places) {
    it(`names the place of ${what}`, () => {
      const text = changed(from, to)
      const found = mistakes(read(text, { HIKESHI_CLUSTER: 'lab' }))
      const [first = ''] = found
      assert.equal(found.length, 1, found.join('\n'))
      assert.ok(first.startsWith(`book.yaml:${placeIn(text, at)}: `), `${first}\nnot at ${placeIn(text, at)}`)
      assert.ok(first.endsWith(sentence), `${first}\nis not\n${sentence}`)
    })
  }

  it('lists all mistakes of a file in the order of its lines', () => {
    const text = changed('timezone: Asia/Tokyo', 'timezone: Asia Tokyo')
      .replace('health: $', 'helth: $')
      .replace('rollout-undo', 'rollout-und')
    const lines = mistakes(read(text)).map((line) => Number(line.split(':')[1]))
    assert.equal(lines.length, 3)
    assert.deepEqual(
      lines,
      lines.toSorted((a, b) => a - b),
    )
  })

  it('follows an alias to its value and an anchor used twice is fine', () => {
    const text = changed('channels: [log]', 'channels: &all [log]').replace(
      'channels: [log]',
      'channels: *all',
    )
    assert.deepEqual(bookOf(read(text)).book.people.cto?.channels, ['log'])
    const wrong = mistakes(read(text.replace('&all [log]', '&all [Log]')))
    assert.equal(wrong.length, 2)
    assert.match(wrong[0] ?? '', /people\.team-lead\.channels\[0\]: expected a short name/)
  })
})

describe('a file that is no runbook', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
    .split('')
    .map((n, i) => `${n}: &${n} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(',')}]\n`)
    .join('')}`
  const cases: readonly (readonly [string, string | Uint8Array, string])[] = [
    ['an empty file', '', '1:1: expected a runbook; found an empty file.'],
    ['only comments', '# nothing\n\n  # here\n', '1:1: expected a runbook; found an empty file.'],
    ['a key twice', 'runbook: a\nrunbook: b\n', '2:1: expected each key once; found "runbook: b".'],
    ['a tab as indentation', 'title:\n\tja: x\n', '2:1: expected blanks for indentation; found "ja: x".'],
    [
      'indentation that fits nothing',
      'title:\n   ja: x\n  en: x\n',
      '3:1: expected the same indentation as its neighbours; found "en: x".',
    ],
    [
      'two documents',
      'runbook: a\n---\nrunbook: b\n',
      '2:1: expected one document in the file; found "---".',
    ],
    ['an open bracket', 'a: [1, { b: 2 }\nc: 1\nd: 2\n', '2:1: expected a closing "]"; found "c: 1".'],
    [
      'a no-break space behind a colon',
      'runbook: a\ntitle:\u00a0{ ja: a, en: a }\n',
      '2:7: expected a plain blank or nothing; found U+00A0 (NO-BREAK SPACE).',
    ],
    [
      'a no-break space at the end of a line',
      'runbook: a\ntitle: { ja: a, en: a }\u00a0\nx: 1\n',
      '2:24: expected a plain blank or nothing; found U+00A0 (NO-BREAK SPACE).',
    ],
    [
      'the blank of a Japanese keyboard',
      'runbook: a\ntimezone:\u3000Asia/Tokyo\nx: 1\n',
      '2:10: expected a plain blank or nothing; found U+3000 (IDEOGRAPHIC SPACE).',
    ],
    ['a sign that YAML keeps for itself', 'runbook: @a\n', '1:10: expected quotes around a text that begins'],
    ['a backslash that means nothing', 'runbook: "\\q"\n', '1:11: expected a valid YAML escape'],
    ['an open quote', 'runbook: "a\n', '2:1: expected a closing quote or bracket'],
    ['two keys on a line', 'runbook: a: b\n', '1:10: expected one key on the line'],
    [
      'an unquoted reference inside braces',
      `title: { ja: \${A:-a}, en: b }\n`,
      `1:15: expected quotes around a text with \${…} inside { } or [ ]`,
    ],
    ['an alias without anchor', 'runbook: *nowhere\n', '1:10: expected an anchor before its alias'],
    [
      'an alias inside of itself',
      'title: &t { ja: *t }\n',
      '1:17: expected an alias outside of its own anchor',
    ],
    ['aliases that multiply', bomb, '1:1: expected a document whose aliases stay small'],
    ['a tag', 'runbook: !!binary aGk=\n', '1:10: expected a value without a tag'],
    ['a tag of somebody else', 'runbook: !exec rm\n', '1:10: expected a value without a tag'],
    ['an older YAML', '%YAML 1.1\n---\nrunbook: a\n', '1:1: expected YAML 1.2; found 1.1.'],
    ['a prototype as key', '__proto__: { runbook: a }\n', '1:1: expected another key; found "__proto__".'],
    ['a list as key', '? [a]\n: b\n', '1:3: expected a name as key'],
    ['a byte order mark', '\uFEFFrunbook: a\n', '1:1: expected UTF-8 without a byte order mark'],
    ["Windows' line ends", 'runbook: a\r\ntitle: b\r\n', '1:11: expected lines that end in LF (\\n)'],
    ['bytes that are no UTF-8', new Uint8Array([0x61, 0x3a, 0xff]), '1:1: expected text in UTF-8'],
    ['10 MB', 'a'.repeat(10 * 1024 * 1024), '1:1: expected a file of at most 524288 bytes'],
    ['brackets without end', '['.repeat(100_000), '1:51: expected nesting of at most 50 levels'],
    ['lists in lists', `${'- '.repeat(100_000)}x`, '1:101: expected nesting of at most 50 levels'],
    [
      'indentation without end',
      Array.from({ length: 700 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
      '402:1: expected nesting of at most 50 levels',
    ],
    ['plain text', 'just words\n', '1:1: expected a group of keys; found "just words".'],
  ]
  for (const [what, content, sentence] of cases) {
    it(`is refused: ${what}`, () => {
      const found = mistakes(read(content))
      const wanted = `book.yaml:${sentence}`
      assert.ok(found[0]?.startsWith(wanted), `${found[0]}\nis not\n${wanted}`)
    })
  }

  it('is refused from disk as well', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hikeshi-runbook-'))
    try {
      const file = join(folder, 'book.yaml')
      await writeFile(file, 'runbook: a\nrunbook: b\n')
      assert.deepEqual(mistakes(await readRunbook(file, {})), [
        `${file}:2:1: expected each key once; found "runbook: b".`,
      ])
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
