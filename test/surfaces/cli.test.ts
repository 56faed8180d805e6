import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import stringWidth from 'string-width'
import { storedIncidents } from '../replay/histories.ts'
import { hikeshi } from './cli-process.ts'

describe('the command line without a server', () => {
  it('helps within 80 columns, in both languages', async () => {
    for (const argv of [
      ['--help'],
      ['--lang', 'ja', '--help'],
      ['declare', '--help'],
      ['runbook', '--help'],
    ]) {
      const { exit, out, err } = await hikeshi(argv)
      assert.deepEqual([exit, err], [0, ''])
      for (const line of out.split('\n')) assert.ok(stringWidth(line) <= 80, line)
    }
    assert.match((await hikeshi(['--help', '--lang', 'ja'])).out, /インシデントを宣言する/)
    assert.match((await hikeshi(['--help'], { env: { LANG: 'ja_JP.UTF-8' } })).out, /インシデントを宣言する/)
  })

  it('answers a mistake of usage with 2, the reason and the nearest right word', async () => {
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['lsit'], /Did you mean list\?/],
      [['show'], /missing required argument/],
      [['list', '--phase', 'resolvd'], /Allowed choices/],
      [['declare', '--service', 'x', '--severity', 'hihg', '--description', 'x'], /Did you mean HIGH\?/],
      [['list', '-o', 'xml'], /Allowed choices are table, json, yaml/],
      [['freeze', 'maybe'], /expected on or off/],
      [['set', 'shodo-1', 'severty', 'HIGH'], /did you mean severity\?/],
      [['set', 'shodo-1', 'eta', '2026-11-24T14:30:00'], /with its offset/],
      [['run', 'shodo-1', 'x', '--with', 'novalue'], /expected name=value/],
      [['run', 'shodo-1', 'x', '--wait', '--timeout', 'soon'], /expected a duration/],
      [['note', 'shodo-1'], /either a text or --stdin/],
    ]
    for (const [argv, says] of cases) {
      const { exit, out, err } = await hikeshi(argv)
      assert.deepEqual([exit, out], [2, ''], argv.join(' '))
      assert.match(err.replace(/\n/g, ' '), says)
      assert.match(err, /^HK\d{3} /)
      assert.match(err, /^next: /m)
    }
  })

  it('replays an incident from a folder alone, and shows what it was at a time', async () => {
    const { histories, incident, events } =
      storedIncidents().find(({ play }) => play === 'bad-deploy') ?? assert.fail('no history is kept')
    const dir = await mkdtemp(join(tmpdir(), 'hikeshi-'))
    const folder = join(dir, incident)
    await mkdir(folder)
    for (const [index, history] of histories.entries())
      await writeFile(join(folder, `${index + 1}.history.json`), JSON.stringify(history))
    const approved = events.find((event) => event.type === 'step-approved') ?? assert.fail()
    const at = new Date(Date.parse(approved.at) - 1).toISOString()
    const { exit, out, err } = await hikeshi(['replay', folder, '--at', at, '-o', 'json'])
    assert.deepEqual([exit, err], [0, ''])
    const { identical, head, state } = JSON.parse(out)
    assert.equal(identical, true)
    assert.deepEqual(head, { seq: approved.seq - 1, hash: events[approved.seq - 2]?.hash })
    assert.deepEqual([state.phase, state.steps.rollback.approvals.length], ['investigating', 0])
    const shown = await hikeshi(['replay', folder, '--at', at])
    assert.match(shown.out, /rollback +waits for approval 0\/1/)
    assert.doesNotMatch(shown.out, /Next/)
    const early = await hikeshi(['replay', folder, '--at', '2026-01-01T00:00:00Z'])
    assert.deepEqual([early.exit, early.out], [2, ''])
    assert.match(early.err, /the incident begins at/)
    await rm(dir, { recursive: true })
  })

  it('words a refusal as JSON on stderr with -o json, and leaves stdout empty', async () => {
    for (const argv of [
      ['lsit', '-o', 'json'],
      ['freeze', 'maybe', '--output=json'],
    ]) {
      const { out, err } = await hikeshi(argv)
      assert.equal(out, '')
      const { error } = JSON.parse(err)
      assert.deepEqual(Object.keys(error), ['code', 'name', 'what', 'next'])
      assert.equal(error.code, 'HK101')
    }
  })

  it('checks a runbook: 0 when it is right, 2 with every place when it is not', async () => {
    assert.match((await hikeshi(['runbook', 'check', 'runbooks/shodo.yaml'])).out, /^ok {2}shodo/)
    const dir = await mkdtemp(join(tmpdir(), 'hikeshi-'))
    try {
      const file = join(dir, 'bad.yaml')
      await writeFile(file, 'runbook: BAD\ntitel: x\n')
      const { exit, out } = await hikeshi(['runbook', 'check', file, '-o', 'json'])
      assert.equal(exit, 2)
      const { ok, problems } = JSON.parse(out)
      assert.equal(ok, false)
      assert.ok(problems.some((p: { line: number }) => p.line === 2))
      assert.equal((await hikeshi(['runbook', 'check', join(dir, 'none.yaml')])).exit, 2)
    } finally {
      await rm(dir, { recursive: true })
    }
  })

  it('prints the schema of runbooks as JSON alone', async () => {
    const { out, err } = await hikeshi(['runbook', 'schema'])
    assert.equal(err, '')
    assert.equal(JSON.parse(out).title, 'hikeshi runbook')
  })
})

describe('the command line and a Temporal that does not answer', () => {
  const unreachable = async (env: Record<string, string>, argv: readonly string[]) => {
    const ran = await hikeshi(argv, { env })
    assert.equal(ran.exit, 5)
    assert.equal(ran.out, '')
    return ran
  }

  it('says within 5 s which address was tried when nobody listens there', async () => {
    const { err } = await unreachable({ TEMPORAL_ADDRESS: '127.0.0.1:1' }, ['list'])
    assert.match(err, /HK501 .*127\.0\.0\.1:1/)
  })

  it('and when somebody accepts and never speaks', async () => {
    const sockets: net.Socket[] = []
    const silent = net.createServer((socket) => sockets.push(socket))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = silent.address() as AddressInfo
      const { err } = await unreachable({ TEMPORAL_ADDRESS: `127.0.0.1:${port}` }, [
        'show',
        'shodo-1',
        '-o',
        'json',
      ])
      assert.equal(JSON.parse(err).error.name, 'temporal-unreachable')
    } finally {
      silent.close()
      for (const socket of sockets) socket.destroy()
    }
  })

  it('in Japanese too', async () => {
    const { err } = await unreachable({}, ['list', '--lang', 'ja'])
    assert.match(err, /接続できません/)
    assert.match(err, /^次の操作: /m)
  })

  it('names the API when the way leads through it', async () => {
    const { err } = await unreachable({ HIKESHI_API_URL: 'http://127.0.0.1:1', HIKESHI_API_TOKEN: 't' }, [
      'list',
    ])
    assert.match(err, /HK505/)
  })

  it('still lets the doctor look at everything else', async () => {
    const { exit, out } = await hikeshi(['doctor', '-o', 'json'], {
      env: { HIKESHI_CHANNELS: '/nonexistent', HIKESHI_KUBECONFIG: '/nonexistent' },
    })
    assert.equal(exit, 5)
    const found = JSON.parse(out) as readonly { check: string; status: string }[]
    assert.deepEqual(
      found.map(({ check, status }) => [check, status]),
      [
        ['temporal', 'fail'],
        ['channels', 'fail'],
        ['kubernetes production', 'fail'],
      ],
    )
  })
})
