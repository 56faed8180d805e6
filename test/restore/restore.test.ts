import assert from 'node:assert/strict'
import { describeUnless } from '../lab/skip.ts'
import { nextSecond, noCluster } from './cluster.ts'
import { type Live, openLive } from './live-cluster.ts'

describeUnless(noCluster, 'a restore beside the live database', function (this: Mocha.Suite) {
  this.timeout(180_000)
  let live: Live
  before(async () => {
    live = await openLive()
    await live.backup()
  })
  after(() => live?.close())

  it('brings back what was there a moment before the loss, takes it into use, and can go back', async () => {
    const { sql } = live
    for (let i = 1; i <= 20; i += 1) await live.commit(`note ${i}`)
    await nextSecond()
    const before = await live.commit('the last one')
    await sql('drop table notes')
    const target = new Date(before.atMs + 1).toISOString()
    const checks = [
      { name: 'notes', rows: 'notes', atLeast: 21 },
      { name: 'last', sql: 'select note from notes order by id desc limit 1', expect: 'the last one' },
    ]
    const { verified } = await live.carryOut('postgres.restore', { target, checks }, 'shodo-1/restore')
    assert.equal(verified.ok, true, verified.says.en)
    const rows = await live.onCopy('select count(*)::int as n from notes')
    assert.equal(rows[0]?.n, 21)
    const cut = await live.carryOut('postgres.cut-over', { checks }, 'shodo-1/cut-over')
    assert.equal(cut.verified.ok, true, cut.verified.says.en)
    assert.equal((await sql('select count(*)::int as n from notes'))[0]?.n, 21)
    await sql(`insert into notes (note) values ('since')`)
    const copy = (cut.plan.change as { copy: string }).copy
    const back = await live.carryOut('postgres.cut-back', { copy }, 'shodo-1/cut-back')
    assert.equal(back.verified.ok, true, back.verified.says.en)
    assert.equal((await sql(`select to_regclass('notes') as t`))[0]?.t, null)
  })
})
