import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { isRefusal } from '../../activities/refusal.ts'
import { describeUnless } from '../lab/skip.ts'
import { nextSecond, noCluster } from './cluster.ts'
import { type Live, openLive } from './live-cluster.ts'

describeUnless(noCluster, 'a restore whose primary is dead', function (this: Mocha.Suite) {
  this.timeout(180_000)
  let live: Live
  before(async () => {
    live = await openLive()
    await live.backup()
    await nextSecond()
    for (let i = 1; i <= 5; i += 1) await live.commit(`archived ${i}`)
    await live.archived()
    for (let i = 1; i <= 7; i += 1) await live.commit(`never archived ${i}`)
    await live.stop('SIGKILL')
  })
  after(() => live?.close())

  const notes = async () => Number((await live.onCopy('select count(*)::int as n from notes'))[0]?.n)

  it('takes what the archive never got from the old disk, and is told to the last commit', async () => {
    const { done, verified } = await live.carryOut('postgres.restore', {}, 'shodo-5/restore')
    assert.equal(verified.ok, true, verified.says.en)
    assert.equal(await notes(), 12)
    assert.equal((done.after as { tail: string[] }).tail.length, 1)
    await live.carryOut('postgres.discard-copy', {}, 'shodo-5/discard')
  })

  it('refuses a time after the last archived commit, and says what is possible', async () => {
    const target = new Date().toISOString()
    await assert.rejects(live.plan('postgres.restore', { target }, 'shodo-5/late'), (error) => {
      assert.match(String(error), /no later commit is archived/)
      return isRefusal(error, 'restore-refused')
    })
  })

  it('goes to the end of the archive when the disk is gone as well', async () => {
    rmSync(live.settings.dataFolder, { recursive: true })
    const { verified } = await live.carryOut('postgres.restore', {}, 'shodo-5/archive')
    assert.equal(verified.ok, true, verified.says.en)
    assert.equal(await notes(), 5)
    const cut = await live.carryOut('postgres.cut-over', {}, 'shodo-5/cut-over')
    assert.equal(cut.verified.ok, true, cut.verified.says.en)
    assert.equal((await live.sql('select count(*)::int as n from notes'))[0]?.n, 5)
  })
})
