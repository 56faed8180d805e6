import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './program.ts'

const document = 'test/import/documents/payments-sev.md'

describe('hikeshi runbook import and export', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hikeshi-import-'))
  })
  after(() => rm(folder, { recursive: true }))

  it('prints the runbook, and says beside it how much of the document it is', async () => {
    const { code, out, err } = await run(['runbook', 'import', document])
    assert.equal(code, 0, err)
    assert.match(out, /^# yaml-language-server: .*\nrunbook: payments-sev\n/)
    assert.match(err, /^\d+ commands became steps, \d+ are for people, \d+ lines were left out\.\n$/)
  })

  it('writes runbook and report into new files, never over one that is there', async () => {
    const [to, text, json] = ['book.yaml', 'report.txt', 'report.json'].map((file) => join(folder, file))
    const first = await run([
      '--lang',
      'ja',
      'runbook',
      'import',
      document,
      '--name',
      'pay',
      '--to',
      String(to),
      '--report',
      String(text),
    ])
    assert.equal(first.code, 0, first.err)
    assert.match(first.out, /book\.yaml: 手順になったコマンド \d+ 件、手作業 \d+ 件、対象外 \d+ 行。\n$/)
    assert.match(await readFile(String(to), 'utf8'), /\nrunbook: pay\n/)
    assert.match(
      await readFile(String(text), 'utf8'),
      /payments-sev\.md:\d+: 手順 severities\.CRITICAL\.quick\./,
    )
    const again = await run(['runbook', 'import', document, '--to', String(to), '--report', String(json)])
    assert.equal(again.code, 2)
    assert.match(again.err, /HK101 --to: .*book\.yaml cannot be written: it already exists\./)
    const third = await run(['-o', 'json', 'runbook', 'import', document, '--report', String(json)])
    assert.equal(third.code, 0, third.err)
    const { yaml, report } = JSON.parse(third.out)
    assert.match(yaml, /^# yaml/)
    assert.deepEqual(JSON.parse(await readFile(String(json), 'utf8')), report)
    assert.ok(
      report.lines.every((line: { line: number; became: string }) => line.line > 0 && line.became !== ''),
    )
  })

  it('says where a document is none, and what a name is', async () => {
    const open = join(folder, 'open.md')
    await writeFile(open, '# a\n\n```bash\nkubectl get pods\n')
    const refused = await run(['runbook', 'import', open])
    assert.equal(refused.code, 2)
    assert.match(refused.err, /HK101 .*open\.md:3:1: expected a fence that closes/)
    assert.equal(refused.out, '')
    const named = await run(['runbook', 'import', document, '--name', 'Not A Name'])
    assert.match(named.err, /HK101 --name: expected a short name/)
    const missing = await run(['runbook', 'import', join(folder, 'none.md')])
    assert.equal(missing.code, 2)
    assert.match(missing.err, /HK109 .*none\.md cannot be read: there is no such file/)
    const typed = await run(['runbook', 'import', '-'], {
      stdin: '# a\n\n```bash\nkubectl get pods -n x\n```\n',
    })
    assert.match(typed.out, /kind: kubernetes\.pods/)
  })

  it('exports a file as a document that is imported again', async () => {
    const { code, out, err } = await run([
      '--lang',
      'ja',
      'runbook',
      'export',
      'runbooks/shodo.yaml',
      '--markdown',
    ])
    assert.equal(code, 0, err)
    assert.match(out, /^# インシデント対応 Runbook\n/)
    const again = await run(['runbook', 'import', '-', '--name', 'shodo'], { stdin: out })
    assert.equal(again.code, 0, again.err)
    const checked = await run(['runbook', 'check', '-'], { stdin: again.out })
    assert.equal(checked.code, 0, checked.out)
    assert.match(checked.out, /^ok {2}shodo/)
  })
})
