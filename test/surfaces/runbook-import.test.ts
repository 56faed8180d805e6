import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hikeshi } from './cli-process.ts'

const document = 'test/import/documents/payments-sev.md'

describe('hikeshi runbook import and export', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hikeshi-import-'))
  })
  after(() => rm(folder, { recursive: true }))

  it('prints the runbook, and says beside it how much of the document it is', async () => {
    const { exit, out, err } = await hikeshi(['runbook', 'import', document])
    assert.equal(exit, 0, err)
    assert.match(out, /^# yaml-language-server: .*\nrunbook: payments-sev\n/)
    assert.match(
      err,
      /^\d+ commands became steps, \d+ are for people, (1 line was|\d+ lines were) left out\.\n$/,
    )
  })

  it('writes runbook and report into new files, never over one that is there', async () => {
    const to = join(folder, 'book.yaml')
    const report = join(folder, 'report.txt')
    const options = ['--name', 'pay', '--to', to, '--report', report]
    const first = await hikeshi(['--lang', 'ja', 'runbook', 'import', document, ...options])
    assert.equal(first.exit, 0, first.err)
    assert.match(first.out, /book\.yaml: 手順になったコマンド \d+ 件、手作業 \d+ 件、対象外 \d+ 行。\n$/)
    const yaml = await readFile(to, 'utf8')
    assert.match(yaml, /\nrunbook: pay\n/)
    assert.match(await readFile(report, 'utf8'), /payments-sev\.md:\d+: 手順 severities\.CRITICAL\.quick\./)
    const again = await hikeshi(['runbook', 'import', document, '--to', to])
    assert.equal(again.exit, 2)
    assert.match(again.err, /HK101 --to: .*book\.yaml cannot be written: it already exists\./)
    assert.equal(await readFile(to, 'utf8'), yaml)
  })

  it('answers as JSON, and the report is the same in its file', async () => {
    const report = join(folder, 'report.json')
    const { exit, out, err } = await hikeshi([
      '-o',
      'json',
      'runbook',
      'import',
      document,
      '--report',
      report,
    ])
    assert.equal(exit, 0, err)
    const answer = JSON.parse(out)
    assert.match(answer.yaml, /^# yaml/)
    assert.deepEqual(JSON.parse(await readFile(report, 'utf8')), answer.report)
    const lines: readonly { readonly line: number; readonly became: string }[] = answer.report.lines
    assert.ok(lines.length > 0 && lines.every(({ line, became }) => line > 0 && became !== ''))
  })

  it('says where a document is none, what a name is, and what cannot be read', async () => {
    const open = join(folder, 'open.md')
    await writeFile(open, '# a\n\n```bash\nkubectl get pods\n')
    const refused = await hikeshi(['runbook', 'import', open])
    assert.equal(refused.exit, 2)
    assert.match(refused.err, /HK101 .*open\.md:3:1: expected a fence that closes/)
    assert.equal(refused.out, '')
    const named = await hikeshi(['runbook', 'import', document, '--name', 'Not A Name'])
    assert.match(named.err, /HK101 --name: expected a short name/)
    const missing = await hikeshi(['runbook', 'import', join(folder, 'none.md')])
    assert.equal(missing.exit, 2)
    assert.match(missing.err, /HK109 .*none\.md cannot be read: there is no such file/)
  })

  it('refuses what would be no runbook, with every mistake of it', async () => {
    const settings = '```yaml hikeshi settings\npeople: {}\n```\n'
    const { exit, out, err } = await hikeshi(['runbook', 'import', '-'], {
      stdin: `# a\n\n${settings}`,
    })
    assert.equal(exit, 2)
    assert.equal(out, '')
    assert.match(err, /escalation\.levels\[0\]\.notify\[0\]: expected .*\nHK104 /s)
  })

  it('exports a file as a document that is imported again', async () => {
    const exported = await hikeshi(['--lang', 'ja', 'runbook', 'export', 'runbooks/shodo.yaml', '--markdown'])
    assert.equal(exported.exit, 0, exported.err)
    assert.match(exported.out, /^# インシデント対応 Runbook\n/)
    const again = await hikeshi(['runbook', 'import', '-', '--name', 'shodo'], { stdin: exported.out })
    assert.equal(again.exit, 0, again.err)
    const checked = await hikeshi(['runbook', 'check', '-'], { stdin: again.out })
    assert.equal(checked.exit, 0, checked.out)
    assert.match(checked.out, /^ok {2}shodo/)
  })
})
