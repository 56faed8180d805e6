/** Hands that reach a test's server, as the role that the docs ask for or as another. */
import assert from 'node:assert/strict'
import { connectionsOf, type PostgresSettings } from '../../../activities/connections-file.ts'
import { postgresHands } from '../../../activities/postgres/index.ts'
import type { FailureName } from '../../../domain/failures.ts'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { type Json, said } from '../../../domain/words.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { password } from './cluster.ts'

export const reserved: Partial<PostgresSettings> = {
  reserved: { user: 'hikeshi_reserved', secretEnv: 'PG_PASSWORD' },
}

export function connectionsTo(port: number, other: Partial<PostgresSettings> = {}, secret = password) {
  const settings: PostgresSettings = {
    kind: 'postgres',
    host: '127.0.0.1',
    port,
    tls: 'off',
    database: 'shodo',
    user: 'hikeshi',
    secretEnv: 'PG_PASSWORD',
    ...other,
  }
  return connectionsOf(
    { 'postgres-primary': settings, 'postgres-replica': settings },
    { PG_PASSWORD: secret },
  )
}

export function handsTo(port: number, other: Partial<PostgresSettings> = {}, secret = password) {
  return postgresHands(connectionsTo(port, other, secret))
}

export function context(step = 'step'): StepContext {
  return {
    incident: 'shodo-42',
    stepRun: `shodo-42/${step}`,
    cluster: 'lab',
    namespace: 'shodo',
    nowMs: Date.now(),
    head: { seq: 7, hash: 'abc123' },
  }
}

/** The facts of a reading, by name. */
export function factsOf({ facts }: { readonly facts: Json }): Readonly<Record<string, Json>> {
  assert.ok(facts !== null && typeof facts === 'object' && !Array.isArray(facts))
  return facts as Readonly<Record<string, Json>>
}

export function codesOf({ findings }: { readonly findings: readonly { readonly code: string }[] }): string[] {
  return findings.map(({ code }) => code)
}

/** The work must end with this failure, whose sentence must not hold the password; gives its reason. */
export async function refused(work: Promise<unknown>, name: FailureName): Promise<string> {
  let reason = ''
  await assert.rejects(work, (error) => {
    const failure = carriedBy(error)
    assert.equal(failure?.name, name, String(error))
    assert.ok(!String(error).includes(password) && !JSON.stringify(failure).includes(password))
    reason = said(failure?.params.reason).en
    return true
  })
  return reason
}
