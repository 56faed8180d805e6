/** After a cut-over others reach the database by the connection's host: what answers there is compared with what was put in place. */
import assert from 'node:assert/strict'
import { kubernetesApi } from '../../activities/kubernetes/api/client.ts'
import { restoreHands } from '../../activities/pgbackrest/index.ts'
import { placeOf } from '../../activities/pgbackrest/place.ts'
import type { ChangeHand, StepParams } from '../../domain/steps/contract.ts'
import { describeUnless } from '../lab/skip.ts'
import { type Cluster, noCluster, openCluster } from './cluster.ts'
import { type Live, openLive } from './live-cluster.ts'

describeUnless(noCluster, 'a cut-over whose connection leads elsewhere', function (this: Mocha.Suite) {
  this.timeout(240_000)
  let live: Live
  let other: Cluster | undefined
  before(async () => {
    live = await openLive()
    other = await openCluster()
  })
  after(async () => {
    await other?.close()
    await live?.close()
  })

  it('is not verified, and says whose server answers there', async () => {
    await live.commit('one')
    await live.backup()
    const restored = await live.carryOut('postgres.restore', {}, 'shodo-1/restore')
    assert.equal(restored.verified.ok, true, restored.verified.says.en)
    const stepRun = 'shodo-1/cut-over'
    const { plan, done, verified } = await live.carryOut('postgres.cut-over', {}, stepRun)
    assert.equal(verified.ok, true, verified.says.en)
    const { connections } = live
    const elsewhere = {
      ...connections,
      postgres: (name: string) => ({ ...connections.postgres(name), port: other?.port ?? 0 }),
    }
    const kubernetes = kubernetesApi({ cluster: 'none', kubeconfigPath: '/nonexistent' })
    const hand = restoreHands(placeOf(elsewhere, kubernetes))['postgres.cut-over'] as ChangeHand<StepParams>
    const params = { backups: 'postgres-backups', checks: [] }
    const seen = await hand.verify(params, plan, done, live.context(stepRun))
    assert.equal(seen.ok, false)
    assert.match(
      seen.says.en,
      new RegExp(`another cluster answers at postgres-primary \\(127\\.0\\.0\\.1:${other?.port}\\)`),
    )
    assert.match(seen.says.ja, /別のクラスター/)
  })
})
