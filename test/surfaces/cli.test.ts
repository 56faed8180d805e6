import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import stringWidth from 'string-width'
import { verbsMarkdown } from '../../client/doors/cli/program.ts'
import { parameters } from '../../client/doors/cli/verbs/run.ts'
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

  it('helps in Japanese without English beside it, and tells the options of every verb with each', async () => {
    const verbs = [...verbsMarkdown().matchAll(/^\*\*`hikeshi ([a-z ]+?)(?: [<[]|`)/gm)].map(
      ([, path = '']) => path,
    )
    assert.ok(
      verbs.includes('api token') && verbs.includes('api') && !verbs.includes('runbook'),
      verbs.join(),
    )
    for (const path of ['', 'runbook', ...verbs.filter((verb) => verb !== 'lab')]) {
      const { exit, out } = await hikeshi(['--lang', 'ja', ...path.split(' ').filter(Boolean), '--help'])
      assert.equal(exit, 0, path)
      const prose = out
        .split('\n')
        .slice(1)
        .map((line) => line.replace(/^ {2}\S.*?(?: {2,}|$)/, ''))
      for (const line of prose)
        assert.doesNotMatch(line, /[a-z]{2,} [a-z]{2,} [a-z]{2,}/i, `${path}: ${line}`)
      assert.match(out, /^使い方: hikeshi/)
      // A verb with an --output of its own has -o alone, and one more formats.
      assert.match(out, /^ {2}-o(?:, --output)? <format> +出力形式（table、json、yaml/m)
    }
  })

  it('marks the options that a verb cannot do without, and refuses it without them', async () => {
    const of = (verb: string): readonly string[] =>
      [...verb.matchAll(/^- `(?:-\w, )?(--[a-z-]+).*\(required\)/gm)].map(([, option = '']) => option)
    const verbs = verbsMarkdown()
      .split('\n\n**')
      .map((verb) => ({ words: /`hikeshi (.+?)`/.exec(verb)?.[1]?.split(' ') ?? [], needed: of(verb) }))
      .filter(({ needed }) => needed.length > 0)
    assert.ok(verbs.length > 10, verbs.map(({ words }) => words.join(' ')).join())
    for (const { words, needed } of verbs) {
      const path = words.filter((word) => /^\w/.test(word))
      for (const [lang, mark] of [
        ['en', /^ {2}(?:-\w, )?(--[a-z-]+)(?:(?!\n {2}-).)*?[(]required/gms],
        ['ja', /^ {2}(?:-\w, )?(--[a-z-]+)(?:(?!\n {2}-).)*?（必須/gms],
      ] as const) {
        const { out } = await hikeshi([...path, '--help', '--lang', lang])
        assert.deepEqual(
          [...out.matchAll(mark)].map(([, option]) => option),
          needed,
          out,
        )
      }
      const { exit, err } = await hikeshi(words.map((word) => (/^[<[]/.test(word) ? 'shodo-1' : word)))
      assert.equal(exit, 2, err)
      assert.ok(
        needed.some((option) => err.includes(option)),
        err,
      )
    }
  })

  it('takes the options of every verb before and after those with a command line of their own', async () => {
    const before = await hikeshi(['-o', 'json', 'api', 'token', 'aoki'])
    const after = await hikeshi(['api', 'token', 'aoki', '--lang', 'ja', '-ojson'])
    for (const { exit, out } of [before, after])
      assert.deepEqual([exit, Object.keys(JSON.parse(out))], [0, ['token', 'person', 'sha256']])
    assert.match((await hikeshi(['-o', 'yaml', 'api', 'token', 'aoki'])).out, /^token: hikeshi_/)
    assert.match((await hikeshi(['--lang', 'ja', 'api', 'token', 'aoki'])).out, /^aoki のトークン/)
    for (const argv of [
      ['-o', 'json', 'api', '--listen', '7400'],
      ['api', '--listen', '7400', '-o', 'json'],
      ['-o', 'json', 'worker', '--runbooks'],
      ['-o', 'json', 'api', 'token'],
    ]) {
      const { exit, out, err } = await hikeshi(argv)
      assert.deepEqual([exit, out, JSON.parse(err).error.code], [2, '', 'HK101'], argv.join(' '))
    }
    const wrong: readonly (readonly [readonly string[], RegExp])[] = [
      [['--nosuch', 'api'], /unknown option '--nosuch'/],
      [['--nosuch', 'lab', 'status'], /unknown option '--nosuch'/],
      [['-o', 'xml', 'api'], /Allowed choices are table, json, yaml/],
      [['-o', 'xml', 'lab', 'status'], /Allowed choices are table, json, yaml/],
      [['api', 'tokne', 'aoki'], /too many arguments for 'api'/],
    ]
    for (const [argv, says] of wrong) {
      const { exit, err } = await hikeshi(argv)
      assert.equal(exit, 2, argv.join(' '))
      assert.match(err, says)
    }
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
      await writeFile(
        join(folder, `run-${String(index + 1).padStart(4, '0')}.history.json`),
        JSON.stringify(history),
      )
    const approved = events.find((event) => event.type === 'step-approved') ?? assert.fail()
    const at = new Date(Date.parse(approved.at) - 1).toISOString()
    const { exit, out, err } = await hikeshi(['replay', folder, '--at', at, '-o', 'json'])
    // Told again, the file is not the one that the timeline saw put away; all else is as it was.
    assert.deepEqual([exit, err], [1, ''])
    const { difference, head, state } = JSON.parse(out)
    assert.match(difference.at, /^run-0001\.history\.json$/)
    assert.deepEqual(head, { seq: approved.seq - 1, hash: events[approved.seq - 2]?.hash })
    assert.deepEqual([state.phase, state.steps.rollback.approvals.length], ['investigating', 0])
    const shown = await hikeshi(['replay', folder, '--at', at])
    assert.match(shown.out, /rollback +waiting for approval 0\/1/)
    assert.doesNotMatch(shown.out, /Next/)
    const early = await hikeshi(['replay', folder, '--at', '2026-01-01T00:00:00Z'])
    assert.deepEqual([early.exit, early.out], [2, ''])
    assert.match(early.err, /the incident starts at/)
    await rm(dir, { recursive: true })
  })

  it('ends a replay with the code of its verdict, as help and pages tell it', async () => {
    const {
      histories,
      incident,
      events: told,
    } = storedIncidents().find(({ play }) => play === 'bad-deploy') ?? assert.fail('no history is kept')
    const { events } = histories[0] as { readonly events: readonly object[] }
    const keptEvents = told.slice(
      0,
      told.findIndex(({ type }) => type === 'archived'),
    )
    const place = (part: string) => events.findLastIndex((event) => JSON.stringify(event).includes(part))
    // What an archive holds: up to the call that puts the run away, which has just begun.
    const begun = place('EVENT_TYPE_ACTIVITY_TASK_STARTED')
    const put = place('"activityId":"archive/1"')
    assert.ok(0 < put && put < begun)
    const cases = [
      ['identical', 0, events.slice(0, begun + 1), keptEvents],
      // Told again, the file is not the one that the timeline saw put away.
      ['different', 1, events, keptEvents],
      // The task that puts the run away has told of its logs before.
      ['incomplete', 3, events.slice(0, put), keptEvents.filter(({ type }) => type !== 'logs-kept')],
    ] as const
    const dir = await mkdtemp(join(tmpdir(), 'hikeshi-'))
    const replayed = async (name: string, history: readonly object[], kept: readonly object[]) => {
      const folder = join(dir, name, incident)
      await mkdir(folder, { recursive: true })
      await writeFile(join(folder, 'run-0001.history.json'), JSON.stringify({ events: history }))
      await writeFile(join(folder, 'run-0001.events.json'), JSON.stringify(kept))
      const { exit, out } = await hikeshi(['replay', folder, '-o', 'json'])
      return { exit, answer: JSON.parse(out) as Record<string, unknown> }
    }
    const help = (await hikeshi(['replay', '--help'])).out.replaceAll(/\s+/g, ' ')
    const proof = await readFile('docs/proof.md', 'utf8')
    const commandLine = await readFile('docs/command-line.md', 'utf8')
    const row = commandLine.split('\n').find((line) => line.startsWith('| `replay`')) ?? ''
    for (const [verdict, exit, given, kept] of cases) {
      const ran = await replayed(verdict, given, kept)
      assert.deepEqual([ran.answer.verdict, ran.exit], [verdict, exit], JSON.stringify(ran.answer))
      assert.match(help, new RegExp(`${exit} ${verdict}`))
      assert.match(proof, new RegExp(`^\\| \\*\\*${verdict}\\*\\* +\\| ${exit} `, 'm'))
      assert.match(commandLine, new RegExp(`^\\| ${exit} .*${verdict}`, 'm'))
      for (const key of Object.keys(ran.answer)) assert.ok(row.includes(`"${key}"`), `${key}: ${row}`)
    }
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

  it('says why a file cannot be read, checks several, and fails where one is wrong', async () => {
    const folder = await hikeshi(['runbook', 'check', tmpdir()])
    assert.deepEqual([folder.exit, folder.out], [2, ''])
    assert.match(folder.err, /^HK109 .* cannot be read: it is a folder\./)
    assert.match(
      (await hikeshi(['runbook', 'check', '/nonexistent.yaml', '--lang', 'ja'])).err,
      /ファイルまたはフォルダーがありません/,
    )
    const both = await hikeshi(['runbook', 'check', 'runbooks/shodo.yaml', 'biome.json', '-o', 'json'])
    assert.equal(both.exit, 2)
    assert.deepEqual(
      (JSON.parse(both.out) as { ok: boolean }[]).map(({ ok }) => ok),
      [true, false],
    )
    // One that is not there keeps nothing back of the others.
    const files = ['/nonexistent.yaml', 'runbooks/shodo.yaml', tmpdir(), 'biome.json']
    const all = await hikeshi(['runbook', 'check', ...files])
    assert.deepEqual([all.exit, all.err], [2, ''])
    assert.match(
      all.out,
      /^\/nonexistent\.yaml: HK109 .* cannot be read: .*\nok {2}shodo .*\n.*: HK109 .* it is a folder\.\nbiome\.json:/,
    )
    const told = await hikeshi(['runbook', 'check', ...files, '-o', 'json', '--lang', 'ja'])
    assert.equal(told.exit, 2)
    const answers: { ok: boolean; file: string; error?: { code: string; what: string } }[] = JSON.parse(
      told.out,
    )
    assert.deepEqual(
      answers.map(({ file, ok, error }) => [file, ok, error?.code]),
      [
        ['/nonexistent.yaml', false, 'HK109'],
        ['runbooks/shodo.yaml', true, undefined],
        [tmpdir(), false, 'HK109'],
        ['biome.json', false, undefined],
      ],
    )
    assert.match(answers[0]?.error?.what ?? '', /読み取れません/)
  })

  it('has no zone, or one that does not exist, and works anyway', async () => {
    const { TZ } = process.env
    try {
      for (const zone of ['', 'GMT+9', 'Asia/Tokio', ':/etc/localtime']) {
        process.env.TZ = zone
        assert.equal((await hikeshi(['runbook', 'check', 'runbooks/shodo.yaml'])).exit, 0, zone)
      }
    } finally {
      if (TZ === undefined) delete process.env.TZ
      else process.env.TZ = TZ
    }
  })

  it('words mistakes of usage in Japanese too, without the words of a library', async () => {
    const calls: readonly (readonly string[])[] = [
      ['lsit'],
      ['show'],
      ['list', '--phase', 'resolvd'],
      ['list', 'a', 'b'],
      ['list', '--nosuch'],
      ['declare', '--service', 'x'],
      ['declare', '--service'],
      ['declare', '--service', 'x', '--severity', 'hihg', '--description', 'x'],
      ['freeze', 'maybe'],
      ['set', 'shodo-1', 'severty', 'HIGH'],
      ['set', 'shodo-1', 'eta', 'soon'],
      ['set', 'shodo-1', 'eta', '+99999999d'],
      ['run', 'shodo-1', 'x', '--with', 'novalue'],
      ['run', 'shodo-1', 'x', '--wait', '--timeout', '9999d'],
      ['note', 'shodo-1'],
      ['watch', 'shodo-1', '--from', 'x'],
      ['replay', 'shodo-1', '--at', 'noon'],
    ]
    for (const argv of calls) {
      const { exit, err } = await hikeshi(['--lang', 'ja', ...argv])
      assert.equal(exit, 2, `${argv.join(' ')}: ${err}`)
      const [what = ''] = err.split('\n')
      const bare = what
        .replaceAll(/「[^」]*」/g, '')
        .replace(/使える値: .*/, '')
        .replace(/（もしかして.*/, '')
      assert.doesNotMatch(bare, /[a-z]{2,}(?: [a-z]{2,}){2,}/, what)
      assert.match(bare, /[ぁ-んァ-ン一-龥]/, what)
    }
  })

  it('refuses half of the settings of the API, and a name beside its token', async () => {
    const url = { HIKESHI_API_URL: 'http://127.0.0.1:9' }
    for (const env of [url, { ...url, HIKESHI_API_TOKEN: '' }, { HIKESHI_API_TOKEN: 't' }]) {
      const { exit, err } = await hikeshi(['list'], { env })
      assert.deepEqual([exit, err.slice(0, 5)], [2, 'HK106'])
    }
    const both = await hikeshi(['--as', 'ben', 'list'], { env: { ...url, HIKESHI_API_TOKEN: 't' } })
    assert.deepEqual([both.exit, both.err.slice(0, 5)], [2, 'HK107'])
  })

  it('takes parameters in groups', () => {
    assert.deepEqual(
      parameters(['limits.memory=1Gi', 'limits.cpu=2', 'replicas=3', 'name=web', 'grep=["a"]']),
      {
        limits: { memory: '1Gi', cpu: 2 },
        replicas: 3,
        name: 'web',
        grep: ['a'],
      },
    )
    for (const wrong of ['=1', '.a=1', 'a.=1', '__proto__.x=1'])
      assert.throws(() => parameters([wrong]), /HK101/)
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

  it('names the folder of the archive to the verbs that can read one instead, where it has the incident', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'hikeshi-away-'))
    try {
      await mkdir(join(dir, 'shodo-1'))
      const env = { TEMPORAL_ADDRESS: '127.0.0.1:1', HIKESHI_ARCHIVE: dir }
      const next = async (argv: readonly string[], given: Record<string, string> = env) =>
        JSON.parse((await unreachable(given, [...argv, '-o', 'json'])).err).error.next
      const output = ['--output', join(dir, 'new')]
      const [replay, evidence, japanese, unknown, unset, show] = await Promise.all([
        next(['replay', 'shodo-1']),
        next(['evidence', 'shodo-1', ...output]),
        next(['postmortem', 'shodo-1', '--lang', 'ja']),
        next(['replay', 'shodo-2']),
        next(['postmortem', 'shodo-2'], { TEMPORAL_ADDRESS: '127.0.0.1:1' }),
        next(['show', 'shodo-1']),
      ])
      const instead = `the same command with ${dir}/shodo-1 in place of shodo-1.`
      for (const told of [replay, evidence]) assert.ok(told.endsWith(`needs no server: ${instead}`), told)
      assert.ok(
        japanese.endsWith(`同じコマンドの shodo-1 を ${dir}/shodo-1 に置き換えてください。`),
        japanese,
      )
      assert.ok(unset.endsWith(`with ARCHIVE/shodo-2 in place of shodo-2.`), unset)
      for (const usual of [unknown, show]) assert.doesNotMatch(usual, /same command/)
    } finally {
      await rm(dir, { recursive: true })
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
      env: { HIKESHI_CHANNELS: '/nonexistent' },
    })
    assert.equal(exit, 5)
    const found = JSON.parse(out) as readonly { check: string; status: string }[]
    assert.deepEqual(
      found.map(({ check, status }) => [check, status]),
      [
        ['temporal', 'fail'],
        ['channels', 'fail'],
        // Only a cluster's worker could say it, and it is asked over Temporal.
        ['kubernetes', 'warn'],
      ],
    )
  })
})
