import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { missingDatabases } from '../../lab/databases/site.ts'
import { labDown } from '../../lab/index.ts'
import { freePort } from '../activities/free-port.ts'
import { testLabName } from '../lab/shared.ts'
import { scratch } from '../scenarios/world.ts'
import { type Ended, run, start } from './program.ts'
import { buildReleased, released as program } from './released-program.ts'

const name = testLabName('released')

/** Each verb that the program itself names, those of `runbook`, `api` and `lab` with their second word. */
async function verbs(): Promise<readonly string[]> {
  const help = async (...argv: string[]) => (await run([...argv, '--help'], { program })).out
  const listed = (text: string) =>
    [...(text.split('Commands:')[1] ?? '').matchAll(/^ {2}([a-z]+) /gm)]
      .map(([, verb = '']) => verb)
      .filter((verb) => verb !== 'help')
  const used = (text: string, verb: string) =>
    [...text.matchAll(new RegExp(`hikeshi ${verb} ([a-z|]+)`, 'g'))].flatMap(([, words = '']) =>
      words.split('|'),
    )
  const nested = {
    runbook: listed(await help('runbook')),
    api: ['', ...listed(await help('api'))],
    log: listed(await help('log')),
    lab: used(await help('lab'), 'lab'),
  }
  return listed(await help()).flatMap((verb) => {
    const second = Object.hasOwn(nested, verb) ? nested[verb as keyof typeof nested] : undefined
    return second === undefined ? [verb] : [...new Set(second)].map((word) => `${verb} ${word}`.trim())
  })
}

describe('the released command line', function () {
  this.timeout(600_000)
  const tried = new Set<string>()
  let env: Readonly<Record<string, string>> = {}

  before(buildReleased)
  after(() => labDown(name))

  async function call(verb: string, ...more: string[]): Promise<Ended> {
    tried.add(verb)
    const ended = await run([...verb.split(' '), ...more], { program, env })
    assert.equal(ended.code, 0, `${verb} ${more.join(' ')}: ${ended.out}${ended.err}`)
    return ended
  }

  /** Starts a verb that goes on, and returns once it says so. */
  async function going(verb: string, sign: RegExp, ...more: string[]) {
    tried.add(verb)
    const child = start([...verb.split(' '), ...more], { program, env })
    if (child.stderr === null || child.stdout === null) throw new Error('its streams are needed')
    child.stdout.resume()
    const said: string[] = []
    for await (const line of createInterface({ input: child.stderr })) {
      said.push(line)
      if (sign.test(line)) break
    }
    assert.match(said.join('\n'), sign)
    child.stderr.resume()
    return async () => {
      child.kill('SIGTERM')
      assert.deepEqual(await once(child, 'exit'), [0, null], verb)
    }
  }

  /** A new runbook, signed by two people. */
  async function signed(dir: string): Promise<void> {
    const file = join(dir, 'kura.yaml')
    await writeFile(file, (await call('runbook init', 'kura')).out)
    const signers = join(dir, 'signers')
    await mkdir(signers, { mode: 0o755 })
    for (const person of ['mori', 'sato']) {
      await call('api keygen', join(dir, person))
      await call('runbook sign', file, '--key', join(dir, person, 'attestation.key'), '--as', person)
      await copyFile(join(dir, person, 'attestation.pub'), join(signers, `${person}.pub`))
    }
    assert.match((await call('runbook verify', file, '--keys', signers)).out, /enough/)
  }

  const lacksBackups =
    missingDatabases().pgbackrest !== undefined || missingDatabases().postgres !== undefined

  it('does with each of its verbs what the sources do', () =>
    scratch(async (dir) => {
      await call('lab up', '--name', name)
      env = JSON.parse((await call('lab env', '--name', name, '-o', 'json')).out)
      // Nobody was here before: the search attributes are made by whoever publishes, and then a worker is missing.
      const early = await run(['runbook', 'publish', 'runbooks/shodo.yaml'], { program, env })
      assert.deepEqual([early.code, early.err.match(/HK\d+/)?.[0]], [5, 'HK506'], early.err)
      await call('api keygen', join(dir, 'log'))
      const logKey = join(dir, 'log', 'attestation.pub')
      const origin = 'log.example/incidents'
      env = { ...env, HIKESHI_LOG_KEY: join(dir, 'log', 'attestation.key'), HIKESHI_LOG_ORIGIN: origin }
      const stopWorker = await going('worker', /Worker running/)
      const stopApi = await going('api', /"ready"/, '--listen', '127.0.0.1:0')
      await call('lab status', '--name', name)
      await call('lab heal', '--name', name)
      await call('lab alerts', 'off', '--name', name)

      await call('runbook check', 'runbooks/shodo.yaml')
      assert.match((await call('rbac', 'runbooks/shodo.yaml')).out, /kind: Role\b/)
      await call('runbook publish', 'runbooks/shodo.yaml')
      assert.match((await call('runbook list')).out, /shodo/)
      assert.match((await call('runbook show', 'shodo')).out, /bad-deploy|5xx/)
      JSON.parse((await call('runbook schema')).out)
      await call('doctor', '-o', 'json').catch((error: Error) => assert.match(error.message, /"check"/))
      assert.match((await call('api token', 'aoki')).out, /hikeshi_/)
      await signed(dir)

      await call('rehearse', 'shodo', '--every', 'night')
      await call('rehearse', 'shodo', '--off')
      // Whether all is proved is the lab's to say: its metrics come late, and databases may be missing.
      const rehearsed = await run(['rehearse', 'shodo', '-o', 'json'], { program, env })
      assert.ok([0, 1].includes(rehearsed.code ?? -1), rehearsed.err)
      assert.match(rehearsed.out, /"tried": ?"dry-run"/)

      await call('lab break', 'bad-deploy', '--name', name)
      await call('diagnose', 'backend')
      await call('read', 'kubernetes.rollouts', '--service', 'backend', '--step', 'rollouts')
      await call('scripts', 'install', join(dir, 'scripts'))
      const about = ['--service', 'backend', '--severity', 'HIGH', '--symptom', '5xx', '--description', '500']
      const { incident } = JSON.parse((await call('declare', '-o', 'json', '--as', 'aoki', ...about)).out)
      const watching = run(['watch', incident, '--from', '1'], { program, env })
      tried.add('watch')
      assert.match((await call('list')).out, new RegExp(incident))
      await call('situation', incident)
      await call('ack', incident)
      await call('note', incident, '調査中')
      await call('notify', incident, '--message', '調査中')
      await call('set', incident, 'eta', '+30m')
      await call('escalate', incident, 'cto')
      await call('check', incident, 'scope')
      await call('run', incident, 'pods', '--wait')
      await call('run', incident, 'restart')
      await call('reject', incident, 'restart', '--reason', '不要')
      await call('retry', incident, 'restart')
      await call('skip', incident, 'restart', '--reason', '不要')
      await call('decide', incident, 'way/replace-pods', '--reason', '一部の Pod だけ')
      const other = await run(['done', incident, 'way'], { program, env })
      assert.deepEqual([other.code, other.err.match(/HK\d+/)?.[0]], [4, 'HK334'], other.err)
      tried.add('done')
      const { step } = JSON.parse((await call('show', incident, 'rollback', '-o', 'json')).out)
      await call('approve', incident, 'rollback', '--as', 'sato', '--hash', step.hash, '--wait')
      const verified = await run(['verify', incident, 'rollback', '--as', 'aoki'], { program, env })
      assert.deepEqual([verified.code, verified.err.match(/HK\d+/)?.[0]], [4, 'HK308'], verified.err)
      tried.add('verify')
      await call('undo', incident, 'rollback', '--as', 'aoki')
      await call('show', incident)
      await call('timeline', incident)
      await call('freeze', 'on')
      await call('freeze', 'off')
      await call('resolve', incident)
      await call('reopen', incident, '--reason', 'まだ遅い')
      await call('resolve', incident)
      await call('record', incident, '--', process.execPath, '--version')
      await call('report', incident)
      await call('close', incident, '--waive', 'もう終わり')
      assert.equal((await watching).code, 0)
      assert.match((await call('replay', incident)).out, /identical/)
      assert.match((await call('postmortem', incident)).out, new RegExp(incident))
      assert.match((await call('stats')).out, /backend/)
      await call('evidence', incident, '--output', join(dir, 'bundle'))
      await call('api keygen', join(dir, 'witness'))
      const log = join(env.HIKESHI_ARCHIVE ?? '', 'transparency')
      const listen = `127.0.0.1:${await freePort()}`
      const knows = [
        '--name',
        'witness.example/w1',
        '--log',
        `${origin}=${logKey}`,
        '--state',
        join(dir, 'state'),
      ]
      const signs = ['--key', join(dir, 'witness', 'attestation.key')]
      const stopWitness = await going('witness', /Witness running/, '--listen', listen, ...signs, ...knows)
      const to = ['--witness', `http://${listen}`, '--witness-key', join(dir, 'witness', 'attestation.pub')]
      await call('log publish', log, '--key', logKey, ...to)
      await stopWitness()
      assert.match((await call('log verify', log, '--key', logKey)).out, /all as they were signed/)
      const [start, end] = [Date.now() - 60_000, Date.now()].map((ms) => new Date(ms).toISOString())
      await call('logs', 'collect', '--start', start ?? '', '--end', end ?? '', '--output', join(dir, 'logs'))
      const document = join(dir, 'shodo.md')
      await writeFile(document, (await call('runbook export', 'runbooks/shodo.yaml')).out)
      assert.match((await call('runbook import', document)).out, /symptoms:/)
      const second = JSON.parse((await call('declare', '-o', 'json', '--new', ...about)).out)
      // Where this machine has no pgBackRest, that is said.
      const code = async (verb: string, ...argv: string[]) => {
        tried.add(verb)
        const { code: exit, err } = await run([verb, ...argv], { program, env })
        return [exit, err.match(/HK\d+/)?.[0]]
      }
      assert.deepEqual(await code('restore', 'points'), lacksBackups ? [3, 'HK209'] : [0, undefined])
      assert.deepEqual(await code('backup', second.incident), [3, 'HK214'])
      assert.deepEqual((await code('drill', 'list', 'shodo'))[0], lacksBackups ? 3 : 0)
      await call('cancel', second.incident, '--reason', '訓練')
      await call('runbook withdraw', 'shodo', '--reason', '置き換え')
      const refused = await run(['declare', ...about], { program, env })
      assert.deepEqual([refused.code, refused.err.match(/HK\d+/)?.[0]], [4, 'HK352'], refused.err)

      await stopApi()
      await stopWorker()
      await call('lab down', '--name', name)
      assert.deepEqual(
        (await verbs()).filter((verb) => !tried.has(verb)),
        [],
        'verbs of the help that this test does not call',
      )
    }))

  it('reads its list of verbs from the program', async () => {
    const known = await verbs()
    for (const verb of ['declare', 'runbook publish', 'api', 'api keygen', 'lab break', 'worker'])
      assert.ok(known.includes(verb), `${verb}: ${known.join(', ')}`)
  })
})
