import assert from 'node:assert/strict'
import { join } from 'node:path'
import { parse } from 'yaml'
import { stepsTable } from '../../client/doors/cli/steps-table.ts'
import { screenOf } from '../../client/doors/cli/terminal.ts'
import { listIncidents } from '../../client/incidents/list.ts'
import { reasonOf, type Temporal } from '../../client/temporal/connect.ts'
import { explain, type Failure } from '../../domain/failures.ts'
import { said } from '../../domain/words.ts'
import { bad } from '../domain/incident/hands.ts'
import { World } from '../domain/incident/world.ts'
import { openDoor } from './api-door.ts'
import { hikeshi } from './cli-process.ts'

const receipt = { seq: 3, hash: 'a'.repeat(64) }
const words = ['declare', '--service', 'backend', '--severity', 'CRITICAL', '--description', 'x']

describe('the answer of declare', () => {
  const next = { level: 'team-lead', at: '2100-01-01T00:00:00.000Z', timezone: 'Pacific/Auckland' }
  const joined = { receipt, incident: 'shodo-42', created: false, reports: 3, repeated: false, next }
  const token = 'A'.repeat(43)
  /** The command line over an API in this process. */
  async function declared(answer: typeof joined & { readonly raisedTo?: 'CRITICAL' }, lang = 'en') {
    const door = await openDoor({ declare: async () => answer, similar: async () => [] })
    try {
      const env = { HIKESHI_API_URL: door.url, HIKESHI_API_TOKEN: token }
      const { exit, out, err } = await hikeshi([...words, '--lang', lang], { env })
      assert.deepEqual([exit, err, door.unexpected], [0, '', []])
      return out
    } finally {
      await door.close()
    }
  }

  it('writes when the next page is due by the clock of the team, as every other surface does', async () => {
    assert.match(await declared(joined), /next page: team-lead \S+ \S+ (?:NZ[SD]T|GMT\+1[23])/)
  })

  it('says that the report made the incident more severe, where it did', async () => {
    const raised = { ...joined, raisedTo: 'CRITICAL' } as const
    assert.match(await declared(raised), /joined the open incident as report 3, raising it to CRITICAL\n/)
    assert.match(await declared(raised, 'ja'), /報告 3 件目、緊急度は CRITICAL に上昇/)
    assert.match(await declared(joined), /as report 3\n/)
  })
})

describe('the token of a person', () => {
  it('goes nowhere that somebody could read it on its way', async () => {
    for (const url of ['http://elsewhere.example', 'http://10.0.0.8:7400', 'http://127.0.0.1.example']) {
      const env = { HIKESHI_API_URL: url, HIKESHI_API_TOKEN: 'x' }
      const { exit, err } = await hikeshi(['list'], { env })
      assert.equal(exit, 2, err)
      assert.match(err, /HIKESHI_API_URL: expected an address with https:\/\/, or http:\/\/ on this machine/)
    }
    for (const url of ['http://localhost:1', 'http://[::1]:1', 'http://127.0.0.1:1']) {
      const env = { HIKESHI_API_URL: url, HIKESHI_API_TOKEN: 'x' }
      assert.equal((await hikeshi(['list'], { env })).exit, 5, url)
    }
  })
})

describe('a refusal', () => {
  it('of the API is Japanese in Japanese', async () => {
    const door = await openDoor({})
    try {
      const { status, body } = await door.ask('GET', '/incidents', {
        headers: { 'x-forwarded-for': '203.0.113.1' },
      })
      assert.equal(status, 401)
      const { what } = explain(body as Failure, 'ja')
      assert.equal(what, 'このリクエスト には許可されていません: トークンがありません')
      assert.match(explain(body as Failure, 'en').what, /^This request .*the request has no token/)
    } finally {
      await door.close()
    }
  })

  it('is data where data was asked for, in YAML as in JSON', async () => {
    const argv = ['list', '--phase', 'resolvd', '-o']
    const { out, err } = await hikeshi([...argv, 'yaml'])
    assert.equal(out, '')
    assert.deepEqual(parse(err), JSON.parse((await hikeshi([...argv, 'json'])).err))
    assert.equal(parse(err).error.code, 'HK101')
  })

  it('says of a file of keys that cannot be read what it is for, and how one is made', async () => {
    const key = join(import.meta.dirname, 'nowhere.key')
    const [sign, witness] = [
      ['--key', key],
      ['--witness', 'http://127.0.0.1:1', '--witness-key', key],
    ]
    const cases: readonly (readonly [readonly string[], RegExp, RegExp])[] = [
      [
        ['evidence', 'shodo-1', '--output', '/tmp/x', ...sign],
        /private key that signs evidence/,
        /証跡の署名に使う秘密鍵/,
      ],
      [['evidence', 'verify', '/', ...sign], /public key that checks evidence/, /証跡の検証に使う公開鍵/],
      [
        ['evidence', 'verify', '/', '--log-key', key],
        /checks the log of heads/,
        /透明性ログの検証に使う公開鍵/,
      ],
      [
        ['evidence', 'verify', '/', '--witness', key],
        /checks cosignatures/,
        /ウィットネスの検証に使う公開鍵/,
      ],
      [['log', 'verify', '/', ...sign], /checks the log of heads/, /透明性ログの検証に使う公開鍵/],
      [
        ['log', 'publish', '/', ...sign, ...witness],
        /checks the log of heads/,
        /透明性ログの検証に使う公開鍵/,
      ],
      [
        ['witness', '--name', 'w', '--state', '/', ...sign],
        /signs cosignatures/,
        /ウィットネスの署名に使う秘密鍵/,
      ],
    ]
    for (const [argv, ...says] of cases)
      for (const [i, lang] of ['en', 'ja'].entries()) {
        const { exit, err } = await hikeshi([...argv, '--lang', lang, '-o', 'json'])
        const { code, what } = JSON.parse(err).error
        assert.deepEqual([exit, code], [2, 'HK101'], argv.join(' '))
        assert.ok(what.startsWith(`${key}: `), what)
        assert.match(what, says[i] ?? /never/)
        assert.match(what, /hikeshi api keygen DIR/)
        assert.doesNotMatch(what, /ENOENT/)
      }
  })

  it('tells what the system and libraries say in our words, and in Japanese', () => {
    const known = [
      ['Failed to connect before the deadline', 'nobody answered in time'],
      ['getaddrinfo ENOTFOUND api.example', 'cannot resolve api.example (ENOTFOUND)'],
      ['connect ECONNREFUSED 127.0.0.1:7400', 'nothing is listening at 127.0.0.1:7400 (ECONNREFUSED)'],
      ["ENOENT: no such file or directory, mkdir '/proc/x'", 'it cannot be written (ENOENT)'],
      ["ENOTDIR: not a directory, scandir '/etc/hosts'", 'it cannot be read (ENOTDIR)'],
      ["EACCES: permission denied, open '/root/x'", 'it cannot be opened (EACCES)'],
    ] as const
    for (const [from, to] of known) {
      const reason = said(reasonOf(new Error(from)))
      assert.equal(reason.en, to)
      assert.match(reason.ja, /[ぁ-ん]/)
    }
    assert.equal(reasonOf(new Error('something else')), 'something else')
  })
})

describe('listing the incidents of a place that no runbook knows', () => {
  it('takes the very word under which they are listed', async () => {
    const queries: string[] = []
    async function* list({ query }: { readonly query: string }) {
      queries.push(query)
      yield* []
    }
    const temporal = {
      connection: { withDeadline: (_: unknown, call: () => unknown) => call() },
      client: { workflow: { list } },
    } as unknown as Temporal
    assert.deepEqual(await listIncidents(temporal, { service: 'unknown/data-lake/scratch-0' }), [])
    assert.equal(queries.length, 1)
    assert.match(queries[0] ?? '', /HikeshiService = 'unknown\/data-lake\/scratch-0'/)
    await assert.rejects(listIncidents(temporal, { service: "unknown/x' OR 'a" }))
  })
})

describe('the advice of diagnose', () => {
  it('names the service as it was typed, with the system where several have one of that name', async () => {
    const door = await openDoor({
      diagnose: async () => ({
        desk: 'shodo',
        version: 1,
        service: 'backend',
        tookMs: 300,
        parts: {},
        findings: [],
        elsewhere: [],
        symptoms: [{ id: '5xx', title: { ja: '5xx', en: '5xx' }, findings: [] }],
      }),
      list: async () => [],
    })
    try {
      const env = { HIKESHI_API_URL: door.url, HIKESHI_API_TOKEN: 'x' }
      const { out } = await hikeshi(['diagnose', 'shodo/backend'], { env })
      assert.match(out, /hikeshi declare --service shodo\/backend --symptom 5xx/)
    } finally {
      await door.close()
    }
  })
})

describe('the steps of an incident', () => {
  it('say why a reading failed', () => {
    const at = new World({ severity: 'MEDIUM', symptom: '5xx' })
    at.answer('step/logs/read', {
      type: 'stage-ended',
      run: 'logs',
      stage: 'read',
      outcome: bad('forbidden'),
    })
    const lines = stepsTable(at.state, 'en', screenOf({ isTTY: false }, {})).join('\n')
    const { code } = at.step('logs').failure ?? assert.fail('it did not fail')
    assert.match(lines, new RegExp(`^  logs: ${code} .+`, 'm'))
  })
})
