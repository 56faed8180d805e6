import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readPublicKeys } from '../../activities/approvals.ts'
import { openAttester, writeKeyPair } from '../../client/api/attest.ts'
import { buildApi } from '../../client/api/server.ts'
import { newToken, openTokens } from '../../client/api/tokens.ts'
import { connect, type Temporal, temporalSettings } from '../../client/connect.ts'
import { openIncidents } from '../../client/incidents.ts'
import { readRunbook } from '../../client/runbook/read-runbook.ts'
import type { IncidentEvent } from '../../domain/incident/events.ts'
import type { StepRun } from '../../domain/incident/state.ts'
import { breakLab, healLab } from '../../lab/index.ts'
import { type Running, startWorker } from '../../workers/main.ts'
import type { DeclareReceipt } from '../../workflows/messages.ts'
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
    const tokens = Object.entries(people).map(([person, { sha256 }]) => ({ person, sha256 }))
    await writeFile(join(dir, 'tokens.yaml'), JSON.stringify({ tokens }), { mode: 0o600 })
    assert.equal((await readPublicKeys(keys.publicKey)).length, 1)
    worker = await startWorker({
      env: {
        ...here.env,
        HIKESHI_CLUSTER: cluster,
        HIKESHI_WORKER_ROLES: 'cluster',
        HIKESHI_ATTESTATION_PUBLIC_KEYS: keys.publicKey,
      },
    })
    temporal = await connect(temporalSettings(here.env))
    const incidents = openIncidents(temporal)
    const read = await readRunbook('runbooks/shodo.yaml', here.env)
    if (!('book' in read)) throw new Error(JSON.stringify(read))
    await incidents.publish({ book: { ...read.book, runbook: system, cluster }, by: mori, lab: false })
    app = buildApi({
      incidents,
      tokens: await openTokens(join(dir, 'tokens.yaml')),
      attest: await openAttester(keys.privateKey),
      unreachable: async () => undefined,
      onLoopback: true,
    })
    await app.listen({ host: '127.0.0.1', port: 0 })
    url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
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
      hash: '0'.repeat(8),
    })
    assert.deepEqual([stale.status, stale.body.code], [409, 'HK307'])

    const hash = rollback.hash?.slice(0, 8)
    const key = { headers: { 'idempotency-key': 'approve-once' } }
    const yes = await post('sato', `/incidents/${incident}/approve`, { step: 'rollback', hash }, key)
    assert.equal(yes.status, 200, JSON.stringify(yes.body))
    const again = await post('sato', `/incidents/${incident}/approve`, { step: 'rollback', hash }, key)
    assert.deepEqual(again.body, yes.body)
    await stepAs(incident, 'rollback', 'verified')

    const approved = ofType(await timeline(incident), 'step-approved')
    assert.equal(approved.length, 1)
    assert.deepEqual(approved[0]?.by, { kind: 'person', id: 'sato', verified: true })
    assert.equal(approved[0]?.data.hash, rollback.hash)
    assert.match(approved[0]?.data.attestation ?? '', /^v1\./)

    const { body: report } = await get(`/incidents/${incident}/report?lang=ja`)
    assert.match(report.text, /^【インシデント報告】\n発生時刻: \d{4}-\d\d-\d\d \d\d:\d\d JST\n/)
    assert.equal((await post('sato', `/incidents/${incident}/resolve`)).status, 200)
    assert.equal((await post('sato', `/incidents/${incident}/close`)).status, 200)
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
    const yes = await post('sato', `/incidents/${incident}/approve`, { step: 'quick-scale-out', hash })
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
    const repeated = await declare('sato', { service: 'frontend', symptom: undefined, key: 'alert-1' })
    assert.deepEqual([repeated.status, repeated.body.repeated], [200, true])

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
    await post('sato', `/incidents/${incident}/cancel`, { reason: 'the test is over' })
  })

  async function replicas(): Promise<number> {
    const path = '/apis/apps/v1/namespaces/shodo/deployments/shodo-backend'
    const { spec } = await here.lab.cluster().get<{ spec: { replicas: number } }>(path)
    return spec.replicas
  }
})
