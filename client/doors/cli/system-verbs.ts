/** The verbs about hikeshi itself: proof, runbooks, doctor, worker, API. */
import { type Command, Option } from 'commander'
import { systems } from '../../../domain/steps/needs.ts'
import { severities } from '../../../domain/words.ts'
import { collect } from './arguments.ts'
import { addDrillVerbs } from './drill-verbs.ts'
import type { AddVerb, Say } from './verb.ts'

/** What is under way in a worker is finished or handed back to Temporal: its activities have 5 s for that. */
const workerGraceMs = 8_000
/** Requests under way get 10 s to end. */
const apiGraceMs = 11_000

export function addSystemVerbs(program: Command, add: AddVerb, say: Say): void {
  add(
    program,
    'replay',
    say(
      're-execute the timeline and compare it with its receipts; exit code 0 identical, 1 different, 3 incomplete',
      'タイムラインを再実行して検証する（終了コード: 0 一致、1 不一致、3 記録不足）',
    ),
    (c) =>
      c
        .argument(
          '<name|folder>',
          say(
            'an incident, a desk such as desk/shodo, a folder with archived runs, or s3://BUCKET/PREFIX with a bundle of evidence',
            'インシデント、desk/shodo のような窓口、保管フォルダー、または証跡バンドルのある s3://バケット/プレフィックス',
          ),
        )
        .option(
          '--at <time>',
          say(
            'also show the state at that time, such as 2026-11-24T14:30:00+09:00',
            'その時点の状態も表示する（例: 2026-11-24T14:30:00+09:00）',
          ),
        )
        .option(
          '--head <seq:hash>',
          say(
            'a head from a page or from hikeshi.dev/head that the timeline must contain',
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
    say('print a small runbook to start from', '最初の Runbook を出力する'),
    (c) => c.argument('<name>', say('name of the system, such as shop', 'システムの名前（shop など）')),
    async (s, [name = '']) => (await runbooks()).init(s, name),
  )
  add(
    runbook,
    'check',
    say('find every mistake in files', 'ファイルの誤りを調べる'),
    (c) => c.argument('<file...>', say('one or more; - for standard input', '1 つ以上。- は標準入力')),
    async (s, _words, _options, files) => (await runbooks()).check(s, files),
  )
  add(
    runbook,
    'publish',
    say('publish a file to its desk', '公開する'),
    (c) => c.argument('<file>', say('- for standard input', '- は標準入力')),
    async (s, [file = '']) => (await runbooks()).publish(s, file),
  )
  add(
    runbook,
    'sign',
    say('sign a file; the signature goes into FILE.sig next to it', 'ファイルに署名する（FILE.sig に保存）'),
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
    say('show who signed a file, and whether that is enough', '署名者と、署名が足りているかを調べる'),
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
    say('stop opening incidents under a runbook', '取り下げる（新しいインシデントを受け付けない）'),
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
  const importing = () => import('./verbs/runbook-import.ts')
  add(
    runbook,
    'import',
    say('make a runbook of a document in Markdown', 'Markdown の手順書から Runbook を作る'),
    (c) =>
      c
        .argument('<file>', say('the document; - for standard input', '手順書。- は標準入力'))
        .option(
          '--to <file>',
          say('write it to a new file instead', '標準出力の代わりに新しいファイルへ書き込む'),
        )
        .option(
          '--report <file>',
          say(
            'write what became of each line, and why; JSON if the name ends in .json',
            '各行が何になったかと理由を書き込む（名前が .json なら JSON）',
          ),
        )
        .option(
          '--name <name>',
          say('name of the runbook (default: that of the file)', 'Runbook の名前（既定: ファイル名）'),
        ),
    async (s, [file = ''], o) => (await importing()).importVerb(s, file, o),
  )
  add(
    runbook,
    'export',
    say('print a runbook as a document in Markdown', 'Runbook を Markdown の手順書として出力する'),
    (c) =>
      c
        .argument('<runbook>', say('a published runbook or a file', '公開中の Runbook またはファイル'))
        .option('--markdown', say('the form, and the only one', '形式（現在はこれのみ）')),
    async (s, [word = '']) => (await importing()).exportVerb(s, word),
  )
  const scripts = program
    .command('scripts')
    .description(say('scripts with the names that teams are used to', '使い慣れた名前のスクリプト'))
  add(
    scripts,
    'install',
    say(
      'write scripts such as incident.sh and notify.sh, each a call of hikeshi',
      'incident.sh、notify.sh などのスクリプトを書き出す（それぞれ hikeshi を呼び出す）',
    ),
    (c) =>
      c
        .argument('<folder>', say('such as /opt/shodo/scripts', '/opt/shodo/scripts など'))
        .option(
          '--service <name>',
          say('the service that is meant where nobody says', '指定がない場合に対象とするサービス'),
        )
        .option(
          '--program <path>',
          say('hikeshi itself (default: this one)', 'hikeshi のパス。既定は実行中のもの'),
        )
        .option('--force', say('overwrite what is there', '既存のファイルを上書きする')),
    async (s, [folder = ''], o) => (await import('./verbs/scripts.ts')).installScripts(s, folder, o),
  )
  add(
    program,
    'rbac',
    say(
      'print the rights that runbooks need, for kubectl apply, psql and redis-cli',
      'Runbook に必要な権限を出力する（kubectl apply・psql・redis-cli 用）',
    ),
    (c) =>
      c
        .argument(
          '<runbook...>',
          say(
            'files, or names of published runbooks, all of one cluster',
            'ファイル、または公開済みの名前（同じクラスターのもの）',
          ),
        )
        .addOption(
          new Option(
            '--what <system>',
            say('only for one system, without comments', '1 つのシステムのみ、コメントにせず出力する'),
          ).choices(systems),
        )
        .option('--least', say('only what steps cannot do without', '手順の実行に必須のものだけにする'))
        .option(
          '--jobs',
          say(
            'also what restores in Jobs need (job in the connections file)',
            'Job での復元（接続設定の job）に必要なものも含める',
          ),
        )
        .option(
          '--serviceaccount <namespace:name>',
          say(
            "account that gets the roles (default: hikeshi-worker in the runbook's namespace)",
            'ロールを付与するアカウント。既定は Runbook の名前空間の hikeshi-worker',
          ),
        ),
    async (s, _words, o, runbooks) => (await import('./verbs/rbac.ts')).rbac(s, runbooks, o),
  )
  add(
    program,
    'doctor',
    say('check what works, what does not, and what to do', '環境を点検する'),
    same,
    async (s) => (await import('./verbs/doctor.ts')).doctor(s),
  )
  add(
    program,
    'worker',
    say('run a worker until it is stopped', 'ワーカーを起動する'),
    (c) =>
      c.option(
        '--runbooks <folder>',
        say('publish what is new there', '新しい Runbook をこのフォルダーから公開する'),
      ),
    async (s, _, o) => (await import('./verbs/worker.ts')).worker(s, o),
    workerGraceMs,
  )
  addDrillVerbs(program, add, say)
  addApiVerbs(program, add, say)
  // It reads its own options, so it never comes here; it stands in the help.
  program
    .command('lab')
    .description(
      say(
        'a small real environment to try things in: up, down, break, heal',
        '試すための小さな実環境（up、down、break、heal）',
      ),
    )
}

function addApiVerbs(program: Command, add: AddVerb, say: Say): void {
  const apiVerbs = () => import('./verbs/api.ts')
  const api = add(
    program,
    'api',
    say('serve the HTTP API until it is stopped (docs/api.md)', 'HTTP API を起動する（docs/api.md）'),
    (c) =>
      c
        .option(
          '--listen <host:port>',
          say('address to listen on (default: 127.0.0.1:7400)', '待ち受けるアドレス。既定は 127.0.0.1:7400'),
        )
        .option(
          '--host <name>',
          say(
            'host name under which a proxy on this machine forwards requests; may be repeated; needs tokens',
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
        .argument('[person]', say('the person it identifies', 'トークンが表す人'))
        .option('--expires <when>', say('such as 90d, or a date', '90d のような期間、または日付'))
        .option(
          '--may <right>',
          say(
            'read, respond, approve or publish; may be repeated (default: the first three)',
            'read、respond、approve、publish。繰り返し可。既定は最初の 3 つ',
          ),
          collect,
          [],
        )
        .option(
          '--machine <name>',
          say(
            'for a monitoring system instead of a person; good for sending alerts only',
            '人ではなく監視システムのトークンにする（アラートの受け口のみ）',
          ),
        )
        .option(
          '--runbook <name>',
          say(
            'runbook its alerts may open incidents under; may be repeated (default: any)',
            'アラートがインシデントを開ける Runbook。繰り返し可。既定はすべて',
          ),
          collect,
          [],
        )
        .option(
          '--worst <severity>',
          say(
            `cap on the severity of its alerts: ${severities.join(', ')}`,
            `アラートの緊急度の上限（${severities.join('、')}）`,
          ),
        ),
    async (s, [person], o) => (await apiVerbs()).token(s, person, o),
  )
  add(
    api,
    'keygen',
    say('make the key pair for attestations of approvals', '承認に署名する鍵の組を作る'),
    (c) => c.argument('<folder>', say('folder for the two files', '2 つのファイルの保存先')),
    async (s, [folder = '']) => (await apiVerbs()).keygen(s, folder),
  )
}

const same = (command: Command) => command
