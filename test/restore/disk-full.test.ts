import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { isRefusal } from '../../activities/refusal.ts'
import { describeUnless } from '../lab/skip.ts'
import { nextSecond, noCluster } from './cluster.ts'
import { type Live, openLive } from './live-cluster.ts'

const run = promisify(execFile)
const notRoot = process.getuid?.() === 0 ? undefined : 'a small disk of its own takes root (mount)'

describeUnless(noCluster ?? notRoot, 'a restore onto a disk that fills up', function (this: Mocha.Suite) {
  this.timeout(120_000)
  let live: Live
  let folder = ''
  let mounted = false
  before(async () => {
    live = await openLive()
    folder = live.settings.copiesFolder
    const { stdout: owner } = await run('stat', ['-c', 'uid=%u,gid=%g', folder])
    await run('mount', ['-t', 'tmpfs', '-o', `size=64m,mode=700,${owner.trim()}`, 'copies', folder])
    mounted = true
    await live.backup()
    await nextSecond()
    await live.commit('one')
  })
  after(async () => {
    if (mounted) await run('umount', ['-l', folder])
    await live?.close()
  })

  const params = { backups: 'postgres-backups', checks: [], zone: 'UTC' }
  const fill = (mebibytes: number) => run('fallocate', ['-l', `${mebibytes}M`, `${folder}/ballast`])

  it('is refused before anybody is asked where it does not fit', async () => {
    await fill(50)
    await assert.rejects(live.plan('postgres.restore', {}, 'shodo-10/small'), (error) => {
      assert.match(String(error), /A copy needs .*MiB, and .* has .*MiB left/)
      return isRefusal(error, 'disk-too-small')
    })
    await run('rm', [`${folder}/ballast`])
  })

  it('ends in what pgBackRest said, leaves the live database alone, and is taken up again when there is room', async () => {
    const stepRun = 'shodo-10/restore'
    const plan = await live.plan('postgres.restore', {}, stepRun)
    await fill(58)
    const attempt = () => live.hand('postgres.restore').run(params, plan, live.context(stepRun))
    await assert.rejects(attempt(), (error) => {
      assert.match(String(error), /No space left on device/)
      return isRefusal(error, 'restore-failed') || isRefusal(error, 'command-failed')
    })
    assert.equal((await live.sql('select count(*)::int as n from notes'))[0]?.n, 1)
    await run('rm', [`${folder}/ballast`])
    const done = await attempt()
    const verified = await live.hand('postgres.restore').verify(params, plan, done, live.context(stepRun))
    assert.equal(verified.ok, true, verified.says.en)
  })
})
