/** A backup tells when it ended to the second; targets begin with the next one, and the end of the log does not. */
import assert from 'node:assert/strict'
import { describeUnless } from '../lab/skip.ts'
import { noCluster } from './cluster.ts'
import { type Live, openLive } from './live-cluster.ts'

describeUnless(noCluster, 'the end of the log, in the very second of a backup', function (this: Mocha.Suite) {
  this.timeout(240_000)
  let live: Live
  before(async () => {
    live = await openLive()
  })
  after(() => live?.close())

  it('can be restored', async () => {
    for (let backups = 1; backups <= 4; backups += 1) {
      await live.commit(`before backup ${backups}`)
      await live.backup()
      const plan = await live.plan('postgres.restore', {}, `shodo-${backups}/restore`)
      assert.match(plan.says.en, /backup \d{8}-\d{6}F/)
    }
  })
})
