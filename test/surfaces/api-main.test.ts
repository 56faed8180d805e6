import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ask } from './api-door.ts'

const started: ChildProcess[] = []

function api(argv: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const args = ['--import', 'tsx', 'client/doors/cli/main.ts', 'api', ...argv]
  // Nothing listens on port 1: what is tested here needs no Temporal, or needs it to be away.
  const child = spawn(process.execPath, args, {
    env: { ...process.env, TEMPORAL_ADDRESS: '127.0.0.1:1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.push(child)
  return child
}

type Ended = { readonly code: number | null; readonly out: string; readonly err: string }

async function ended(child: ChildProcess): Promise<Ended> {
  let out = ''
  let err = ''
  child.stdout?.on('data', (chunk) => {
    out += chunk
  })
  child.stderr?.on('data', (chunk) => {
    err += chunk
  })
  const [code] = await once(child, 'close')
  return { code, out, err }
}

/** The address that the log says, once it says it. */
async function listening(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error('no stderr')
  for await (const line of createInterface({ input: child.stderr })) {
    const [url] = /http:\/\/[^"]+/.exec(line) ?? []
    if (url !== undefined) {
      // Whoever stops reading a pipe stops its writer one day.
      child.stderr.resume()
      return url
    }
  }
  throw new Error('the API ended before it listened')
}

describe('hikeshi api', () => {
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hikeshi-api-'))
  })
  afterEach(async () => {
    for (const child of started.splice(0)) child.kill('SIGKILL')
    await rm(dir, { recursive: true, force: true })
  })

  it('serves while Temporal is away, says so with 503, and stops with 0 on SIGTERM', async () => {
    const child = api(['--listen', '127.0.0.1:0'])
    const url = await listening(child)
    const health = await ask(url, 'GET', '/health')
    assert.deepEqual([health.status, health.body.temporal.code], [503, 'HK501'])
    const list = await ask(url, 'GET', '/incidents')
    assert.deepEqual([list.status, list.body.code, list.headers.get('retry-after')], [503, 'HK501', '5'])
    assert.doesNotMatch(JSON.stringify(list.body), /127\.0\.0\.1:1/)
    child.kill('SIGTERM')
    assert.deepEqual(await once(child, 'exit'), [0, null])
  })

  it('does not listen where others can reach it unless people have tokens', async () => {
    await Promise.all(
      ['0.0.0.0:0', '[::]:0', '192.0.2.1:7400'].map(async (address) => {
        const { code, err } = await ended(api(['--listen', address]))
        assert.equal(code, 2)
        assert.match(err, /^HK101 --listen: .* is open to other machines, and no tokens are\sconfigured/)
      }),
    )
  })

  it('answers to the name of no proxy unless people have tokens: loopback says nothing of who stands before that', async () => {
    const { code, err } = await ended(api(['--listen', '127.0.0.1:0', '--host', 'hikeshi.example']))
    assert.equal(code, 2)
    assert.match(err, /^HK101 --host: [\s\S]*"hikeshi\.example"[\s\S]*no tokens\sare\sconfigured/)
  })

  it('listens for others with tokens, and then believes nobody without one', async () => {
    const file = join(dir, 'tokens.yaml')
    const made = await ended(api(['token', 'aoki', '-o', 'json', '--expires', '90d']))
    const { token, ...line } = JSON.parse(made.out)
    assert.deepEqual([made.code, line.person], [0, 'aoki'])
    assert.ok(Math.abs(Date.parse(line.expires) - Date.now() - 90 * 86_400_000) < 60_000)
    await writeFile(file, JSON.stringify({ tokens: [line] }), { mode: 0o600 })
    const child = api(['--listen', '0.0.0.0:0'], { HIKESHI_API_TOKENS: file })
    const url = (await listening(child)).replace(/\/\/[^:]+:/, '//127.0.0.1:')
    assert.equal((await ask(url, 'GET', '/incidents')).status, 401)
    assert.equal((await ask(url, 'GET', '/incidents', { token })).status, 503)
    child.kill('SIGINT')
    assert.deepEqual(await once(child, 'exit'), [0, null])
  })

  it('makes the token of a machine with a line that names no person', async () => {
    const { out } = await ended(api(['token', '--machine', 'alertmanager', '-o', 'json']))
    const { token, ...line } = JSON.parse(out)
    assert.match(token, /^hikeshi_/)
    assert.deepEqual([Object.keys(line), line.machine], [['machine', 'sha256'], 'alertmanager'])
    const bound = ['--runbook', 'shodo', '--worst', 'high']
    const { out: other } = await ended(api(['token', '--machine', 'am', '-o', 'json', ...bound]))
    assert.deepEqual([JSON.parse(other).runbooks, JSON.parse(other).worst], [['shodo'], 'HIGH'])
    const wrong = await ended(api(['token', '--machine', 'am', '--may', 'read']))
    assert.deepEqual([wrong.code, wrong.out], [2, ''])
  })

  it('prints a token once, with a line that can be pasted into the file as it is', async () => {
    const { code, out } = await ended(api(['token', '田中']))
    assert.equal(code, 0)
    const [, token = ''] = /^ {2}(hikeshi_\S+)$/m.exec(out) ?? []
    const line = out.split('\n').find((l) => l.startsWith('  - ')) ?? ''
    assert.ok(token !== '' && !line.includes(token))
    const { openTokens } = await import('../../client/doors/http/tokens.ts')
    const file = join(dir, 'tokens.yaml')
    await writeFile(file, `tokens:\n${line}\n`, { mode: 0o600 })
    assert.equal((await (await openTokens(file)).personOf(token, Date.now()))?.name, '田中')
  })

  it('makes a key pair of which others can read only the public half', async () => {
    const { code, out } = await ended(api(['keygen', join(dir, 'keys')]))
    assert.equal(code, 0)
    const [, key = ''] = /^HIKESHI_ATTESTATION_KEY=(.+)$/m.exec(out) ?? []
    const [, pub = ''] = /^HIKESHI_ATTESTATION_PUBLIC_KEYS=(.+)$/m.exec(out) ?? []
    assert.equal((await stat(key)).mode & 0o777, 0o600)
    assert.equal((await stat(pub)).mode & 0o777, 0o644)
    assert.match(await readFile(pub, 'utf8'), /^-----BEGIN PUBLIC KEY-----/)
    const again = await ended(api(['keygen', join(dir, 'keys')]))
    assert.equal(again.code, 2)
  })

  it('refuses what it does not understand with 2 and a sentence', async () => {
    const wrong: readonly (readonly string[])[] = [
      ['--listen', '7400'],
      ['--listen', '127.0.0.1:70000'],
      ['--port', '1'],
      ['tokne', 'aoki'],
      ['token'],
      ['token', 'aoki', '--expires', 'soon'],
    ]
    await Promise.all(
      wrong.map(async (argv) => {
        const { code, out, err } = await ended(api(argv))
        assert.deepEqual([code, out], [2, ''], argv.join(' '))
        assert.match(err, /^HK101 /)
      }),
    )
  })
})
