import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:net'
import { healLab, type Lab } from '../../lab/index.ts'
import { portsFrom } from '../../lab/ports.ts'
import { readState } from '../../lab/state.ts'
import { until } from '../../lab/waiting.ts'
import { freePort } from '../activities/free-port.ts'
import { sharedLab } from './shared.ts'
import { skipWithout } from './skip.ts'

type Metrics = () => Promise<string>
type Programs = {
  openPostgresMetrics: (port: number, password: () => string) => Metrics
  redisProgram: (settings: object, secret: () => string) => { metrics: Metrics }
}

/** Prometheus gives up after that. */
const scrapeTimeoutMs = 1_000

describe('the exporters of the lab', () => {
  describe('about a server that is not well', () => {
    let silent: Server

    before((done) => {
      silent = createServer((socket) => void socket.on('error', () => {}))
      silent.listen(0, '127.0.0.1', done)
    })
    after(() => silent.close())

    it('one that accepts and says nothing is down, before Prometheus gives up', async () => {
      const address = silent.address()
      assert.ok(address !== null && typeof address === 'object')
      await assertDown(address.port)
    })

    it('one that is not there is down', async () => assertDown(await freePort()))

    async function assertDown(port: number): Promise<void> {
      const programs = await programsOfTheAgent()
      const secret = () => 'secret'
      const postgres = programs.openPostgresMetrics(port, secret)
      const redis = programs.redisProgram(
        { data: '/nowhere', ports: { redis: port }, redis: { as: [] } },
        secret,
      )
      for (const [metrics, line] of [
        [postgres, 'pg_up{} 0'],
        [postgres, 'pg_up{} 0'],
        [redis.metrics, 'redis_up{} 0'],
      ] as const) {
        const began = performance.now()
        const lines = (await metrics()).split('\n').filter((text) => text !== '' && !text.startsWith('#'))
        assert.deepEqual(lines, [line])
        assert.ok(performance.now() - began < scrapeTimeoutMs)
      }
    }

    /** They are plain JavaScript, which starts without a loader; here are their types. */
    async function programsOfTheAgent(): Promise<Programs> {
      const folder = '../../lab/node-agent'
      return { ...(await import(`${folder}/postgres-metrics.mjs`)), ...(await import(`${folder}/redis.mjs`)) }
    }
  })

  describe('about PostgreSQL', () => {
    const sessions = "select pid from pg_stat_activity where application_name = 'exporter'"
    let lab: Lab

    before(async function () {
      this.timeout(300_000)
      lab = await sharedLab()
      skipWithout(this, lab, 'postgres')
      await healLab(lab)
    })

    it('keep one session, however many ask, and another when that one is ended', async () => {
      const asked = await Promise.all(Array.from({ length: 20 }, ask))
      assert.ok(asked.every((text) => text.includes('pg_up{} 1')))
      const [first, ...others] = await lab.databases.primary(sessions)
      assert.deepEqual(others, [])
      await lab.databases.primary('select pg_terminate_backend($1)', [first?.pid])
      await until(async () => (await ask()).includes('pg_up{} 1'), { what: 'an answer', withinMs: 5_000 })
      const [next, ...more] = await lab.databases.primary(sessions)
      assert.deepEqual(more, [])
      assert.notEqual(next?.pid, first?.pid)
    })

    async function ask(): Promise<string> {
      const { exporters } = portsFrom(readState(lab.dir)?.base ?? 0)
      return (await fetch(`http://127.0.0.1:${exporters}/metrics/postgres-primary`)).text()
    }
  })
})
