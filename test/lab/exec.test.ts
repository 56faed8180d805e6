import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { execute, type Program } from '../../activities/kubernetes/containers/exec.ts'
import { findPlace, placeIn } from '../../activities/kubernetes/containers/exec-place.ts'
import { kubernetesApi } from '../../activities/kubernetes/index.ts'
import type { StepContext } from '../../domain/steps/contract.ts'
import { isolation } from '../../lab/exec/isolation.ts'
import { endPrograms, programsOf } from '../../lab/exec/leftovers.ts'
import { find } from '../../lab/exec/machine.ts'
import { breakLab, healLab, type Lab } from '../../lab/index.ts'
import { until } from '../../lab/waiting.ts'
import { carriedBy } from '../../wire/carried.ts'
import { sharedLab } from './shared.ts'
import { skipBecause, skipWithout } from './skip.ts'

const context: StepContext = {
  incident: 'shodo-42',
  stepRun: 'shodo-42/look',
  cluster: 'lab',
  namespace: 'shodo',
  nowMs: Date.now(),
  head: { seq: 7, hash: 'abc123' },
}

describe('programs in the containers of the lab', () => {
  let lab: Lab
  before(async function () {
    this.timeout(300_000)
    lab = await sharedLab()
    skipWithout(this, lab, 'exec')
    await healLab(lab)
  })

  /** Through our own hand, with the worker's rights. */
  async function run(where: { deployment?: string; pod?: string }, ...argv: string[]) {
    const kubernetes = kubernetesApi({ cluster: 'lab', kubeconfigPath: lab.workerKubeconfig })
    const program: Program = { argv, within: 20_000 }
    return execute(kubernetes, context, await findPlace(kubernetes, where, context), program)
  }

  const backend = { deployment: 'shodo-backend' }
  const aiServer = { deployment: 'shodo-ai-server' }
  const primary = { pod: 'postgres-primary-0' }
  const redis = { pod: 'redis-master-0' }

  it('run as the seed writes them: models, GPU, connections', async () => {
    const models = await run(aiServer, 'ls', '-la', '/models/')
    assert.match(models.stdout, /262144 .* gyosho-2\.safetensors/)
    const gpu = await run(aiServer, 'nvidia-smi')
    assert.match(gpu.stdout, /NVIDIA-SMI/)
    if (find('nvidia-smi') === undefined) assert.match(gpu.stdout, /^# stand-in: this machine has no GPU/)
    const sh = await run(backend, 'sh', '-c', 'cat /proc/net/tcp | grep -c " 01 "; exit 7')
    assert.equal(sh.exit, 7)
    assert.match(sh.stdout, /^\d+\n$/)
  })

  it('run the seed’s two lines of Python with the backend’s own sources', async function () {
    if (find('python3') === undefined) skipBecause(this, 'there is no python3 on this machine')
    const health =
      'from src.services.database import check_database_health; import asyncio; print(asyncio.run(check_database_health()))'
    const { stdout } = await run(backend, 'python', '-c', health)
    assert.match(stdout, lab.without.postgres === undefined ? /'healthy'/ : /'unknown'/)
    const audit = 'from src.services.audit.audit_logger import get_audit_logger; ...'
    assert.equal((await run(backend, 'python', '-c', audit)).exit, 0)
  })

  it('reach the lab’s own PostgreSQL, whatever server the machine has', async function () {
    skipWithout(this, lab, 'postgres')
    assert.match((await run(primary, 'pg_isready', '-U', 'shodo')).stdout, /accepting connections/)
    const sql = 'select system_identifier from pg_control_system()'
    const [known] = await lab.databases.primary(sql)
    const seen = await run(primary, 'psql', '-U', 'shodo', '-d', 'shodo', '-Atc', sql)
    assert.equal(seen.stdout.trim(), String(known?.system_identifier))
    const replica = await run(
      { pod: 'postgres-replica-0' },
      'psql',
      '-U',
      'shodo',
      '-Atc',
      'select pg_is_in_recovery()',
    )
    assert.equal(replica.stdout.trim(), 't')
    const elsewhere = await run(
      primary,
      'psql',
      '-h',
      '127.0.0.1',
      '-p',
      '5432',
      '-U',
      'postgres',
      '-c',
      'select 1',
    )
    assert.equal(elsewhere.exit, 2)
    assert.match(elsewhere.stderr, /its own server only/)
    // As the seed writes it, it lacks where to begin; what counts is that it ran on the lab's own folder.
    const dump = await run(primary, 'pg_waldump', '-p', '/var/lib/postgresql/data/pg_wal', '-t', '1')
    assert.match(dump.stderr, /no start WAL location given/)
  })

  it('reach the lab’s own Redis, and never the machine’s on 6379, though the words are the seed’s', async function () {
    skipWithout(this, lab, 'redis')
    const runId = /run_id:(\w+)/
    const [, own] = runId.exec(await lab.databases.redis((client) => client.info('server'))) ?? []
    const seen = await run(redis, 'redis-cli', 'INFO')
    assert.equal(runId.exec(seen.stdout)?.[1], own)
    await lab.databases.redis((client) => client.set('canary', 'sings'))
    const machines = await infoOf(6_379)
    if (machines !== undefined) assert.notEqual(runId.exec(machines)?.[1], own)
    assert.equal((await run(redis, 'redis-cli', 'FLUSHDB')).stdout.trim(), 'OK')
    assert.equal(await lab.databases.redis((client) => client.get('canary')), null)
    if (machines !== undefined)
      assert.equal(keysIn(await infoOf(6_379)), keysIn(machines), 'no key of the machine is gone')
    const elsewhere = await run(redis, 'redis-cli', '-p', '6379', 'INFO')
    assert.equal(elsewhere.exit, 2)
  })

  it('say no when another server answers at the port of the lab’s own', async function () {
    skipWithout(this, lab, 'redis')
    const pretending = 'cat "$REDIS_CONF" > /tmp/other.conf; REDIS_CONF=/tmp/other.conf redis-cli PING'
    const asked = await run(redis, 'sh', '-c', pretending)
    assert.equal(asked.exit, 2)
    assert.match(asked.stderr, /another server than this lab's own answers/)
    assert.doesNotMatch(asked.stdout, /PONG/)
  })

  it('are not there where a container does not have them, nor by the machine’s own paths', async () => {
    for (const [where, program] of [
      [backend, 'redis-cli'],
      [backend, 'nvidia-smi'],
      [aiServer, 'psql'],
      [redis, '/usr/bin/redis-cli'],
      [primary, '/usr/lib/postgresql/15/bin/psql'],
      [backend, '/usr/bin/node'],
    ] as const) {
      if (where === redis && lab.without.redis) continue
      if (where === primary && lab.without.postgres) continue
      await assert.rejects(run(where, program), (error) => {
        assert.equal(carriedBy(error)?.name, 'program-not-found', program)
        return true
      })
    }
  })

  it('see neither the lab’s credentials nor may change the machine', async function () {
    if (isolation() !== 'root') skipBecause(this, 'only root can become somebody else')
    const secret = await run(backend, 'cat', join(lab.dir, 'admin.token'))
    assert.notEqual(secret.exit, 0)
    assert.match(secret.stderr, /Permission denied/)
    assert.notEqual((await run(backend, 'sh', '-c', 'echo x > /usr/lib/hikeshi-was-here')).exit, 0)
    assert.equal(existsSync('/usr/lib/hikeshi-was-here'), false)
  })

  it('are the same for kubectl', async function () {
    if (find('kubectl') === undefined) skipBecause(this, 'there is no kubectl on this machine')
    const kubectl = (...words: string[]) =>
      execFileSync('kubectl', ['--kubeconfig', lab.kubeconfig, 'exec', ...words], { encoding: 'utf8' })
    assert.match(kubectl('deployment/shodo-ai-server', '--', 'ls', '-la', '/models/'), /kaisho-7/)
    if (lab.without.redis === undefined)
      assert.match(kubectl('redis-master-0', '--', 'redis-cli', 'INFO', 'memory'), /used_memory:/)
  })

  it('miss a model when it is gone, and have it again in a new pod', async () => {
    await breakLab(lab, 'model-missing')
    try {
      const gone = await run(aiServer, 'ls', '-la', '/models/')
      assert.doesNotMatch(gone.stdout, /gyosho-2/)
      await lab.cluster().delete('/api/v1/namespaces/shodo/pods?labelSelector=app%3Dshodo-ai-server')
      await until(async () => /gyosho-2/.test((await run(aiServer, 'ls', '/models/')).stdout), {
        what: 'the model to be there again',
        withinMs: 20_000,
      })
    } finally {
      await healLab(lab)
    }
  })

  it('end with the lab, also those whose caller has gone', async () => {
    const kubernetes = kubernetesApi({ cluster: 'lab', kubeconfigPath: lab.workerKubeconfig })
    const place = await findPlace(kubernetes, backend, context)
    await assert.rejects(
      execute(kubernetes, context, place, { argv: ['sleep', '271'], within: 500 }),
      (error) => {
        assert.equal(carriedBy(error)?.name, 'no-answer')
        return true
      },
    )
    assert.equal((await placeIn(kubernetes, context, place.pod)).uid, place.uid)
    assert.notDeepEqual(programsOf(lab.dir), [], 'kwok lets it go on, which is why the lab has to end it')
    endPrograms(lab.dir)
    await until(async () => programsOf(lab.dir).length === 0, { what: 'the program to end', withinMs: 5_000 })
  })
})

/** What a Redis without a password says of itself; undefined when there is none at this port. It is only looked at. */
function infoOf(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    let said = ''
    const socket = connect(port, '127.0.0.1', () => socket.write('INFO\r\nQUIT\r\n'))
    socket.setTimeout(2_000, () => socket.destroy())
    socket.on('data', (chunk) => {
      said += chunk
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(said.includes('run_id:') ? said : undefined))
  })
}

function keysIn(info: string | undefined): string {
  return (
    /# Keyspace\r?\n([^$]*?)(?:\r?\n\r?\n|\+OK|$)/.exec(info ?? '')?.[1]?.replace(/,expires=.*/g, '') ?? ''
  )
}
