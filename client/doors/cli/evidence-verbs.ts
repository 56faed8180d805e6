/** The verbs that put evidence into a folder, and those that check it. */
import { type Command, Option } from 'commander'
import { collect } from './arguments.ts'
import type { AddVerb, Say } from './verb.ts'

export function addEvidenceVerbs(program: Command, add: AddVerb, say: Say): void {
  const verbs = () => import('./verbs/evidence.ts')
  const written = (c: Command) =>
    c
      .requiredOption(
        '--output <place>',
        say(
          'folder that does not exist yet, or s3://BUCKET/PREFIX; one that ends with / holds bundles',
          '新しいフォルダー、または s3://バケット/プレフィックス。/ で終わるときは、その中に作成する',
        ),
        // Refused by the verb itself: Commander would ask the verbs below it for one.
        '',
      )
      .option(
        '--lock-days <n>',
        say(
          'in a bucket with Object Lock: nobody can delete it for so many days',
          'Object Lock が有効なバケットで、この日数のあいだ削除できないようにする',
        ),
      )
      .addOption(
        new Option(
          '--lock-mode <mode>',
          say(
            'compliance binds everybody, governance all but whoever may bypass it',
            'compliance は全員、governance は解除権限のない全員に適用',
          ),
        )
          .choices(['compliance', 'governance'])
          .default('compliance'),
      )
      .option(
        '--key <file>',
        say('sign with this private key, Ed25519 in PEM', 'この秘密鍵で署名する（Ed25519、PEM 形式）'),
      )
  const evidence = add(
    program,
    'evidence',
    say(
      'put everything that there is of an incident into a folder that proves itself (docs/evidence.md)',
      'インシデントの証跡を、検証できるフォルダーにまとめる（docs/evidence.md）',
    ),
    (c) =>
      written(
        // Else it would take the options of the verb below it.
        c
          .enablePositionalOptions()
          .argument(
            '<incident|folder>',
            say('an incident, or its folder in an archive', 'インシデント、または保管フォルダー'),
          )
          .option(
            '--with <path>',
            say(
              'a recording made on another machine, or a folder of them; may be repeated',
              '別のマシンで作成した記録、またはそのフォルダー。繰り返し可',
            ),
            collect,
            [],
          ),
      ),
    async (s, [what = ''], o) => (await verbs()).evidence(s, what, o),
  )
  add(
    evidence,
    'verify',
    say(
      'name every file that was changed, is missing, was added or cut off; exit code 0 whole and signed with the given key, 1 not',
      '変更・不足・追加・切り詰めのあるファイルを挙げる（終了コード: 0 一致・指定した鍵で署名、1 それ以外）',
    ),
    (c) =>
      c
        .argument(
          '<place>',
          say('a folder, or s3://BUCKET/PREFIX', 'フォルダー、または s3://バケット/プレフィックス'),
        )
        .option(
          '--key <file>',
          say(
            "the signer's public key, from somewhere else than the bundle",
            '署名者の公開鍵（バンドルとは別に入手したもの）',
          ),
        )
        .option(
          '--unsigned',
          say(
            'accept a bundle that nobody known signed: only damage is found',
            '署名がない、または署名者が不明なバンドルも受け入れる（破損だけを検出）',
          ),
        )
        .option(
          '--witness <file>',
          say(
            'public key of a witness that must have cosigned the log of heads (docs/transparency.md)',
            '透明性ログに連署しているべきウィットネスの公開鍵（docs/transparency.md）',
          ),
        )
        .option('--log-key <file>', say('public key of that log', 'そのログの公開鍵'))
        .option(
          '--log-origin <name>',
          say('what that log must be called', 'そのログの名前（一致しなければ不一致とする）'),
        ),
    async (s, [folder = ''], o) => (await verbs()).verify(s, folder, o),
  )
  const logs = program.command('logs').description(say('logs of a time', '期間を指定したログ'))
  add(
    logs,
    'collect',
    say(
      'put logs, events and manifests into a folder, with or without an incident',
      'ログ・イベント・マニフェストをフォルダーに保存する（インシデント不要）',
    ),
    (c) =>
      written(
        c
          .requiredOption(
            '--start <time>',
            say(
              'such as "2024-01-20 14:00:00"; without a zone it is the team\'s',
              '"2024-01-20 14:00:00" など。タイムゾーンを省略するとチームのもの',
            ),
          )
          .requiredOption('--end <time>', say('the same', '同じ形式'))
          .option(
            '--service <name>',
            say(
              'only of this service and what is near it',
              'このサービスと、依存関係のあるサービスに絞り込む',
            ),
          )
          .option('--runbook <name>', say('of one runbook', 'Runbook で絞り込む')),
      ),
    async (s, _, o) => (await import('./verbs/logs.ts')).collectLogs(s, o),
  )
}
