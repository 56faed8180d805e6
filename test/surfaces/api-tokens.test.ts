import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newToken, openTokens, type Tokens } from '../../client/doors/http/tokens.ts'
import { said } from '../../domain/words.ts'
import { type Door, openDoor } from './api-door.ts'

const receipt = { seq: 7, hash: 'a'.repeat(64) }

describe('personal tokens', () => {
  let dir: string
  let file: string
  const aoki = newToken()
  const sato = newToken()
  const late = newToken()

  const write = (...entries: readonly object[]) =>
    writeFile(file, JSON.stringify({ tokens: entries }), { mode: 0o600 })

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hikeshi-tokens-'))
    file = join(dir, 'tokens.yaml')
    await write(
      { person: 'aoki', sha256: aoki.sha256 },
      { person: '佐藤', sha256: sato.sha256, expires: '2126-01-01' },
      { person: 'late', sha256: late.sha256, expires: '2026-01-01T00:00:00Z' },
    )
  })
  afterEach(() => rm(dir, { recursive: true, force: true }))

  const personOf = async (tokens: Tokens, token: string, atMs = Date.now()) =>
    (await tokens.personOf(token, atMs))?.name

  it('name exactly one person each; other words and expired ones name nobody', async () => {
    const tokens = await openTokens(file)
    assert.equal(await personOf(tokens, aoki.token), 'aoki')
    assert.equal(await personOf(tokens, sato.token), '佐藤')
    assert.equal(await personOf(tokens, late.token), undefined)
    assert.equal(await personOf(tokens, late.token, Date.parse('2025-12-31T23:59:59Z')), 'late')
    for (const word of ['', aoki.sha256, `${aoki.token}x`, aoki.token.slice(0, -1), newToken().token]) {
      assert.equal(await personOf(tokens, word), undefined)
    }
  })

  it('hold 256 bits, are kept as their SHA-256 only, and look like a secret to a scanner', () => {
    assert.match(aoki.token, /^hikeshi_[A-Za-z0-9_-]{43}$/)
    assert.equal(aoki.sha256, createHash('sha256').update(aoki.token).digest('hex'))
    assert.notEqual(newToken().token, newToken().token)
  })

  it('are in force and out of force at the next request after the file changed', async () => {
    const tokens = await openTokens(file)
    const next = newToken()
    await write({ person: 'mori', sha256: next.sha256 })
    assert.equal(await personOf(tokens, next.token), 'mori')
    assert.equal(await personOf(tokens, aoki.token), undefined)
  })

  it('stay as they were while the file is wrong or gone, and somebody is told once for each change', async () => {
    const told: string[] = []
    const tokens = await openTokens(file, (reason) => told.push(said(reason).en))
    await writeFile(file, 'tokens:\n  - { person: mori, sha256: ')
    assert.equal(await personOf(tokens, aoki.token), 'aoki')
    assert.equal(await personOf(tokens, aoki.token), 'aoki')
    assert.equal(told.length, 1)
    assert.ok(tokens.trouble() !== undefined)
    await rm(file)
    assert.equal(await personOf(tokens, aoki.token), 'aoki')
    assert.equal(told.length, 2)
    await write({ person: 'aoki', sha256: aoki.sha256 })
    assert.equal(await personOf(tokens, aoki.token), 'aoki')
    assert.equal(tokens.trouble(), undefined)
  })

  it('are read again at the next request where the file could not be read: that is no verdict, and a token taken away is gone', async () => {
    const told: string[] = []
    let broken: string | undefined
    const read = async (path: string) => {
      if (broken !== undefined) throw Object.assign(new Error(`${broken}: open '${path}'`), { code: broken })
      return readFile(path, 'utf8')
    }
    const tokens = await openTokens(file, (reason) => told.push(said(reason).en), read)
    for (const code of ['EMFILE', 'EIO']) {
      await write({ person: 'aoki', sha256: aoki.sha256 }, { person: code, sha256: newToken().sha256 })
      assert.equal(await personOf(tokens, aoki.token), 'aoki')
      broken = code
      await write({ person: 'sato', sha256: sato.sha256 })
      assert.equal(await personOf(tokens, aoki.token), 'aoki')
      assert.equal(await personOf(tokens, aoki.token), 'aoki')
      assert.match(said(tokens.trouble()).en, new RegExp(code))
      broken = undefined
      assert.equal(await personOf(tokens, aoki.token), undefined, code)
      assert.equal(await personOf(tokens, sato.token), 'sato')
      assert.equal(tokens.trouble(), undefined)
    }
    assert.equal(told.length, 2)
  })

  it('have one spelling for each name, so that nobody has two votes', async () => {
    const both = (...names: readonly string[]) =>
      write(...names.map((person) => ({ person, sha256: newToken().sha256 })))
    for (const [one, other] of [
      ['sato', 'Sato'],
      ['sato', 'ｓａｔｏ'],
      ['ガク', 'ガク'.normalize('NFD')],
    ] as const) {
      await both(one, other)
      await assert.rejects(openTokens(file), /expected one spelling of each name/)
    }
    await both('sato', 'sato')
    await openTokens(file)
    await write({ person: 'aoki', sha256: aoki.sha256 }, { machine: 'aoki', sha256: sato.sha256 })
    await assert.rejects(openTokens(file), /a person or a machine, not both/)
    await write({ machine: 'alerts-eu', sha256: aoki.sha256 })
    await openTokens(file)
    for (const name of ['sa\u200bto', 'hikeshi', 'alert x', 'a; b']) {
      await both(name)
      await assert.rejects(openTokens(file), /tokens\[0\]\.person: expected/)
    }
  })

  it('are refused at the start where the file is wrong, gone, or open to others', async () => {
    const refusal = async (content: string, expected: RegExp) => {
      await writeFile(file, content)
      await assert.rejects(openTokens(file), expected)
    }
    await refusal('', /tokens: expected a list/)
    await refusal('tokens: [{ person: aoki, sha256: abc }]', /tokens\[0\]\.sha256: expected the SHA-256/)
    await refusal(
      `tokens: [{ person: aoki, sha256: ${aoki.sha256}, admin: true }]`,
      /tokens\[0\]: expected one of .*"may"\.$/,
    )
    await refusal(`tokens: [{ person: " aoki", sha256: ${aoki.sha256} }]`, /expected a name/)
    await refusal(
      `tokens: [{ person: aoki, sha256: ${aoki.sha256}, may: [all] }]`,
      /tokens\[0\]\.may\[0\]: expected one of "read"/,
    )
    await refusal(
      `tokens: [{ person: aoki, sha256: ${aoki.sha256}, worst: LOW }]`,
      /tokens\[0\]: expected one of/,
    )
    await refusal(
      `tokens: [{ machine: am, sha256: ${aoki.sha256}, may: [read] }]`,
      /tokens\[0\]: expected one of .*"worst"\.$/,
    )
    await refusal(
      'tokens: [{ person: aoki, sha256: abc }, { machine: am, sha256: 7 }, { person: a, machine: b }]',
      /tokens\[0\]\.sha256: expected the SHA-256.* tokens\[1\]\.sha256: expected text\. tokens\[2\]: expected person or machine\.$/,
    )
    const twice = ['aoki', 'sato'].map((person) => `{ person: ${person}, sha256: ${aoki.sha256} }`)
    await refusal(`tokens: [${twice.join(', ')}]`, /every sha256 once/)
    for (const mode of [0o644, 0o604, 0o660, 0o602]) {
      await chmod(file, mode)
      await assert.rejects(openTokens(file), /only its owner may read or write it \(chmod 0600/)
    }
    await assert.rejects(openTokens(join(dir, 'missing.yaml')), /there is no such file or folder/)
  })

  it('never quote the file in a refusal: a token may have been pasted into it', async () => {
    await writeFile(file, `tokens: [${aoki.token}: {`)
    await assert.rejects(openTokens(file), (error: Error) => !error.message.includes(aoki.token))
  })

  describe('at the door', () => {
    let door: Door
    const seen: unknown[] = []
    beforeEach(async () => {
      seen.length = 0
      const command = async (...args: readonly unknown[]) => {
        seen.push(args[1])
        return { receipt }
      }
      door = await openDoor({ command }, { tokens: await openTokens(file) })
    })
    afterEach(() => door.close())

    it('make a person verified, and nothing else does', async () => {
      const answer = await door.ask('POST', '/incidents/shodo-42/acknowledge', { token: sato.token })
      assert.equal(answer.status, 200)
      assert.deepEqual(seen, [
        { type: 'acknowledge', by: { kind: 'person', id: '佐藤', verified: true, checked: 'token' } },
      ])
    })

    it('are asked for by every address but health and description', async () => {
      const { body } = await door.ask('GET', '/openapi.json')
      for (const [path, methods] of Object.entries<object>(body.paths)) {
        if (path === '/health') continue
        for (const method of Object.keys(methods)) {
          const address = path.replace('{incident}', 'shodo-42').replace('{runbook}', 'shodo')
          const none = await door.ask(method.toUpperCase(), address)
          assert.equal(none.status, 401, `${method} ${path}`)
          assert.equal(none.headers.get('www-authenticate'), 'Bearer realm="hikeshi"')
          assert.equal(none.body.code, 'HK313')
        }
      }
      assert.deepEqual((await door.ask('GET', '/health')).body, {
        temporal: { reachable: true },
        tokens: 'in force',
      })
      assert.deepEqual(seen, [])
    })

    it('that are wrong, expired or of another scheme are 401, whatever name comes along', async () => {
      const path = '/incidents/shodo-42/acknowledge'
      for (const token of ['wrong', late.token, aoki.sha256]) {
        const answer = await door.ask('POST', path, { token, headers: { 'x-hikeshi-as': 'aoki' } })
        assert.equal(answer.status, 401)
        assert.match(answer.headers.get('www-authenticate') ?? '', /invalid_token/)
      }
      const basic = Buffer.from(`aoki:${aoki.token}`).toString('base64')
      for (const authorization of [`Basic ${basic}`, aoki.token, 'Bearer', `Bearer ${aoki.token} x`]) {
        assert.equal((await door.ask('POST', path, { headers: { authorization } })).status, 401)
      }
      assert.deepEqual(seen, [])
    })

    it('open the routes that they are for, and no other', async () => {
      const holders = [['read'], ['respond'], ['approve'], ['publish'], ['read', 'approve'], []] as const
      const made = holders.map((may) => ({ may, ...newToken() }))
      await write(...made.map(({ sha256, may }, i) => ({ person: `p${i}`, sha256, may })), {
        person: 'usual',
        sha256: aoki.sha256,
      })
      const all = [...made, { may: ['read', 'respond', 'approve'], token: aoki.token }]
      const { body } = await door.ask('GET', '/openapi.json')
      const rows = Object.entries<object>(body.paths)
        .flatMap(([path, methods]) =>
          Object.keys(methods).map((method) => [method.toUpperCase(), path] as const),
        )
        .filter(([, path]) => path !== '/health' && !path.startsWith('/doors/'))
      assert.ok(rows.length > 25)
      for (const [method, path] of rows) {
        const right = rightOf(method, path)
        for (const { may, token } of all) {
          const body = method === 'GET' ? {} : { raw: '{' }
          const answer = await door.ask(method, path.replace(/\{\w+\}/, 'shodo-42'), { token, ...body })
          const isLet = (may as readonly string[]).includes(right)
          assert.equal(answer.status === 403, !isLet, `${method} ${path} ${may.join()} ${answer.status}`)
          if (!isLet) assert.equal(answer.body.code, 'HK313')
          else assert.notEqual(answer.status, 401)
        }
      }
    })

    it('do not let their person act as another', async () => {
      const as = (name: string) =>
        door.ask('POST', '/incidents/shodo-42/acknowledge', {
          token: aoki.token,
          headers: { 'x-hikeshi-as': name },
        })
      assert.equal((await as('sato')).status, 400)
      assert.deepEqual(seen, [])
      assert.equal((await as('aoki')).status, 200)
    })

    it('say in /health when the newest file is not in force', async () => {
      await writeFile(file, 'nonsense')
      await door.ask('POST', '/incidents/shodo-42/acknowledge', { token: aoki.token })
      assert.equal((await door.ask('GET', '/health')).body.tokens, 'last good version')
    })
  })
})

function rightOf(method: string, path: string): string {
  if (method === 'GET' || path === '/overviews') return 'read'
  if (path.startsWith('/runbooks')) return 'publish'
  return path.endsWith('/approve') ? 'approve' : 'respond'
}
