import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPublicKeys } from '../../activities/public-keys.ts'
import { alertmanager } from '../../client/doors/alertmanager/alertmanager.ts'
import { openAttester } from '../../client/doors/http/attest.ts'
import { buildApi } from '../../client/doors/http/server.ts'
import { rights } from '../../client/doors/http/token-file.ts'
import { newToken, openTokens } from '../../client/doors/http/tokens.ts'
import { openIncidents } from '../../client/incidents/incidents.ts'
import { openPrivateKey, textSigner, writeKeyPair } from '../../client/keys.ts'
import { readRunbook } from '../../client/runbook/read-runbook.ts'
import { connect, type Temporal, temporalSettings } from '../../client/temporal/connect.ts'
import type { IncidentEvent } from '../../domain/incident/fold/events.ts'
import type { StepRun } from '../../domain/incident/fold/state.ts'
import { breakLab, healLab } from '../../lab/index.ts'
import type { DeclareReceipt } from '../../wire/messages.ts'
import { type Running, startWorker } from '../../workers/main.ts'
import { command, mori, ofType, type World, world } from '../scenarios/world.ts'
import { type Answer, type Ask, ask } from './api-door.ts'

/** Its own system and its own cluster queue: the worker on it checks attestations, those of other tests do not. */
const system = `api-${process.pid}`
const cluster = `attested-${process.pid}`

describe('an incident over the API, on real parts, with tokens and attestations', () => {
  const people = { aoki: newToken(), sato: newToken() }
  let here: World
  let dir: string
  let temporal: Temporal
  let worker: Running
  let app: ReturnType<typeof buildApi>
  let url: string

  type Person = keyof typeof people
  const get = (path: string) => ask(url, 'GET', path, { token: people.sato.token })
  const post = (person: Person, path: string, json: object = {}, options: Ask = {}) =>
    ask(url, 'POST', path, { ...options, json, token: people[person].token })

  before(async () => {
    here = await world()
    dir = await mkdtemp(join(tmpdir(), 'hikeshi-api-'))
    const keys = await writeKeyPair(join(dir, 'keys'))
    const tokens = Object.entries(people).map(([person, { sha256 }]) => ({
      person,
      sha256,
      may: [...rights],
    }))
    await mkdir(join(dir, 'people'), { mode: 0o755 })
    await writeFile(join(dir, 'tokens.yaml'), JSON.stringify({ tokens }), { mode: 0o600 })
    assert.equal((await (await openPublicKeys(keys.publicKey, assert.fail))()).length, 1)
    worker = await startWorker({
      env: {
        ...here.env,
        HIKESHI_CLUSTER: cluster,
        HIKESHI_WORKER_ROLES: 'cluster',
        HIKESHI_LAB: '0',
        HIKESHI_ATTESTATION_PUBLIC_KEYS: keys.publicKey,
        // Nobody has a key of their own: the API signs for people.
        HIKESHI_PUBLISHER_KEYS: join(dir, 'people'),
      },
    })
    temporal = await connect(temporalSettings(here.env))
    const incidents = openIncidents(temporal)
    const read = await readRunbook('runbooks/shodo.yaml', here.env)
    if (!('book' in read)) throw new Error(JSON.stringify(read))
    app = buildApi({
      incidents,
      alertReaders: [alertmanager],
      tokens: await openTokens(join(dir, 'tokens.yaml')),
      attest: await openAttester(keys.privateKey),
      sign: textSigner(await openPrivateKey(keys.privateKey, 'approvals')),
      unreachable: async () => undefined,
      onLoopback: true,
    })
    await app.listen({ host: '127.0.0.1', port: 0 })
    url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
    const book = { ...read.book, runbook: system, cluster }
    const held = await post('aoki', '/runbooks', { book })
    assert.deepEqual([held.status, held.body.waits, held.body.signedBy], [202, true, ['aoki']])
    const published = await post('sato', '/runbooks', { book })
    assert.deepEqual([published.status, published.body.version], [200, 1], JSON.stringify(published.body))
    await healLab(here.lab)
  })

  after(async () => {
    await app?.close()
    worker?.stop()
    await worker?.stopped
    await temporal?.close()
    await healLab(here.lab)
    await rm(dir, { recursive: true, force: true })
  })

  const declare = async (person: Person, fields: object = {}): Promise<Answer & { body: DeclareReceipt }> =>
    post(person, '/incidents', {
      system,
      service: 'backend',
      severity: 'HIGH',
      symptom: '5xx',
      description: '注文APIが500を返す',
      ...fields,
    })

  async function stepAs(incident: string, step: string, wanted: StepRun['status']): Promise<StepRun> {
    const end = Date.now() + 40_000
    for (;;) {
      const { body } = await get(`/incidents/${incident}`)
      const run: StepRun | undefined = body.state?.steps[step]
      if (run?.status === wanted) return run
      if (Date.now() > end) throw new Error(`${step} is ${run?.status} ${JSON.stringify(run?.failure)}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  const timeline = async (incident: string): Promise<readonly IncidentEvent[]> =>
    (await get(`/incidents/${incident}/timeline`)).body

  it('goes from the declaration over the refusal of the requester and the approval of another to its end', async () => {
    await breakLab(here.lab, 'bad-deploy')
    const declared = await declare('aoki')
    assert.equal(declared.status, 201, JSON.stringify(declared.body))
    const { incident } = declared.body
    assert.equal(declared.headers.get('location'), `/incidents/${incident}`)

    const { body: picture } = await get(`/incidents/${incident}/situation?wait=10`)
    assert.ok(picture.number >= 1, JSON.stringify(picture))

    const rollback = await stepAs(incident, 'rollback', 'proposed')
    const own = await post('aoki', `/incidents/${incident}/approve`, {
      step: 'rollback',
      hash: rollback.hash,
    })
    assert.deepEqual([own.status, own.body.code], [409, 'HK304'])
    const stale = await post('sato', `/incidents/${incident}/approve`, {
      step: 'rollback',
      hash: '0'.repeat(64),
    })
    assert.deepEqual([stale.status, stale.body.code], [409, 'HK307'])

    const { hash } = rollback
    const key = { headers: { 'idempotency-key': 'approve-once' } }
    const yes = await post('sato', `/incidents/${incident}/approve`, { step: 'rollback', hash }, key)
    assert.equal(yes.status, 200, JSON.stringify(yes.body))
    const again = await post('sato', `/incidents/${incident}/approve`, { step: 'rollback', hash }, key)
    assert.deepEqual(again.body, yes.body)
    await stepAs(incident, 'rollback', 'verified')

    const approved = ofType(await timeline(incident), 'step-approved')
    assert.equal(approved.length, 1)
    assert.deepEqual(approved[0]?.by, { kind: 'person', id: 'sato', verified: true, checked: 'token' })
    assert.equal(approved[0]?.data.hash, rollback.hash)
    assert.match(approved[0]?.data.attestation ?? '', /^v2\./)

    const { body: report } = await get(`/incidents/${incident}/report?lang=ja`)
    assert.match(report.text, /^【インシデント報告】\n発生時刻: \d{4}-\d\d-\d\d \d\d:\d\d JST\n/)
    assert.equal((await post('sato', `/incidents/${incident}/resolve`)).status, 200)
    assert.equal((await post('sato', `/incidents/${incident}/close`, { waive: 'a test' })).status, 200)
    const late = await post('sato', `/incidents/${incident}/note`, { text: 'zu spät' })
    assert.deepEqual([late.status, late.body.code], [409, 'HK301'])
    const all = await timeline(incident)
    const tail = await get(`/incidents/${incident}/timeline?from=${all.length}`)
    // The archive's event may have come meanwhile.
    assert.deepEqual(tail.body[0], all.at(-1))
  })

  it('never runs what was approved past the API, whoever the approval claims to be by', async () => {
    await healLab(here.lab)
    const { incident } = (await declare('aoki', { symptom: 'slow', fresh: true })).body
    await post('aoki', `/incidents/${incident}/run`, { step: 'quick-scale-out' })
    const step = await stepAs(incident, 'quick-scale-out', 'proposed')
    // Whoever may write to Temporal can say this.
    const forged = { step: 'quick-scale-out', hash: step.hash ?? '' }
    await command(here.client, incident, 'approve', { ...mori, id: 'sato' }, forged)
    const failed = await stepAs(incident, 'quick-scale-out', 'failed')
    assert.deepEqual(failed.failure, {
      name: 'attestation-invalid',
      code: 'HK409',
      params: { incident, step: 'quick-scale-out', person: 'sato' },
    })
    const ended = ofType(await timeline(incident), 'step-failed')
    assert.deepEqual([ended[0]?.data.stage, ended[0]?.data.changed], ['run', 'nothing'])
    assert.equal(await replicas(), 3)

    await post('aoki', `/incidents/${incident}/run`, { step: 'quick-scale-out' })
    const { hash } = await stepAs(incident, 'quick-scale-out.2', 'proposed')
    const unnamed = await post('sato', `/incidents/${incident}/approve`, { step: 'quick-scale-out', hash })
    assert.deepEqual([unnamed.status, unnamed.body.code], [409, 'HK322'])
    const yes = await post('sato', `/incidents/${incident}/approve`, { step: 'quick-scale-out.2', hash })
    assert.equal(yes.status, 200, JSON.stringify(yes.body))
    await stepAs(incident, 'quick-scale-out.2', 'verified')
    assert.equal(await replicas(), 10)
    await post('sato', `/incidents/${incident}/cancel`, { reason: 'the test is over' })
  })

  it('groups what is the same trouble, keeps keys, lists, and shows the runbooks', async () => {
    const first = await declare('aoki', { service: 'frontend', symptom: undefined, key: 'alert-1' })
    const { incident } = first.body
    const same = await declare('sato', { service: 'frontend', symptom: undefined })
    assert.deepEqual(
      [first.status, same.status, same.body.incident, same.body.reports],
      [201, 200, incident, 2],
    )
    const repeated = await declare('aoki', { service: 'frontend', symptom: undefined, key: 'alert-1' })
    assert.deepEqual([repeated.status, repeated.body.repeated, repeated.body.reports], [200, true, 2])
    // Somebody else's key of that name is another one.
    const other = await declare('sato', { service: 'frontend', symptom: undefined, key: 'alert-1' })
    assert.deepEqual([other.body.incident, other.body.repeated], [incident, false])

    const unknown = await declare('aoki', { service: 'backend', symptom: '4xx' })
    assert.deepEqual([unknown.status, unknown.body.code], [404, 'HK202'])
    assert.equal((await get(`/incidents/${system}-999`)).status, 404)

    const { body: list } = await get('/incidents?service=frontend')
    assert.ok(list.some((listed: { incident: string }) => listed.incident === incident))
    const { body: runbooks } = await get('/runbooks')
    const own = runbooks.find((book: { runbook: string }) => book.runbook === system)
    assert.deepEqual(
      [own.version, own.services],
      [1, ['backend', 'frontend', 'ai-server', 'database', 'redis']],
    )
    assert.ok(own.openIncidents.includes(incident))
    const diagnosis = await post('sato', '/diagnoses', { service: 'frontend', system })
    assert.equal(diagnosis.status, 200, JSON.stringify(diagnosis.body))
    assert.deepEqual([diagnosis.body.desk, diagnosis.body.service], [system, 'frontend'])
    assert.ok(diagnosis.body.parts['health:frontend'].ok)
    const read = (more: object) => post('sato', '/readings', { runbook: system, ...more })
    const rollouts = await read({ service: 'backend', kind: 'kubernetes.rollouts' })
    assert.equal(rollouts.status, 200, JSON.stringify(rollouts.body))
    const { runbook, service, result } = rollouts.body
    assert.deepEqual([runbook, service, result.ok], [system, 'backend', true], JSON.stringify(result))
    const kinds = [
      ['kubernetes.rollout-undo', 404, 'HK214'],
      ['kubernetes.pods', 400, 'HK101'],
    ] as const
    for (const [kind, status, code] of kinds) {
      const { body, ...refusal } = await read({ kind })
      assert.deepEqual([refusal.status, body.code], [status, code], JSON.stringify(body))
    }
    const chosen = await read({ kind: 'kubernetes.rollouts', service: 'backend', with: { deployment: 'x' } })
    assert.equal(chosen.body.code, 'HK320', JSON.stringify(chosen.body))
    await post('sato', `/incidents/${incident}/cancel`, { reason: 'the test is over' })
  })

  it('answers a key with the first answer, and refuses it for another request', async () => {
    const { incident } = (await declare('aoki', { service: 'frontend', symptom: undefined, fresh: true }))
      .body
    const note = (text: string) =>
      post('sato', `/incidents/${incident}/note`, { text }, { headers: { 'idempotency-key': 'k-1' } })
    const first = await note('one')
    assert.deepEqual((await note('one')).body, first.body)
    const other = await note('two')
    assert.deepEqual([other.status, other.body.code], [422, 'HK332'])
    const order = { system, service: 'frontend', severity: 'LOW', description: 'one', fresh: true }
    const tell = (json: object) => post('sato', '/incidents', json, { headers: { 'idempotency-key': 'k-1' } })
    const declared = await tell(order)
    assert.equal(declared.status, 201)
    assert.deepEqual((await tell(order)).body.incident, declared.body.incident)
    const refusal = await tell({ ...order, description: 'two' })
    assert.deepEqual([refusal.status, refusal.body.code], [422, 'HK332'])
    assert.equal((await timeline(incident)).filter(({ type }) => type === 'noted').length, 1)
    for (const one of [incident, declared.body.incident])
      await post('sato', `/incidents/${one}/cancel`, { reason: 'the test is over' })
  })

  async function replicas(): Promise<number> {
    const path = '/apis/apps/v1/namespaces/shodo/deployments/shodo-backend'
    const { spec } = await here.lab.cluster().get<{ spec: { replicas: number } }>(path)
    return spec.replicas
  }
})
