/**
 * A forger who may write everything to Temporal, against a worker that believes signed runbooks and nothing else. He publishes, and has
 * what he published read and run. Two people who sign get their picture by the command line.
 */
import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from '@temporalio/client'
import { stringify } from 'yaml'
import { guardOf } from '../../activities/guard.ts'
import { shelvesOf } from '../../activities/published-runbook.ts'
import { signedSource } from '../../activities/signed-runbooks.ts'
import type { Opening } from '../../domain/incident/open.ts'
import { publishedKey, publishedKeys } from '../../domain/runbook/published.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import type { Signature } from '../../domain/runbook/signature.ts'
import type { StepContext, StepParams } from '../../domain/steps/contract.ts'
import { digest } from '../../domain/timeline/canonical.ts'
import { type DeskView, deskId, incidentsQueue, queries, taskTimeout } from '../../wire/messages.ts'
import { keysOf, type Signatory, signatory, signedBy } from '../activities/signed-books.ts'
import { callOf, planOf, policyOf } from '../activities/signed-calls.ts'
import { smallBook } from '../domain/incident/small-runbook.ts'
import { hikeshi } from '../surfaces/cli-process.ts'
import type { Touched } from './spied-hands.ts'
import { openStage, type Stage, type Try, tableOf } from './stage.ts'

const desk = 'shodo'
const cluster = 'production'
const book: Runbook = { ...smallBook({ programs: true, recovers: false }), runbook: desk, cluster }
const [mori, sato, mallory] = [signatory('mori'), signatory('sato'), signatory('mallory')]
const forger = { kind: 'person', id: 'mori', verified: true } as const
const signers = keysOf(mori, sato)
const minuteAgo = Date.now() - 60_000

const argv = ['cat', '/proc/1/environ']
const steal = { deployment: 'payments-api', argv }
/** His book: a program of his own to read, and all that is reversible without people. */
const evil: Runbook = {
  ...book,
  severities: { ...book.severities, LOW: { ...book.severities.LOW, automatic: ['reversible'] } },
  symptoms: book.symptoms.map((symptom) =>
    symptom.service === 'backend'
      ? {
          ...symptom,
          steps: [
            ...symptom.steps,
            { id: 'steal', title: { ja: '見る', en: 'Look' }, kind: 'kubernetes.exec-read', with: steal },
            {
              id: 'halve',
              title: { ja: '見る', en: 'Look' },
              kind: 'kubernetes.scale',
              with: { deployment: 'payments-api', replicas: 1 },
            },
          ],
        }
      : symptom,
  ),
}

type Page = {
  readonly events: readonly { readonly type: string; readonly data: { readonly reason?: string } }[]
}

describe('a forger against a worker that believes signed runbooks', function () {
  this.timeout(180_000)
  const tries: Try[] = []
  const touched: Touched[] = []
  let dir: string
  let stage: Stage
  let client: Client

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hikeshi-signed-'))
    stage = await openStage('signed', {
      cluster,
      touched,
      guardFor: (client) =>
        guardOf(
          policyOf({ cluster, namespaces: ['shodo'] }),
          undefined,
          signedSource(shelvesOf(client), async () => signers, { againAfterMs: 0 }),
        ),
      archive: join(dir, 'kept'),
    })
    client = stage.client
  })

  after(async () => {
    await stage?.close()
    await rm(dir, { recursive: true, force: true })
    console.log(tableOf('What a forger published, and what he got of it:', tries, touched))
  })

  const context = (incident: string): StepContext => ({
    incident,
    stepRun: `${incident}/steal`,
    cluster,
    namespace: 'shodo',
    nowMs: Date.now(),
    head: { seq: 1, hash: 'a'.repeat(64) },
  })

  const read = (incident: string, params: StepParams = steal) =>
    stage.call('kubernetes.exec-read.read', { context: context(incident), params })

  const halve = (incident: string) =>
    stage.call(
      'kubernetes.scale.run',
      callOf('kubernetes.scale', {
        context: { ...context(incident), stepRun: `${incident}/gentle` },
        params: { deployment: 'payments-api', replicas: 1 },
        plan: planOf('kubernetes.scale', { ready: 0, notReady: 0, ofReady: 3 }),
        terms: {
          expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
          risk: 'reversible',
          approvals: 0,
        },
      }),
    )

  const signed = (of: Runbook, atMs: number, ...people: readonly Signatory[]) =>
    people.map((person) => signedBy(person, of, atMs))

  /** He has a desk of his own making in force, whatever the real one would take: its state is his to write. */
  async function seize(of: Runbook, signatures: readonly Signature[]): Promise<void> {
    const workflow = deskId(desk)
    await client.workflow
      .getHandle(workflow)
      .terminate('mine')
      .catch(() => undefined)
    const runbook = {
      book: of,
      version: 9,
      sha256: digest(of),
      signatures,
      publishedBy: forger,
      publishedAt: new Date().toISOString(),
    }
    const state = {
      desk,
      lab: false,
      lastNumber: 0,
      open: {},
      unstarted: [],
      deliveries: [],
      keys: [],
      freezes: 0,
      runbook,
    }
    const carried = {
      state,
      head: { seq: 1, hash: 'a'.repeat(64) },
      answers: [],
      batches: [],
      rules: 1,
      earlierRuns: [],
    }
    await client.workflow.start('desk', {
      workflowId: workflow,
      taskQueue: incidentsQueue,
      workflowTaskTimeout: taskTimeout,
      args: [{ desk, lab: false, lastNumber: 0, carried }],
    })
  }

  async function tried(attempt: string, expected: RegExp, incident = 'shodo-7'): Promise<void> {
    const got = [await read(incident), await halve(incident)]
    tries.push({ attempt, got: got.join(' ') })
    for (const each of got) assert.match(each, expected, attempt)
  }

  it('has nothing read or run by what he publishes, whatever signatures he puts under it', async () => {
    const [ofMori, ofSato] = signed(book, minuteAgo, mori, sato)
    assert.ok(ofMori !== undefined && ofSato !== undefined)
    const { guarded, sha256 } = signedBy(mori, evil, minuteAgo)
    const cases: readonly (readonly [string, readonly Signature[]])[] = [
      ['an argv of his own, unsigned', []],
      ['the signatures of the real book under his own', [ofMori, ofSato]],
      [
        'the same with its hashes written over',
        [ofMori, ofSato].map((each) => ({ ...each, guarded, sha256 })),
      ],
      [
        'his own signature under two names',
        ['mori', 'sato'].map((by) => signedBy({ ...mallory, name: by }, evil, minuteAgo)),
      ],
      [
        'his own signature, for a person whom nobody knows',
        signed(evil, minuteAgo, mallory, { ...mallory, name: 'eve' }),
      ],
      [
        'the signatures of a book of the same guarded words in another system',
        signed({ ...evil, runbook: 'other' }, minuteAgo, mori, sato),
      ],
      [
        'one person who signs twice',
        [...signed(evil, minuteAgo, mori), ...signed(evil, minuteAgo + 1, mori)],
      ],
      [
        'one person with a second spelling',
        [...signed(evil, minuteAgo, mori), signedBy({ ...mori, name: 'Ｍori' }, evil, minuteAgo)],
      ],
      ['one person, beside himself', signed(evil, minuteAgo, mori, mallory)],
      [
        'the guarded words of the real book, signed, over an edited list',
        [mori, sato].map((who) => signedBy(who, evil, minuteAgo, { guarded: ofMori.guarded })),
      ],
    ]
    for (const [how, signatures] of cases) {
      await seize(evil, signatures)
      await tried(how, /^HK345$|^HK341$/)
    }
    assert.deepEqual(touched, [])
  })

  it('has no incident of his own read what its runbook says', async () => {
    for (const [how, runbook] of [
      ['an incident of his own with his book', evil],
      ['an incident of his own with signatures of the real one', evil],
    ] as const) {
      const incident = how.endsWith('one') ? 'shodo-902' : 'shodo-901'
      const signatures = how.endsWith('one') ? signed(book, minuteAgo, mori, sato) : []
      await open(incident, runbook, signatures)
      await tried(how, /^HK345$|^HK341$/, incident)
    }
    assert.deepEqual(touched, [])
  })

  it('is refused a signal that publishes, in the timeline of the desk', async () => {
    await client.workflow.getHandle(deskId(desk)).terminate('mine')
    await stage.update(deskId(desk), 'publish', { by: forger, book }, { desk })
    const handle = client.workflow.getHandle(deskId(desk))
    await handle.signal('publish', { book: evil })
    await handle.signal('withdraw', { reason: 'x' })
    const { state } = await handle.query<DeskView>(queries.desk)
    assert.deepEqual([state.runbook?.version, state.withdrawn], [1, undefined])
    const { events } = await handle.query<Page, [number]>(queries.timeline, 1)
    const refusals = events.filter(({ type }) => type === 'internal-error')
    assert.equal(refusals.length, 2)
    for (const { data } of refusals) assert.match(data.reason ?? '', /never by signal/)
    tries.push({ attempt: 'signals named publish and withdraw', got: 'refused' })
  })

  it('while two people who sign have their picture read, and the desk take nothing less any more', async () => {
    await client.workflow.getHandle(deskId(desk)).terminate('a new one')
    const keys = join(dir, 'keys')
    await mkdir(keys, { mode: 0o755 })
    for (const { name, key, publicKey } of [mori, sato, mallory]) {
      await writeFile(join(dir, `${name}.key`), key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
      if (name !== 'mallory')
        await writeFile(join(keys, `${name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }))
      if (name !== 'mallory') await chmod(join(keys, `${name}.pub`), 0o644)
    }
    const file = join(dir, 'shodo.yaml')
    await writeFile(file, stringify(book))
    const run = (...argv: string[]) =>
      hikeshi(argv, { env: { ...stage.env, HIKESHI_ARCHIVE: join(dir, 'kept') } })
    const did = async (...argv: string[]) => {
      const ran = await run(...argv, '-o', 'json')
      assert.deepEqual([ran.exit, ran.err], [0, ''], argv.join(' '))
      return JSON.parse(ran.out)
    }
    const sign = (who: string) => did('runbook', 'sign', file, '--key', join(dir, `${who}.key`), '--as', who)

    await sign('mori')
    const held = await did('runbook', 'publish', file)
    assert.deepEqual([held.version, held.waits, held.signedBy], [0, true, ['mori']])
    await sign('sato')
    assert.equal((await did('runbook', 'verify', file, '--keys', keys)).enough, true)
    const published = await did('runbook', 'publish', file)
    assert.deepEqual([published.version, published.waits], [1, false])

    const seen = await did('diagnose', 'shodo/backend')
    assert.ok(Object.keys(seen).length > 0)
    const reads = touched.filter(({ what }) => what === 'read')
    assert.ok(reads.length > 0, 'the picture was read')
    const known = publishedKeys(book)
    for (const { kind, words } of reads) {
      const params = JSON.parse(words.slice(words.indexOf(' ') + 1))
      assert.ok(known.has(publishedKey({ kind, params }, book) ?? ''), `${kind} ${words}`)
    }
    tries.push({ attempt: 'the book that mori and sato signed, published by the command line', got: 'read' })
    const doctor: readonly { readonly check: string; readonly says: string }[] = JSON.parse(
      (await run('doctor', '-o', 'json')).out,
    )
    const trust = doctor.find(({ check }) => check === `trust ${cluster}`)
    assert.equal(trust?.says, 'approvals are proven by signature, readings by signed runbooks')

    await writeFile(file, stringify(evil))
    const unsigned = await run('runbook', 'publish', file)
    assert.deepEqual([unsigned.exit, unsigned.err.match(/HK\d+/)?.[0]], [4, 'HK350'], unsigned.err)
    await sign('mallory')
    assert.equal((await run('runbook', 'verify', file, '--keys', keys)).exit, 4)
    const again = await run('runbook', 'publish', file, '-o', 'json')
    assert.equal(JSON.parse(again.out).waits, true, again.err)
    assert.match((await run('runbook', 'list')).out, /one waits for a signature/)
    assert.match(
      (await run('runbook', 'show', desk)).out,
      /Someone else must sign it too \(signed by mallory\)/,
    )
    await tried('a book that one more person signs is held by the desk', /^HK344$|^HK341$/)
  })

  it('has no older version read again, at the desk or in a new incident; what was open goes on', async () => {
    const narrower: Runbook = { ...book, symptoms: book.symptoms.filter(({ id }) => id !== 'programs') }
    const before = touched.length
    const dropped = { deployment: 'shodo-backend', argv: ['cat', '/etc/hostname'] }
    const old = signed(book, minuteAgo, mori, sato)
    await open('shodo-1', book, old)
    assert.equal(await read('look/shodo/backend/1', dropped), 'done')
    const signatures = signed(narrower, Date.now(), mori, sato)
    await stage.update(deskId(desk), 'publish', { by: forger, book: narrower, signatures })
    // It hears of the newer one as soon as something is asked that it does not know.
    assert.equal(await read('shodo-1', steal), 'HK344')
    assert.equal(await read('look/shodo/backend/2', dropped), 'HK344')
    assert.equal(await read('shodo-1', dropped), 'done')
    tries.push({ attempt: 'an incident that was open under the older version', got: 'done' })

    await assert.rejects(stage.update(deskId(desk), 'publish', { by: forger, book, signatures: old }))
    await seize(book, old)
    const atDesk = await read('look/shodo/backend/3', dropped)
    tries.push({ attempt: 'an older version, signed, put back onto the desk', got: atDesk })
    assert.equal(atDesk, 'HK345')
    await open('shodo-903', book, old)
    const ofIncident = await read('shodo-903', dropped)
    tries.push({ attempt: 'an older version, signed, in a new incident', got: ofIncident })
    assert.equal(ofIncident, 'HK345')
    const programs = touched.slice(before).filter(({ kind }) => kind === 'kubernetes.exec-read')
    assert.equal(
      programs.length,
      2,
      'by the look before the newer version, and by the incident that was open',
    )
  })

  /** An incident with a runbook of one's own: its opening is its starter's to write. */
  async function open(incident: string, of: Runbook, signatures: readonly Signature[]): Promise<void> {
    const opening: Opening = {
      incident,
      rules: 1,
      declaration: {
        service: 'backend',
        severity: 'MEDIUM',
        description: 'x',
        dataLoss: false,
        breach: false,
      },
      by: forger,
      atMs: Date.now(),
      runbook: { book: of, version: 9, sha256: digest(of), signatures },
      lab: false,
    }
    await client.workflow.start('incident', {
      workflowId: incident,
      taskQueue: incidentsQueue,
      workflowTaskTimeout: taskTimeout,
      args: [{ desk: 'nobody', secret: 'x', opening }],
    })
  }
})
