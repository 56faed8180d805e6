import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { z } from 'zod'
import type { PostgresSettings } from '../../../activities/connections-file.ts'
import { type Limits, postgresAt } from '../../../activities/postgres/client.ts'
import { withPulse } from '../../../activities/pulse.ts'
import { said } from '../../../domain/words.ts'
import { until } from '../../../lab/waiting.ts'
import { freePort } from '../free-port.ts'
import { openRelay } from '../relay.ts'
import { openCluster, type Server } from './cluster.ts'
import { describeWithPostgres } from './programs.ts'
import { codesOf, connectionsTo, context, factsOf, handsTo, refused } from './reach.ts'

const connection = 'postgres-primary'
const params = { connection, idleAfter: 600_000 }

describe('a PostgreSQL that cannot be reached', () => {
  it('is a failure at once where nobody listens, and an answer of its own for the connection test', async () => {
    const port = await freePort()
    const reason = await refused(
      handsTo(port)['postgres.connections'](params, context()),
      'database-unreachable',
    )
    assert.match(reason, /ECONNREFUSED/)
    const ready = await handsTo(port)['postgres.ready'](params, context())
    assert.deepEqual([factsOf(ready).answer, codesOf(ready)], ['no-response', ['database-down']])
    assert.match(said(ready.text).en, /^postgres-primary: no response/)
  })

  it('is a failure within the connect timeout where somebody listens and says nothing', async () => {
    const held = new Set<Socket>()
    const mute = createServer((socket) => held.add(socket.on('error', () => {})))
    const port = await freePort()
    await new Promise<void>((resolve) => mute.listen(port, '127.0.0.1', resolve))
    await refused(handsTo(port)['postgres.connections'](params, context()), 'database-unreachable')
    assert.equal(factsOf(await handsTo(port)['postgres.ready'](params, context())).answer, 'no-response')
    for (const socket of held) socket.destroy()
    await new Promise((resolve) => mute.close(resolve))
  })

  it('is no answer about the server where the worker has no such connection', async () => {
    const other = { ...params, connection: 'nowhere' }
    await refused(handsTo(1)['postgres.ready'](other, context()), 'unknown-connection')
  })
})

/** BackendKeyData: 'K', its length 12, process, key. */
function withOtherKey(chunk: Buffer): Buffer {
  const at = chunk.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]))
  if (at === -1) return chunk
  const other = Buffer.from(chunk)
  other.writeInt32BE(1_234_567, at + 5)
  return other
}

/** The request to cancel holds the key of the session: over TLS it is not to be read on the way, and is heard. */
async function cancelsInSecret(server: Server, tls: Partial<PostgresSettings>): Promise<void> {
  const said: Buffer[] = []
  const pipe = createServer((client) => {
    const to = connect(server.port, '127.0.0.1')
    const heard: Buffer[] = []
    client.on('data', (chunk) => heard.push(chunk))
    client.pipe(to).pipe(client)
    for (const socket of [client, to])
      socket
        .on('error', () => {})
        .once('close', () => {
          said.push(Buffer.concat(heard))
          client.destroy()
          to.destroy()
        })
  }).listen(0, '127.0.0.1')
  await once(pipe, 'listening')
  const { port } = pipe.address() as AddressInfo
  const stop = new AbortController()
  const work = withPulse({ signal: stop.signal, beat: () => {} }, () =>
    postgresAt(connectionsTo(port, tls)).change({
      connection,
      context: context('secret'),
      ask: ({ rows }) => rows(z.object({ slept: z.string() }), 'select pg_sleep(60)::text as slept'),
    }),
  )
  const ended = assert.rejects(work, /the activity was cancelled/)
  const asleep = async () =>
    (await server.sql("select pid from pg_stat_activity where application_name = 'hikeshi shodo-42/secret'"))
      .length
  const falls = (count: number) =>
    until(async () => (await asleep()) === count, { what: `${count} queries`, withinMs: 5_000, everyMs: 20 })
  await falls(1)
  stop.abort(new Error('the activity was cancelled'))
  await ended
  await falls(0)
  pipe.close()
  const cancelRequest = Buffer.from([0, 0, 0, 16, 4, 210, 22, 46])
  assert.ok(said.length >= 2)
  assert.ok(
    said.every((bytes) => !bytes.includes(cancelRequest)),
    'no request to cancel in clear',
  )
}

describeWithPostgres('a PostgreSQL that refuses or ends', (programs) => {
  let server: Server
  before(async function () {
    this.timeout(120_000)
    server = await openCluster(programs)
  })
  after(() => server?.close())

  const sleeping = (seconds: number, limits?: Limits) => {
    const reaching = postgresAt(connectionsTo(server.port), limits)
    return reaching.change({
      connection,
      context: context('sleep'),
      ask: ({ rows }) =>
        rows(z.object({ slept: z.string() }), 'select pg_sleep($1)::text as slept', [seconds]),
    })
  }
  const asleep = async () =>
    (await server.sql("select pid from pg_stat_activity where application_name = 'hikeshi shodo-42/sleep'"))
      .length
  const falls = (count: number) =>
    until(async () => (await asleep()) === count, {
      what: `${count} queries to run`,
      withinMs: 5_000,
      everyMs: 20,
    })

  it('accepts, as pg_isready has it, and names the step run to whoever looks at its sessions', async () => {
    const ready = await handsTo(server.port)['postgres.ready'](params, context())
    assert.deepEqual([factsOf(ready).answer, ready.findings], ['accepting', []])
    assert.equal(said(ready.text).en, 'postgres-primary: accepting connections')
  })

  it('never quotes the password that it did not accept', async () => {
    const wrong = handsTo(server.port, {}, 'hunter2-hunter2')
    const reason = await refused(wrong['postgres.connections'](params, context()), 'database-refused')
    assert.match(reason, /password authentication failed for user "hikeshi" \(28P01\)/)
    assert.doesNotMatch(reason, /hunter2/)
    const ready = await wrong['postgres.ready'](params, context())
    assert.equal(factsOf(ready).answer, 'accepting')
    const nobody: Partial<PostgresSettings> = { database: 'nowhere' }
    const missing = handsTo(server.port, nobody)['postgres.connections'](params, context())
    assert.match(await refused(missing, 'database-refused'), /3D000/)
    const silent = handsTo(server.port, { secretEnv: undefined })['postgres.connections'](params, context())
    assert.match(await refused(silent, 'database-refused'), /password/)
  })

  it('lets a reading change nothing', async () => {
    const write = postgresAt(connectionsTo(server.port)).read({
      connection,
      context: context(),
      ask: ({ rows }) => rows(z.unknown(), 'create table t (i int)'),
    })
    assert.match(await refused(write, 'database-refused'), /read-only transaction \(25006\)/)
  })

  it('is not changed, and nothing is set, through a connection pooler; the doctor says so', async () => {
    // As a pooler does, it gives its clients keys of its own.
    const pooler = await openRelay(server.port, { answered: withOtherKey })
    try {
      const hands = handsTo(pooler.port)
      const idle = { connection, olderThan: 0, inTransaction: false, limit: 500 }
      await refused(hands['postgres.terminate-idle'].plan(idle, context()), 'pooler-in-front')
      const direct = await handsTo(server.port)['postgres.terminate-idle'].plan(idle, context())
      await refused(hands['postgres.terminate-idle'].run(idle, direct, context()), 'pooler-in-front')
      await hands['postgres.connections'](params, context())
      const access = { connection, steps: ['postgres.terminate-idle'] }
      const { findings } = await hands['postgres.access'](access, context())
      assert.match(findings.map(({ says }) => says.en).join('\n'), /a connection pooler answers/)
    } finally {
      pooler.close()
    }
  })

  it('cancels on the server what a cancelled activity was asking', async () => {
    const stop = new AbortController()
    const work = withPulse({ signal: stop.signal, beat: () => {} }, () => sleeping(60))
    const ended = assert.rejects(work, /the activity was cancelled/)
    await falls(1)
    stop.abort(new Error('the activity was cancelled'))
    await ended
    await falls(0)
  })

  it('ends a statement that takes too long, on the server as well', async () => {
    await refused(sleeping(60, { connectMs: 2_000, readMs: 1_000, changeMs: 1_000 }), 'no-answer')
    await falls(0)
  })

  it('fails a query under which the server ends, fast or as in a crash, and does not hang', async () => {
    for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
      const work = refused(sleeping(60), 'database-unreachable')
      await falls(1)
      await server.stop(signal)
      assert.match(await work, /57P01|57P02|terminated|ECONNRESET/)
      await refused(handsTo(server.port)['postgres.connections'](params, context()), 'database-unreachable')
      await server.start()
    }
  })

  it('answers the connection test while it shuts down: rejecting', async () => {
    const last = await server.connect('shodo')
    server.signal('SIGTERM') // waits for the last client
    const ready = await until(
      async () => {
        const seen = await handsTo(server.port)['postgres.ready'](params, context())
        return factsOf(seen).answer !== 'accepting' && seen
      },
      { what: 'the server to shut down', withinMs: 10_000 },
    )
    assert.deepEqual([factsOf(ready).answer, codesOf(ready)], ['rejecting', ['database-down']])
    assert.match(JSON.stringify(factsOf(ready).reason), /57P03/)
    await refused(handsTo(server.port)['postgres.connections'](params, context()), 'database-unreachable')
    await last.end()
    await server.stop()
    await server.start()
  })

  it('is starting, and not down, while it recovers; it is asked again', async () => {
    await server.stop('SIGQUIT')
    const { up, goOn } = await server.startInRecovery()
    const ready = await until(
      async () => {
        const seen = await handsTo(server.port)['postgres.ready'](params, context())
        return factsOf(seen).answer === 'rejecting' && seen
      },
      { what: 'the server to answer that it starts', withinMs: 10_000 },
    )
    assert.deepEqual(codesOf(ready), ['database-starting'])
    assert.match(said(ready.text).en, /starting or recovering .*57P03/)
    await refused(handsTo(server.port)['postgres.connections'](params, context()), 'database-starting')
    setTimeout(goOn, 200)
    const again = await handsTo(server.port)['postgres.ready'](params, context())
    assert.deepEqual([factsOf(again).answer, codesOf(again)], ['accepting', []])
    await up
  })

  it('is spoken to over TLS only where its certificate is of the authority that is named', async () => {
    const verify: Partial<PostgresSettings> = { tls: 'verify', host: '127.0.0.1' }
    const plain = handsTo(server.port, verify)['postgres.connections'](params, context())
    assert.match(await refused(plain, 'database-refused'), /does not support SSL/)
    const [key, cert] = [join(server.folder, 'key.pem'), join(server.folder, 'cert.pem')]
    const subject = ['-subj', '/CN=database', '-addext', 'subjectAltName=IP:127.0.0.1']
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject],
      {
        stdio: 'ignore',
      },
    )
    chmodSync(key, 0o600)
    if (programs.owner) chownSync(key, programs.owner.uid, programs.owner.gid)
    for (const [name, value] of [
      ['ssl_key_file', key],
      ['ssl_cert_file', cert],
      ['ssl', 'on'],
    ])
      await server.sql(`alter system set ${name} = '${value}'`)
    await server.sql('select pg_reload_conf()')
    const known: Partial<PostgresSettings> = { ...verify, caFile: cert }
    await until(async () => handsTo(server.port, known)['postgres.connections'](params, context()), {
      what: 'TLS to be on',
      withinMs: 10_000,
    })
    const unknown = handsTo(server.port, verify)['postgres.connections'](params, context())
    assert.match(await refused(unknown, 'database-refused'), /self-signed certificate/)
    const named = handsTo(server.port, { ...known, host: 'localhost' })['postgres.connections'](
      params,
      context(),
    )
    assert.match(await refused(named, 'database-refused'), /does not match|altnames/)
    await cancelsInSecret(server, known)
    const absent = handsTo(server.port, { ...verify, caFile: '/nowhere/ca.pem' })
    await refused(absent['postgres.connections'](params, context()), 'bad-input')
  })
})
