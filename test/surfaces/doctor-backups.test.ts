import assert from 'node:assert/strict'
import { backupChecks } from '../../client/doctor/backups.ts'
import { lookGroups } from '../../domain/diagnosis/looks.ts'
import { type Failure, failure } from '../../domain/failures.ts'
import { backupParts, backupsUsed } from '../../domain/runbook/backups-used.ts'
import { runbookSchema } from '../../domain/runbook/runbook.ts'
import type { Finding, Reading } from '../../domain/steps/contract.ts'
import { none } from '../../domain/words.ts'
import { smallBook } from '../domain/incident/small-runbook.ts'

const title = { ja: '題', en: 'Title' }
const says = { ja: '文', en: 'words' }

function bookOf(...steps: readonly { kind: string; with?: object }[]) {
  const book = smallBook({ database: true })
  const lost = {
    id: 'lost',
    title,
    service: 'database',
    steps: steps.map((step, i) => ({ id: `a${i}`, title, ...step })),
  }
  return runbookSchema.parse({ ...book, symptoms: [...book.symptoms, lost] })
}

const finding = (code: Finding['code'], evidence: Finding['evidence'] = []): Finding => ({
  code,
  subject: 'postgres/postgres-primary',
  says,
  evidence,
  data: null,
})
const checked = (reading: Partial<Reading>) =>
  backupChecks('b', { ok: true, reading: { facts: {}, findings: [], ...reading } })
const refused = (why: Failure) => backupChecks('b', { ok: false, failure: why })

describe('the doctor about backups', () => {
  it('asks each entry that the runbook restores from once, by the ages that its own look at backups names', () => {
    const book = bookOf(
      { kind: 'postgres.restore' },
      { kind: 'postgres.restore-points', with: { maxAge: '2h' } },
      { kind: 'postgres.backup', with: { backups: 'ledger-backups' } },
    )
    assert.deepEqual(backupsUsed(book), ['postgres-backups', 'ledger-backups'])
    assert.deepEqual(
      backupParts(book).map(({ id, kind, params }) => [id, kind, params]),
      [
        [
          'pgbackrest postgres-backups',
          'postgres.restore-ready',
          { backups: 'postgres-backups', maxAge: 7_200_000, behindOver: 600_000 },
        ],
        ['pgbackrest ledger-backups', 'postgres.restore-ready', { backups: 'ledger-backups' }],
      ],
    )
    // Apart from the others, which answer sooner.
    const groups = (of: typeof book) =>
      lookGroups({ book: of, version: 1, sha256: 'x' }, { at: 'connections' }).map(
        ({ key, withinMs, parts }) => [
          key,
          withinMs,
          parts.filter(({ kind }) => kind === 'postgres.restore-ready').length,
        ],
      )
    assert.deepEqual(groups(book), [
      ['access', 10_000, 0],
      ['backups', 20_000, 2],
    ])
    assert.deepEqual(groups(bookOf({ kind: 'postgres.ready' })), [['access', 10_000, 0]])
  })

  it('is well only where nothing was found, and then says what there is', () => {
    assert.deepEqual(checked({ text: { en: 'newest backup x', ja: '最新' } }), [
      { check: 'pgbackrest b', status: 'ok', says: { en: 'newest backup x', ja: '最新' } },
    ])
    assert.deepEqual(backupChecks('b', undefined), [])
  })

  it('fails where no restore could be made, warns of the rest, and always says what to do', () => {
    const codes = [
      'right-missing',
      'backup-missing',
      'archive-failing',
      'archive-behind',
      'backup-old',
    ] as const
    const all = checked({
      findings: [...codes, 'not-prepared' as const].map((code) => finding(code, ['do this'])),
    })
    assert.deepEqual(
      all.map(({ status }) => status),
      ['fail', 'fail', 'fail', 'warn', 'warn', 'warn'],
    )
    assert.equal(
      all.every(({ next }) => next !== undefined && next.en !== '' && next.ja !== ''),
      true,
    )
    assert.equal(all[0]?.next?.en, 'do this')
    assert.match(all[1]?.next?.en ?? '', /postgres\.backup/)
  })

  it('says what the worker was refused with; a cluster that has no such entry at all is warned of', () => {
    const gone = (known: string | typeof none) =>
      refused(failure('unknown-connection', { connection: 'b', kind: 'pgbackrest', known }))
    assert.deepEqual(
      [gone('others'), gone(none), refused(failure('no-answer', { seconds: 20, where: 'b' }))].map(
        ([check]) => check?.status,
      ),
      ['fail', 'warn', 'fail'],
    )
    assert.match(gone(none)[0]?.next?.en ?? '', /docs\/restore\.md/)
  })
})
