import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { withPulse } from '../../../activities/pulse.ts'
import { said } from '../../../domain/words.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { freePort } from '../free-port.ts'
import {
  connection,
  contextOf,
  describeRedis,
  handsAt,
  password,
  type RedisServer,
  startRedis,
} from './server.ts'

const readAt = (port: number, reached: Parameters<typeof handsAt>[1] = {}) =>
  handsAt(port, reached)['redis.memory']({ connection }, contextOf())

/** Fails with this failure, whose sentences hold no password. */
async function failing(work: Promise<unknown>, name: string, reason: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    const found = carriedBy(error)
    assert.equal(found?.name, name, String(error))
    assert.match(said(found?.params.reason ?? found?.params.problem).en, reason)
    const all = JSON.stringify([found, (error as Error).message, (error as Error).stack])
    for (const secret of [password, 'a-wrong-password']) assert.doesNotMatch(all, new RegExp(secret))
    return true
  })
}

describe('a Redis that does not answer', () => {
  it('is unreachable at once where nobody listens, and nothing is left behind', async () => {
    // A socket or timer that stays would keep a process from ending.
    const held = () =>
      process.getActiveResourcesInfo().filter((kind) => /TCPSocket|TCPConnect|Timeout/.test(kind))
    const port = await freePort()
    const before = held()
    await failing(readAt(port), 'database-unreachable', /ECONNREFUSED/)
    assert.deepEqual(held(), before)
  })

  it('is unreachable within seconds where it hangs, and is not asked again', async () => {
    let asked = 0
    const hanging = createServer((socket) => {
      asked++
      socket.on('error', () => {})
    }).listen(0, '127.0.0.1')
    await once(hanging, 'listening')
    try {
      const started = performance.now()
      await failing(readAt(portOf(hanging)), 'database-unreachable', /no answer in 5 s/)
      const ms = performance.now() - started
      assert.ok(ms > 4_000, `${ms} ms`)
      assert.equal(asked, 1)
    } finally {
      hanging.close()
    }
  })

  it('is let go at once when the work must stop', async () => {
    const hanging = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
    await once(hanging, 'listening')
    const stop = new AbortController()
    hanging.once('connection', () => stop.abort(new Error('stopped by a person')))
    try {
      await assert.rejects(
        withPulse({ signal: stop.signal, beat: () => {} }, () => readAt(portOf(hanging))),
        /stopped by a person/,
      )
    } finally {
      hanging.close()
    }
  })

  it('is unreachable, and no crash, where something else answers', async () => {
    const other = createServer((socket) => {
      socket.on('error', () => {})
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    }).listen(0, '127.0.0.1')
    await once(other, 'listening')
    try {
      await failing(readAt(portOf(other)), 'database-unreachable', /./)
    } finally {
      other.close()
    }
  })
})

describeRedis('a Redis that says no', () => {
  let server: RedisServer
  before(async () => {
    server = await startRedis()
  })
  after(() => server?.stop())

  it('is quoted with its own code, and never with the password', async () => {
    const wrong = readAt(server.port, { secret: 'a-wrong-password' })
    await failing(wrong, 'database-refused', /^WRONGPASS/)
    await failing(readAt(server.port, { secret: undefined }), 'database-refused', /^NOAUTH/)
    await failing(readAt(server.port, { user: 'nobody' }), 'database-refused', /^WRONGPASS/)
  })

  it('says what its user may not do', async () => {
    await server.redis.call('ACL', 'SETUSER', 'viewer', 'on', `>${password}`, '+info')
    const hands = handsAt(server.port, { user: 'viewer' })
    await hands['redis.memory']({ connection }, contextOf())
    const bounds = { connection, keys: 10, within: 1_000, top: 1 }
    await failing(hands['redis.biggest-keys'](bounds, contextOf()), 'database-refused', /^NOPERM/)
  })

  it('carries out each step for a user with the documented rights and no more', async () => {
    await server.redis.set('cache', '1')
    const handsWith = async (rights: string) => {
      await server.redis.call(
        'ACL',
        'SETUSER',
        'hikeshi',
        'reset',
        'on',
        `>${password}`,
        ...rights.split(' '),
      )
      return handsAt(server.port, { user: 'hikeshi' })
    }
    const reading = await handsWith(
      '~* +dbsize +scan +memory|usage +type +strlen +llen +scard +hlen +zcard +xlen',
    )
    await reading['redis.biggest-keys']({ connection, keys: 10, within: 1_000, top: 1 }, contextOf())

    const setting = (await handsWith('~hikeshi:* +info +config|set +set +del'))['redis.set-memory']
    const memory = { connection, maxmemory: 100_000_000 }
    const plan = await setting.plan(memory, contextOf())
    const done = await setting.run(memory, plan, contextOf())
    assert.equal((await setting.verify(memory, plan, done, contextOf())).ok, true)

    const least = '~hikeshi:* +info +dbsize +flushdb +watch +multi +exec +get +set +exists'
    for (const rights of [least, `${least} +config|get +command|info`]) {
      const flushing = (await handsWith(rights))['redis.flushdb']
      const flush = await flushing.plan({ connection }, contextOf())
      assert.match(flush.says.en, rights === least ? /snapshots unknown/ : /snapshots off/)
      const flushed = await flushing.run({ connection }, flush, contextOf())
      assert.equal((await flushing.verify({ connection }, flush, flushed, contextOf())).ok, true)
    }
  })

  it('keeps a password to itself that it does not know the command for, also a long one of which it repeats the beginning', async () => {
    const long = 'hunter2-'.repeat(40)
    const proxy = createServer((socket) => {
      socket.on('error', () => {})
      const shown = long.slice(0, 128)
      socket.once('data', () =>
        socket.write(`-ERR unknown command 'AUTH', with args beginning with: '${shown}' \r\n`),
      )
    }).listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    try {
      const reading = readAt(portOf(proxy), { secret: long })
      await assert.rejects(reading, (error) => {
        assert.match(said(carriedBy(error)?.params.reason).en, /^ERR unknown command 'AUTH'$/)
        assert.doesNotMatch(JSON.stringify([carriedBy(error), String(error)]), /hunter2/)
        return true
      })
    } finally {
      proxy.close()
    }
  })

  it('is starting, and not down, while it reads its data; and is asked again', async () => {
    let asked = 0
    const loading = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', () => {
        asked += 1
        socket.write(asked < 3 ? '-LOADING Redis is loading the dataset in memory\r\n' : '+PONG\r\n')
      })
    }).listen(0, '127.0.0.1')
    await once(loading, 'listening')
    try {
      const ready = handsAt(portOf(loading), { secret: undefined })['redis.ready']
      const there = await ready({ connection }, contextOf())
      assert.deepEqual([there.findings, asked], [[], 3])
      asked = Number.NEGATIVE_INFINITY
      const { findings } = await ready({ connection }, contextOf())
      assert.deepEqual(
        findings.map(({ code }) => code),
        ['redis-starting'],
      )
      await failing(readAt(portOf(loading), { secret: undefined }), 'database-starting', /^LOADING/)
    } finally {
      loading.close()
    }
  })

  it('is unreachable for now while it has no slot free', async () => {
    await server.redis.config('SET', 'maxclients', 1)
    try {
      const full = readAt(server.port)
      await failing(full, 'database-unreachable', /^ERR max number of clients reached/)
    } finally {
      await server.redis.config('SET', 'maxclients', 1_000)
    }
  })

  it('is unreachable once it is stopped in mid-work', async () => {
    const own = await startRedis()
    const stopped = once(own.child, 'exit')
    await readAt(own.port)
    own.child.kill('SIGKILL')
    await stopped
    await failing(readAt(own.port), 'database-unreachable', /ECONNREFUSED/)
    await own.stop()
  })
})

describeRedis('a Redis that is reached with TLS', () => {
  it('is trusted by the named authority and by none else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hikeshi-tls-'))
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const subject = ['-subj', '/CN=redis', '-addext', 'subjectAltName=IP:127.0.0.1']
    const args = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-x509', '-days', '2']
    await promisify(execFile)('openssl', ['req', ...args, ...subject, '-keyout', key, '-out', cert])
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert]
    const server = await startRedis({ tls: true, args: [...files, '--tls-auth-clients', 'no'] })
    try {
      const { facts } = await readAt(server.port, { caFile: cert })
      assert.equal((facts as { role: unknown }).role, 'master')
      await failing(readAt(server.port, { tls: 'verify' }), 'database-unreachable', /SELF_SIGNED/)
      await failing(readAt(server.port), 'database-unreachable', /./)
      await failing(readAt(server.port, { caFile: `${cert}.missing` }), 'bad-input', /ENOENT/)
    } finally {
      await server.stop()
      await rm(folder, { recursive: true })
    }
  })
}, ['redis-server', 'openssl'])

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
