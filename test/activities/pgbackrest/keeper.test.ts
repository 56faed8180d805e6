/** What the pod of a Job does by itself, as a process of this machine. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { askedFile, keeperCommand } from '../../../activities/pgbackrest/station/keeper.ts'
import { until } from '../../../lab/waiting.ts'

describe('the first process of a Job’s pod', function () {
  this.timeout(90_000)
  let folder = ''
  let keeper: ChildProcess
  let asked = ''
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hikeshi-keeper-'))
    const settings = { copiesFolder: join(folder, 'copies') }
    asked = askedFile(settings)
    const [program = '', ...args] = keeperCommand(settings, 600_000)
    keeper = spawn(program, args, { stdio: 'ignore' })
    await until(async () => existsSync(asked), { what: 'the keeper to have begun', withinMs: 30_000 })
  })
  afterEach(() => {
    keeper.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  })
  const rest = () => utimesSync(asked, 0, 0)

  it('ends as soon as it is told that nothing more is wanted, long before it would be idle', async () => {
    rest()
    const [status] = await once(keeper, 'exit')
    assert.equal(status, 0)
  })

  it('stays for as long as anything that was begun there still runs', async () => {
    const held = openSync(asked, 'a')
    const task = spawn('sh', ['-c', 'flock --shared 3 && exec sleep 600'], {
      stdio: ['ignore', 'ignore', 'ignore', held],
    })
    closeSync(held)
    // The lock is had before the keeper is told.
    const isHeld = async () => {
      const [status] = await once(spawn('flock', ['--nonblock', asked, 'true']), 'exit')
      return status === 1
    }
    await until(isHeld, { what: 'the lock to be held', withinMs: 30_000 })
    rest()
    const ended = once(keeper, 'exit').then(() => 'ended')
    const twoLooks = new Promise((resolve) => setTimeout(() => resolve('stays'), 11_000))
    assert.equal(await Promise.race([ended, twoLooks]), 'stays')
    task.kill('SIGKILL')
    const [status] = await once(keeper, 'exit')
    assert.equal(status, 0)
  })
})
