import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scripts } from '../../client/doors/cli/scripts/scripts.ts'
import { hikeshi } from './cli-process.ts'

/** The seed's commands, and the words of the command line that they come to. */
const calls: readonly (readonly [command: string, words: readonly string[]])[] = [
  [
    'incident.sh declare --severity=HIGH --service=backend --description="5xx が多発"',
    ['declare', '--severity=HIGH', '--service=backend', '--description=5xx が多発'],
  ],
  [
    `notify.sh --channel=oncall --severity=HIGH --message='it is $(date) "now"; rm -rf'`,
    ['notify', 'open', '--to', 'oncall', '--severity', 'HIGH', '--message', 'it is $(date) "now"; rm -rf'],
  ],
  [
    'auto-recovery.sh --mode=emergency',
    [
      'declare',
      '--severity',
      'CRITICAL',
      '--description',
      'auto-recovery.sh --mode=emergency',
      '--service',
      'frontend',
    ],
  ],
  ['health-check.sh --service backend', ['diagnose', 'backend']],
  [
    'pitr-recovery.sh --timestamp="2024-01-20 14:30:00 JST" --confirm=yes',
    ['restore', 'run', 'open', '--timestamp', '2024-01-20 14:30:00 JST', '--confirm', 'yes', '--wait'],
  ],
  ['verify-data.sh', ['read', 'postgres.verify-data']],
  [
    'smoke-test.sh --service=backend -- -o json',
    ['read', 'http.healthy', '--service', 'backend', '-o', 'json'],
  ],
  [
    'rollback.sh --to-revision=3',
    ['run', 'open', 'kubernetes.rollout-undo', '--with', 'toRevision=3', '--wait'],
  ],
  [
    'scale.sh --incident=shodo-42 --step=scale-out --replicas 8',
    ['run', 'shodo-42', 'scale-out', '--with', 'replicas=8', '--wait'],
  ],
  ['backup.sh', ['backup', 'open', '--wait']],
  ['restore.sh --confirm=yes', ['restore', 'run', 'open', '--latest', '--confirm', 'yes', '--wait']],
  ['test-dr.sh', ['drill', 'restore']],
]

describe('the scripts with the names that teams are used to', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hikeshi-scripts-'))
  const installed = join(folder, 'opt', 'scripts')
  const echo = join(folder, 'echo it')
  const itself = join(folder, 'itself')

  before(async () => {
    writeFileSync(echo, '#!/bin/sh\nprintf "%s\\n" "$@"\nexit 4\n')
    const main = 'client/doors/cli/main.ts'
    writeFileSync(itself, `#!/bin/sh\nexec '${process.execPath}' --import tsx ${main} "$@"\n`)
    for (const file of [echo, itself]) chmodSync(file, 0o755)
    const ran = await install('--service', 'frontend', '--program', echo)
    assert.equal(ran.exit, 0, ran.err)
  })

  after(() => rmSync(folder, { recursive: true }))

  const install = (...more: string[]) => hikeshi(['scripts', 'install', installed, ...more])
  const run = (command: string, env: Record<string, string> = {}) => {
    const { status, stdout, stderr } = spawnSync('sh', ['-c', `"$0"/${command}`, installed], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '', ...env },
    })
    return { status, stdout, stderr }
  }

  it('are those of the runbook, and can be run', () => {
    const names = ['incident.sh', ...scripts.map(({ name }) => name)]
    assert.deepEqual(readdirSync(installed).sort(), names.sort())
    assert.equal(names.length, 14)
  })

  for (const [command, words] of calls)
    it(`${command}`, () => {
      const { status, stdout, stderr } = run(command)
      assert.deepEqual(stdout.split('\n').slice(0, -1), words, stderr)
      assert.equal(status, 4, 'the exit code of hikeshi is kept')
    })

  it('explain themselves, in both languages', () => {
    for (const name of readdirSync(installed)) {
      const [en, ja] = [run(`${name} --help`, { LANG: 'C' }), run(`${name} -h`, { LC_ALL: 'ja_JP.UTF-8' })]
      assert.deepEqual([en.status, ja.status], [0, 0])
      assert.match(en.stdout, new RegExp(`^${name}: [\\s\\S]*Example:\\n  ${name}`))
      assert.match(ja.stdout, new RegExp(`^${name}: [\\s\\S]*例:\\n  ${name}`))
    }
  })

  it('refuse what they do not know, what has no value and what is missing, with exit code 2 and before anything runs', () => {
    for (const name of readdirSync(installed)) {
      const { status, stdout, stderr } = run(`${name} --sevrity=HIGH`, { LANG: 'en_US.UTF-8' })
      assert.deepEqual([status, stdout], [2, ''], name)
      assert.match(stderr, new RegExp(`^${name}: unknown: --sevrity=HIGH \\(see ${name} --help\\)\\n$`))
      assert.match(run(`${name} x`, { LANG: 'ja_JP.UTF-8' }).stderr, /不明な(引数|操作)です: x/)
    }
    for (const command of [
      'notify.sh --channel=oncall',
      'notify.sh --channel --message',
      'notify.sh --channel= --message=x',
      'auto-recovery.sh',
      'auto-recovery.sh --mode=calm',
      'pitr-recovery.sh --confirm=yes',
      'incident.sh',
    ]) {
      const { status, stdout, stderr } = run(command)
      assert.deepEqual([status, stdout], [2, ''], command)
      assert.match(stderr, /missing|needs a value|can be/)
    }
  })

  it('take nothing from the environment for what was not typed', () => {
    const { stdout } = run('scale.sh', {
      flag_replicas: '0',
      flag_incident: 'shodo-1',
      name: '--x',
      value: 'y',
    })
    assert.deepEqual(stdout.trim().split('\n'), ['run', 'open', 'kubernetes.scale', '--wait'])
  })

  it('are written anew, and over the script of somebody else only when that is said', async () => {
    assert.equal((await install('--service', 'frontend', '--program', echo)).exit, 0)
    const own = join(installed, 'backup.sh')
    writeFileSync(own, '#!/bin/sh\necho mine\n')
    const { exit, err } = await install()
    assert.equal(exit, 2)
    assert.match(err, /backup\.sh/)
    assert.match(readFileSync(own, 'utf8'), /mine/)
    assert.equal((await install('--service', 'frontend', '--program', echo, '--force')).exit, 0)
    assert.doesNotMatch(readFileSync(own, 'utf8'), /mine/)
    mkdirSync(join(folder, 'x'))
    writeFileSync(join(folder, 'x', 'file'), '')
    for (const nowhere of [join(folder, 'x', 'file'), '/proc/x'])
      assert.equal((await hikeshi(['scripts', 'install', nowhere])).exit, 2)
  })

  it('say so, in both languages, where Temporal is down', function () {
    this.timeout(180_000)
    const nobody = { HIKESHI: itself, TEMPORAL_ADDRESS: '127.0.0.1:1' }
    for (const command of [
      'incident.sh list',
      'notify.sh --channel=oncall --message=x',
      'auto-recovery.sh --mode=emergency',
      'verify-data.sh',
      'backup.sh',
    ])
      for (const [LANG, words] of [
        ['C', /HK501 Temporal does not answer/],
        ['ja_JP.UTF-8', /HK501 .*Temporal/],
      ] as const) {
        const { status, stderr } = run(command, { ...nobody, LANG })
        assert.equal(status, 5, `${command}: ${stderr}`)
        assert.match(stderr, words)
      }
  })
})
