import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { alertmanagerMessage, type HeardAlerts, hearAlertmanager } from '../../client/alerts/alertmanager.ts'
import { buildApi } from '../../client/api/server.ts'
import { newToken, openTokens, type Tokens } from '../../client/api/tokens.ts'
import { connect, type Temporal, temporalSettings } from '../../client/connect.ts'
import { openIncidents } from '../../client/incidents.ts'
import { Refused } from '../../client/refused.ts'
import { readRunbook } from '../../client/runbook/read-runbook.ts'
import { failure } from '../../domain/failures.ts'
import type { IncidentEvent } from '../../domain/incident/events.ts'
import type { Actor } from '../../domain/words.ts'
import type { IncidentView } from '../../workflows/messages.ts'
import { mori, ofType, type World, world } from '../scenarios/world.ts'
import { type Answer, type Ask, ask, type Door, openDoor } from './api-door.ts'

const path = '/doors/alertmanager'
const never = '0001-01-01T00:00:00Z'

type AlertOf = {
  readonly status?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly startsAt?: string
  readonly endsAt?: string
  readonly fingerprint?: string
}

/** A message as Alertmanager 0.31 sends it, with the fields that no document names. */
function message(group: string, alerts: readonly AlertOf[], rest: object = {}): object {
  const whole = alerts.map(({ labels = {}, annotations = {}, endsAt = never, ...alert }, i) => ({
    status: endsAt === never ? 'firing' : 'resolved',
    labels: { alertname: 'ShodoErrors', service: 'backend', symptom: '5xx', severity: 'high', ...labels },
    annotations: { summary: '注文APIの5xxが多い', ...annotations },
    startsAt: '2026-11-24T03:00:00.000Z',
    endsAt,
    generatorURL: 'http://prometheus:9090/graph',
    fingerprint: `${i + 1}`.padStart(16, '0'),
    ...alert,
  }))
  return {
    version: '4',
    groupKey: `{}/{}:{alertname="${group}"}`,
    truncatedAlerts: 0,
    status: whole.some((a) => a.status === 'firing') ? 'firing' : 'resolved',
    receiver: 'hikeshi',
    groupLabels: { alertname: 'ShodoErrors' },
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager:9093',
    notification_reason: 'first notification',
    routeLabels: {},
    alerts: whole,
    ...rest,
  }
}

describe('the door of Alertmanager', () => {
  const machine = newToken()
  const person = newToken()
  let dir: string
  let tokens: Tokens

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hikeshi-alerts-'))
    const lines = [
      { machine: 'alertmanager', sha256: machine.sha256 },
      { person: 'aoki', sha256: person.sha256 },
    ]
    await writeFile(join(dir, 'tokens.yaml'), JSON.stringify({ tokens: lines }), { mode: 0o600 })
    tokens = await openTokens(join(dir, 'tokens.yaml'))
  })
  after(() => rm(dir, { recursive: true, force: true }))

  describe('before anything is reported', () => {
    const receipt = { receipt: { seq: 7, hash: 'a'.repeat(64) } }
    let seen: [HeardAlerts, Actor][]
    let door: Door
    let answer: () => Promise<typeof receipt>

    before(async () => {
      const alerts = (heard: HeardAlerts, by: Actor) => {
        seen.push([heard, by])
        return answer()
      }
      door = await openDoor({ alerts }, { tokens })
    })
    beforeEach(() => {
      seen = []
      answer = async () => receipt
    })
    after(() => door.close())

    const post = (options: Ask & { query?: string } = {}) =>
      door.ask('POST', `${path}${options.query ?? ''}`, { json: message('g', [{}]), ...options })
    const basic = (user: string, password: string) => ({
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
    })

    it('knows a machine by Bearer and by Basic, and believes no person and no wrong name', async () => {
      assert.equal((await post({ token: machine.token })).status, 200)
      assert.equal((await post({ headers: basic('alertmanager', machine.token) })).status, 200)
      assert.deepEqual(
        seen.map(([, by]) => by),
        Array(2).fill({ kind: 'alert', id: 'alertmanager', verified: true }),
      )
      for (const given of [
        {},
        { token: person.token },
        { token: 'wrong' },
        { headers: basic('aoki', machine.token) },
        { headers: basic('alertmanager', 'wrong') },
        { headers: { authorization: 'Basic !' } },
      ]) {
        const refused = await post(given)
        assert.deepEqual([refused.status, refused.body.code], [401, 'HK313'], JSON.stringify(given))
        assert.match(refused.headers.get('www-authenticate') ?? '', /^Bearer realm="hikeshi"/)
      }
      assert.equal(seen.length, 2)
    })

    it('lets the machine in nowhere else', async () => {
      const command = await door.ask('POST', '/incidents/shodo-1/acknowledge', { token: machine.token })
      const list = await door.ask('GET', '/incidents', { token: machine.token })
      assert.deepEqual([command.status, list.status], [401, 401])
      assert.deepEqual(door.unexpected, [])
    })

    it('reads place and severity from labels, then from the address', async () => {
      const tell = async (labels: Readonly<Record<string, string>>, query = '') => {
        const bare = { service: '', symptom: '', severity: '' }
        const json = message('g', [{ labels: { ...bare, ...labels } }])
        assert.equal((await post({ token: machine.token, json, query })).status, 200)
        const [heard] = seen.at(-1) ?? assert.fail()
        const { service, symptom, severity } = heard.trouble
        return [heard.runbook, service, symptom, severity]
      }
      const none = undefined
      assert.deepEqual(await tell({}), [none, none, none, 'HIGH'])
      const query = '?runbook=shodo&service=frontend&symptom=slow&severity=LOW'
      assert.deepEqual(await tell({}, query), ['shodo', 'frontend', 'slow', 'LOW'])
      const plain = { service: 'Backend', symptom: '5xx', severity: 'warning' }
      assert.deepEqual(await tell(plain, query), ['shodo', 'backend', '5xx', 'MEDIUM'])
      const own = { hikeshi_service: 'art/store', hikeshi_severity: 'critical', hikeshi_symptom: 'full' }
      assert.deepEqual(await tell({ ...plain, ...own }), ['art', 'store', 'full', 'CRITICAL'])
      assert.deepEqual(await tell({ service: 'no name', severity: 'odd' }), [none, none, none, 'HIGH'])
      assert.match(seen.at(-1)?.[0].trouble.description ?? '', /service: no name/)
    })

    it('is as severe as the worst that fires, lists those first, and says what it left out', async () => {
      const json = message(
        'g',
        [
          { endsAt: '2026-11-24T03:05:00Z', labels: { severity: 'critical' } },
          ...Array.from({ length: 1_500 }, (_, i) => ({ labels: { severity: i === 900 ? 'high' : 'info' } })),
        ],
        { truncatedAlerts: 7 },
      )
      assert.equal((await post({ token: machine.token, json })).status, 200)
      const [heard] = seen[0] ?? assert.fail()
      assert.equal(heard.trouble.severity, 'HIGH')
      assert.deepEqual([heard.alerts.length, heard.hidden], [1_000, 508])
      assert.ok(heard.alerts.every((alert) => alert.endsAtMs === undefined))
    })

    it('cuts nobody a terminal: texts come without control characters and of a bearable length', async () => {
      const json = message('g', [{ annotations: { summary: `\u001b[2J${'火'.repeat(50_000)}` } }])
      await post({ token: machine.token, json })
      const text = seen[0]?.[0].trouble.description ?? ''
      assert.ok(text.length < 10_000 && text.startsWith('ShodoErrors: \ufffd[2J火'))
    })

    it('knows the group of each machine as its own, whatever names it is given', async () => {
      const other = newToken()
      const rows = [
        { machine: 'alertmanager', sha256: machine.sha256 },
        { machine: 'other', sha256: other.sha256 },
      ]
      await writeFile(join(dir, 'two.yaml'), JSON.stringify({ tokens: rows }), { mode: 0o600 })
      const alerts = async (heard: HeardAlerts, by: Actor) => {
        seen.push([heard, by])
        return receipt
      }
      const two = await openDoor({ alerts }, { tokens: await openTokens(join(dir, 'two.yaml')) })
      const groupOf = async (token: string, receiver: string) => {
        const json = message('g', [{}], { receiver })
        assert.equal((await two.ask('POST', path, { token, json })).status, 200)
        return seen.at(-1)?.[0].group
      }
      const own = await groupOf(machine.token, 'hikeshi')
      assert.equal(await groupOf(machine.token, 'hikeshi'), own)
      for (const receiver of ['hikeshi', 'alertmanager\nhikeshi'])
        assert.notEqual(await groupOf(other.token, receiver), own)
      await two.close()
    })

    it('believes no moment that is far ahead, and takes the future end of what fires for none', async () => {
      const ages = '9999-12-31T00:00:00Z'
      const json = message('g', [
        { endsAt: ages },
        { startsAt: ages },
        { startsAt: ages, endsAt: ages },
        { status: 'firing', endsAt: new Date(Date.now() + 240_000).toISOString() },
      ])
      assert.equal((await post({ token: machine.token, json })).status, 200)
      const [firing, normal, ended, both] = seen[0]?.[0].alerts ?? []
      const soon = (ms: number | undefined) => Math.abs((ms ?? 0) - Date.now() - 300_000) < 30_000
      assert.ok(soon(ended?.endsAtMs) && !soon(ended?.startsAtMs))
      assert.ok(soon(firing?.startsAtMs) && firing?.endsAtMs === undefined)
      assert.ok(soon(both?.startsAtMs) && both?.endsAtMs === both?.startsAtMs)
      assert.equal(normal?.endsAtMs, undefined)
    })

    it('keeps of a long message what it heard, and not the message', () => {
      const long = (i: number) => alertmanagerMessage.parse(message('g', [longAlert(4_000_000, i)]))
      const before = heapBytes()
      const heard = Array.from({ length: 30 }, (_, i) => hearAlertmanager(long(i), {}))
      const kept = heapBytes() - before
      assert.ok(kept < 20_000_000, `${kept} bytes for ${heard.length} messages`)
    })

    it('takes 64 MB of unanswered messages, and has the rest sent again', async () => {
      const release: (() => void)[] = []
      answer = () => new Promise((resolve) => release.push(() => resolve(receipt)))
      const raw = JSON.stringify(message('g', [longAlert(4_000_000)]))
      const answers: Answer[] = []
      const before = heapBytes()
      const large = Array.from({ length: 20 }, () =>
        post({ token: machine.token, raw }).then((one) => answers.push(one)),
      )
      await until(() => answers.length === 5 && release.length === 15, 60_000)
      const kept = heapBytes() - before
      assert.ok(kept < 20_000_000, `${kept} bytes while ${release.length} messages wait`)
      for (const { status, headers, body } of answers)
        assert.deepEqual([status, headers.get('retry-after'), body.name], [503, '5', 'too-busy'])
      for (const done of release.splice(0)) done()
      await Promise.all(large)
      assert.equal(answers.filter(({ status }) => status === 200).length, 15)

      // What is small is taken, from as many as come.
      const small = Array.from({ length: 1_000 }, () => post({ token: machine.token }))
      await until(() => release.length === 1_000, 60_000)
      for (const done of release) done()
      assert.ok((await Promise.all(small)).every(({ status }) => status === 200))
    })

    it('counts nothing of a sender that has gone away, not even behind another message of its own', async () => {
      answer = () => new Promise(() => undefined)
      const { hostname, port } = new URL(door.url)
      const first = JSON.stringify(message('g', [{}]))
      const head = (bytes: number) =>
        `POST ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${machine.token}\r\n` +
        `content-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n`
      for (const _ of Array(7)) {
        const heard = seen.length
        const socket = createConnection(Number(port), hostname)
        socket.write(`${head(Buffer.byteLength(first))}${first}${head(8_000_000)}{`)
        await until(() => seen.length > heard)
        // The second one has come by then: both were in one packet.
        await new Promise((resolve) => setTimeout(resolve, 50))
        socket.destroy()
      }
      answer = async () => receipt
      const raw = JSON.stringify(message('g', [longAlert(8_300_000)]))
      await until(async () => (await post({ token: machine.token, raw })).status === 200, 2_000)
    })

    it('refuses for good only what is no message', async () => {
      for (const json of [{}, { version: '4' }, message('g', []), message('g', [{}], { version: '3' })]) {
        assert.equal((await post({ token: machine.token, json })).status, 400)
      }
      assert.equal((await post({ token: machine.token, raw: '{' })).status, 400)
      assert.equal((await post({ token: machine.token, query: '?servise=backend' })).status, 400)
      assert.deepEqual(seen, [])
    })

    it('answers 503 and Retry-After to everything that may pass, whatever it is', async () => {
      const names = [
        'alert-in-doubt',
        'no-runbook',
        'no-worker',
        'temporal-unreachable',
        'bad-input',
      ] as const
      for (const name of names) {
        answer = () => Promise.reject(new Refused(failure(name)))
        const refused = await post({ token: machine.token })
        assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '5'], name)
        assert.equal(refused.body.name, name)
      }
      answer = () => Promise.reject(new Error('a defect'))
      assert.equal((await post({ token: machine.token })).status, 500)
    })

    it('answers 503 while Temporal is away, before it asks for anything', async () => {
      const away = await openDoor(
        {},
        { tokens, unreachable: async () => failure('temporal-unreachable', { address: 'x', reason: 'y' }) },
      )
      const json = message('g', [{}])
      const refused = await away.ask('POST', path, { token: machine.token, json })
      assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '5'])
      await away.close()
    })
  })

  describe('on real parts', () => {
    const system = `alerts-${process.pid}`
    let here: World
    let temporal: Temporal
    let app: ReturnType<typeof buildApi>
    let url: string
    let clock = Date.now() - 3_600_000

    before(async () => {
      here = await world()
      temporal = await connect(temporalSettings(here.env))
      const incidents = openIncidents(temporal)
      const read = await readRunbook('runbooks/shodo.yaml', here.env)
      if (!('book' in read)) throw new Error(JSON.stringify(read))
      await incidents.publish({ book: { ...read.book, runbook: system }, by: mori, lab: false })
      app = buildApi({ incidents, tokens, unreachable: async () => undefined, onLoopback: true })
      await app.listen({ host: '127.0.0.1', port: 0 })
      url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
    })
    after(async () => {
      await app?.close()
      await temporal?.close()
    })

    const tell = (group: string, alerts: readonly AlertOf[]): Promise<Answer> =>
      ask(url, 'POST', `${path}?runbook=${system}`, { token: machine.token, json: message(group, alerts) })
    const get = (what: string) => ask(url, 'GET', what, { token: person.token })
    const act = (incident: string, command: string, json: object = {}) =>
      ask(url, 'POST', `/incidents/${incident}/${command}`, { token: person.token, json })
    const later = () => {
      clock += 60_000
      return new Date(clock).toISOString()
    }

    async function becomes(incident: string, wanted: (view: IncidentView) => boolean): Promise<IncidentView> {
      let view: IncidentView | undefined
      await until(async () => {
        const { body } = await get(`/incidents/${incident}`)
        view = body.source === 'worker' ? body : undefined
        return view !== undefined && wanted(view)
      })
      return view ?? assert.fail()
    }

    it('makes one incident of a group, however often its messages come, and proposes the end when all is clear', async () => {
      const labels = { service: 'frontend', symptom: '' }
      const [startsAt, endsAt] = [later(), later()]
      const one = { labels, startsAt, fingerprint: 'a1' }
      const two = { labels, startsAt, fingerprint: 'b2' }
      const [first, ...repeats] = await Promise.all([1, 2, 3, 4].map(() => tell('one', [one])))
      const { incident } = first?.body ?? {}
      const created = [first, ...repeats].filter((answer) => answer?.body.created)
      assert.deepEqual(
        [created.length, ...repeats.map((r) => r.body.incident)],
        [1, incident, incident, incident],
      )
      await tell('one', [one, two])
      await tell('one', [{ ...one, endsAt }, two])
      await tell('one', [one, two])
      await tell('one', [
        { ...one, endsAt },
        { ...two, endsAt },
      ])
      const { state } = await becomes(incident, (view) => view.state.resolutionProposed)
      assert.deepEqual([state.reports, state.service, state.phase], [1, 'frontend', 'investigating'])
      const [group] = Object.values(state.alerts?.groups ?? {})
      assert.deepEqual([group?.fired, group?.firing, group?.clear], [2, 0, true])

      const { body: events } = (await get(`/incidents/${incident}/timeline`)) as { body: IncidentEvent[] }
      const declared = ofType(events, 'declared')[0]
      assert.deepEqual(declared?.by, { kind: 'alert', id: 'alertmanager', verified: true })
      assert.match(declared?.data.description ?? '', /^ShodoErrors: 注文APIの5xxが多い/)
      assert.equal(ofType(events, 'resolution-proposed').length, 1)

      // People resolve it; what fires again afterwards is another incident.
      assert.equal((await act(incident, 'resolve')).status, 200)
      await becomes(incident, (view) => view.state.phase === 'resolved')
      const again = await tell('one', [{ ...one, startsAt: later() }])
      assert.equal(again.status, 200, JSON.stringify(again.body))
      assert.notEqual(again.body.incident, incident)
      await act(again.body.incident, 'cancel', { reason: 'the test is over' })
      await act(incident, 'close')
    })

    it('has an alert sent again that is said to fire after its end, and opens nothing for the end alone', async () => {
      const ended = { labels: { service: 'ai-server', symptom: '' }, startsAt: later(), endsAt: later() }
      const end = await tell('late', [ended])
      assert.deepEqual([end.status, end.body.incident], [200, undefined])
      const { endsAt: _, ...firing } = ended
      const overtaken = await tell('late', [firing])
      assert.deepEqual([overtaken.status, overtaken.body.name], [503, 'alert-in-doubt'])
    })

    it('finds a place for labels that no runbook knows', async () => {
      const odd = await tell('odd', [{ labels: { service: 'billing', symptom: 'odd' }, startsAt: later() }])
      const { state } = await becomes(odd.body.incident, () => true)
      assert.equal(state.service, 'backend')
      assert.match(state.description, /billing/)
      await act(odd.body.incident, 'cancel', { reason: 'the test is over' })
    })
  })
})

function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

function longAlert(length: number, i = 0): AlertOf {
  return { annotations: { summary: `${i}`.padEnd(length, 'x') } }
}

async function until(wanted: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const end = Date.now() + withinMs
  while (!(await wanted())) {
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${wanted}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
