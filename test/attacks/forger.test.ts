/**
 * A forger who may write everything to Temporal, against workers that hold keys and trusted runbooks. He calls every activity, sends every
 * update and signal, starts every workflow, and plays back what was approved once. What he got is printed, and is nothing but what a
 * published runbook has read anyhow.
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from '@temporalio/client'
import { guardOf } from '../../activities/guard.ts'
import { withAttestation } from '../../client/doors/http/attest.ts'
import { commandTypes } from '../../domain/incident/commands.ts'
import type { IncidentState } from '../../domain/incident/fold/state.ts'
import type { Opening } from '../../domain/incident/open.ts'
import { shownHash } from '../../domain/incident/steps/terms.ts'
import { present } from '../../domain/present.ts'
import { publishedKey, publishedKeys } from '../../domain/runbook/published.ts'
import { catalogue, type KindName, kindOf } from '../../domain/steps/catalogue.ts'
import type { RunCall, StepContext, StepParams } from '../../domain/steps/contract.ts'
import { digest } from '../../domain/timeline/canonical.ts'
import { until } from '../../lab/waiting.ts'
import { deskId, type IncidentView, incidentsQueue, queries, taskTimeout } from '../../wire/messages.ts'
import { attest, callOf, changingKinds, planOf, policyOf } from '../activities/signed-calls.ts'
import { smallBook } from '../domain/incident/small-runbook.ts'
import type { Touched } from './spied-hands.ts'
import { openStage, type Stage, type Try, tableOf } from './stage.ts'

const desk = 'shodo'
const cluster = 'production'
const published = { ...smallBook({ programs: true, recovers: false }), runbook: desk, cluster }
const person = (id: string, verified = true) => ({ kind: 'person', id, verified }) as const

/** What he would like: somebody else's secrets, addresses, tenants and data. */
const loot: StepParams = {
  deployment: 'payments-api',
  pod: 'postgres-primary-0',
  container: 'vault-agent',
  selector: 'app=payments-api',
  url: 'http://169.254.169.254/latest/meta-data/iam/security-credentials/ROLE',
  query: 'count_over_time({__name__=~".+"}[$window])',
  argv: ['cat', '/proc/1/environ'],
  contains: 'password',
  path: '/etc/',
  connection: 'other',
  sql: 'select count(*) from pg_authid where rolpassword is not null',
  steps: ['redis.flushdb'],
  checks: [{ name: 'passwords', sql: 'select rolpassword from pg_authid', expect: 'x' }],
}

describe('a forger with full write access to Temporal', function () {
  this.timeout(180_000)
  const tries: Try[] = []
  const touched: Touched[] = []
  let stage: Stage
  let archive: string
  let client: Client
  let call: Stage['call']
  let number = 0

  before(async () => {
    archive = await mkdtemp(join(tmpdir(), 'hikeshi-forger-'))
    const guard = guardOf(policyOf({ cluster, namespaces: ['shodo'] }), async () => [published])
    stage = await openStage('forger', {
      cluster,
      touched,
      guardFor: () => guard,
      archive: join(archive, 'kept'),
    })
    client = stage.client
    call = stage.call
    await stage.update(deskId(desk), 'publish', { by: person('mori'), book: published }, { desk })
  })

  after(async () => {
    await stage?.close()
    await rm(archive, { recursive: true, force: true })
    console.log(tableOf('What a forger tried, and what he got:', tries, touched))
  })

  const tried = (attempt: string, got: string): string => {
    tries.push({ attempt, got })
    return got
  }
  const context = (changed: Partial<StepContext> = {}): StepContext => ({
    incident: 'shodo-7',
    stepRun: 'shodo-7/repair',
    cluster,
    namespace: 'shodo',
    nowMs: Date.now(),
    head: { seq: 1, hash: 'a'.repeat(64) },
    ...changed,
  })
  const rehearsing = context({ incident: 'rehearse/shodo/1', stepRun: 'rehearse/shodo/1/1' })
  const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()

  it('reads nothing but what the runbook has read, by any reading of the catalogue, alone or in a picture', async () => {
    for (const kind of Object.keys(catalogue) as KindName[]) {
      if (kindOf(kind)?.risk !== 'read') continue
      const params = wanted(kind)
      const one = tried(
        `${kind}.read ${JSON.stringify(params)}`,
        await call(`${kind}.read`, { context: context(), params }),
      )
      const parts = [{ id: 'x', kind, params }]
      await call('readParts', { context: context(), parts, withinMs: 4_000, sharesMs: 0 })
      const key = publishedKey({ kind, params }, published)
      const expected = key !== undefined && publishedKeys(published).has(key) ? 'done' : 'HK344'
      assert.equal(one, expected, kind)
      const rehearsed = tried(
        `rehearse ${kind}`,
        await call('rehearse', { context: rehearsing, kind, params }),
      )
      assert.equal(rehearsed, expected, kind)
    }
    for (const elsewhere of [{ namespace: 'kube-system' }, { cluster: 'staging' }, { lab: true as const }])
      for (const activity of ['kubernetes.pods.read', 'readParts']) {
        const input = { context: context(elsewhere), params: {}, parts: [], withinMs: 1_000, sharesMs: 0 }
        assert.equal(tried(`${activity} ${JSON.stringify(elsewhere)}`, await call(activity, input)), 'HK340')
      }
  })

  it('changes nothing by any kind, whatever people, risks and plans he makes up', async () => {
    for (const kind of changingKinds) {
      const made = (more: Partial<RunCall> = {}, by: readonly string[] = []): RunCall => {
        const given = callOf(kind, {
          context: context(),
          terms: { expiresAt: inAnHour(), risk: 'reversible', approvals: 0 },
        })
        const { hash } = given
        const approvals = by.map((who) => ({
          person: who,
          verified: true,
          at: '',
          hash,
          attestation: `v2.${'A'.repeat(86)}`,
        }))
        return { ...given, approvals, ...more }
      }
      const { params } = made()
      tried(`rehearse ${kind}`, await call('rehearse', { context: rehearsing, kind, params }))
      const small = { ...planOf(kind), pods: { ready: 0, notReady: 1, ofReady: 3 } }
      const modest =
        kind === 'redis.set-memory'
          ? { ...small, change: { maxmemory: 1, policy: 'x', evicts: false } }
          : small
      const forged: readonly [string, RunCall][] = [
        ['nobody', made()],
        [
          'a plan that makes itself small',
          callOf(kind, {
            context: context(),
            plan: modest,
            terms: { expiresAt: inAnHour(), risk: 'reversible', approvals: 0 },
          }),
        ],
        ['two made-up signatures', made({}, ['sato', 'kato'])],
        [
          'unverified people',
          made({
            approvals: ['sato', 'kato'].map((who) => ({
              person: who,
              verified: false,
              at: '',
              hash: made().hash,
            })),
          }),
        ],
        ['a lab', made({ context: context({ lab: true }) })],
      ]
      for (const [how, input] of forged) {
        const got = tried(`${kind}.run by ${how}`, await call(`${kind}.run`, input))
        assert.match(got, /^HK\d+$/, `${kind} by ${how}: ${got}`)
        assert.notEqual(got, 'done', `${kind} by ${how}`)
      }
    }
    assert.deepEqual(ran(touched), [])
  })

  it('has nothing run without people but what the runbook itself automates, word for word', async () => {
    const gentle = { ready: 0, notReady: 0, ofReady: 3 }
    const at = context({ stepRun: 'shodo-7/gentle' })
    const terms = { expiresAt: inAnHour(), risk: 'reversible', approvals: 0 } as const
    const made = (kind: KindName, params?: StepParams) =>
      callOf(kind, {
        context: at,
        plan: planOf(kind, gentle),
        terms,
        ...present({ params }),
      })
    for (const kind of changingKinds) {
      const own = callOf(kind).params
      const elsewhere = Object.entries(loot).filter(([name]) => Object.hasOwn(own, name))
      const given = made(kind, { ...own, ...Object.fromEntries(elsewhere) })
      const got = tried(`${kind}.run gently elsewhere, by nobody`, await call(`${kind}.run`, given))
      assert.match(got, /^HK\d+$/, kind)
    }
    const [quick] = published.severities.CRITICAL.quick
    assert.ok(quick !== undefined)
    const [name, own] = [quick.kind as KindName, quick.with]
    const words = JSON.parse(JSON.stringify(own).replaceAll('$service.deployment', 'shodo-backend'))
    assert.match(await call(`${name}.run`, made(name, { ...words, selector: 'app=payments-api' })), /^HK341$/)
    assert.deepEqual(ran(touched), [])
    assert.equal(
      tried(`${name}.run as the runbook automates it`, await call(`${name}.run`, made(name, words))),
      'done',
    )
    touched.splice(0, touched.length, ...touched.filter(({ what }) => what !== 'run'))
  })

  it('runs what two people approved once, and not again, later, elsewhere or as something else', async () => {
    const kind = 'redis.flushdb'
    const approved = callOf(kind, {
      context: context(),
      by: ['sato', 'kato'],
      terms: { expiresAt: inAnHour() },
    })
    assert.equal(
      tried(`${kind}.run, really approved by two people`, await call(`${kind}.run`, approved)),
      'done',
    )
    assert.equal(ran(touched).length, 1)
    const ended = callOf(kind, {
      context: context(),
      by: ['sato', 'kato'],
      terms: { expiresAt: '2026-01-01T00:00:00.000Z' },
    })
    const again: readonly [string, string, unknown][] = [
      ['the same once more', `${kind}.run`, approved],
      ['expired', `${kind}.run`, ended],
      [
        'of another incident',
        `${kind}.run`,
        { ...approved, context: context({ incident: 'shodo-8', stepRun: 'shodo-8/repair' }) },
      ],
      ['as another kind', 'kubernetes.exec.run', { ...approved, params: { pod: 'x', argv: ['id'] } }],
      [
        'with another plan',
        `${kind}.run`,
        { ...approved, plan: { ...approved.plan, change: { of: 'other' } } },
      ],
    ]
    for (const [how, activity, input] of again)
      assert.match(tried(`${activity} approved, ${how}`, await call(activity, input)), /^HK\d+$/, how)
    assert.equal(ran(touched).length, 1)
  })

  it('has nothing done by a plan of his own making, though people sign what it says', async () => {
    const before = ran(touched).length
    for (const kind of changingKinds) {
      const own = planOf(kind)
      const lies = {
        'harmless words': { ...own, says: { ja: '見るだけ', en: 'Just look' } },
        'another target': { ...own, target: 'target/of/another' },
        'another change': { ...own, change: { ...(own.change as object), of: 'another' } },
      }
      for (const [lie, plan] of Object.entries(lies)) {
        const signed = callOf(kind, {
          context: context(),
          plan,
          by: ['sato', 'kato'],
          terms: { expiresAt: inAnHour() },
        })
        const got = await call(`${kind}.run`, signed)
        const key = publishedKey({ kind, params: signed.params }, published)
        const isPublished = key === undefined || publishedKeys(published).has(key)
        const refusal = isPublished ? 'HK346' : 'HK344'
        assert.equal(tried(`${kind}.run approved by two people who were told ${lie}`, got), refusal, kind)
      }
    }
    assert.equal(ran(touched).length, before)
  })

  it('writes nowhere but into the archive, and pages nobody with what is no page', async () => {
    const run = { run: 1, runId: crypto.randomUUID(), head: { seq: 1, hash: 'a' } }
    for (const [attempt, input] of [
      ['archiveRun ../../x', { ...run, incident: '../../x-1' }],
      ['archiveRun run: /../../evil', { ...run, incident: 'shodo-1', run: '/../../evil' }],
      ['archiveRun runId: ../x', { ...run, incident: 'shodo-1', runId: '../x' }],
      ['sendPage what is none', { channel: 'log', says: 'call me' }],
      ['publishedRunbook ../x', { desk: '../x' }],
      ['tellOwner what is none', { desk, says: 'call me', channels: ['log'] }],
    ] as const) {
      const activity = attempt.split(' ')[0] ?? ''
      assert.equal(tried(attempt, await call(activity, input, incidentsQueue)), 'HK101', attempt)
    }
    assert.equal(existsSync(join(archive, 'x-1')), false)
  })

  it('looks at services by the published runbook alone', async () => {
    const before = touched.length
    const parts = [
      { id: 'p', kind: 'kubernetes.exec-read', params: { deployment: 'payments-api', argv: ['id'] } },
    ]
    const groups = [{ key: 'k', withinMs: 20_000, parts }]
    for (const input of [
      { cluster, namespace: 'shodo', groups },
      { desk, looking: { at: 'service', service: 'backend' }, groups },
      { desk, looking: { at: 'connections' } },
    ]) {
      number += 1
      const started = client.workflow.execute('look', {
        workflowId: `look/forger/${number}`,
        taskQueue: incidentsQueue,
        workflowExecutionTimeout: 15_000,
        args: [input],
      })
      const got = await started.then(
        () => 'done',
        (error: Error) => String(error.cause ?? error).slice(0, 60),
      )
      tried(`look ${JSON.stringify(input).slice(0, 60)}`, got)
    }
    assert.deepEqual(strange(touched.slice(before)), [])
  })

  it('gets nothing by an incident of his own, with a runbook and people of his own', async () => {
    const before = touched.length
    const symptom = published.symptoms.find((s) => s.service === 'backend') ?? assert.fail('no symptom')
    const steps = [
      {
        id: 'steal',
        title: { ja: '盗む', en: 'Steal' },
        kind: 'kubernetes.exec-read',
        with: { deployment: 'payments-api', argv: ['cat', '/proc/1/environ'] },
      },
      { id: 'wipe', title: { ja: '消す', en: 'Wipe' }, kind: 'redis.flushdb', with: {} },
    ]
    const book = {
      ...published,
      symptoms: [{ ...symptom, steps }, ...published.symptoms.filter((s) => s !== symptom)],
    }
    for (const lab of [false, true]) {
      number += 1
      const incident = `evil-${number}`
      const opening: Opening = {
        incident,
        rules: 1,
        declaration: {
          service: 'backend',
          severity: 'CRITICAL',
          symptom: symptom.id,
          description: 'x',
          dataLoss: false,
          breach: false,
        },
        by: person('mori'),
        atMs: Date.now(),
        runbook: { book, version: 1, sha256: digest(book) },
        lab,
      }
      const handle = await client.workflow.start('incident', {
        workflowId: incident,
        taskQueue: incidentsQueue,
        workflowTaskTimeout: taskTimeout,
        args: [{ desk, secret: 'x', opening }],
      })
      const state = async () => (await handle.query<IncidentView>(queries.state)).state
      const end = async (run: string): Promise<string> => {
        for (;;) {
          const step = (await state()).steps[run]
          if (step?.status === 'failed') return step.failure?.code ?? 'failed'
          if (step?.status === 'done' || step?.status === 'verified') return 'done'
          if (step?.status === 'proposed') return 'proposed'
          await new Promise((resolve) => setTimeout(resolve, 100))
        }
      }
      assert.equal(
        tried(`incident${lab ? ' (lab)' : ''} with exec-read of his own`, await end('steal')),
        lab ? 'HK340' : 'HK344',
      )
      await update(incident, 'run', { by: person('mori'), step: 'wipe' })
      if ((await end('wipe')) === 'proposed') {
        for (const who of ['sato', 'kato'])
          await update(incident, 'approve', {
            by: person(who),
            step: 'wipe',
            hash: (await state()).steps.wipe?.hash,
          })
        assert.equal(
          tried('incident with a flush, approved by two people he says are verified', await end('wipe')),
          'HK409',
        )
      } else tried('incident (lab) with a flush', await end('wipe'))
    }
    assert.deepEqual(strange(touched.slice(before)), [])
    assert.equal(ran(touched).length, 1)
  })

  it('has no signature of the API for what was not shown', async () => {
    const handle = await client.workflow.start('incident', {
      workflowId: 'evil-900',
      taskQueue: incidentsQueue,
      workflowTaskTimeout: taskTimeout,
      args: [
        {
          desk,
          secret: 'x',
          opening: {
            incident: 'evil-900',
            rules: 1,
            declaration: {
              service: 'backend',
              severity: 'MEDIUM',
              description: 'x',
              dataLoss: false,
              breach: false,
            },
            by: person('mori'),
            atMs: Date.now(),
            runbook: { book: published, version: 1, sha256: digest(published) },
            lab: false,
          } satisfies Opening,
        },
      ],
    })
    await update('evil-900', 'run', { by: person('mori'), step: 'rollback' })
    const shown = async () => (await handle.query<IncidentView>(queries.state)).state
    await until(async () => (await shown()).steps.rollback?.status !== 'planning', {
      what: 'the plan of the rollback',
      withinMs: 20_000,
    })
    const state = await shown()
    const run = state.steps.rollback ?? assert.fail('no rollback')
    assert.equal(run.status, 'proposed', JSON.stringify(run.failure))
    assert.equal(shownHash(state, run), run.hash)
    const approve = (shown: IncidentState) =>
      withAttestation(
        { type: 'approve', by: person('sato'), step: 'rollback', hash: run.hash ?? '' },
        shown,
        attest,
      )
    assert.match(approve(state).attestation ?? '', /^v2\./)
    const plan = run.plan ?? assert.fail('no plan')
    const lies: readonly [string, IncidentState][] = [
      [
        'other words',
        withRun(state, { ...run, plan: { ...plan, says: { ja: '見るだけ', en: 'Just look' } } }),
      ],
      ['a smaller risk', withRun(state, { ...run, risk: 'reversible', approvalsNeeded: 0 })],
      ['another title', withRun(state, { ...run, title: { ja: '見る', en: 'Look' } })],
      ['another requester', withRun(state, { ...run, requestedBy: person('nobody') })],
      ['a later end', withRun(state, { ...run, expiresAtMs: Date.now() + 9_000_000_000 })],
    ]
    for (const [lie, shown] of lies) {
      let got = 'signed'
      try {
        approve(shown)
      } catch (error) {
        got = (error as { failure?: { code: string } }).failure?.code ?? String(error)
      }
      assert.equal(tried(`the API’s signature under ${lie}`, got), 'HK324', lie)
    }
  })

  it('breaks no incident by any command, as an update or a signal', async () => {
    const before = ran(touched).length
    const nested = JSON.parse(`${'['.repeat(3_000)}${']'.repeat(3_000)}`)
    for (const type of commandTypes) {
      for (const payload of [
        {},
        { v: 1, by: 'x', step: 'rollback', text: nested, with: nested, hash: 'f'.repeat(64) },
        nested,
      ]) {
        const handle = client.workflow.getHandle('evil-900')
        // Once one of them has ended the incident, there is nobody left to take the others.
        await handle.signal(type, payload).catch(() => undefined)
        await handle.executeUpdate(type, { args: [payload] }).catch(() => undefined)
      }
    }
    const { state } = await client.workflow.getHandle('evil-900').query<IncidentView>(queries.state)
    assert.equal(state.id, 'evil-900')
    tried(
      'every command as update and signal, empty, wrong and nested 3,000 deep',
      `${state.phase}, nothing changed`,
    )
    assert.equal(ran(touched).length, before)
  })

  const update = (incident: string, type: string, input: object): Promise<unknown> =>
    stage.update(incident, type, input)
})

/** Parameters that the kind takes, with his wishes in every place that it has; where it takes one of several words for its target, the first. */
function wanted(kind: KindName): StepParams {
  const { params } = kindOf(kind) ?? assert.fail(kind)
  const names = Object.keys((params as unknown as { shape: object }).shape)
  const without = (...left: readonly string[]) =>
    Object.fromEntries(Object.entries(loot).filter(([name]) => names.includes(name) && !left.includes(name)))
  const all = [without('pod'), without('pod', 'selector')]
  return all.find((one) => params.safeParse(one).success) ?? without('pod')
}

function withRun(state: IncidentState, run: IncidentState['steps'][string]): IncidentState {
  return { ...state, steps: { ...state.steps, [run.id]: run } }
}

const ran = (touched: readonly Touched[]) => touched.filter(({ what }) => what === 'run')

/** Readings that stand in no published runbook. */
function strange(touched: readonly Touched[]): readonly Touched[] {
  const known = publishedKeys(published)
  return touched
    .filter(({ what }) => what === 'read')
    .filter(({ kind, words }) => {
      const params = JSON.parse(words.slice(words.indexOf(' ') + 1))
      const key = publishedKey({ kind, params }, published)
      return key === undefined || !known.has(key)
    })
}
