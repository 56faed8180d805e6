import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { restoreHands } from '../../activities/pgbackrest/index.ts'
import { isRefusal } from '../../activities/refusal.ts'
import { catalogue } from '../../domain/steps/catalogue.ts'
import { said } from '../../domain/words.ts'
import { freePort } from '../activities/free-port.ts'
import { describeUnless } from '../lab/skip.ts'
import { nextSecond, noCluster } from './cluster.ts'
import { type Live, openLive } from './live-cluster.ts'

const run = promisify(execFile)

describeUnless(noCluster, 'three restores in a row', function (this: Mocha.Suite) {
  this.timeout(300_000)
  let live: Live
  let stopReplica = async () => {}
  before(async () => {
    const port = await freePort()
    live = await openLive((settings, sockets, primaryPort) => {
      const script = `${sockets}/reseed.sh`
      const folder = `${sockets}/replica`
      const control = `${settings.postgresFolder}/pg_ctl -D ${folder} -w`
      writeFileSync(
        script,
        `set -eu
if [ -e ${folder}/postmaster.pid ]; then ${control} -m immediate stop || true; fi
rm -rf ${folder}
${settings.postgresFolder}/pg_basebackup -D ${folder} -d 'host=${sockets} port=${primaryPort} user=postgres' -R -X stream -c fast --no-sync
${control} -l ${sockets}/replica.log -o '-p ${port} -k ${sockets} -c listen_addresses=127.0.0.1 -c archive_mode=off' start
`,
        { mode: 0o644 },
      )
      const [program = '', ...args] = [...settings.as, ...`${control} -m immediate stop`.split(' ')]
      stopReplica = async () => {
        await run(program, args, { cwd: '/' }).catch(() => {}) // it may have been stopped with the test
      }
      return { port, command: ['sh', script] }
    })
    await live.backup()
    await nextSecond()
  })
  after(async () => {
    await stopReplica()
    await live?.close()
  })

  const notes = async () =>
    (await live.sql('select note from notes order by id')).map(({ note }) => String(note))

  it('lead to the state of their target, also on a timeline that was left, and the replica follows each time', async () => {
    const checks = [{ name: 'notes', rows: 'notes', atLeast: 1 }]
    const restoreTo = async (n: number, target: string, timeline?: number) => {
      const params = { target, checks, ...(timeline === undefined ? {} : { timeline }) }
      const copied = await live.carryOut('postgres.restore', params, `shodo-9/restore-${n}`)
      assert.equal(copied.verified.ok, true, copied.verified.says.en)
      const cut = await live.carryOut('postgres.cut-over', { checks }, `shodo-9/cut-over-${n}`)
      // Its verification waits for the replica to stream on the new timeline.
      assert.equal(cut.verified.ok, true, cut.verified.says.en)
      return (cut.done.after as { timeline: number }).timeline
    }
    const first = await live.commit('first')
    await nextSecond()
    const second = await live.commit('second')
    await nextSecond()
    const third = await live.commit('third')
    await nextSecond()
    const at = (ms: number) => new Date(ms + 1).toISOString()

    assert.equal(await restoreTo(1, at(second.atMs)), 2)
    assert.deepEqual(await notes(), ['first', 'second'])
    await live.commit('on two')

    // "third" was left behind: its time lies on both histories, and that is asked back.
    const onBoth = live.plan('postgres.restore', { target: at(third.atMs), checks }, 'shodo-9/asked')
    await assert.rejects(onBoth, (error) => {
      assert.match(
        String(error),
        /lies on 2 histories; choose one: --timeline 2 \(live.*--timeline 1 \(abandoned/,
      )
      return isRefusal(error, 'restore-refused')
    })
    assert.equal(await restoreTo(2, at(third.atMs), 1), 3)
    assert.deepEqual(await notes(), ['first', 'second', 'third'])
    await live.commit('on three')

    const back = await restoreTo(3, at(first.atMs))
    assert.ok(back > 3)
    assert.deepEqual(await notes(), ['first'])
    await live.commit('on four')
    assert.deepEqual(await notes(), ['first', 'on four'])
    await live.archived()

    // What was left behind can still be had, by its number.
    const read = restoreHands(live.place)['postgres.restore-points']
    const params = catalogue['postgres.restore-points'].params.parse({ zone: 'Asia/Tokyo' })
    const { text, facts, findings } = await read(params, live.context('shodo-9/points'))
    const { windows } = facts as { windows: readonly { timeline: number; abandoned: boolean }[] }
    assert.deepEqual(
      [...new Set(windows.map(({ timeline, abandoned }) => `${timeline} ${abandoned}`))].toSorted(),
      ['1 true', '2 true', '3 true', `${back} false`].toSorted(),
    )
    const { en, ja } = said(text)
    assert.match(
      en,
      /timeline 1 \(abandoned: --timeline 1\): .* JST \(.* UTC\) until before the commit at .* JST/,
    )
    assert.match(en, new RegExp(`timeline ${back}: .* JST \\(.* UTC\\) to now`))
    assert.match(ja, /タイムライン 1（放棄済み: --timeline 1）: /)
    assert.deepEqual(findings, [])
  })
})
