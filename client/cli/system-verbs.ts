/** The verbs about hikeshi itself: proof, runbooks, doctor, worker, API. */
import type { Command } from 'commander'
import type { AddVerb, Say } from './program.ts'

/** What is under way in a worker is finished or handed back to Temporal: its activities have 5 s for that. */
const workerGraceMs = 8_000
/** Requests under way get 10 s to end. */
const apiGraceMs = 11_000

export function addSystemVerbs(program: Command, add: AddVerb, say: Say): void {
  add(
    program,
    'replay',
    say(
      're-execute the timeline and hold it against its receipts; exit code 0 identical, 1 different, 3 incomplete',
      'タイムラインを再実行して検証する（終了コード: 0 一致、1 不一致、3 記録不足）',
    ),
    (c) =>
      c
        .argument(
          '<name|folder>',
          say(
            'an incident, a desk such as desk/shodo, or a folder with archived runs',
            'インシデント、desk/shodo のような窓口、または保管フォルダー',
          ),
        )
        .option(
          '--at <time>',
          say(
            'also show what it was then, such as 2026-11-24T14:30:00+09:00',
            'その時点の状態も表示する（例: 2026-11-24T14:30:00+09:00）',
          ),
        )
        .option(
          '--head <seq:hash>',
          say(
            'a head from a page or from hikeshi.dev/head, which must be in it',
            '連絡や注釈 hikeshi.dev/head にある先頭ハッシュ。含まれていることを確認する',
          ),
        ),
    async (s, [what = ''], o) => (await import('./verbs/replay.ts')).replayVerb(s, what, o),
  )
  add(
    program,
    'freeze',
    say('stop all automation, or allow it again', '自動化を凍結・解除する'),
    (c) => c.argument('<on|off>'),
    async (s, [on = '']) => (await import('./verbs/freeze.ts')).freeze(s, on),
  )
  const runbook = program
    .command('runbook')
    .description(
      say('begin, check, sign, publish and look at runbooks', 'Runbook の作成・検査・署名・公開・確認'),
    )
  const runbooks = () => import('./verbs/runbook.ts')
  const signing = () => import('./verbs/runbook-sign.ts')
  add(
    runbook,
    'init',
    say('a small runbook to begin with', '最初の Runbook を出力する'),
    (c) => c.argument('<name>', say('of the system, such as shop', 'システムの名前（shop など）')),
    async (s, [name = '']) => (await runbooks()).init(s, name),
  )
  add(
    runbook,
    'check',
    say('name every mistake of files', 'ファイルの誤りを調べる'),
    (c) => c.argument('<file...>', say('one or more; - for standard input', '1 つ以上。- は標準入力')),
    async (s, _words, _options, files) => (await runbooks()).check(s, files),
  )
  add(
    runbook,
    'publish',
    say('put a file onto its desk', '公開する'),
    (c) => c.argument('<file>', say('- for standard input', '- は標準入力')),
    async (s, [file = '']) => (await runbooks()).publish(s, file),
  )
  add(
    runbook,
    'sign',
    say('sign a file; the signature lies beside it, in FILE.sig', 'ファイルに署名する（FILE.sig に保存）'),
    (c) =>
      c
        .argument('<file>')
        .requiredOption(
          '--key <file>',
          say('your private key, Ed25519 in PEM', '自分の秘密鍵（Ed25519、PEM 形式）'),
        ),
    async (s, [file = ''], { key }) => (await signing()).sign(s, file, String(key)),
  )
  add(
    runbook,
    'verify',
    say('who signed a file, and whether it is enough', '署名者と、署名が足りているかを調べる'),
    (c) =>
      c
        .argument('<file>')
        .requiredOption(
          '--keys <folder>',
          say(
            'public keys by person, as in HIKESHI_PUBLISHER_KEYS',
            '人ごとの公開鍵のフォルダー（HIKESHI_PUBLISHER_KEYS と同じ形式）',
          ),
        ),
    async (s, [file = ''], { keys }) => (await signing()).verify(s, file, String(keys)),
  )
  add(
    runbook,
    'withdraw',
    say('open no more incidents under it', '取り下げる（新しいインシデントを受け付けない）'),
    (c) => c.argument('<name>').requiredOption('--reason <text>', say('why', '理由')),
    async (s, [name = ''], { reason }) => (await runbooks()).withdraw(s, name, String(reason)),
  )
  add(runbook, 'list', say('what is published', '公開中の Runbook'), same, async (s) =>
    (await runbooks()).list(s),
  )
  add(
    runbook,
    'show',
    say('a published runbook', '公開中の Runbook の内容'),
    (c) => c.argument('<name>'),
    async (s, [name = '']) => (await runbooks()).show(s, name),
  )
  add(
    runbook,
    'schema',
    say('JSON Schema for editors', 'エディター用 JSON Schema'),
    (c) =>
      c.option(
        '--markdown',
        say('the reference of docs/runbook.md instead', '代わりに docs/runbook.md の一覧を出力する'),
      ),
    async (s, _, o) => (await runbooks()).schema(s, o.markdown === true),
  )
  add(program, 'doctor', say('what works, what does not, what to do', '環境を点検する'), same, async (s) =>
    (await import('./verbs/doctor.ts')).doctor(s),
  )
  add(
    program,
    'worker',
    say('do the work, until it is told to stop', 'ワーカーを起動する'),
    (c) =>
      c.option(
        '--runbooks <folder>',
        say('publish what is new there', '新しい Runbook をこのフォルダーから公開する'),
      ),
    async (s, _, o) => (await import('./verbs/worker.ts')).worker(s, o),
    workerGraceMs,
  )
  addApiVerbs(program, add, say)
  // It reads its own options, so it never comes here; it stands in the help.
  program
    .command('lab')
    .description(
      say(
        'a small real world to try things in: up, down, break, heal',
        '試すための小さな実環境（up、down、break、heal）',
      ),
    )
}

function addApiVerbs(program: Command, add: AddVerb, say: Say): void {
  const apiVerbs = () => import('./verbs/api.ts')
  const api = add(
    program,
    'api',
    say('serve the HTTP API, until it is told to stop (docs/api.md)', 'HTTP API を起動する（docs/api.md）'),
    (c) =>
      c
        .option(
          '--listen <host:port>',
          say('where it listens; else 127.0.0.1:7400', '待ち受けるアドレス。既定は 127.0.0.1:7400'),
        )
        .option(
          '--host <name>',
          say(
            'a host name by which a proxy on this machine passes requests on; may be repeated; needs tokens',
            'このマシンのプロキシが使うホスト名。繰り返し可。トークンが必要',
          ),
          collect,
          [],
        ),
    async (s, _, o) => (await apiVerbs()).serveApi(s, o),
    apiGraceMs,
  )
  add(
    api,
    'token',
    say(
      'make a personal token and its line for the token file',
      '個人トークンと、トークンファイルの行を作る',
    ),
    (c) =>
      c
        .argument('[person]', say('who it stands for', 'トークンが表す人'))
        .option('--expires <when>', say('such as 90d, or a date', '90d のような期間、または日付'))
        .option(
          '--may <right>',
          say(
            'read, respond, approve or publish; may be repeated; without it the first three',
            'read、respond、approve、publish。繰り返し可。既定は最初の 3 つ',
          ),
          collect,
          [],
        )
        .option(
          '--machine <name>',
          say(
            'of a monitoring system instead of a person: it opens the doors for alerts alone',
            '人ではなく監視システムのトークンにする（アラートの受け口のみ）',
          ),
        )
        .option(
          '--runbook <name>',
          say(
            'a runbook that its alerts may open incidents of; may be repeated; without it any',
            'アラートがインシデントを開ける Runbook。繰り返し可。既定はすべて',
          ),
          collect,
          [],
        )
        .option('--worst <severity>', say('no alert of its counts for worse', 'アラートの緊急度の上限')),
    async (s, [person], o) => (await apiVerbs()).token(s, person, o),
  )
  add(
    api,
    'keygen',
    say('make the key pair for attestations of approvals', '承認に署名する鍵の組を作る'),
    (c) => c.argument('<folder>', say('where the two files are written', '2 つのファイルの保存先')),
    async (s, [folder = '']) => (await apiVerbs()).keygen(s, folder),
  )
}

const same = (command: Command) => command

/** The values of an option that may be repeated, in their order. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}
