import assert from 'node:assert/strict'
import { type Proposal, proposalHash } from '../../../domain/approval/proposal.ts'
import { parseCommand } from '../../../domain/incident/commands.ts'
import { decide } from '../../../domain/incident/decide.ts'
import { proposalOf, termsNow } from '../../../domain/incident/steps/terms.ts'
import type { Plan, Terms } from '../../../domain/steps/contract.ts'
import { system } from '../../../domain/words.ts'
import { bad, planOf } from '../incident/hands.ts'
import { type Circumstances, kato, person, sato, World, yamada } from '../incident/world.ts'

const minute = 60_000
const other = 'deadbeef'.repeat(8)

/** An incident in which sato asked for a step that now waits for people; the plan touches so many pods. */
function waiting(
  step: string,
  pods: Plan['pods'] = { ready: 1, notReady: 0, ofReady: 3 },
  circumstances: Circumstances = {},
): World {
  const world = new World({ severity: 'MEDIUM', ...circumstances })
  world.command('run', sato, { step })
  planned(world, step, pods)
  return world
}

function planned(world: World, run: string, pods?: Plan['pods'], change: Partial<Plan> = {}): void {
  const value = { ...planOf(world.step(run), pods), ...change }
  world.answer(`step/${run}/plan`, {
    type: 'stage-ended',
    run,
    stage: 'plan',
    outcome: { ok: true, value, attempt: 1 },
  })
}

function hashOf(world: World, run: string): string {
  return world.step(run).hash ?? assert.fail(`${run} has no hash`)
}

describe('approval', () => {
  it('is refused to the requester; given by another person the step starts', () => {
    const world = waiting('rollback')
    const hash = hashOf(world, 'rollback')
    assert.equal(world.refusal('approve', sato, { step: 'rollback', hash }), 'requester-cannot-approve')
    assert.equal(world.step('rollback').status, 'proposed')
    world.command('approve', yamada, { step: 'rollback', hash })
    assert.equal(world.step('rollback').status, 'running')
    assert.deepEqual(world.told('step-started')[0]?.allowed, {
      approvals: [{ person: 'yamada', verified: true, at: new Date(world.now).toISOString(), hash }],
    })
  })

  it('is refused to whoever declared, for the steps that the runbook proposes', () => {
    const world = new World({ severity: 'HIGH', symptom: '5xx' })
    world.answer('situation/1', {
      type: 'situation-ended',
      number: 1,
      tookMs: 10,
      parts: {
        rollouts: {
          ok: true,
          reading: {
            facts: {},
            findings: [
              {
                code: 'bad-rollout',
                subject: 'deployment/shodo/shodo-backend',
                says: { ja: '悪い', en: 'bad' },
                evidence: ['since 7 minutes'],
                data: null,
              },
            ],
          },
        },
      },
    })
    planned(world, 'rollback')
    assert.deepEqual(world.step('rollback').because, { ja: '悪い', en: 'bad' })
    const hash = hashOf(world, 'rollback')
    assert.equal(world.refusal('approve', sato, { step: 'rollback', hash }), 'requester-cannot-approve')
    world.command('approve', yamada, { step: 'rollback', hash })
    assert.equal(world.step('rollback').status, 'running')
  })

  it('needs a verified person for a disruptive step, but in lab mode anybody will do and the timeline says so', () => {
    const watanabe = person('watanabe', false)
    const real = waiting('delete-pods')
    const hash = hashOf(real, 'delete-pods')
    assert.equal(real.refusal('approve', watanabe, { step: 'delete-pods', hash }), 'unverified-approver')
    real.command('approve', yamada, { step: 'delete-pods', hash })
    assert.equal(real.step('delete-pods').status, 'running')
    const lab = waiting('delete-pods', undefined, { lab: true })
    lab.command('approve', watanabe, { step: 'delete-pods', hash: hashOf(lab, 'delete-pods') })
    assert.deepEqual(
      lab.told('step-approved').map((a) => a.lab),
      [true],
    )
    assert.equal(lab.step('delete-pods').status, 'running')
  })

  it('by an unverified person is enough for a reversible step', () => {
    const world = waiting('rollback')
    world.command('approve', person('watanabe', false), { step: 'rollback', hash: hashOf(world, 'rollback') })
    assert.equal(world.step('rollback').status, 'running')
  })

  it('a verified name does not make up for an unverified one: the same person cannot count twice', () => {
    const world = waiting('rollback', undefined, { policy: { approvals: { reversible: 2 } } })
    const hash = hashOf(world, 'rollback')
    world.command('approve', person('yamada', false), { step: 'rollback', hash })
    assert.equal(world.refusal('approve', yamada, { step: 'rollback', hash }), 'already-approved-by-you')
    world.command('approve', kato, { step: 'rollback', hash })
    assert.equal(world.step('rollback').status, 'running')
  })

  it('a destructive step needs two verified people, neither of them the requester', () => {
    const world = waiting('delete-pods')
    const { plan, hash, expiresAtMs } = world.step('delete-pods')
    assert.ok(plan !== undefined && hash !== undefined && expiresAtMs !== undefined)
    world.tell('step-proposed', system, {
      run: 'delete-pods',
      plan,
      hash,
      risk: 'destructive',
      approvals: 2,
      expiresAt: new Date(expiresAtMs).toISOString(),
    })
    assert.equal(world.refusal('approve', sato, { step: 'delete-pods', hash }), 'requester-cannot-approve')
    world.command('approve', yamada, { step: 'delete-pods', hash })
    assert.equal(world.step('delete-pods').status, 'proposed')
    const again = world.ask('approve', yamada, { step: 'delete-pods', hash })
    assert.deepEqual([again?.name, again?.params.missing], ['already-approved-by-you', 1])
    assert.equal(
      world.refusal('approve', person('watanabe', false), { step: 'delete-pods', hash }),
      'unverified-approver',
    )
    world.command('approve', kato, { step: 'delete-pods', hash })
    assert.equal(world.step('delete-pods').status, 'running')
    assert.equal(world.step('delete-pods').allowedBy, 'yamada, kato')
  })

  it('is looked at again when the step starts: one that should never have been taken does not count', () => {
    const approvals = [
      [sato, undefined],
      [person('watanabe', false), undefined],
      [yamada, 'f'.repeat(64)],
    ] as const
    for (const [by, other] of approvals) {
      const world = waiting('delete-pods')
      const hash = hashOf(world, 'delete-pods')
      world.tell('step-approved', by, { run: 'delete-pods', hash: other ?? hash, lab: false })
      world.command('note', sato, { text: 'looks at it again' })
      assert.equal(world.step('delete-pods').status, 'proposed')
      world.command('approve', kato, { step: 'delete-pods', hash })
      assert.equal(world.step('delete-pods').status, 'running')
    }
  })

  it('of two people who approve in the same instant one wins and the other is told', () => {
    const world = waiting('rollback')
    const hash = hashOf(world, 'rollback')
    world.command('approve', yamada, { step: 'rollback', hash })
    assert.equal(world.refusal('approve', kato, { step: 'rollback', hash }), 'step-not-waiting')
    assert.equal(world.told('step-started').length, 1)
    assert.equal(world.told('step-approved').length, 1)
  })

  it('names the exact step: another hash, or that of the step before its change, is refused', () => {
    const world = waiting('rollback')
    const old = hashOf(world, 'rollback')
    const refused = world.ask('approve', yamada, { step: 'rollback', hash: other })
    assert.equal(refused?.name, 'step-changed')
    assert.deepEqual([refused.params.given, refused.params.actual], ['deadbeef', old.slice(0, 8)])
    world.command('reject', yamada, { step: 'rollback', reason: 'wrong revision' })
    world.command('run', sato, { step: 'rollback' })
    planned(world, 'rollback.2')
    assert.notEqual(hashOf(world, 'rollback.2'), old)
    assert.equal(world.refusal('approve', yamada, { step: 'rollback.2', hash: old }), 'step-changed')
    const hash = hashOf(world, 'rollback.2')
    assert.equal(world.refusal('approve', yamada, { step: 'rollback', hash }), 'run-not-named')
    world.command('approve', yamada, { step: 'rollback.2', hash })
  })

  it('is bound to everything that is shown: any other word, place, term or change gives another hash', () => {
    const world = waiting('rollback')
    const step = world.step('rollback')
    const plan = step.plan ?? assert.fail('no plan')
    const terms = termsNow(world.state, step) ?? assert.fail('no terms')
    const shown = proposalOf(world.state, step, plan, terms)
    const hash = proposalHash(shown)
    assert.equal(step.hash, hash)
    const nobody = { kind: 'person', id: 'nobody', verified: true } as const
    const others: readonly Proposal[] = [
      { ...shown, incident: 'shodo-43' },
      { ...shown, run: 'rollback.2' },
      { ...shown, cluster: 'production' },
      { ...shown, namespace: 'kube-system' },
      { ...shown, kind: 'kubernetes.scale' },
      { ...shown, params: { ...step.params, toRevision: 3 } },
      ...(
        [
          { target: 'deployment/shodo/other' },
          { says: { ...plan.says, en: 'nothing much' } },
          { says: { ...plan.says, ja: '何もしない' } },
          { change: { template: 'other' } },
          { before: { template: 'other' } },
          { pods: { ...plan.pods, ready: 0 } },
        ] satisfies Partial<Plan>[]
      ).map((other) => ({ ...shown, plan: { ...plan, ...other } })),
      ...(
        [
          { title: { ja: '様子を見る', en: 'Have a look' } },
          { because: { ja: '理由', en: 'a reason' } },
          { risk: 'destructive' },
          { approvals: 2 },
          { requestedBy: nobody },
          { runbookSha256: 'f'.repeat(64) },
          { expiresAt: '2099-01-01T00:00:00.000Z' },
        ] satisfies Partial<Terms>[]
      ).map((other) => ({ ...shown, terms: { ...terms, ...other } })),
    ]
    const hashes = [hash, ...others.map(proposalHash)]
    assert.equal(new Set(hashes).size, hashes.length)
  })

  it('comes too late when the proposal expired, also in the instant before anybody noticed', () => {
    const world = waiting('rollback')
    const hash = hashOf(world, 'rollback')
    world.wait(30 * minute - 1)
    assert.equal(world.step('rollback').status, 'proposed')
    world.clockAhead(1)
    assert.equal(world.refusal('approve', yamada, { step: 'rollback', hash }), 'step-not-waiting')
    world.settle()
    assert.equal(world.step('rollback').status, 'expired')
    world.wait(minute)
    assert.equal(world.told('step-expired').length, 1)
  })

  it('a rejected step is never approved, nor one that the resolution dropped', () => {
    const world = waiting('rollback')
    const hash = hashOf(world, 'rollback')
    world.command('reject', yamada, { step: 'rollback', reason: 'no' })
    assert.equal(world.refusal('approve', kato, { step: 'rollback', hash }), 'step-not-waiting')
    const other = waiting('rollback')
    other.command('resolve', sato, {})
    other.command('reopen', sato, { reason: 'it is back' })
    assert.equal(
      other.refusal('approve', kato, { step: 'rollback', hash: hashOf(other, 'rollback') }),
      'step-not-waiting',
    )
  })

  it('is only for people', () => {
    const world = waiting('rollback')
    const by = { kind: 'alert', id: 'alertmanager', verified: true } as const
    assert.equal(
      world.refusal('approve', by, { step: 'rollback', hash: hashOf(world, 'rollback') }),
      'not-permitted',
    )
  })

  it('where the policy of the severity lets a risk run at once, nobody is asked', () => {
    const world = waiting('rollback', undefined, { policy: { automatic: ['reversible'] } })
    assert.equal(world.step('rollback').status, 'running')
    assert.deepEqual(world.told('step-started')[0]?.allowed, { policy: 'MEDIUM: reversible' })
  })

  it('deleting pods of which none is Ready counts as reversible', () => {
    const pods = { ready: 0, notReady: 3, ofReady: 2 }
    const world = waiting('delete-pods', pods, { policy: { automatic: ['reversible'] } })
    assert.equal(world.step('delete-pods').risk, 'reversible')
    assert.equal(world.step('delete-pods').status, 'running')
  })

  it('a change over the blast radius is never automatic, whatever the policy says', () => {
    const policy = { automatic: ['reversible', 'disruptive'] as const }
    const within = waiting(
      'rollback',
      { ready: 1, notReady: 0, ofReady: 2 },
      { policy: { automatic: [...policy.automatic] } },
    )
    assert.equal(within.step('rollback').status, 'running')
    for (const step of ['rollback', 'delete-pods']) {
      const world = waiting(
        step,
        { ready: 2, notReady: 0, ofReady: 3 },
        { policy: { automatic: [...policy.automatic] } },
      )
      assert.equal(world.step(step).status, 'proposed')
      assert.equal(world.step(step).risk, 'disruptive')
      assert.equal(world.step(step).approvalsNeeded, 1)
    }
  })
})

describe('freeze', () => {
  /** A rollback that the policy lets run at once, and that the freeze holds. */
  function held(): World {
    const world = new World({ severity: 'MEDIUM', policy: { automatic: ['reversible'] } })
    world.command('run', sato, { step: 'rollback' })
    world.command('freeze', kato, { on: true })
    planned(world, 'rollback')
    assert.equal(world.step('rollback').status, 'proposed')
    return world
  }

  it('holds what would start by itself; thawing starts it', () => {
    const world = held()
    world.wait(minute)
    assert.deepEqual(world.told('step-started'), [])
    assert.equal(
      world.refusal('approve', yamada, { step: 'rollback', hash: hashOf(world, 'rollback') }),
      'frozen',
    )
    assert.equal(world.refusal('run', sato, { step: 'restart' }), 'frozen')
    world.command('run', sato, { step: 'logs' })
    world.command('freeze', kato, { on: false })
    assert.equal(world.step('rollback').status, 'running')
  })

  it('thawing asks people where the severity was lowered meanwhile', () => {
    const world = held()
    world.command('set-severity', kato, { severity: 'LOW' })
    world.command('freeze', kato, { on: false })
    assert.equal(world.step('rollback').status, 'proposed')
    assert.equal(world.step('rollback').approvalsNeeded, 1)
    world.command('approve', yamada, { step: 'rollback', hash: hashOf(world, 'rollback') })
    assert.equal(world.step('rollback').status, 'running')
  })

  it('a severity that is raised never starts what waits for people', () => {
    const world = waiting('rollback')
    world.command('set-severity', kato, { severity: 'CRITICAL' })
    world.wait(minute)
    assert.equal(world.step('rollback').status, 'proposed')
  })

  it('what expired while all was frozen does not start when it thaws', () => {
    const world = held()
    world.clockAhead(31 * minute)
    world.command('freeze', kato, { on: false })
    assert.deepEqual(world.told('step-started'), [])
    assert.equal(world.step('rollback').status, 'expired')
  })

  it('does not stop what is under way: its verification goes on', () => {
    const world = waiting('rollback')
    world.command('approve', yamada, { step: 'rollback', hash: hashOf(world, 'rollback') })
    world.command('freeze', kato, { on: true })
    world.allGoesWell()
    assert.equal(world.step('rollback').status, 'verified')
  })
})

describe('a command on a step', () => {
  it('says which steps exist when it names none, also when the name is a word of JavaScript', () => {
    const world = waiting('rollback')
    for (const step of ['rolback', 'constructor', 'rollback.9']) {
      assert.equal(world.refusal('approve', yamada, { step, hash: other }), 'unknown-step')
      assert.equal(world.refusal('reject', yamada, { step, reason: 'no' }), 'unknown-step')
      assert.equal(world.refusal('undo', yamada, { step }), 'unknown-step')
      assert.equal(world.refusal('run', yamada, { step }), 'unknown-step')
    }
  })

  it('is decided without a change to the state it was given', () => {
    const world = waiting('rollback')
    const before = JSON.stringify(world.state)
    const command = parseCommand('approve', {
      v: 1,
      by: yamada,
      step: 'rollback',
      hash: hashOf(world, 'rollback'),
    })
    assert.ok(!('code' in command))
    const one = decide(world.state, command, world.now)
    const two = decide(world.state, command, world.now)
    assert.deepEqual(one, two)
    assert.equal(JSON.stringify(world.state), before)
  })

  it('a plan that fails ends the step; a plan that names no way back is not proposed', () => {
    const world = new World()
    world.command('run', sato, { step: 'rollback' })
    world.answer('step/rollback/plan', {
      type: 'stage-ended',
      run: 'rollback',
      stage: 'plan',
      outcome: bad('forbidden'),
    })
    assert.equal(world.step('rollback').status, 'failed')
    world.command('run', sato, { step: 'rollback' })
    planned(world, 'rollback.2', undefined, { before: { replicas: 3 } })
    assert.equal(world.step('rollback.2').status, 'failed')
    assert.equal(world.step('rollback.2').failure?.name, 'internal')
  })
})
