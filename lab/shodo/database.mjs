import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

const everyMs = 1_000
const soonMs = 200
const enoughRefusals = 8
const tooManyConnections = '53300'
const notYet = 'not connected yet'
const atOnce = 10

/**
 * The backend's use of its database. Each second it reconnects and counts a visit; `trouble()` says why that failed, undefined
 * when it worked or when this lab has no PostgreSQL. `keepUp(faults)` opens the sessions that a fault wants forgotten, once, and
 * closes them when it is over.
 */
export function openDatabase(dir) {
  const { postgres, ports } = JSON.parse(readFileSync(join(dir, 'node-agent.json'), 'utf8'))
  if (postgres === undefined) return { trouble: () => undefined, keepUp: () => {} }
  let trouble = notYet
  const forgotten = new Map()
  visit()
  return { trouble: () => trouble, keepUp }

  function client() {
    const made = new pg.Client({
      host: '127.0.0.1',
      port: ports.postgresPrimary,
      user: 'shodo',
      database: 'shodo',
      password: readFileSync(join(dir, 'secrets', 'shodo'), 'utf8'),
      ssl: false,
      connectionTimeoutMillis: 2_000,
      statement_timeout: 2_000,
      query_timeout: 3_000,
      application_name: 'shodo-backend',
    })
    made.on('error', () => {}) // somebody ended it, or the server is gone: the next visit tells
    return made
  }

  async function visit() {
    const session = client()
    try {
      await session.connect()
      await session.query(
        "insert into visits values ('/works', 1) on conflict (page) do update set count = visits.count + 1",
      )
      trouble = undefined
    } catch (error) {
      trouble = error.message
    } finally {
      session.end().catch(() => {})
      setTimeout(visit, trouble === undefined ? everyMs : soonMs)
    }
  }

  function keepUp(faults) {
    for (const [id, { name, clients }] of forgotten) {
      if (faults[name]?.id === id) continue
      forgotten.delete(id)
      for (const session of clients) close(session)
    }
    for (const [name, { sessions, id }] of Object.entries(faults)) {
      if (sessions !== undefined && !forgotten.has(id)) void forget(name, id, sessions)
    }
  }

  function close(session) {
    session.end().catch(() => {})
  }

  /** Opens so many sessions, or until the server has no more, and never uses them again; ends with the fault, whatever is under way. */
  async function forget(name, id, sessions) {
    const clients = []
    forgotten.set(id, { name, clients })
    let refusals = 0
    while (clients.length < sessions && refusals < enoughRefusals && forgotten.has(id)) {
      const batch = Array.from({ length: Math.min(atOnce, sessions - clients.length) }, client)
      const results = await Promise.allSettled(batch.map((session) => session.connect()))
      const opened = batch.filter((_, i) => results[i].status === 'fulfilled')
      clients.push(...opened)
      if (!forgotten.has(id)) return opened.forEach(close)
      // A slot that a short session of somebody else held in this moment is taken by the next attempts.
      const isFull = results.every(({ reason }) => reason?.code === tooManyConnections)
      refusals = isFull ? refusals + 1 : 0
      if (isFull) await sleep(soonMs)
    }
  }
}
