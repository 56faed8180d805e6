import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeUnless } from '../lab/skip.ts'
import { noCluster } from './cluster.ts'
import { type Live, openLive } from './live-cluster.ts'

describeUnless(noCluster, 'a backup', function (this: Mocha.Suite) {
  this.timeout(120_000)
  let live: Live
  before(async () => {
    live = await openLive()
  })
  after(() => live?.close())

  it('is made once, however often its worker dies, and every file of it is read afterwards', async () => {
    const stepRun = 'shodo-4/backup'
    const plan = await live.plan('postgres.backup', {}, stepRun)
    assert.match(plan.says.en, /the newest is none/)
    const killed = await live.killedAttempt(
      'postgres.backup',
      {},
      plan,
      stepRun,
      (beat) => beat.at === 'backing up',
    )
    assert.equal(killed, true)
    const params = { backups: 'postgres-backups' }
    const done = await live.hand('postgres.backup').run(params, plan, live.context(stepRun))
    const verified = await live.hand('postgres.backup').verify(params, plan, done, live.context(stepRun))
    assert.equal(verified.ok, true, verified.says.en)
    const info = JSON.parse(await live.pgbackrest('--output=json', 'info'))
    assert.equal(info[0].backup.length, 1)
  })

  it('of which a file is damaged is not verified, and the file is named', async () => {
    const { done, plan } = await live.carryOut('postgres.backup', {}, 'shodo-4/backup-2')
    const { label } = done.after as { label: string }
    const folder = join(live.repository, 'backup', 'shodo', label, 'pg_data', 'base', '1')
    const [victim = assert.fail('no file')] = readdirSync(folder).filter((name) => name.startsWith('1259'))
    const file = join(folder, victim)
    const bytes = readFileSync(file)
    bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 0xff
    writeFileSync(file, bytes)
    const params = { backups: 'postgres-backups' }
    const context = live.context('shodo-4/backup-2')
    const verified = await live.hand('postgres.backup').verify(params, plan, done, context)
    assert.equal(verified.ok, false)
    assert.match(verified.says.en, new RegExp(victim))
  })
})
