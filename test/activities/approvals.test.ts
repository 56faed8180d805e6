import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { approvalChecker, readPublicKeys } from '../../activities/approvals.ts'
import { failureIn } from '../../activities/refusal.ts'
import { attester, openAttester, writeKeyPair } from '../../client/api/attest.ts'
import { stepHash } from '../../domain/approval/approve.ts'
import type { Approval, Plan, RunCall } from '../../domain/steps/contract.ts'

const kind = 'kubernetes.rollout-undo'
const params = { deployment: 'shodo-backend' }
const plan: Plan = {
  target: 'deployment/shodo/shodo-backend',
  says: { ja: '戻す', en: 'roll back' },
  nothingToDo: false,
  change: { replicaSet: 'uid-1', template: 'hash-1' },
  before: { template: 'hash-2', resourceVersion: '17' },
  pods: { ready: 1, notReady: 2, ofReady: 3 },
}
const hash = stepHash('shodo-42', { id: 'rollback', kind, params }, plan)

function call(approvals: readonly Approval[], changed: Partial<RunCall> = {}): RunCall {
  return {
    context: {
      incident: 'shodo-42',
      stepRun: 'shodo-42/rollback',
      cluster: 'lab',
      namespace: 'shodo',
      nowMs: 0,
      head: { seq: 1, hash: '0'.repeat(64) },
    },
    params,
    plan,
    hash,
    approvals,
    ...changed,
  }
}

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const attest = attester(privateKey)
const at = '2026-11-02T03:04:05.000Z'

function approvedBy(person: string, signed: Partial<Parameters<typeof attest>[0]> = {}): Approval {
  const attestation = attest({ incident: 'shodo-42', run: 'rollback', hash, person, ...signed })
  return { person, verified: true, at, hash, attestation }
}

function refusalOf(publicKeys: readonly KeyObject[], given: RunCall, ofKind = kind) {
  try {
    approvalChecker({ publicKeys })(ofKind, given)
    return undefined
  } catch (error) {
    return failureIn(error)
  }
}

describe('the look at the approvals right before a change', () => {
  it('lets a change pass whose approvals are signed for this incident, run, hash and person', () => {
    assert.equal(refusalOf([publicKey], call([approvedBy('tanaka'), approvedBy('suzuki')])), undefined)
  })

  it('refuses a verified approval without the signature of the API, and one signed for something else', () => {
    const { attestation: _, ...unsigned } = approvedBy('tanaka')
    const forged: readonly Approval[] = [
      unsigned,
      { ...unsigned, attestation: 'v1.' },
      { ...unsigned, attestation: `v1.${'A'.repeat(86)}` },
      approvedBy('tanaka', { incident: 'shodo-41' }),
      approvedBy('tanaka', { run: 'rollback.2' }),
      approvedBy('tanaka', { hash: 'b'.repeat(64) }),
      approvedBy('tanaka', { person: 'suzuki' }),
      { ...approvedBy('suzuki'), person: 'tanaka' },
    ]
    for (const approval of forged) {
      const refusal = refusalOf([publicKey], call([approvedBy('sato'), approval]))
      assert.equal(refusal?.name, 'attestation-invalid')
      assert.deepEqual(refusal?.params, { incident: 'shodo-42', step: 'rollback', person: 'tanaka' })
    }
  })

  it('takes the signature of any of several keys, so that keys can be rotated, and of no other', () => {
    const next = generateKeyPairSync('ed25519')
    assert.equal(refusalOf([next.publicKey, publicKey], call([approvedBy('tanaka')])), undefined)
    assert.equal(refusalOf([next.publicKey], call([approvedBy('tanaka')]))?.name, 'attestation-invalid')
  })

  it('asks no signature of an approval that does not claim to be verified', () => {
    assert.equal(refusalOf([publicKey], call([{ person: 'tanaka', verified: false, at, hash }])), undefined)
  })

  it('believes verified approvals where no key is configured', () => {
    assert.equal(refusalOf([], call([{ person: 'tanaka', verified: true, at, hash }])), undefined)
  })

  it('never lets a changed plan, kind, parameter or run pass, with or without approvals and keys', () => {
    const otherPlan = { ...plan, change: { replicaSet: 'uid-2', template: 'hash-1' } }
    const context = { ...call([]).context, stepRun: 'shodo-42/rollback.2' }
    const changed: readonly [RunCall, string][] = [
      [call([], { plan: otherPlan }), kind],
      [call([], { plan: { ...plan, target: 'deployment/shodo/shodo-frontend' } }), kind],
      [call([], { plan: { ...plan, before: {} } }), kind],
      [call([], { params: { deployment: 'shodo-frontend' } }), kind],
      [call([], { context }), kind],
      [call([]), 'kubernetes.delete-pods'],
      [call([], { hash: 'c'.repeat(64) }), kind],
      [call([{ ...approvedBy('tanaka'), hash: 'c'.repeat(64) }]), kind],
    ]
    for (const keys of [[], [publicKey]]) {
      for (const [given, ofKind] of changed) {
        assert.equal(refusalOf(keys, given, ofKind)?.name, 'precondition-failed')
      }
    }
  })

  it('does not mind the plan and parameters having travelled as JSON', () => {
    const travelled: RunCall = JSON.parse(JSON.stringify(call([approvedBy('tanaka')])))
    assert.equal(refusalOf([publicKey], travelled), undefined)
  })
})

describe('the key files', () => {
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hikeshi-keys-'))
  })
  afterEach(() => rm(dir, { recursive: true, force: true }))

  it('are a pair that works together, and are never overwritten', async () => {
    const files = await writeKeyPair(dir)
    const sign = await openAttester(files.privateKey)
    const keys = await readPublicKeys(files.publicKey)
    const person = 'tanaka'
    const attestation = sign({ incident: 'shodo-42', run: 'rollback', hash, person })
    const approval = { person, verified: true, at, hash, attestation }
    assert.equal(refusalOf(keys, call([approval])), undefined)
    await assert.rejects(writeKeyPair(dir), /EEXIST/)
  })

  it('may be a directory with the old and the new key', async () => {
    await writeKeyPair(dir)
    await writeFile(join(dir, 'old.pem'), publicKey.export({ type: 'spki', format: 'pem' }))
    await rm(join(dir, 'attestation.key'))
    const keys = await readPublicKeys(dir)
    assert.equal(keys.length, 2)
    assert.equal(refusalOf(keys, call([approvedBy('tanaka')])), undefined)
  })

  it('of a worker are refused when there is no public key, a private one, or one of another kind', async () => {
    await assert.rejects(readPublicKeys(dir), /expected a PEM public key/)
    const file = join(dir, 'keys.pem')
    await writeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }))
    await assert.rejects(readPublicKeys(file), /must not hold the API's private key/)
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await writeFile(file, ec.publicKey.export({ type: 'spki', format: 'pem' }))
    await assert.rejects(readPublicKeys(file), /expected an Ed25519 key/)
    await assert.rejects(readPublicKeys(join(dir, 'missing.pem')), /ENOENT/)
  })

  it('of the API are refused when others can read them or the key is of another kind', async () => {
    const { privateKey: file } = await writeKeyPair(dir)
    await chmod(file, 0o644)
    await assert.rejects(openAttester(file), /its mode is 0644/)
    await chmod(file, 0o600)
    await writeFile(
      file,
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
    )
    await assert.rejects(openAttester(file), /expected an Ed25519 key, got ec/)
    await writeFile(file, 'nonsense')
    await assert.rejects(openAttester(file), /expected a PEM private key/)
  })
})
