import assert from 'node:assert/strict'
import { request } from 'node:http'
import { refused } from '../../client/refused.ts'
import { type Failure, type FailureName, failure, failures } from '../../domain/failures.ts'
import { commandTypes } from '../../domain/incident/commands.ts'
import { type Door, openDoor } from './api-door.ts'

const receipt = { seq: 7, hash: 'a'.repeat(64) }
const declared = { incident: 'shodo-42', created: true, reports: 1, repeated: false, receipt }
const trouble = { service: 'backend', severity: 'HIGH', description: '注文APIが500を返す' }

describe('the API', () => {
  let door: Door
  const calls: { name: string; args: readonly unknown[] }[] = []
  const take =
    (name: string, answer: unknown) =>
    async (...args: readonly unknown[]): Promise<never> => {
      calls.push({ name, args })
      return answer as never
    }

  beforeEach(async () => {
    calls.length = 0
    door = await openDoor({
      command: take('command', { receipt }),
      declare: take('declare', declared),
      list: take('list', []),
      freeze: take('freeze', [{ desk: 'shodo', receipt }]),
    })
  })
  afterEach(async () => {
    await door.close()
    assert.deepEqual(door.unexpected, [])
  })

  it('hands a declaration over and says where the incident is', async () => {
    const answer = await door.ask('POST', '/incidents', {
      json: { ...trouble, symptom: '5xx', fresh: true, key: 'alert-1', system: 'shodo' },
      headers: { 'x-hikeshi-as': 'aoki' },
    })
    assert.equal(answer.status, 201)
    assert.equal(answer.headers.get('location'), '/incidents/shodo-42')
    assert.deepEqual(answer.body, declared)
    const [{ args } = { args: [] }] = calls
    assert.deepEqual(args[0], {
      declaration: { ...trouble, symptom: '5xx', dataLoss: false, breach: false },
      by: { kind: 'person', id: 'aoki', verified: false },
      key: 'alert-1',
      fresh: true,
      system: 'shodo',
      id: undefined,
    })
  })

  it('answers 200 with the same place where the report joined an open incident', async () => {
    const grouped = await openDoor({ declare: take('declare', { ...declared, created: false, reports: 2 }) })
    const answer = await grouped.ask('POST', '/incidents', { json: trouble })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('location'), '/incidents/shodo-42')
    await grouped.close()
  })

  it('has an address for every command but the desk’s own, and passes just its fields on', async () => {
    const fields: Readonly<Record<string, object>> = {
      note: { text: '一行目\n二行目 🔥' },
      'set-severity': { severity: 'CRITICAL' },
      'set-impact': { impact: 'part' },
      'set-eta': { eta: '2026-11-02T03:04:05Z' },
      'set-commander': { person: '青木' },
      'set-symptom': { symptom: '5xx' },
      'set-risk': { dataLoss: true },
      run: { step: 'scale-out', with: { replicas: 8 } },
      approve: { step: 'rollback', hash: 'abcdef01' },
      reject: { step: 'rollback', reason: 'まだ早い' },
      undo: { step: 'scale-out' },
      escalate: { level: 'cto' },
      check: { item: 'grafana' },
      reopen: { reason: 'again' },
      cancel: { reason: 'a test' },
      freeze: { on: true },
    }
    for (const type of commandTypes.filter((t) => t !== 'report' && t !== 'alerts')) {
      calls.length = 0
      const answer = await door.ask('POST', `/incidents/shodo-42/${type}`, { json: fields[type] ?? {} })
      assert.deepEqual([answer.status, answer.body], [200, { receipt }], type)
      const by = { kind: 'person', id: 'anonymous', verified: false }
      assert.deepEqual(calls, [{ name: 'command', args: ['shodo-42', type, { ...fields[type], by }, {}] }])
    }
    const report = await door.ask('POST', '/incidents/shodo-42/report', { json: { declaration: trouble } })
    assert.equal(report.status, 404)
  })

  it('takes a command without fields without a body', async () => {
    assert.equal((await door.ask('POST', '/incidents/shodo-42/acknowledge')).status, 200)
    assert.equal((await door.ask('POST', '/incidents/shodo-42/acknowledge', { raw: '' })).status, 200)
  })

  it('makes one id of an idempotency key per person and command, so that nobody gets another’s receipt', async () => {
    const idOf = async (path: string, key: string, as: string, json: object = {}) => {
      calls.length = 0
      const answer = await door.ask('POST', path, {
        json,
        headers: { 'idempotency-key': key, 'x-hikeshi-as': as },
      })
      assert.ok(answer.status < 300, JSON.stringify(answer.body))
      return calls[0]?.args.at(-1)
    }
    const first = await idOf('/incidents/shodo-42/acknowledge', 'k-1', 'aoki')
    assert.match(String((first as { id: string }).id), /^api:acknowledge:[0-9a-f]{32}$/)
    assert.deepEqual(await idOf('/incidents/shodo-42/acknowledge', 'k-1', 'aoki'), first)
    assert.deepEqual(await idOf('/incidents/shodo-42/acknowledge', '"k-1"', 'aoki'), first)
    assert.notDeepEqual(await idOf('/incidents/shodo-42/acknowledge', 'k-2', 'aoki'), first)
    assert.notDeepEqual(await idOf('/incidents/shodo-42/acknowledge', 'k-1', 'sato'), first)
    assert.notDeepEqual(await idOf('/incidents/shodo-42/resolve', 'k-1', 'aoki'), first)

    const order = (await idOf('/incidents', 'k-1', 'aoki', trouble)) as { id: string; key: string }
    assert.match(order.id, /^api:declare:/)
    assert.equal(order.key, order.id)
    const keyed = (await idOf('/incidents', 'k-1', 'aoki', { ...trouble, key: 'alert-1' })) as { key: string }
    assert.equal(keyed.key, 'alert-1')
  })

  it('names the field of a bad body, and what was expected', async () => {
    const bad: readonly [string, object, string, RegExp][] = [
      ['/incidents', { ...trouble, severity: 'HIHG' }, 'HK101', /^body\.severity: .*CRITICAL/],
      ['/incidents', { ...trouble, servcie: 'x' }, 'HK101', /^body: .*servcie/],
      ['/incidents', { ...trouble, service: 'a/b/c' }, 'HK101', /^body\.service: expected a service/],
      ['/incidents', { severity: 'HIGH', description: 'x' }, 'HK101', /^body\.service: /],
      ['/incidents/shodo-42/note', { text: 'x'.repeat(10_001) }, 'HK105', /^body\.text .*10000/],
      ['/incidents/shodo-42/note', { text: 'a\u001b[2Jb' }, 'HK101', /^body\.text: .*control/],
      ['/incidents/shodo-42/note', { text: 'x', v: 1 }, 'HK101', /^body: .*"v"/],
      ['/incidents/shodo-42/note', { text: 'x', id: 'mine' }, 'HK101', /^body: .*"id"/],
      ['/incidents/shodo-42/approve', { step: 'rollback', hash: 'abc' }, 'HK101', /^body\.hash: .*8 digits/],
      ['/freeze', { on: 'yes' }, 'HK101', /^body\.on: /],
    ]
    for (const [path, json, code, detail] of bad) {
      const answer = await door.ask('POST', path, { json })
      assert.deepEqual([answer.status, answer.body.code], [400, code], JSON.stringify(answer.body))
      assert.match(answer.body.detail, detail)
    }
    assert.deepEqual(calls, [])
  })

  it('refuses a person or a proof in the body, whoever it names', async () => {
    const by = { kind: 'person', id: 'aoki', verified: true }
    const claims: readonly [string, object][] = [
      ['/incidents', { ...trouble, by }],
      ['/incidents/shodo-42/note', { text: 'x', by }],
      ['/incidents/shodo-42/approve', { step: 'rollback', hash: 'abcdef01', attestation: 'v1.x' }],
      ['/freeze', { on: true, by }],
    ]
    for (const [path, json] of claims) {
      const answer = await door.ask('POST', path, { json })
      assert.equal(answer.status, 400)
      assert.match(answer.body.detail, /leave it out$/)
    }
    assert.deepEqual(calls, [])
  })

  it('takes JSON only, of at most 256 KiB, and nothing that poisons prototypes', async () => {
    const path = '/incidents/shodo-42/note'
    const plain = { json: { text: 'x' }, headers: { 'content-type': 'text/plain' } }
    assert.equal((await door.ask('POST', path, plain)).status, 415)
    const form = { raw: 'text=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    assert.equal((await door.ask('POST', path, form)).status, 415)
    assert.equal((await door.ask('POST', path, { json: { text: 'x'.repeat(256 * 1024) } })).status, 413)
    assert.equal((await door.ask('POST', path, { raw: '{"text":' })).status, 400)
    assert.equal((await door.ask('POST', path, { raw: '{"text":"x","__proto__":{"by":1}}' })).status, 400)
    assert.equal((await door.ask('POST', path, { raw: '[]' })).status, 400)
    // A page of another site can send this one without asking first, were it not for the content type.
    const bare = await fetch(`${door.url}/incidents/shodo-42/resolve`, { method: 'POST' })
    assert.equal(bare.status, 415)
    assert.deepEqual(calls, [])
  })

  it('refuses pages of other sites, by Host (DNS rebinding) and by Origin, and never answers CORS', async () => {
    assert.equal(await statusWithHost(door.url, 'rebound.example:7400'), 403)
    assert.equal(await statusWithHost(door.url, 'localhost:7400'), 200)
    assert.equal(await statusWithHost(door.url, '[::1]:7400'), 200)
    assert.equal(await statusWithHost(door.url, '127.0.0.1.rebound.example'), 403)
    const cross = await door.ask('GET', '/incidents', { headers: { origin: 'https://other.example' } })
    assert.equal(cross.status, 403)
    assert.equal(cross.headers.get('access-control-allow-origin'), null)
    const preflight = await door.ask('OPTIONS', '/incidents', {
      headers: { origin: 'https://other.example' },
    })
    assert.ok(preflight.status >= 400)
    assert.equal((await door.ask('GET', '/incidents', { headers: { origin: door.url } })).status, 200)
    await door.close()
    door = await openDoor({ list: take('list', []) }, { hosts: ['hikeshi.example'] })
    assert.equal(await statusWithHost(door.url, 'hikeshi.example'), 200)
  })

  it('reads a name in UTF-8 and refuses one that would lie on a terminal', async () => {
    const named = (as: string) =>
      door.ask('POST', '/incidents/shodo-42/acknowledge', { headers: { 'x-hikeshi-as': as } })
    await named(Buffer.from('田中').toString('latin1'))
    assert.deepEqual(calls[0]?.args[2], { by: { kind: 'person', id: '田中', verified: false } })
    assert.equal((await named(Buffer.from('a\u202eb').toString('latin1'))).status, 400)
    assert.equal((await named('x'.repeat(201))).status, 400)
  })

  it('passes the filters of a list on and refuses others', async () => {
    assert.equal((await door.ask('GET', '/incidents?all=true&service=backend&phase=closed')).status, 200)
    assert.deepEqual(calls[0]?.args[0], { all: true, service: 'backend', phase: 'closed' })
    assert.equal((await door.ask('GET', '/incidents?severity=HIGH')).status, 400)
  })

  it('describes itself: every address, its fields, and problems', async () => {
    const { body } = await door.ask('GET', '/openapi.json')
    assert.equal(body.openapi, '3.1.0')
    const approve = body.paths['/incidents/{incident}/approve'].post
    assert.deepEqual(approve.requestBody.content['application/json'].schema.required, ['step', 'hash'])
    assert.ok('application/problem+json' in approve.responses.default.content)
    assert.equal(Object.keys(body.paths).filter((p) => p.startsWith('/incidents/{incident}/')).length, 22)
  })

  it('logs who did what and how it ended, and no token, body or query', async () => {
    await door.ask('POST', '/incidents/shodo-42/note', {
      token: 'hikeshi_secret-in-a-header',
      json: { text: 'secret-in-a-body' },
      headers: { 'x-hikeshi-as': 'aoki' },
    })
    await door.ask('GET', '/incidents?token=secret-in-a-query')
    const lines = door.log.map((line) => JSON.parse(line)).filter((line) => line.method !== undefined)
    const [note, list] = lines
    assert.deepEqual(
      [note.method, note.path, note.status, note.person, note.verified],
      ['POST', '/incidents/shodo-42/note', 200, 'aoki', false],
    )
    assert.deepEqual([list.path, list.status, list.refused], ['/incidents', 400, 'HK101'])
    assert.ok(!door.log.join('').includes('secret-in'))
  })
})

describe('a refusal over HTTP', () => {
  it('has the status that belongs to its failure, for every failure of the list', async () => {
    const expected: Partial<Record<FailureName, number>> = {
      'bad-input': 400,
      'text-too-long': 400,
      'unknown-incident': 404,
      'no-runbook': 404,
      'requester-cannot-approve': 409,
      frozen: 409,
      'not-permitted': 403,
      'unverified-approver': 403,
      forbidden: 502,
      'attestation-invalid': 502,
      'temporal-unreachable': 503,
      'no-worker': 503,
      'no-answer': 504,
      internal: 500,
      'result-unknown': 500,
    }
    let name: FailureName = 'internal'
    const door = await openDoor({
      show: async () => {
        throw refused(name, { incident: 'shodo-42', person: 'aoki', step: 'rollback' })
      },
    })
    for (name of Object.keys(failures) as FailureName[]) {
      const { status, headers, body } = await door.ask('GET', '/incidents/shodo-42')
      assert.ok(status >= 400 && status < 600)
      assert.equal(status, expected[name] ?? status, name)
      assert.equal(headers.get('content-type'), 'application/problem+json')
      assert.equal(headers.get('retry-after'), status === 503 ? '5' : null, name)
      assert.deepEqual(
        [body.type, body.status, body.name],
        [`urn:hikeshi:${failures[name].code}`, status, name],
      )
      assert.deepEqual(body.params, { incident: 'shodo-42', person: 'aoki', step: 'rollback' })
      assert.equal(body.instance, `urn:uuid:${headers.get('x-request-id')}`)
    }
    await door.close()
  })

  it('names Temporal, not the workers, when Temporal is what is away; nothing is tried then', async () => {
    let away: Failure | undefined
    let calls = 0
    const show = async () => {
      calls += 1
      away = failure('temporal-unreachable', { address: 'temporal:7233', reason: 'refused' })
      await new Promise((resolve) => setTimeout(resolve, 1_100))
      throw refused('no-worker', { queue: 'incidents' })
    }
    const door = await openDoor({ show }, { unreachable: async () => away })
    for (const _ of ['lost during the call', 'away before it']) {
      const { status, body } = await door.ask('GET', '/incidents/shodo-42')
      assert.deepEqual([status, body.code], [503, 'HK501'])
    }
    assert.equal(calls, 1)
    await door.close()
  })

  it('tells a probe at once what was last known, however long Temporal takes to say it', async () => {
    let slow = false
    let away: Failure | undefined
    const answer = async <T>(known: () => T) => {
      if (slow) await new Promise((resolve) => setTimeout(resolve, 3_000))
      return known()
    }
    const door = await openDoor({}, { unreachable: () => answer(() => away), stuck: () => answer(() => 2) })
    const probe = async () => {
      const startMs = performance.now()
      const { status, body } = await door.ask('GET', '/health')
      assert.ok(performance.now() - startMs < 900, `${performance.now() - startMs} ms`)
      return [status, body.stuckWorkflows]
    }
    assert.deepEqual(await probe(), [200, 2])
    slow = true
    away = failure('temporal-unreachable', { address: 'temporal:7233', reason: 'refused' })
    const { now } = performance
    performance.now = () => now.call(performance) + 6_000
    try {
      assert.deepEqual(await probe(), [200, 2])
      await new Promise((resolve) => setTimeout(resolve, 3_000))
      assert.deepEqual(await probe(), [503, undefined])
    } finally {
      performance.now = now
      await door.close()
    }
  })

  it('counts no stuck workflows before it is known how many, and makes no probe wait for it', async () => {
    const door = await openDoor({}, { stuck: () => new Promise(() => undefined) })
    const startMs = performance.now()
    assert.equal((await door.ask('GET', '/health')).status, 200)
    assert.ok(performance.now() - startMs < 900)
    await door.close()
  })

  it('speaks the caller’s language', async () => {
    const door = await openDoor({
      show: async () => {
        throw refused('unknown-incident', { incident: 'shodo-9' })
      },
    })
    const ja = await door.ask('GET', '/incidents/shodo-9', { headers: { 'accept-language': 'ja,en;q=0.8' } })
    assert.equal(ja.body.detail, 'インシデント「shodo-9」はありません。')
    assert.equal(ja.headers.get('content-language'), 'ja')
    const en = await door.ask('GET', '/incidents/shodo-9')
    assert.equal(en.body.detail, 'There is no incident "shodo-9".')
    await door.close()
  })

  it('says nothing about an error that nobody foresaw but where to find it in the log', async () => {
    const door = await openDoor({})
    const answer = await door.ask('GET', '/incidents/shodo-42')
    assert.equal(answer.status, 500)
    assert.ok(!JSON.stringify(answer.body).includes('secret-of-the-stack'))
    assert.match(answer.body.next, new RegExp(answer.headers.get('x-request-id') ?? '-'))
    assert.ok(door.log.join('').includes('secret-of-the-stack'))
    await door.close()
  })
})

/** fetch does not let anybody set Host. */
function statusWithHost(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/incidents`, { headers: { host } }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
    asked.on('error', reject)
    asked.end()
  })
}
