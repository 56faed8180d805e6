import assert from 'node:assert/strict'
import fc from 'fast-check'
import { importRunbook } from '../../client/runbook/import/import.ts'
import { runbookYaml } from '../../client/runbook/import/yaml.ts'
import { problemText } from '../../domain/runbook/problem.ts'
import { frame, imported, mistakesIn, ofScript, stepsOf } from './read.ts'

function refusalOf(document: string | Uint8Array): string {
  const bytes = typeof document === 'string' ? new TextEncoder().encode(document) : document
  const read = importRunbook(bytes, frame)
  assert.ok('refusal' in read, 'it was accepted')
  const { line, column, ...problem } = read.refusal
  return `${line}:${column}: ${problemText(problem).en}`
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\`\n`
}

describe('a document that is none', () => {
  it('is refused with its place', () => {
    assert.match(
      refusalOf('# a\n\nb\u0000c'),
      /^3:2: expected text without invisible characters; found U\+0000/,
    )
    assert.match(refusalOf('👨‍👩‍👧 ok \u202e'), /^1:\d+: .*U\+202E/)
    assert.match(refusalOf('a\u200bb'), /ZERO WIDTH SPACE/)
    assert.match(refusalOf(Uint8Array.of(0xff, 0xfe)), /UTF-8/)
    assert.match(refusalOf(' \n\t\n'), /an empty file/)
    assert.match(refusalOf('# a\n\n```bash\nkubectl get pods\n'), /^3:1: expected a fence that closes/)
    assert.match(refusalOf('- a\n\n  ```bash\n  kubectl get pods\n\nb'), /^3:1: expected a fence that closes/)
  })

  it('is refused when it is too much for anybody to read', () => {
    assert.match(refusalOf('a'.repeat(10 * 1024 * 1024)), /at most 1048576 bytes/)
    assert.match(refusalOf('# a\n'.repeat(100_000)), /at most 5000 headings/)
    assert.match(refusalOf('- a\n'.repeat(100_000)), /at most 5000/)
  })

  // The time limit of the test is the bound: without the limits each of these takes minutes or all memory.
  const heavy: readonly (readonly [string, string])[] = [
    ['quotes in quotes', '> '.repeat(400_000)],
    ['lists in lists', Array.from({ length: 1_000 }, (_, i) => `${' '.repeat(2 * i)}- a`).join('\n')],
    ['brackets', '['.repeat(1_000_000)],
    ['a wide table', `|${'a|'.repeat(5_000)}\n|${'-|'.repeat(5_000)}\n${'|a\n'.repeat(4_000)}`],
    ['open comments', '<!--'.repeat(200_000)],
    ['open substitutions', fenced('bash', '$(\n'.repeat(200_000))],
    ['open quotes', fenced('bash', "a '\n".repeat(200_001))],
    ['loops in loops', fenced('bash', 'for i in a; do '.repeat(50_000))],
    ['groups in groups', fenced('bash', '( '.repeat(300_000))],
    ['one long word', fenced('bash', `kubectl ${'a'.repeat(1_000_000)}`)],
    ['many arguments', fenced('bash', `kubectl ${'-n a '.repeat(200_000)}`)],
    ['many commands', fenced('bash', 'kubectl get pods -n a\n'.repeat(45_000))],
    ['many here-documents', fenced('bash', 'a <<E\n'.repeat(100_000))],
    ['a long statement', fenced('sql', 'select (/* '.repeat(80_000))],
    ['many statements', fenced('sql', 'select 1;\n'.repeat(90_000))],
    [
      'many placeholders',
      fenced('bash', `a ${'[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa '.repeat(20_000)}`),
    ],
  ]
  for (const [what, document] of heavy)
    it(`ends soon: ${what}`, () => {
      const read = importRunbook(new TextEncoder().encode(document), frame)
      assert.ok('refusal' in read || 'imported' in read)
    })
})

describe('the words of a document', () => {
  const hostile = [
    'a: b',
    '- [x] # y',
    '"]}\n\nkind: kubernetes.exec',
    '!!js/function x',
    '&a *a',
    '{{ x }}',
    '$service.secret',
    `\${HIKESHI_CLUSTER}`,
    `$\${X:-y}`,
    '__proto__',
    "'",
    '|-\n  x',
    '<script>',
  ]

  it('stay words, wherever they stand', () => {
    for (const words of hostile) {
      const line = words.replaceAll('\n', ' ')
      const read = imported(
        `# ${line}\n\n## Symptom: ${line}\n\n1. ${line}\n\n\`\`\`bash\n# ${line}\nrun ${words}\n\`\`\`\n\n## Follow-up\n\n- [ ] ${line}\n`,
      )
      assert.ok(stepsOf(read).every(({ kind }) => kind === 'person.do'))
    }
  })

  it('never become anything but a runbook that passes the check, whatever they are', () => {
    const piece = fc.constantFrom(
      ...hostile,
      'kubectl get pods -n x',
      '# ',
      '## HIGH\n',
      '- [ ] ',
      '1. ',
      '| 5m | a |\n',
      '```bash\n',
      '```\n',
      '\n\n',
      'Escalation',
      'a ',
      '初動',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const read = importRunbook(new TextEncoder().encode(pieces.join('')), frame)
        if ('imported' in read) assert.deepEqual(mistakesIn(runbookYaml(read.imported.book)), [])
      }),
      { numRuns: 150 },
    )
  })

  it('keep what a shell would fill in, and read nothing from the environment', () => {
    const [step] = ofScript(`restore --to \${SHOP_SECRET:-x} --of $service.internal`)
    assert.deepEqual(step?.with.commands, [`restore --to \${SHOP_SECRET:-x} --of \${service}.internal`])
    const { yaml } = imported(`# a\n\n\`\`\`bash\nrestore \${HIKESHI_CLUSTER}\n\`\`\`\n`)
    assert.match(yaml, /restore \$\$\{HIKESHI_CLUSTER\}/)
  })

  it('show no secret', () => {
    const secrets = [
      'PGPASSWORD=hunter2 pg_dump x',
      'psql "host=db user=me password=hunter2 dbname=x" -c "select 1"',
      'curl "https://a.example.com/?access_token=hunter2&x=1"',
      'redis-cli -h r -a hunter2 flushall',
      'curl -u me:hunter2 https://a.example.com/',
      'curl -H "Authorization: Bearer hunter2hunter2" https://a.example.com/',
      'psql postgres://me:hunter2@db/x -c "select 1"',
      'tool --password=hunter2 --token hunter2',
      "tool --api-key 'hunter2'",
    ]
    for (const secret of secrets) {
      const read = imported(`# a\n\n\`\`\`bash\n${secret}\n\`\`\`\n`)
      assert.doesNotMatch(read.yaml + JSON.stringify(read.report), /hunter2/)
      assert.match(read.yaml, /\*\*\*/)
    }
    const [step] = ofScript('tool --password=$PASSWORD --token <token>')
    assert.deepEqual(step?.with.commands, ['tool --password=$PASSWORD --token <token>'])
  })
})

describe('settings at the end of a document', () => {
  it('that are none are not taken for a runbook', () => {
    const read = importRunbook(
      new TextEncoder().encode('# a\n\n```yaml hikeshi settings\nservices: { x: { odd: 1 } }\n```\n'),
      frame,
    )
    assert.ok('imported' in read)
    assert.notDeepEqual(mistakesIn(runbookYaml(read.imported.book)), [])
    assert.deepEqual(Object.keys(Object(read.imported.book).services), ['x'])
  })
})
