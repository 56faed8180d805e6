import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { approvalChecker, type Own } from '../../activities/approvals.ts'
import type { Policy } from '../../activities/policy.ts'
import { openPublicKeys } from '../../activities/public-keys.ts'
import { refuse } from '../../activities/refusal.ts'
import { openAttester } from '../../client/doors/http/attest.ts'
import { writeKeyPair } from '../../client/keys.ts'
import { isLong, type KindName } from '../../domain/steps/catalogue.ts'
import type { Approval, Plan, RunCall } from '../../domain/steps/contract.ts'
import { carriedBy } from '../../wire/carried.ts'
import { api, approvedBy, callOf, changingKinds, noon, planOf, policyOf } from './signed-calls.ts'

const { publicKey } = api
const first = { call: 'shodo-42 run 1', number: 1 }

/** A worker that looks at one call after another; answers with the name of its refusal, or `runs`. */
function workerOf(policy: Policy, at = noon) {
  const check = approvalChecker(policy, undefined, () => at)
  return async (kind: KindName, call: RunCall, attempt = first, own: Own = ownOf(call.plan)) => {
    try {
      await check(kind, call, attempt, own)
      return 'runs'
    } catch (error) {
      return carriedBy(error)?.name ?? assert.fail(String(error))
    }
  }
}

/** A worker that plans this by itself. */
function ownOf(plan: Plan, isDone = false): Own {
  return { plan: async () => plan, isDone: async () => isDone }
}

const keysIn = async (path: string) => (await openPublicKeys(path, () => {}))()

const asked = (kind: KindName, call: RunCall, policy = policyOf()) => workerOf(policy)(kind, call)
const unverified = (person: string, { hash }: RunCall): Approval => ({
  person,
  verified: false,
  at: '',
  hash,
})

/** So many people must have agreed to this kind as planOf plans it: two of three Ready pods, or keys that go for good. */
const needed: { readonly [K in KindName]?: number } = {
  'kubernetes.exec': 2,
  'redis.flushdb': 2,
  'redis.set-memory': 2,
  'postgres.cut-over': 2,
  'postgres.cut-back': 2,
  // They touch a copy, or the repository, and nothing that is live.
  'postgres.restore': 0,
  'postgres.bisect': 0,
  'postgres.discard-copy': 0,
  'postgres.backup': 0,
}
const risks = ['reversible', 'disruptive', 'destructive'] as const

describe('the worker looks at the approvals right before a change', () => {
  for (const kind of changingKinds) {
    const need = needed[kind] ?? 1
    const signed = (...by: string[]) =>
      callOf(kind, { by, terms: { risk: risks[need] ?? 'destructive', approvals: need } })

    if (need > 0)
      describe(kind, () => {
        it('does not run without an approval, nor by people whom nobody has checked', async () => {
          const bare = signed()
          assert.equal(await asked(kind, bare), 'approvals-missing')
          const claimed = { ...bare, approvals: ['sato', 'kato', 'mori'].map((who) => unverified(who, bare)) }
          assert.equal(await asked(kind, claimed), 'approvals-missing')
        })

        it('does not run by what an incident claims of its own risk, need and people', async () => {
          for (const risk of ['reversible', 'read'] as const) {
            const modest = callOf(kind, { terms: { risk, approvals: 0 } })
            assert.equal(await asked(kind, modest), 'approvals-missing')
          }
        })

        it(`runs when ${need} signed, and never by one person under two names or by the requester`, async () => {
          assert.equal(await asked(kind, signed('sato', 'kato')), 'runs')
          assert.equal(await asked(kind, signed('sato')), need === 1 ? 'runs' : 'approvals-missing')
          const same = need === 1 ? ['aoki', 'Ａoki', 'ao\u200bki'] : ['sato', 'SATO', 'ｓato', 'sa\u2060to']
          assert.equal(await asked(kind, signed(...same)), 'approvals-missing')
        })
      })
    else
      it(`${kind} runs without people, by the worker's own plan, unless its policy asks for somebody`, async () => {
        const own = planOf(kind)
        const forged = callOf(kind, { plan: { ...own, change: { of: 'another' } }, terms: signed().terms })
        const check = approvalChecker(policyOf(), undefined, () => noon)
        assert.deepEqual(await check(kind, forged, first, ownOf(own)), own)
        const strict = policyOf({ approvals: { reversible: 1, disruptive: 1, destructive: 2 } })
        assert.equal(await asked(kind, signed(), strict), 'approvals-missing')
        assert.equal(await asked(kind, signed('aoki'), strict), 'approvals-missing')
        assert.equal(await asked(kind, signed('sato'), strict), 'runs')
      })

    describe(kind, () => {
      it('does not run by a plan that the worker does not make itself, whoever signed it, at any attempt', async () => {
        const call = signed('sato', 'kato')
        const own = call.plan
        const forged: readonly Plan[] = [
          { ...own, says: { ...own.says, en: 'Just look' } },
          { ...own, says: { ...own.says, ja: '見るだけ' } },
          { ...own, target: 'target/of/another' },
          { ...own, change: { ...(own.change as object), of: 'another' } },
        ]
        for (const plan of forged)
          for (const number of [1, 2])
            for (const by of [['sato', 'kato'], ['sato']].slice(0, 3 - need)) {
              const made = callOf(kind, { plan, by, terms: call.terms })
              const got = await workerOf(policyOf())(kind, made, { ...first, number }, ownOf(own))
              assert.equal(got, number === 1 ? 'plan-differs' : 'result-unknown', JSON.stringify(plan))
            }
      })

      it('runs once: the same call again does nothing, a retry of the one that began goes on', async () => {
        const call = signed('sato', 'kato')
        const worker = workerOf(policyOf())
        assert.equal(await worker(kind, call), 'runs')
        assert.equal(await worker(kind, call, { ...first, call: 'shodo-42 run 1, again' }), 'approval-used')
        assert.equal(await worker(kind, call, { ...first, number: 2 }), 'runs')
      })

      it('does not run when its approvals have expired by the clock of the worker', async () => {
        const late = workerOf(policyOf(), noon + 1_800_000)
        assert.equal(await late(kind, signed('sato', 'kato')), 'approval-expired')
        // Whoever writes another end writes what nobody signed.
        const longer = { ...signed('sato', 'kato'), terms: callOf(kind).terms }
        const hash = callOf(kind, { terms: { expiresAt: '2099-01-01T00:00:00.000Z' } }).hash
        assert.equal(await late(kind, { ...longer, hash }), 'precondition-failed')
      })

      it('does not run for approvals of another cluster, namespace, incident, run or plan', async () => {
        const call = signed('sato', 'kato')
        const elsewhere = [
          { cluster: 'staging' },
          { namespace: 'kube-system' },
          { incident: 'shodo-43', stepRun: 'shodo-43/repair' },
          { stepRun: 'shodo-42/repair.2' },
        ]
        for (const other of elsewhere) {
          const context = { ...call.context, ...other }
          assert.equal(await asked(kind, { ...call, context }), 'precondition-failed')
          // With the hash that belongs to it the signatures are for something else.
          const { hash } = callOf(kind, { context: other, terms: call.terms })
          const moved = { ...call, context, hash, approvals: call.approvals.map((a) => ({ ...a, hash })) }
          assert.equal(await asked(kind, moved), 'attestation-invalid')
        }
        const plan = { ...call.plan, says: { ja: '無害', en: 'Harmless' } }
        assert.equal(await asked(kind, { ...call, plan }), 'precondition-failed')
      })
    })
  }

  it('refuses a verified approval without the signature of the API, and one signed for something else', async () => {
    const kind = 'kubernetes.delete-pods'
    const call = callOf(kind, { by: ['sato'] })
    const { attestation: _, ...unsigned } = approvedBy('tanaka', call)
    const forged: readonly Approval[] = [
      unsigned,
      { ...unsigned, attestation: 'v2.' },
      { ...unsigned, attestation: `v2.${'A'.repeat(86)}` },
      approvedBy('tanaka', call, { cluster: 'staging' }),
      approvedBy('tanaka', call, { incident: 'shodo-41' }),
      approvedBy('tanaka', call, { run: 'repair.2' }),
      approvedBy('tanaka', call, { hash: 'b'.repeat(64) }),
      approvedBy('tanaka', call, { person: 'suzuki' }),
      approvedBy('tanaka', call, { expiresAt: '2099-01-01T00:00:00.000Z' }),
      { ...approvedBy('suzuki', call), person: 'tanaka' },
    ]
    for (const approval of forged)
      assert.equal(
        await asked(kind, { ...call, approvals: [...call.approvals, approval] }),
        'attestation-invalid',
      )
  })

  it('takes the signature of any of several keys, so that keys can be rotated, and of no other', async () => {
    const next = generateKeyPairSync('ed25519')
    const kind = 'kubernetes.delete-pods'
    const call = callOf(kind, { by: ['sato'], terms: { risk: 'disruptive', approvals: 1 } })
    assert.equal(await asked(kind, call, policyOf({ keys: [next.publicKey, publicKey] })), 'runs')
    assert.equal(await asked(kind, call, policyOf({ keys: [next.publicKey] })), 'attestation-invalid')
  })

  it('makes a change that is reversible without people, and with as many as its own policy says', async () => {
    const kind = 'kubernetes.scale'
    const plan = planOf(kind, { ready: 1, notReady: 0, ofReady: 3 })
    const call = callOf(kind, { plan, terms: { risk: 'reversible', approvals: 0 } })
    assert.equal(await asked(kind, call), 'runs')
    const approvals = { reversible: 1, disruptive: 2, destructive: 3 }
    assert.equal(await asked(kind, call, policyOf({ approvals })), 'approvals-missing')
    const disruptive = callOf('kubernetes.delete-pods', { by: ['sato'] })
    assert.equal(
      await asked('kubernetes.delete-pods', disruptive, policyOf({ approvals })),
      'approvals-missing',
    )
  })

  it('works the risk out from a plan of its own: a plan that makes itself small gets nothing', async () => {
    const small = { ready: 0, notReady: 2, ofReady: 3 }
    const cases: readonly [KindName, Plan][] = [
      ['kubernetes.delete-pods', planOf('kubernetes.delete-pods', small)],
      ['kubernetes.scale', planOf('kubernetes.scale', small)],
      [
        'redis.set-memory',
        { ...planOf('redis.set-memory'), change: { maxmemory: 1, policy: 'noeviction', evicts: false } },
      ],
    ]
    for (const [kind, plan] of cases) {
      const call = callOf(kind, { plan, terms: { risk: 'reversible', approvals: 0 } })
      assert.equal(await workerOf(policyOf())(kind, call, first, ownOf(planOf(kind))), 'approvals-missing')
    }
  })

  it('carries its own plan out where nobody signed one, at every attempt: another one may name any pod', async () => {
    const kind = 'kubernetes.delete-pods'
    const small = { ready: 0, notReady: 1, ofReady: 3 }
    const own = planOf(kind, small)
    const check = approvalChecker(policyOf(), undefined, () => noon)
    const forged = { ...own, change: { pods: [{ name: 'vault-0', uid: 'u', ready: true }] } }
    for (const number of [1, 2]) {
      const call = callOf(kind, { plan: forged, terms: { risk: 'reversible', approvals: 0 } })
      assert.deepEqual(await check(kind, call, { call: 'one', number }, ownOf(own)), own)
    }
  })

  it('carries out what people approved, with the preconditions that they were shown', async () => {
    const kind = 'kubernetes.delete-pods'
    const signed = callOf(kind, { by: ['sato'], terms: { risk: 'disruptive', approvals: 1 } })
    const check = approvalChecker(policyOf(), undefined, () => noon)
    const now = { ...signed.plan, before: { replicas: 5 }, pods: { ready: 1, notReady: 1, ofReady: 4 } }
    assert.equal(await check(kind, signed, first, ownOf(now)), signed.plan)
  })

  it('does what was done already once more, and what somebody else has done not at all', async () => {
    const kind = 'kubernetes.scale'
    const signed = callOf(kind, { by: ['sato'], terms: { risk: 'disruptive', approvals: 1 } })
    const check = approvalChecker(policyOf(), undefined, () => noon)
    const other = { ...signed.plan, change: { of: 'other' } }
    const retry = { ...first, number: 2 }
    assert.equal(await check(kind, signed, retry, ownOf(other, true)), signed.plan)
    const unplanned = (isDone: boolean): Own => ({
      plan: async () => refuse('target-not-found', { target: 'deployment/shodo/x' }),
      isDone: async () => isDone,
    })
    assert.equal(await check(kind, signed, retry, unplanned(true)), signed.plan)
    assert.equal(await workerOf(policyOf())(kind, signed, first, unplanned(false)), 'target-not-found')
    const reached = { ...other, says: { ja: '済み', en: 'It is so already' }, nothingToDo: true }
    assert.equal(await check(kind, signed, retry, ownOf(reached)), reached)
  })

  it('tries again what could not be planned for lack of an answer, also at a later attempt', async () => {
    const kind = 'kubernetes.scale'
    const signed = callOf(kind, { by: ['sato'], terms: { risk: 'disruptive', approvals: 1 } })
    const silent: Own = {
      plan: async () => refuse('kubernetes-unreachable', { cluster: 'production', reason: 'no answer' }),
      isDone: async () => assert.fail('nobody answers'),
    }
    const retry = { ...first, number: 2 }
    assert.equal(await workerOf(policyOf())(kind, signed, retry, silent), 'kubernetes-unreachable')
  })

  it('of a retry that it refuses nobody says that nothing was changed', async () => {
    const kind = 'kubernetes.delete-pods'
    const call = callOf(kind, { by: ['sato'] })
    const rotated = workerOf(policyOf({ keys: [generateKeyPairSync('ed25519').publicKey] }))
    assert.equal(await rotated(kind, call, { ...first, number: 2 }), 'result-unknown')
    // Begun in time, and ended by the death of its worker.
    const late = workerOf(policyOf(), noon + 1_800_000)
    const one = callOf(kind, { by: ['sato'], terms: { risk: 'disruptive', approvals: 1 } })
    assert.equal(await late(kind, one, { ...first, number: 2 }), 'runs')
    const muchLater = workerOf(policyOf(), noon + 3_600_000)
    assert.equal(await muchLater(kind, one, { ...first, number: 2 }), 'result-unknown')
  })

  for (const kind of changingKinds) {
    const call = callOf(kind, { by: ['sato', 'kato'] })
    const retry = { ...first, number: 2 }
    const [halfAnHour, day] = [1_800_000, 86_400_000]
    const at = (afterEndMs: number) => workerOf(policyOf(), Date.parse(call.terms.expiresAt) + afterEndMs)

    it(`${kind}: a number of an attempt prolongs its approvals by half an hour, and no number does more`, async () => {
      const untold = ownOf(call.plan, false)
      assert.equal(await at(halfAnHour - 1)(kind, call, retry, untold), 'runs')
      for (const afterMs of [halfAnHour, day, 2 * day - 1, 2 * day])
        for (const number of [2, 200])
          assert.equal(await at(afterMs)(kind, call, { ...first, number }, untold), 'result-unknown')
    })

    it(`${kind}: its target ${isLong(kind) ? 'prolongs them by two days when it tells that this was begun' : 'does not either'}`, async () => {
      const begun = ownOf(call.plan, true)
      const later = isLong(kind) ? 'runs' : 'result-unknown'
      for (const afterMs of [halfAnHour, 2 * day - 1])
        assert.equal(await at(afterMs)(kind, call, retry, begun), later)
      assert.equal(await at(2 * day)(kind, call, retry, begun), 'result-unknown')
      assert.equal(await at(0)(kind, call, first, begun), 'approval-expired')
      // Somebody else's signature is no better for it.
      const unsigned = { ...call, approvals: call.approvals.map((a) => ({ ...a, attestation: 'v2.' })) }
      assert.equal(await at(halfAnHour)(kind, unsigned, retry, begun), 'result-unknown')
    })
  }

  it('cannot be told to know what its target does not answer, long after the end of the approvals', async () => {
    const kind = 'postgres.cut-over'
    const call = callOf(kind, { by: ['sato', 'kato'] })
    const silent: Own = {
      plan: async () => call.plan,
      isDone: async () =>
        refuse('no-answer', { seconds: 1, where: 'station', reason: 'silent', sqlState: '' }),
    }
    const late = workerOf(policyOf(), Date.parse(call.terms.expiresAt) + 86_400_000)
    assert.equal(await late(kind, call, { ...first, number: 2 }, silent), 'no-answer')
  })

  it('without a key believes who claims to be verified, and in a lab everybody, but counts people anyway', async () => {
    const kind = 'redis.flushdb'
    const call = callOf(kind)
    const claims = (...people: string[]) => ({
      ...call,
      approvals: people.map((person) => ({ ...unverified(person, call), verified: true })),
    })
    const trusting = policyOf({ keys: [] })
    assert.equal(await asked(kind, call, trusting), 'approvals-missing')
    assert.equal(await asked(kind, claims('sato', 'Sato'), trusting), 'approvals-missing')
    assert.equal(await asked(kind, claims('sato', 'kato'), trusting), 'runs')
    const whoever = { ...call, approvals: ['sato', 'kato'].map((person) => unverified(person, call)) }
    assert.equal(await asked(kind, whoever, trusting), 'approvals-missing')
    assert.equal(await asked(kind, whoever, policyOf({ lab: true })), 'runs')
    assert.equal(await asked(kind, call, policyOf({ lab: true })), 'approvals-missing')
  })

  it('does not mind the call having travelled as JSON', async () => {
    for (const kind of changingKinds) {
      const travelled: RunCall = JSON.parse(JSON.stringify(callOf(kind, { by: ['sato', 'kato'] })))
      assert.equal(await asked(kind, travelled), 'runs')
    }
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
    const keys = await keysIn(files.publicKey)
    const call = callOf('redis.flushdb')
    const { hash, terms } = call
    const approvals = ['sato', 'kato'].map((person) => {
      const { cluster, incident } = call.context
      const attestation = sign({
        cluster,
        incident,
        run: 'repair',
        hash,
        person,
        expiresAt: terms.expiresAt,
      })
      return { person, verified: true, at: '', hash, attestation }
    })
    assert.equal(await asked('redis.flushdb', { ...call, approvals }, policyOf({ keys })), 'runs')
    await assert.rejects(writeKeyPair(dir), /it already exists/)
  })

  it('may be a directory with the old and the new key', async () => {
    await writeKeyPair(dir)
    await writeFile(join(dir, 'old.pem'), publicKey.export({ type: 'spki', format: 'pem' }))
    await rm(join(dir, 'attestation.key'))
    const keys = await keysIn(dir)
    assert.equal(keys.length, 2)
    const call = callOf('redis.flushdb', { by: ['sato', 'kato'] })
    assert.equal(await asked('redis.flushdb', call, policyOf({ keys })), 'runs')
  })

  it('of a worker are refused when there is no public key, a private one, or one of another kind', async () => {
    await assert.rejects(keysIn(dir), /expected a PEM public key/)
    const file = join(dir, 'keys.pem')
    await writeFile(file, api.privateKey.export({ type: 'pkcs8', format: 'pem' }))
    await assert.rejects(keysIn(file), /a private one belongs only where it signs/)
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await writeFile(file, ec.publicKey.export({ type: 'spki', format: 'pem' }))
    await assert.rejects(keysIn(file), /expected an Ed25519 key/)
    await assert.rejects(
      keysIn(join(dir, 'missing.pem')),
      /no such file.*the public key that checks approvals/,
    )
  })

  it('of a worker are refused when others can write them, or the folder that they lie in', async () => {
    const { publicKey: file, privateKey } = await writeKeyPair(dir)
    await rm(privateKey)
    await chmod(file, 0o664)
    await assert.rejects(keysIn(file), /its mode is 0664/)
    await chmod(file, 0o644)
    await chmod(dir, 0o777)
    await assert.rejects(keysIn(dir), /its mode is 0777/)
    await assert.rejects(keysIn(file), /mode of its folder is 0777/)
    await chmod(dir, 0o1777)
    assert.equal((await keysIn(file)).length, 1)
    await chmod(dir, 0o700)
  })

  it('of the API are refused when others can read them or the key is of another kind', async () => {
    const { privateKey: file } = await writeKeyPair(dir)
    await chmod(file, 0o644)
    await assert.rejects(openAttester(file), /its mode is 0644/)
    await chmod(file, 0o600)
    await chmod(dir, 0o770)
    await assert.rejects(openAttester(file), /mode of its folder is 0770/)
    await chmod(dir, 0o700)
    await writeFile(
      file,
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
    )
    await assert.rejects(openAttester(file), /expected an Ed25519 key, got ec/)
    await writeFile(file, 'nonsense')
    await assert.rejects(openAttester(file), /expected a PEM private key/)
  })
})
