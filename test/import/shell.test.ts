import assert from 'node:assert/strict'
import fc from 'fast-check'
import { argumentOf } from '../../client/runbook/import/shell/arguments.ts'
import { parseScript } from '../../client/runbook/import/shell/parse.ts'

/** The words of the only command, as a program gets them. */
function words(script: string): readonly (string | undefined)[] {
  const [statement, ...others] = parseScript(script, 1)
  assert.equal(others.length, 0)
  assert.ok(statement?.node.kind === 'simple', statement?.node.kind)
  return statement.node.words.map((word) => {
    const { text, unsure } = argumentOf(word, new Map())
    return unsure === undefined ? text : undefined
  })
}

function kinds(script: string): readonly string[] {
  return parseScript(script, 1).map(({ node }) =>
    node.kind === 'unreadable' ? `unreadable: ${node.why}` : node.kind,
  )
}

/** A word in single quotes, as `sh` reads it back. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}

describe('the reader of shell scripts', () => {
  it('reads quotes and escapes as a shell does', () => {
    assert.deepEqual(words(`a 'b c' "d e" f\\ g h"i"'j'`), ['a', 'b c', 'd e', 'f g', 'hij'])
    assert.deepEqual(words(`a "\\$x \\" \\n" ''`), ['a', '$x " \\n', ''])
    assert.deepEqual(words('a \\\n  b "c \\\nd"'), ['a', 'b', 'c d'])
    assert.deepEqual(words('a b#c # d'), ['a', 'b#c'])
  })

  it('knows of a word that only the shell knows it', () => {
    assert.deepEqual(
      words(`a $b "$b" \${b} \${b%c} $(b) \`b\` "$(b c)" *.txt {b,c} [NAME] <name> "[a name]"`),
      ['a', ...Array.from({ length: 12 }, () => undefined)],
    )
    assert.deepEqual(words('a [5m] [0-9] x[1] .a[].b'), ['a', '[5m]', '[0-9]', 'x[1]', '.a[].b'])
  })

  it('reads any words back that were quoted for a shell', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: 'binary', maxLength: 8 }).filter((word) => !/\.\.\.|…/.test(word)),
          { minLength: 1 },
        ),
        (all) => {
          const plain = all.filter((word) => !/^(your|my|xxx|example)|\/(your|my|xxx|example)/i.test(word))
          assert.deepEqual(words(['program', ...plain].map(quoted).join(' ')), ['program', ...plain])
        },
      ),
    )
  })

  it('takes commands, pipes, chains and loops apart', () => {
    assert.deepEqual(kinds('a; b\nc | d\ne && f || g'), ['simple', 'simple', 'pipeline', 'chain'])
    assert.deepEqual(kinds('for i in 1 2; do\n  a $i # x\ndone\nwhile true; do a; sleep 1; done'), [
      'for',
      'while',
    ])
    assert.deepEqual(
      kinds('if a; then b; else c; fi\ncase x in y) z;; esac\nf() { a; }\n(a; b)\n{ a; }\na &'),
      ['other', 'other', 'other', 'other', 'other', 'other'],
    )
    assert.deepEqual(kinds('a |\n  b &&\n  c\nd'), ['chain', 'simple'])
  })

  it('reads here-documents, with their text only where nothing in it has to be filled in', () => {
    const [plain, next] = parseScript("psql <<'SQL' | cat\nselect $1;\nSQL\nb", 1)
    assert.equal(plain?.node.kind, 'pipeline')
    assert.equal(plain?.source, "psql <<'SQL' | cat\nselect $1;\nSQL")
    assert.equal(next?.line, 4)
    const [filled] = parseScript('psql <<SQL\nselect $x;\nSQL', 1)
    assert.ok(filled?.node.kind === 'simple')
    assert.equal(filled.node.redirections[0]?.document?.text, undefined)
    assert.deepEqual(kinds('psql <<SQL\nselect 1'), ['unreadable: document'])
  })

  it('goes on behind a line that is no shell, and keeps comments and lines', () => {
    const all = parseScript('# one\n# two\na(b)\n\nc # three\n', 10)
    assert.deepEqual(
      all.map(({ line, comments, node }) => [line, comments, node.kind]),
      [
        [12, ['one', 'two'], 'unreadable'],
        [14, ['three'], 'simple'],
      ],
    )
    assert.deepEqual(kinds("a 'b\nc"), ['unreadable: quote'])
  })

  it('ends with whatever text, and its commands are all of it in order', () => {
    const signs = fc.constantFrom(
      'a',
      ' ',
      '\n',
      "'",
      '"',
      '\\',
      '$',
      '(',
      ')',
      '{',
      '}',
      '|',
      '&',
      ';',
      '<',
      '>',
      '#',
      '`',
      '[',
      ']',
      '=',
      'for x in ',
      'do ',
      'done ',
      'if ',
      '<<E',
    )
    fc.assert(
      fc.property(fc.array(signs, { maxLength: 60 }), (parts) => {
        const text = parts.join('')
        let at = 0
        for (const { source } of parseScript(text, 1)) {
          const found = text.indexOf(source, at)
          assert.ok(found >= at, JSON.stringify({ text, source }))
          at = found + source.length
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
