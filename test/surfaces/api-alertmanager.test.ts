import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  alertmanager,
  alertmanagerMessage,
  hearAlertmanager,
} from '../../client/doors/alertmanager/alertmanager.ts'
import { buildApi } from '../../client/doors/http/server.ts'
import { newToken, openTokens, type Tokens } from '../../client/doors/http/tokens.ts'
import { openIncidents } from '../../client/incidents/incidents.ts'
import type { HeardAlerts } from '../../client/incidents/report-alerts.ts'
import { readRunbook } from '../../client/runbook/read-runbook.ts'
import { connect, type Temporal, temporalSettings } from '../../client/temporal/connect.ts'
import { failure } from '../../domain/failures.ts'
import type { IncidentEvent } from '../../domain/incident/fold/events.ts'
import type { Actor } from '../../domain/words.ts'
import { Refused } from '../../edge/refused.ts'
import type { IncidentView } from '../../wire/messages.ts'
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
        Array(2).fill({ kind: 'alert', id: 'alertmanager', verified: true, checked: 'token' }),
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
        const { service, place, symptom, severity } = heard.trouble
        return [heard.runbook, service ?? place, symptom, severity]
      }
      const none = undefined
      const silent = { workloads: [], alert: 'shodoerrors' }
      assert.deepEqual(await tell({}), [none, silent, none, 'HIGH'])
      const query = '?runbook=shodo&service=frontend&symptom=slow&severity=LOW'
      assert.deepEqual(await tell({}, query), ['shodo', 'frontend', 'slow', 'LOW'])
      const plain = { service: 'Backend', symptom: '5xx', severity: 'warning' }
      const backend = { workloads: [], service: 'backend' }
      assert.deepEqual(await tell(plain, query), ['shodo', backend, '5xx', 'MEDIUM'])
      const own = { hikeshi_service: 'Art/Store', hikeshi_severity: 'critical', hikeshi_symptom: 'full' }
      assert.deepEqual(await tell({ ...plain, ...own }), ['art', 'store', 'full', 'CRITICAL'])
      const odd = { workloads: [], service: 'no name' }
      assert.deepEqual(await tell({ service: 'no name', severity: 'odd' }), [none, odd, none, 'HIGH'])
      // What an alert says of another namespace is not nothing: the address does not speak for it.
      const foreign = { workloads: [], namespace: 'data-lake', alert: 'shodoerrors' }
      assert.deepEqual((await tell({ namespace: 'data-lake' }, query))[1], foreign)
    })

    it('takes the words of an address in any case, and those that rules use', async () => {
      const bare = { service: '', symptom: '', severity: '' }
      const json = message('g', [{ labels: bare }])
      const rows = [
        ['CRITICAL', 'CRITICAL'],
        ['critical', 'CRITICAL'],
        ['Warning', 'MEDIUM'],
        ['page', 'HIGH'],
      ] as const
      for (const [word, severity] of rows) {
        const query = `?runbook=Shodo&service=Backend&symptom=5XX&severity=${word}`
        assert.equal((await post({ token: machine.token, json, query })).status, 200, word)
        const { runbook, trouble } = seen.at(-1)?.[0] ?? assert.fail()
        assert.deepEqual(
          [runbook, trouble.service, trouble.symptom, trouble.severity],
          ['shodo', 'backend', '5xx', severity],
        )
      }
    })

    it('leaves a line in the log for each alert that it refuses, and the reason', async () => {
      const before = door.log.length
      const query = '?severity=urgent'
      assert.equal((await post({ token: machine.token, query })).status, 400)
      assert.equal(
        (await post({ token: machine.token, json: message('g', [{}], { version: '3' }) })).status,
        400,
      )
      assert.equal((await post({ token: 'wrong' })).status, 401)
      const lines = door.log.slice(before).map((line) => JSON.parse(line))
      const reasons = lines
        .filter((line) => line.msg === 'alerts refused')
        .map((line) => [line.sender, line.reason])
      assert.equal(reasons.length, 3)
      assert.match(String(reasons[0]), /^alertmanager,.*expected a severity such as/)
      assert.match(String(reasons[1]), /^alertmanager,.*body\.version: expected one of "1", "4"/)
      assert.match(String(reasons[2]), /unknown or has expired/)
    })

    it('hears each place of a message for itself: what is bad in one counts for no other, and none for the whole', async () => {
      const json = message('g', [
        { labels: { service: '', namespace: 'data-lake', deployment: 'ingest', severity: 'critical' } },
        {
          labels: {
            service: '',
            namespace: 'shodo',
            pod: 'shodo-backend-6d9f7c5b8-x2x9q',
            severity: 'warning',
          },
        },
        {
          labels: { service: '', namespace: 'shodo', pod: 'shodo-backend-6d9f7c5b8-q7wz2', severity: 'info' },
        },
        { labels: { alertname: 'Watchdog', severity: 'none' } },
      ])
      const answer = await post({ token: machine.token, json })
      assert.deepEqual([answer.status, answer.body.ignored], [200, ['Watchdog']])
      assert.deepEqual(
        seen.map(([{ trouble, alerts }]) => [trouble.severity, trouble.place?.workloads, alerts.length]),
        [
          ['CRITICAL', ['ingest'], 1],
          ['MEDIUM', ['shodo-backend'], 2],
        ],
      )
      assert.equal(new Set(seen.map(([{ group }]) => group)).size, 2)
      // The same alerts are the same groups when others are gone.
      const [, backend] = seen.map(([{ group }]) => group)
      const alone = (json as { alerts: object[] }).alerts.slice(1, 2)
      await post({ token: machine.token, json: { ...json, alerts: alone } })
      assert.equal(seen.at(-1)?.[0].group, backend)
    })

    it('hears at most 33 troubles in one message, whatever it names, and loses none of its alerts', async () => {
      const json = message(
        'g',
        Array.from({ length: 100 }, (_, i) => ({ labels: { service: `s${i}` } })),
      )
      assert.equal((await post({ token: machine.token, json })).status, 200)
      assert.equal(seen.length, 33)
      assert.equal(
        seen.reduce((sum, [{ alerts }]) => sum + alerts.length, 0),
        100,
      )
    })

    it('hears nothing where there is no trouble', async () => {
      const json = await sent('watchdog')
      const answer = await post({ token: machine.token, json })
      assert.deepEqual([answer.status, answer.body, seen], [200, { ignored: ['Watchdog'] }, []])
    })

    it('takes Grafana’s own message, and its organisations apart', async () => {
      const json = await sent('grafana-of-version-1')
      assert.equal((await post({ token: machine.token, json })).status, 200)
      assert.equal((await post({ token: machine.token, json: { ...json, orgId: 2 } })).status, 200)
      const [first, second] = seen.map(([heard]) => heard)
      assert.deepEqual([first?.trouble.severity, first?.trouble.place?.service], ['MEDIUM', 'backend'])
      assert.deepEqual(first?.alerts, [
        { id: 'b7c1d2e3f4a59687', startsAtMs: Date.parse('2026-11-24T09:05:10.250Z') },
      ])
      assert.notEqual(first?.group, second?.group)
      const empty = { ...json, commonAnnotations: null, commonLabels: null }
      assert.equal((await post({ token: machine.token, json: empty })).status, 200)
    })

    it('lets a machine speak of its own runbooks, and of nothing worse than it may', async () => {
      const bound = newToken()
      const row = { machine: 'team-a', sha256: bound.sha256, runbooks: ['art', 'craft'], worst: 'HIGH' }
      await writeFile(join(dir, 'bound.yaml'), JSON.stringify({ tokens: [row] }), { mode: 0o600 })
      const alerts = async (heard: HeardAlerts, by: Actor) => {
        seen.push([heard, by])
        return receipt
      }
      const own = await openDoor({ alerts }, { tokens: await openTokens(join(dir, 'bound.yaml')) })
      const tell = (labels: Readonly<Record<string, string>>, query = '') =>
        own.ask('POST', `${path}${query}`, { token: bound.token, json: message('g', [{ labels }]) })
      for (const [labels, query] of [
        [{ hikeshi_runbook: 'shodo' }, ''],
        [{ hikeshi_service: 'shodo/backend' }, ''],
        [{}, '?runbook=shodo'],
      ] as const) {
        const answer = await tell({ severity: 'critical', ...labels }, query)
        assert.deepEqual([answer.status, answer.body.code], [403, 'HK313'])
      }
      assert.equal(seen.length, 0)
      assert.equal((await tell({ severity: 'critical' }, '?runbook=craft')).status, 200)
      assert.equal((await tell({ severity: 'warning' })).status, 200)
      assert.deepEqual(
        seen.map(([{ runbook, trouble, within }]) => [runbook, trouble.severity, within]),
        [
          ['craft', 'HIGH', ['art', 'craft']],
          [undefined, 'MEDIUM', ['art', 'craft']],
        ],
      )
      await own.close()
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
      app = buildApi({
        incidents,
        alertReaders: [alertmanager],
        tokens,
        unreachable: async () => undefined,
        onLoopback: true,
      })
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
      assert.deepEqual([state.reports, state.service, state.phase], [1, 'frontend', 'monitoring'])
      const [group] = Object.values(state.alerts?.groups ?? {})
      assert.deepEqual([group?.fired, group?.firing, group?.clear], [2, 0, true])

      const { body: events } = (await get(`/incidents/${incident}/timeline`)) as { body: IncidentEvent[] }
      const declared = ofType(events, 'declared')[0]
      assert.deepEqual(declared?.by, { kind: 'alert', id: 'alertmanager', verified: true, checked: 'token' })
      assert.match(declared?.data.description ?? '', /^ShodoErrors: 注文APIの5xxが多い/)
      assert.equal(ofType(events, 'resolution-proposed').length, 1)

      // People resolve it; what fires again afterwards is another incident.
      assert.equal((await act(incident, 'resolve')).status, 200)
      await becomes(incident, (view) => view.state.phase === 'resolved')
      const again = await tell('one', [{ ...one, startsAt: later() }])
      assert.equal(again.status, 200, JSON.stringify(again.body))
      assert.notEqual(again.body.incident, incident)
      await act(again.body.incident, 'cancel', { reason: 'the test is over' })
      await act(incident, 'close', { waive: 'the test is over' })
    })

    it('has an alert sent again that is said to fire after its end, and opens nothing for the end alone', async () => {
      const ended = { labels: { service: 'ai-server', symptom: '' }, startsAt: later(), endsAt: later() }
      const end = await tell('late', [ended])
      assert.deepEqual([end.status, end.body.incident], [200, undefined])
      const { endsAt: _, ...firing } = ended
      const overtaken = await tell('late', [firing])
      assert.deepEqual([overtaken.status, overtaken.body.name], [503, 'alert-in-doubt'])
    })

    it('has an incident of its own for what no runbook knows: it calls people, repairs nothing and says of what it is', async () => {
      const json = await sent('volume-of-another-cluster')
      const odd = await ask(url, 'POST', `${path}?runbook=${system}`, { token: machine.token, json })
      assert.equal(odd.body.created, true, JSON.stringify(odd.body))
      const { incident } = odd.body
      const { state } = await becomes(incident, (view) => view.state.situation.taken !== undefined)
      const place = 'unknown/batch-eu/data-lake/scratch-0'
      assert.deepEqual([state.service, state.severity, state.recovery], [place, 'CRITICAL', undefined])
      assert.deepEqual([Object.keys(state.steps), state.findings], [[], []])
      const { body: report } = await get(`/incidents/${incident}/report?lang=en`)
      assert.match(report.text, /^Affected service: batch-eu\/data-lake\/scratch-0 \(in no runbook\)$/m)
      const { body: list } = await get('/incidents')
      assert.equal(list.find((one: { incident: string }) => one.incident === incident)?.service, place)

      // What a pod and a Deployment of ours say goes to their services, and joins nothing of others.
      const services = []
      for (const name of ['pod-that-crashes', 'rollout-that-is-stuck', 'watchdog']) {
        const answer = await ask(url, 'POST', `${path}?runbook=${system}`, {
          token: machine.token,
          json: await sent(name),
        })
        assert.equal(answer.status, 200, JSON.stringify(answer.body))
        const opened = answer.body.incident
        if (opened === undefined) continue
        const view = await becomes(opened, () => true)
        services.push(view.state.service)
        await act(opened, 'cancel', { reason: 'the test is over' })
      }
      assert.deepEqual(services, ['ai-server', 'frontend'])
      await act(incident, 'cancel', { reason: 'the test is over' })
    })
  })
})

/** A message as it was sent by a real system; its file is named after what it says. */
async function sent(what: string): Promise<object> {
  return JSON.parse(await readFile(`test/surfaces/messages/${what}.json`, 'utf8'))
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

function longAlert(length: number, i = 0): AlertOf {
  return { annotations: { summary: `${i}`.padEnd(length, 'x') } }
}

async function until(wanted: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
  const end = Date.now() + withinMs
  while (!(await wanted())) {
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${wanted}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
