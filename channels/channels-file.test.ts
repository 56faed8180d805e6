import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { said } from '../domain/words.ts'
import { Refused } from '../edge/refused.ts'
import { openChannels, parseChannels } from './channels-file.ts'

function problem(text: string): string {
  try {
    parseChannels(text, 'channels.yaml')
  } catch (error) {
    const found = error instanceof Refused ? error.failure : assert.fail(String(error))
    assert.equal(found.name, 'bad-input')
    assert.ok(!String(error).includes('hunter2'), 'the error quotes a secret')
    return `${found.params.where}: ${said(found.params.problem).en}`
  }
  return assert.fail('it was taken')
}

describe("the worker's channels file", () => {
  it('names channels and the places of their secrets', () => {
    const { settings } = parseChannels(
      'channels:\n  log: { kind: log }\n  oncall: { kind: webhook, url: "https://pager.example.com/in", secretEnv: PAGER_SECRET }\n',
      'channels.yaml',
    )
    assert.deepEqual(settings, {
      log: { kind: 'log' },
      oncall: {
        kind: 'webhook',
        url: 'https://pager.example.com/in',
        secretEnv: 'PAGER_SECRET',
        timeoutMs: 5_000,
      },
    })
  })

  it('says whom the alarm calls', () => {
    const text = 'channels: { log: { kind: log } }\nalarm: [{ person: tanaka, channel: log }]\n'
    assert.deepEqual(parseChannels(text, 'channels.yaml').alarm, [{ person: 'tanaka', channel: 'log' }])
    assert.deepEqual(parseChannels('channels: {}', 'channels.yaml').alarm, [])
  })

  const hook = 'kind: webhook, url: "https://pager.example.com/in"'
  for (const [what, text, sentence] of [
    [
      'an unknown kind',
      'channels: { a: { kind: webhok } }',
      'channels.a.kind: expected one of "log", "webhook"; found "webhok". Did you mean "webhook"?',
    ],
    [
      'an alarm on a channel that is not there',
      'channels: { a: { kind: log } }\nalarm: [{ person: tanaka, channel: oncall }]',
      'alarm[0].channel: expected "a"; found "oncall".',
    ],
    ['no kind', 'channels: { a: {} }', 'channels.a.kind: expected text; found nothing.'],
    [
      'a misspelt key',
      `channels: { a: { ${hook}, secretEnv: X, timeotMs: 5 } }`,
      'Did you mean "timeoutMs"?',
    ],
    [
      'a secret in the file',
      `channels: { a: { ${hook}, secret: hunter2 } }`,
      'channels.a.secret: secrets do not belong in this file; use "secretFile" or "secretEnv" to say where they are.',
    ],
    [
      'a secret where its place belongs',
      `channels: { a: { ${hook}, secretEnv: hunter2! } }`,
      'channels.a.secretEnv: expected the name of an environment variable.',
    ],
    [
      'a password in the address',
      'channels: { a: { kind: webhook, url: "https://u:hunter2@pager.example.com", secretEnv: X } }',
      'expected an address without user and password',
    ],
    ['no secret at all', `channels: { a: { ${hook} } }`, 'expected either secretFile or secretEnv'],
    [
      'two secrets',
      `channels: { a: { ${hook}, secretEnv: A, secretFile: /b } }`,
      'expected either secretFile or secretEnv',
    ],
    [
      'a limit above that of the activity',
      `channels: { a: { ${hook}, secretEnv: A, timeoutMs: 60000 } }`,
      'channels.a.timeoutMs: expected a number of at most 8000; found 60000.',
    ],
    [
      'an address of another kind',
      'channels: { a: { kind: webhook, url: "ftp://x/hunter2" } }',
      'channels.a.url:',
    ],
    [
      'a port that no page reaches',
      'channels: { a: { kind: webhook, url: "https://pager.example.com:6667/hunter2", secretEnv: X } }',
      'channels.a.url: expected another port: HTTP clients block those of other protocols',
    ],
    ['a name no runbook can use', 'channels: { On Call: { kind: log } }', 'expected a short name'],
    ['no channels', '{}', 'channels: expected a group of keys; found nothing.'],
    ['an empty file', '', 'expected a group of keys; found an empty value.'],
    ['a key twice', 'channels: {}\nchannels: {}\n', 'channels.yaml:2:1: not valid YAML (DUPLICATE_KEY).'],
    ['broken YAML with a secret in it', 'channels: {}\n  hunter2: *x: "\n', 'not valid YAML'],
    ['an alias that leads nowhere', 'channels: *hunter2\n', 'not valid YAML'],
  ] as const) {
    it(`is refused with ${what}`, () => {
      const found = problem(text)
      assert.ok(found.includes(sentence), `${found}\nhas not\n${sentence}`)
    })
  }

  describe('when it is opened', () => {
    let folder: string
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'hikeshi-channels-'))
    })
    afterEach(() => rm(folder, { recursive: true }))

    async function open(text: string, env: Record<string, string> = {}): Promise<readonly string[]> {
      await writeFile(join(folder, 'channels.yaml'), text)
      return [...(await openChannels(join(folder, 'channels.yaml'), env)).channels.keys()]
    }

    it('has its channels when every secret is there', async () => {
      await writeFile(join(folder, 'secret'), 'sixteen bytes or more\n')
      const file = `{ ${hook}, secretFile: ${join(folder, 'secret')} }`
      const text = `channels: { log: { kind: log }, a: { ${hook}, secretEnv: S }, b: ${file} }`
      assert.deepEqual(await open(text, { S: 'sixteen bytes or more' }), ['log', 'a', 'b'])
    })

    it('is refused with every secret that is missing or too short', async () => {
      const text = `channels: { a: { ${hook}, secretEnv: A }, b: { ${hook}, secretEnv: B }, c: { ${hook}, secretFile: /nowhere } }`
      await assert.rejects(open(text, { B: 'hunter2' }), (error) => {
        const { en: found, ja } = said(error instanceof Refused ? error.failure.params.problem : '')
        assert.ok(!String(error).includes('hunter2'))
        assert.match(found, /channels\.a: its secret is not set in the environment \(A\)/)
        assert.match(found, /channels\.b: its secret in the environment variable B is shorter than 16 bytes/)
        assert.match(ja, /channels\.b: 環境変数 B のシークレットが 16 バイト未満です/)
        assert.match(found, /channels\.c: its secret cannot be read from the file \/nowhere \(ENOENT\)/)
        return true
      })
    })

    it('says when it is not there', async () => {
      await assert.rejects(openChannels(join(folder, 'none.yaml'), {}), (error) => {
        return (
          error instanceof Refused && said(error.failure.params.problem).en === 'it cannot be read (ENOENT)'
        )
      })
    })
  })
})
