/** Calls of changing activities as an incident makes them, for every kind of the catalogue, with approvals signed as the API does. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { Policy } from '../../activities/policy.ts'
import { attester } from '../../client/doors/http/attest.ts'
import { policyFile } from '../../domain/approval/policy.ts'
import { proposalHash } from '../../domain/approval/proposal.ts'
import {
  type Catalogue,
  catalogue,
  type HandName,
  isChange,
  type KindName,
  kindOf,
} from '../../domain/steps/catalogue.ts'
import type { Approval, Plan, RunCall, StepContext, StepParams, Terms } from '../../domain/steps/contract.ts'
import type { Attested } from '../../wire/attestation.ts'

/** Noon of an ordinary day in Tokyo. */
export const noon = Date.UTC(2026, 10, 24, 3)
export const inHalfAnHour = new Date(noon + 1_800_000).toISOString()

export const api = generateKeyPairSync('ed25519')
export const attest = attester(api.privateKey)

type Told = Partial<Omit<Policy, 'keys'>> & { readonly keys?: readonly KeyObject[] }

/** `keys: []`: it was told no keys. */
export function policyOf({ keys = [api.publicKey], ...change }: Told = {}): Policy {
  const told = keys.length === 0 ? {} : { keys: async () => keys }
  return { ...policyFile.parse({}), cluster: 'production', lab: false, ...told, ...change }
}

export const changingKinds = (Object.keys(catalogue) as KindName[]).filter((name) => {
  const kind = kindOf(name)
  return kind !== undefined && isChange(kind)
})

type ChangeName = { [K in HandName]: Catalogue[K] extends { readonly risk: 'read' } ? never : K }[HandName]

/** What a runbook might say; a kind that is missing here has no other place to be forgotten in. */
const params: { readonly [K in ChangeName]: StepParams } = {
  'kubernetes.scale': { deployment: 'shodo-backend', replicas: 8 },
  'kubernetes.rollout-undo': { deployment: 'shodo-backend' },
  'kubernetes.rollout-restart': { deployment: 'shodo-backend' },
  'kubernetes.set-resources': { deployment: 'shodo-backend', limits: { memory: '1Gi' } },
  'kubernetes.delete-pods': { selector: 'app=shodo-backend', notReady: false, oneByOne: false },
  'kubernetes.exec': { pod: 'shodo-backend-0', argv: ['rm', '-r', '/tmp/cache'], within: 10_000 },
  'postgres.terminate-idle': { connection: 'postgres-primary', olderThan: 600_000 },
  'postgres.rebuild-replica': {
    pod: 'postgres-replica-0',
    primary: 'postgres-primary',
    replica: 'postgres-replica',
  },
  'postgres.restore': { target: '2026-11-24T02:55:00.000Z' },
  'postgres.bisect': { checks: [{ name: 'orders', rows: 'public.orders', atLeast: 1 }] },
  'postgres.discard-copy': {},
  'postgres.cut-over': {},
  'postgres.cut-back': { copy: 'shodo-42.restore' },
  'postgres.salvage': { table: 'public.orders' },
  'postgres.unsalvage': { run: 'shodo-42.salvage' },
  'postgres.backup': {},
  'redis.set-memory': { connection: 'redis-master', maxmemory: 1_000_000 },
  'redis.flushdb': { connection: 'redis-master' },
  'http.load': { url: 'http://127.0.0.1/health', requests: 10, concurrency: 1 },
}

/** What a kind reads of its own change, for its risk or for its way back. */
const changes: { readonly [K in KindName]?: Plan['change'] } = {
  'redis.set-memory': { maxmemory: 1, policy: 'noeviction', evicts: true },
  'postgres.cut-over': { copy: 'shodo-42.restore' },
  'postgres.salvage': { run: 'shodo-42.salvage' },
}

/** As its hand would plan it: two of three Ready pods go where pods go at all, and keys are evicted. */
export function planOf(kind: KindName, pods: Plan['pods'] = { ready: 2, notReady: 0, ofReady: 3 }): Plan {
  return {
    target: `target/of/${kind}`,
    says: { ja: '変更', en: 'Change it' },
    nothingToDo: false,
    change: changes[kind] ?? { of: kind },
    // What each kind needs to name its way back.
    before: {
      replicas: 3,
      template: 'abc123',
      maxmemory: 1,
      policy: 'noeviction',
      copy: 'shodo-1.restore',
      run: 'shodo-1.salvage',
    },
    pods: kind.startsWith('kubernetes.') && kind !== 'kubernetes.exec' ? pods : nothing,
  }
}
const nothing = { ready: 0, notReady: 0, ofReady: 0 }

const hashOfBook = 'b'.repeat(64)

export function termsOf(change: Partial<Terms> = {}): Terms {
  return {
    title: { ja: '手順', en: 'A step' },
    risk: 'destructive',
    approvals: 2,
    requestedBy: { kind: 'person', id: 'aoki', verified: true },
    runbookSha256: hashOfBook,
    expiresAt: inHalfAnHour,
    ...change,
  }
}

export const context: StepContext = {
  incident: 'shodo-42',
  stepRun: 'shodo-42/repair',
  cluster: 'production',
  namespace: 'shodo',
  nowMs: noon,
  head: { seq: 7, hash: 'a'.repeat(64) },
}

export type Made = {
  readonly context?: Partial<StepContext>
  readonly plan?: Plan
  readonly params?: StepParams
  readonly terms?: Partial<Terms>
  /** Who approved, as the API signed it. */
  readonly by?: readonly string[]
}

export function callOf(kind: KindName, made: Made = {}): RunCall {
  const plan = made.plan ?? planOf(kind)
  const terms = termsOf(made.terms)
  const whole = { ...context, ...made.context }
  const given = made.params ?? (params as { readonly [kind: string]: StepParams })[kind]
  if (given === undefined) throw new Error(`no parameters are known for ${kind}`)
  const { incident, stepRun, cluster, namespace } = whole
  const run = stepRun.slice(incident.length + 1)
  const hash = proposalHash({ incident, run, cluster, namespace, kind, params: given, plan, terms })
  const unsigned = { context: whole, params: given, plan, terms, hash, approvals: [] }
  return { ...unsigned, approvals: (made.by ?? []).map((person) => approvedBy(person, unsigned)) }
}

/** The approval that the API lets through for exactly this call; `signed` makes it one for something else. */
export function approvedBy(person: string, call: RunCall, signed: Partial<Attested> = {}): Approval {
  const { incident, cluster, stepRun } = call.context
  const attestation = attest({
    cluster,
    incident,
    run: stepRun.slice(incident.length + 1),
    hash: call.hash,
    person,
    expiresAt: call.terms.expiresAt,
    ...signed,
  })
  return { person, verified: true, at: new Date(noon).toISOString(), hash: call.hash, attestation }
}
