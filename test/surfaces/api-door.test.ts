import assert from 'node:assert/strict'
import { request } from 'node:http'
import { incidentsOverHttp } from '../../client/incidents/over-http.ts'
import { type Failure, type FailureName, failure, failures } from '../../domain/failures.ts'
import { commandTypes } from '../../domain/incident/commands.ts'
import { Refused, refused } from '../../edge/refused.ts'
import { type Door, openDoor } from './api-door.ts'

const receipt = { seq: 7, hash: 'a'.repeat(64) }
const declared = { incident: 'shodo-42', created: true, reports: 1, repeated: false, receipt }
const aoki = { kind: 'person', id: 'aoki', verified: false }
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
      approve: { step: 'rollback', hash: 'ab'.repeat(32) },
      reject: { step: 'rollback', reason: 'まだ早い' },
      done: { step: 'announce', saw: 'バナーを確認' },
      decide: { step: 'way', option: 'add-pods', reason: '空きあり' },
      skip: { step: 'announce', reason: '不要' },
      retry: { step: 'scale-out' },
      undo: { step: 'scale-out' },
      verify: { step: 'scale-out' },
      escalate: { level: 'cto' },
      notify: { message: '調査中です', to: 'oncall' },
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
      assert.deepEqual(calls, [{ name: 'command', args: ['shodo-42', { type, ...fields[type], by }, {}] }])
    }
    const report = await door.ask('POST', '/incidents/shodo-42/report', { json: { declaration: trouble } })
    assert.equal(report.status, 405)
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
    assert.match(String((first as { id: string }).id), /^api:acknowledge:[0-9a-f]{32}#[0-9a-f]{16}$/)
    assert.deepEqual(await idOf('/incidents/shodo-42/acknowledge', 'k-1', 'aoki'), first)
    assert.deepEqual(await idOf('/incidents/shodo-42/acknowledge', '"k-1"', 'aoki'), first)
    assert.notDeepEqual(await idOf('/incidents/shodo-42/acknowledge', 'k-2', 'aoki'), first)
    assert.notDeepEqual(await idOf('/incidents/shodo-42/acknowledge', 'k-1', 'sato'), first)
    assert.notDeepEqual(await idOf('/incidents/shodo-42/resolve', 'k-1', 'aoki'), first)

    const order = (await idOf('/incidents', 'k-1', 'aoki', trouble)) as { id: string; key: string }
    assert.match(order.id, /^api:declare:/)
    assert.equal(order.key, undefined)
    // What follows # is of the body: the workflow refuses a key that comes again with another one.
    const other = (await idOf('/incidents', 'k-1', 'aoki', { ...trouble, key: 'alert-1' })) as typeof order
    assert.equal(other.key, 'alert-1')
    assert.equal(other.id.split('#')[0], order.id.split('#')[0])
    assert.notEqual(other.id, order.id)
    assert.deepEqual(await idOf('/incidents', 'k-1', 'Aoki', trouble), {
      ...order,
      by: { ...aoki, id: 'Aoki' },
    })
  })

  it('names the field of a bad body, and what was expected', async () => {
    const bad: readonly [string, object, string, RegExp][] = [
      ['/incidents', { ...trouble, severity: 'HIHG' }, 'HK101', /^body\.severity: .*CRITICAL/],
      [
        '/incidents',
        { ...trouble, servcie: 'x' },
        'HK101',
        /^body\.servcie: expected one of .*Did you mean "service"\?$/,
      ],
      ['/incidents', { ...trouble, service: 'a/b/c' }, 'HK101', /^body\.service: expected a service/],
      [
        '/incidents',
        { severity: 'HIGH', description: 'x' },
        'HK101',
        /^body\.service: expected text; found nothing/,
      ],
      ['/incidents', { ...trouble, service: 7 }, 'HK101', /^body\.service: expected text; found 7\.$/],
      ['/incidents/shodo-42/note', { text: 'x'.repeat(10_001) }, 'HK105', /^body\.text .*10000/],
      ['/incidents/shodo-42/note', { text: 'a\u001b[2Jb' }, 'HK101', /^body\.text: .*control/],
      ['/incidents/shodo-42/note', { text: 'x', v: 1 }, 'HK101', /^body\.v: expected .*; found "v"/],
      ['/incidents/shodo-42/note', { text: 'x', id: 'mine' }, 'HK101', /^body\.id: expected .*; found "id"/],
      ['/incidents/shodo-42/approve', { step: 'rollback', hash: 'abc' }, 'HK101', /^body\.hash: .*64 digits/],
      ['/freeze', { on: 'yes' }, 'HK101', /^body\.on: expected true or false; found "yes"\.$/],
    ]
    for (const [path, json, code, detail] of bad) {
      const answer = await door.ask('POST', path, { json })
      assert.deepEqual([answer.status, answer.body.code], [400, code], JSON.stringify(answer.body))
      assert.match(answer.body.detail, detail)
      const japanese = await door.ask('POST', path, { json, headers: { 'accept-language': 'ja' } })
      assert.doesNotMatch(japanese.body.detail.replaceAll(/"[^"]*"/g, ''), /[a-z]{2,} [a-z]{2,}/i)
      assert.match(japanese.body.detail, /[ぁ-んァ-ン一-龥]/)
    }
    assert.deepEqual(calls, [])
    for (const [path, detail] of [
      ['/incidents?limit=0', /^query\.limit: expected a number of at least 1; found /],
      ['/incidents?all=yes', /^query\.all: expected one of "true", "false"; found "yes"/],
      ['/incidents?al=true', /^query\.al: expected .*; found "al"\. Did you mean "all"\?/],
      [`/incidents/${'x'.repeat(61)}`, /^params\.incident .*60/],
    ] as const) {
      const answer = await door.ask('GET', path)
      assert.equal(answer.status, 400, path)
      assert.match(answer.body.detail, detail)
    }
  })

  it('refuses a person or a proof in the body, whoever it names', async () => {
    const by = { kind: 'person', id: 'aoki', verified: true }
    const claims: readonly [string, object][] = [
      ['/incidents', { ...trouble, by }],
      ['/incidents/shodo-42/note', { text: 'x', by }],
      ['/incidents/shodo-42/approve', { step: 'rollback', hash: 'ab'.repeat(32), attestation: 'v2.x' }],
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
    for (const depth of [101, 50_000]) {
      const raw = `{"text":${'['.repeat(depth)}${']'.repeat(depth)}}`
      const deep = await door.ask('POST', path, { raw })
      assert.deepEqual([deep.status, deep.body.code], [400, 'HK101'])
      assert.match(deep.body.detail, /nested at most 100 deep/)
    }
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
    assert.deepEqual(calls[0]?.args[1], {
      type: 'acknowledge',
      by: { kind: 'person', id: '田中', verified: false },
    })
    assert.equal((await named(Buffer.from('a\u202eb').toString('latin1'))).status, 400)
    for (const odd of ['x'.repeat(65), 'hikeshi', 'alert x', 'sato approved it; kato'])
      assert.equal((await named(odd)).status, 400, odd)
  })

  it('passes the filters of a list on and refuses others', async () => {
    assert.equal((await door.ask('GET', '/incidents?all=true&service=backend&phase=closed')).status, 200)
    assert.deepEqual(calls[0]?.args[0], { all: true, service: 'backend', phase: 'closed', limit: 1_000 })
    await door.ask('GET', '/incidents?all=false&limit=5')
    assert.deepEqual(calls[1]?.args[0], { all: false, limit: 5 })
    for (const query of ['severity=HIGH', 'all=yes', 'all=1', 'limit=0', 'limit=1001'])
      assert.equal((await door.ask('GET', `/incidents?${query}`)).status, 400, query)
  })

  it('describes itself: every address, its fields, and problems', async () => {
    const { body } = await door.ask('GET', '/openapi.json')
    assert.equal(body.openapi, '3.1.0')
    const approve = body.paths['/incidents/{incident}/approve'].post
    assert.deepEqual(approve.requestBody.content['application/json'].schema.required, ['step', 'hash'])
    assert.ok('application/problem+json' in approve.responses.default.content)
    assert.equal(Object.keys(body.paths).filter((p) => p.startsWith('/incidents/{incident}/')).length, 29)
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
    assert.deepEqual([note.from, note.forwarded], ['127.0.0.1', undefined])
    assert.ok(!door.log.join('').includes('secret-in'))
  })
})

describe('the API, asked too much', () => {
  const declare = async () => ({ ...declared, receipt }) as never

  it('takes 20 declarations of one person and 429 says when the next one is', async () => {
    const door = await openDoor({ declare })
    const tell = (as: string) =>
      door.ask('POST', '/incidents', { json: trouble, headers: { 'x-hikeshi-as': as } })
    for (let i = 0; i < 20; i += 1) assert.equal((await tell(i % 2 === 0 ? 'aoki' : 'Aoki')).status, 201)
    const refusal = await tell(Buffer.from('ａｏｋｉ').toString('latin1'))
    assert.deepEqual([refusal.status, refusal.body.code], [429, 'HK531'])
    assert.ok(Number(refusal.headers.get('retry-after')) >= 1)
    assert.equal((await tell('sato')).status, 201)
    await door.close()
  })

  it('looks at services for one person twice at once, and for all four times', async () => {
    const looks: (() => void)[] = []
    const diagnose = () => new Promise<never>((resolve) => looks.push(() => resolve({} as never)))
    const door = await openDoor({ diagnose })
    const look = (as: string) =>
      door.ask('POST', '/diagnoses', { json: { service: 'backend' }, headers: { 'x-hikeshi-as': as } })
    const under = [look('aoki'), look('aoki')]
    await seen(() => looks.length === 2)
    assert.deepEqual((await look('Aoki')).status, 429)
    under.push(look('sato'), look('kato'))
    await seen(() => looks.length === 4)
    assert.equal((await look('mori')).status, 429)
    for (const done of looks.splice(0)) done()
    for (const answer of await Promise.all(under)) assert.equal(answer.status, 200)
    const more = look('aoki')
    await seen(() => looks.length === 1)
    looks[0]?.()
    assert.equal((await more).status, 200)
    await door.close()
  })

  it('hands a reading on as it was asked for, and nothing that is no reading', async () => {
    const asked: unknown[] = []
    const read = async (order: unknown) => {
      asked.push(order)
      return { step: 'points' } as never
    }
    const door = await openDoor({ read })
    const headers = { 'x-hikeshi-as': 'aoki' }
    const ask = (json: object) => door.ask('POST', '/readings', { json, headers })
    const wanted = {
      kind: 'postgres.restore-points',
      runbook: 'shodo',
      with: { near: '2024-01-20T05:30:00Z' },
    }
    const { status, body } = await ask(wanted)
    assert.deepEqual([status, body, asked], [200, { step: 'points' }, [wanted]])
    for (const odd of [
      {},
      { kind: 7 },
      { ...wanted, argv: ['rm'] },
      { ...wanted, with: { x: 'y'.repeat(5_000) } },
    ])
      assert.equal((await ask(odd)).status, 400, JSON.stringify(odd).slice(0, 80))
    assert.equal(asked.length, 1)
    await door.close()
  })

  it('asks once for all who wait for one picture, and less often the longer it takes', async () => {
    let number = 1
    let looks = 0
    const show = async () => {
      looks += 1
      const situation = { wanted: 2, requestedAtMs: 0, taken: { number, parts: {} } }
      const state = {
        id: 'shodo-42',
        service: 'backend',
        severity: 'HIGH',
        phase: 'mitigating',
        findings: [],
      }
      return { source: 'worker', state: { ...state, situation } } as never
    }
    const door = await openDoor({ show })
    const wait = (seconds: number) => door.ask('GET', `/incidents/shodo-42/situation?wait=${seconds}`)
    const waiting = Promise.all(Array.from({ length: 10 }, () => wait(2)))
    await seen(() => looks >= 10)
    assert.equal((await door.ask('GET', '/incidents/shodo-42/situation?wait=3')).status, 429)
    for (const { body } of await waiting) assert.deepEqual([body.number, body.wanted], [1, 2])
    // Ten looked once each; after that all of them together some times.
    assert.ok(looks < 25, `${looks} looks`)
    number = 2
    assert.equal((await wait(20)).body.number, 2)
    await door.close()
  })

  it('hands a long timeline out in pages, and says where the next one is', async () => {
    const events = Array.from({ length: 2_500 }, (_, i) => ({ seq: i + 1 }))
    const door = await openDoor({ timeline: async () => events as never })
    const page = async (query = '') => {
      const { body, headers } = await door.ask('GET', `/incidents/shodo-42/timeline${query}`)
      return [body.length, body[0]?.seq, headers.get('link')]
    }
    const next = (from: number, limit: number) =>
      `</incidents/shodo-42/timeline?from=${from}&limit=${limit}>; rel="next"`
    assert.deepEqual(await page(), [1_000, 1, next(1_001, 1_000)])
    assert.deepEqual(await page('?from=2001'), [500, 2_001, null])
    assert.deepEqual(await page('?from=10&limit=3'), [3, 10, next(13, 3)])
    const whole = await incidentsOverHttp({ url: door.url, token: 'x' }).timeline('shodo-42')
    assert.deepEqual([whole.length, whole.at(-1)?.seq], [2_500, 2_500])
    await door.close()
  })
})

describe('the API behind a proxy', () => {
  it('believes nobody without a token: that it came over loopback says nothing of its sender', async () => {
    const door = await openDoor({})
    for (const header of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip']) {
      for (const path of ['/incidents/shodo-42/set-severity', '/doors/alertmanager']) {
        const headers = { [header]: '203.0.113.7', 'x-hikeshi-as': 'ceo' }
        const answer = await door.ask('POST', path, { json: { severity: 'CRITICAL' }, headers })
        assert.deepEqual([answer.status, answer.body.code], [401, 'HK313'], `${header} ${path}`)
      }
    }
    const [line] = door.log.map((entry) => JSON.parse(entry)).filter(({ method }) => method !== undefined)
    assert.deepEqual([line.from, line.forwarded], ['127.0.0.1', '203.0.113.7'])
    await door.close()
    assert.deepEqual(door.unexpected, [])
  })
})

describe('a refusal over HTTP', () => {
  it('says which methods an address knows, and names no flag of the command line', async () => {
    const door = await openDoor({
      command: async () => {
        throw refused('bad-input', { where: 'scale-out --with.replicas', problem: 'expected a number' })
      },
      list: async () => {
        throw refused('bad-input', { where: '--phase', problem: 'expected one of …' })
      },
    })
    const rows: readonly [string, string, number, string | null][] = [
      ['DELETE', '/incidents/shodo-42', 405, 'GET, HEAD'],
      ['PUT', '/incidents', 405, 'POST, GET, HEAD'],
      ['GET', '/freeze', 405, 'POST'],
      ['DELETE', '/nothing', 404, null],
      ['GET', '/incidents/shodo-42/nothing', 404, null],
    ]
    for (const [method, path, status, allow] of rows) {
      const answer = await door.ask(method, path)
      assert.deepEqual([answer.status, answer.headers.get('allow')], [status, allow], `${method} ${path}`)
    }
    const run = await door.ask('POST', '/incidents/shodo-42/run', { json: { step: 'scale-out' } })
    assert.equal(run.body.detail, 'body.with.replicas: expected a number')
    assert.equal(run.body.params.where, 'body.with.replicas')
    assert.equal((await door.ask('GET', '/incidents')).body.params.where, 'query.phase')
    // These are the command line's own: they never go over HTTP.
    const ownWords = ['HK107', 'HK112', 'HK215', 'HK323', 'HK605']
    for (const { what, next } of Object.values(failures).filter(({ code }) => !ownWords.includes(code)))
      for (const text of [what.en, what.ja, next.en, next.ja]) assert.doesNotMatch(text, /(^|[ (「"])--[a-z]/)
    await door.close()
  })

  it('keeps to the log where Temporal is, and what it said to errors that nobody foresaw', async () => {
    let failed: Failure = failure('internal', { where: 'Temporal', reason: 'secret-of-the-namespace' })
    const door = await openDoor({
      show: async () => {
        throw new Refused(failed)
      },
    })
    const told = async (lang: string) => {
      const { status, body } = await door.ask('GET', '/incidents/shodo-42', {
        headers: { 'accept-language': lang },
      })
      assert.doesNotMatch(JSON.stringify(body), /secret|temporal\.example/)
      assert.match(JSON.stringify(body), new RegExp(body.instance.slice('urn:uuid:'.length)))
      return [status, body.code]
    }
    assert.deepEqual(await told('en'), [500, 'HK901'])
    failed = failure('temporal-unreachable', {
      address: 'temporal.example:7233',
      reason: 'secret of its TLS',
    })
    assert.deepEqual(await told('ja'), [503, 'HK501'])
    failed = failure('bad-input', { where: 'TEMPORAL_NAMESPACE', problem: 'secret-of-the-namespace' })
    assert.deepEqual(await told('en'), [500, 'HK901'])
    assert.match(door.log.join(''), /secret-of-the-namespace[\s\S]*temporal\.example/)
    await door.close()
  })

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
      'verified-only': 403,
      'key-used': 422,
      'too-many-requests': 429,
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
      const isInLog = name === 'internal' || name === 'temporal-unreachable'
      if (!isInLog) assert.deepEqual(body.params, { incident: 'shodo-42', person: 'aoki', step: 'rollback' })
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

async function seen(wanted: () => boolean): Promise<void> {
  while (!wanted()) await new Promise((resolve) => setTimeout(resolve, 10))
}

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
