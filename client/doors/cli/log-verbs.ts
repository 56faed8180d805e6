/** The verbs of the log of heads, and the witness that cosigns it. */
import type { Command } from 'commander'
import { collect } from './arguments.ts'
import type { AddVerb, Say } from './verb.ts'

/** Requests under way get 5 s to end. */
const witnessGraceMs = 6_000

export function addLogVerbs(program: Command, add: AddVerb, say: Say): void {
  const verbs = () => import('./verbs/log.ts')
  const folder = (c: Command) =>
    c.argument('<folder>', say('such as ARCHIVE/transparency', 'ARCHIVE/transparency など'))
  const keyWords = say("the log's public key, Ed25519 in PEM", 'ログの公開鍵（Ed25519、PEM 形式）')
  const log = program
    .command('log')
    .description(
      say(
        'the log of heads of all incidents (docs/transparency.md)',
        '先頭ハッシュの透明性ログ（docs/transparency.md）',
      ),
    )
  add(
    log,
    'verify',
    say('re-read everything in the log', 'ログ全体を読み直して検証する'),
    (c) => folder(c).option('--key <file>', keyWords),
    async (s, [where = ''], o) => (await verbs()).verifyLogVerb(s, where, o),
  )
  add(
    log,
    'publish',
    say('have witnesses cosign the newest checkpoint', '最新のチェックポイントに連署を受ける'),
    (c) =>
      folder(c)
        .requiredOption('--key <file>', keyWords)
        .requiredOption(
          '--witness <url>',
          say('address of a witness; may be repeated', 'ウィットネスのアドレス。繰り返し可'),
          collect,
          [],
        )
        .requiredOption(
          '--witness-key <file>',
          say(
            'public key of the witnesses, or a folder of them',
            'ウィットネスの公開鍵、またはそのフォルダー',
          ),
        ),
    async (s, [where = ''], o) => (await verbs()).publishLog(s, where, o),
  )
  add(
    program,
    'witness',
    say(
      "cosign other people's logs until it is stopped (docs/transparency.md)",
      '他者のログに連署するウィットネスを起動する（docs/transparency.md）',
    ),
    (c) =>
      c
        .requiredOption(
          '--key <file>',
          say('its own private key, Ed25519 in PEM', '自分の秘密鍵（Ed25519、PEM 形式）'),
        )
        .requiredOption('--name <name>', say('such as witness.example/w1', 'witness.example/w1 など'))
        .requiredOption(
          '--log <origin=file>',
          say(
            'a log that it knows, and its public key; may be repeated',
            '対象ログの名前と公開鍵。繰り返し可',
          ),
          collect,
          [],
        )
        .requiredOption('--state <folder>', say('what it has cosigned lies here', '連署の記録の保存先'))
        .option(
          '--listen <host:port>',
          say('address to listen on (default: 127.0.0.1:7410)', '待ち受けるアドレス。既定は 127.0.0.1:7410'),
        ),
    async (s, _, o) => (await verbs()).witness(s, o),
    witnessGraceMs,
  )
}
