import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { labDir } from '../../lab/folders.ts'
import { type Lab, labUp } from '../../lab/index.ts'
import { monitoringFiles } from '../../lab/monitoring/config.ts'
import { partNames } from '../../lab/part.ts'
import { identify } from '../../lab/process.ts'
import { recordedProcesses } from '../../lab/state.ts'
import { sharedLab, testLabName } from './shared.ts'
import { skipWithout } from './skip.ts'

type Outcome = { readonly code: number; readonly stdout: string; readonly stderr: string }

function lab(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', 'lab/main.ts', ...args], (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
    })
  })
}

describe('hikeshi lab', () => {
  let shared: Lab

  before(async () => {
    shared = await sharedLab()
  })

  it('up on a running lab answers with its environment, JSON alone on stdout', async () => {
    const { code, stdout } = await lab('up', '--name', shared.name, '-o', 'json')
    assert.equal(code, 0)
    assert.deepEqual(JSON.parse(stdout), { name: shared.name, dir: shared.dir, env: shared.env })
  })

  it('env prints what a shell can evaluate', async () => {
    const { code, stdout } = await lab('env', '--name', shared.name)
    assert.equal(code, 0)
    assert.equal(
      stdout,
      Object.entries(shared.env)
        .map(([key, value]) => `export ${key}='${value}'\n`)
        .join(''),
    )
  })

  it('status names each part with its process, exit 0 only when all run', async () => {
    const up = await lab('status', '--name', shared.name, '-o', 'json')
    assert.equal(up.code, 0)
    const { parts, without } = JSON.parse(up.stdout)
    assert.equal(parts.length, partNames.filter((part) => without[part] === undefined).length)
    const down = await lab('status', '--name', testLabName('never'), '-o', 'json')
    assert.equal(down.code, 1)
    assert.equal(JSON.parse(down.stdout).state, 'down')
  })

  it('an unknown fault is refused with the nearest name and the list', async () => {
    const { code, stdout, stderr } = await lab('break', 'bad-deploi', '--name', shared.name)
    assert.equal(code, 2)
    assert.equal(stdout, '')
    assert.match(stderr, /did you mean "bad-deploy"\?/)
    assert.match(stderr, /hung-health +the application accepts connections/)
  })

  it('a lab that is not up is named together with the command that brings it up', async () => {
    const { code, stderr } = await lab('env', '--name', testLabName('never'))
    assert.equal(code, 1)
    assert.match(stderr, /hikeshi lab up --name test-/)
  })

  it('alerts says where Alertmanager posts to, and off that it posts nowhere', async function () {
    skipWithout(this, shared, 'alertmanager')
    const receivers = async () => {
      const status = await fetch(`${shared.alertmanagerUrl}/api/v2/status`)
      return ((await status.json()) as { config: { original: string } }).config.original
    }
    const url = 'http://127.0.0.1:1/doors/alertmanager'
    assert.equal((await lab('alerts', url, '--name', shared.name)).code, 0)
    // Alertmanager keeps addresses to itself, because they may hold secrets.
    assert.match(await receivers(), /webhook_configs/)
    const none = await lab('alerts', url, '/nonexistent', '--name', shared.name)
    assert.deepEqual([none.code, /ENOENT/.test(none.stderr)], [2, true])
    const file = join(shared.dir, 'token.json')
    writeFileSync(file, JSON.stringify({ person: 'alertmanager', token: 'secret-of-the-door' }))
    assert.equal((await lab('alerts', url, file, '--name', shared.name)).code, 0)
    assert.equal(readFileSync(monitoringFiles(shared.dir).token, 'utf8'), 'secret-of-the-door')
    assert.equal((await lab('alerts', 'off', '--name', shared.name)).stdout, 'alerts go nowhere\n')
    assert.doesNotMatch(await receivers(), /webhook_configs/)
    const wrong = await lab('alerts', 'here', '--name', shared.name)
    assert.deepEqual([wrong.code, /such as http:.*, or off/.test(wrong.stderr)], [2, true])
  })

  it('bad names, verbs and options are usage errors', async () => {
    assert.equal((await lab('up', '--name', '../etc')).code, 2)
    assert.equal((await lab('explode')).code, 2)
    assert.equal((await lab('status', '--colour')).code, 2)
    assert.equal((await lab()).code, 2)
    assert.equal((await lab('--help')).code, 0)
  })

  it('a signal that comes twice, as from a terminal by way of npm, still takes down what has come up', async () => {
    const name = testLabName('twice')
    const up = spawn(process.execPath, ['--import', 'tsx', 'lab/main.ts', 'up', '--name', name], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const ended = once(up, 'close')
    let processes: readonly number[] = []
    let said = ''
    for await (const text of up.stderr.setEncoding('utf8')) {
      said += text
      if (processes.length > 0 || !/etcd is up/.test(said)) continue
      processes = [...recordedProcesses(labDir(name)).values()].map(({ pid }) => pid)
      for (let i = 0; i < 2; i += 1) up.kill('SIGINT')
    }
    const [code] = await ended
    assert.deepEqual([code, /interrupted: nothing was left running/.test(said)], [130, true])
    assert.ok(processes.length > 0)
    for (const pid of processes) assert.equal(identify(pid), undefined)
  })

  it('an interrupted up leaves nothing running, and the next up succeeds', async () => {
    const name = testLabName('cut')
    const controller = new AbortController()
    const onProgress = () => controller.abort()
    await assert.rejects(labUp({ name, onProgress, signal: controller.signal }), /interrupted/)
    assert.equal((await lab('status', '--name', name)).stdout.split('\n')[0], `lab "${name}" is down`)
    writeFileSync(join(labDir(name), 'leftover'), 'from the interrupted lab')
    await labUp({ name })
    assert.equal((await lab('down', '--name', name)).code, 0)
  })
})
