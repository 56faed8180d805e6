/** GoAlert with a database of its own, one user and one policy a service, and a receiver for its webhooks. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { until } from '../../lab/waiting.ts'
import { freePort } from '../../test/activities/free-port.ts'
import type { Message } from './send.ts'

const run = promisify(execFile)
const database = `hikeshi_bench_goalert_${process.pid}`

export type GoAlert = {
  /** When each page came for a service, epoch ms. */
  readonly paged: (service: number) => readonly number[]
  readonly alert: (service: number, dedup: string) => Message
  readonly close: () => Promise<void>
}

/** Why it cannot be had here; undefined when it can. `postgres` is an administrator's address without a database. */
export async function missingGoAlert(postgres: string): Promise<string | undefined> {
  if (!URL.canParse(postgres)) return 'HIKESHI_BENCH_POSTGRES is no address'
  try {
    await run('goalert', ['version'])
  } catch {
    return 'no goalert on the PATH'
  }
  const admin = new Client({ connectionString: `${postgres}/postgres` })
  try {
    await admin.connect()
    return undefined
  } catch (error) {
    return `no PostgreSQL at ${new URL(postgres).host}: ${error instanceof Error ? error.message : error}`
  } finally {
    await admin.end().catch(() => undefined)
  }
}

export async function openGoAlert(postgres: string, services: number): Promise<GoAlert> {
  const pages = new Map<number, number[]>()
  const pager = createServer((request, response) => {
    const service = Number(request.url?.slice(1))
    pages.set(service, [...(pages.get(service) ?? []), Date.now()])
    request.resume().once('end', () => response.end())
  })
  await new Promise<void>((resolve) => pager.listen(0, '127.0.0.1', resolve))
  const pagerUrl = `http://127.0.0.1:${(pager.address() as AddressInfo).port}`
  await asAdmin(postgres, 'postgres', `CREATE DATABASE ${database}`)
  const { dbUrl, env } = goAlertDatabase(postgres)
  const url = `http://127.0.0.1:${await freePort()}`
  await run('goalert', ['migrate', '--db-url', dbUrl], { env })
  const config = { Webhook: { Enable: true, AllowedURLs: [pagerUrl] } }
  const set = ['set-config', '--allow-empty-data-encryption-key', '--db-url', dbUrl]
  const setting = run('goalert', set, { env })
  setting.child.stdin?.end(JSON.stringify(config))
  await setting
  const keys = await asAdmin(postgres, database, seed(services, pagerUrl))
  const args = ['--listen', new URL(url).host, '--db-url', dbUrl, '--public-url', url, '--log-errors-only']
  const child = spawn('goalert', args, { stdio: 'ignore', env })
  const gone = once(child, 'exit')
  await until(async () => (await fetch(`${url}/health`)).ok, {
    what: 'GoAlert to be ready',
    withinMs: 60_000,
  })
  return {
    paged: (service) => pages.get(service) ?? [],
    alert: (service, dedup) => ({
      url: `${url}/api/v2/generic/incoming?token=${keys[service - 1]?.key}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ summary: '5xx が多い', dedup }),
    }),
    close: async () => {
      child.kill('SIGTERM')
      await gone
      pager.closeAllConnections()
      await new Promise((resolve) => pager.close(resolve))
      await asAdmin(postgres, 'postgres', `DROP DATABASE ${database} WITH (FORCE)`)
    },
  }
}

/** Everybody on the machine can read a command line, and an error names it whole: the password goes by the environment. */
function goAlertDatabase(postgres: string): { readonly dbUrl: string; readonly env: NodeJS.ProcessEnv } {
  const address = new URL(`${postgres}/${database}?sslmode=disable`)
  const password = decodeURIComponent(address.password)
  address.password = ''
  return { dbUrl: address.href, env: { ...process.env, ...(password && { PGPASSWORD: password }) } }
}

/** One statement at a time, because its triggers count the steps a policy already has. */
function seed(services: number, pagerUrl: string): string {
  const webhook = `'${pagerUrl}/' || n`
  return `
CREATE TEMP TABLE s AS SELECT n, gen_random_uuid() AS person, gen_random_uuid() AS method, gen_random_uuid() AS policy,
  gen_random_uuid() AS step, gen_random_uuid() AS service, gen_random_uuid() AS key FROM generate_series(1, ${services}) AS n;
-- Else it refuses more than 200 open alerts a service.
UPDATE config_limits SET max = -1 WHERE id = 'unacked_alerts_per_service';
INSERT INTO users (id, name, email, role) SELECT person, 'user ' || n, '', 'user' FROM s;
INSERT INTO user_contact_methods (id, name, user_id, pending, dest, type, value)
  SELECT method, 'webhook', person, false, jsonb_build_object('Type', 'builtin-webhook', 'Args',
    jsonb_build_object('webhook_url', ${webhook})), 'WEBHOOK', ${webhook} FROM s;
INSERT INTO user_notification_rules (user_id, contact_method_id, delay_minutes) SELECT person, method, 0 FROM s;
INSERT INTO escalation_policies (id, name) SELECT policy, 'policy ' || n FROM s;
INSERT INTO escalation_policy_steps (id, escalation_policy_id, delay) SELECT step, policy, 60 FROM s;
INSERT INTO escalation_policy_actions (escalation_policy_step_id, user_id) SELECT step, person FROM s;
INSERT INTO services (id, name, escalation_policy_id) SELECT service, 'service ' || n, policy FROM s;
INSERT INTO integration_keys (id, name, type, service_id) SELECT key, 'key', 'generic', service FROM s;
SELECT key FROM s ORDER BY n`
}

/** The rows of the last statement. */
async function asAdmin(
  postgres: string,
  db: string,
  sql: string,
): Promise<readonly { readonly key?: string }[]> {
  const client = new Client({ connectionString: `${postgres}/${db}` })
  await client.connect()
  try {
    const results = [await client.query(sql)].flat()
    return results.at(-1)?.rows ?? []
  } finally {
    await client.end()
  }
}
