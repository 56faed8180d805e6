/**
 * A forger against what puts a copy of the data in the place of the live database, and back. The runbook has these steps, so nothing but the
 * approvals stands between him and the hand: it is watched, and must not even be asked for a plan.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { guardOf } from '../../activities/guard.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import type { KindName } from '../../domain/steps/catalogue.ts'
import type { Approval, Plan, RunCall, StepContext } from '../../domain/steps/contract.ts'
import { callOf, type Made, planOf, policyOf } from '../activities/signed-calls.ts'
import { smallBook } from '../domain/incident/small-runbook.ts'
import type { Touched } from './spied-hands.ts'
import { openStage, type Stage, type Try, tableOf } from './stage.ts'

const cluster = 'production'
/** approvals-missing, attestation-invalid, approval-expired, approval-used, precondition-failed */
const [missing, unproven, expired, used, exchanged] = [/^HK341$/, /^HK409$/, /^HK342$/, /^HK343$/, /^HK405$/]
const needed: { readonly [K in KindName]?: 1 | 2 } = {
  'postgres.cut-over': 2,
  'postgres.cut-back': 2,
  'postgres.salvage': 1,
  'postgres.unsalvage': 1,
}
const kinds = Object.keys(needed) as (keyof typeof needed)[]

/** Cut-back and unsalvage stand in no runbook: they are the undo of what stands there. */
const book: Runbook = withSteps({ ...smallBook(), cluster }, ['postgres.cut-over', 'postgres.salvage'])

describe('a forger against a cut-over and a salvage', function () {
  this.timeout(180_000)
  const tries: Try[] = []
  const touched: Touched[] = []
  let stage: Stage
  let dir: string
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hikeshi-forged-restore-'))
    const guard = guardOf(policyOf({ cluster, namespaces: ['shodo'] }), async () => [book])
    const archive = join(dir, 'kept')
    stage = await openStage('forged-restore', { cluster, touched, guardFor: () => guard, archive })
  })
  after(async () => {
    await stage?.close()
    await rm(dir, { recursive: true, force: true })
    console.log(tableOf('What a forger tried against a restore, and what he got:', tries, touched))
  })
  beforeEach(() => void touched.splice(0))

  const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
  const context: Partial<StepContext> = { incident: 'shodo-7', stepRun: 'shodo-7/repair', cluster }
  const made = (kind: KindName, { terms, ...rest }: Made = {}): RunCall =>
    callOf(kind, {
      ...rest,
      context: { ...context, nowMs: Date.now(), ...rest.context },
      terms: { expiresAt, ...terms },
    })

  async function refused(kind: KindName, how: string, call: RunCall, code: RegExp): Promise<void> {
    const got = await stage.call(`${kind}.run`, call)
    tries.push({ attempt: `${kind}.run ${how}`, got })
    assert.match(got, code, `${kind} ${how}`)
  }

  /** His own copy in the place of the live one, and nothing that would be lost by it. */
  const madeUp = (kind: KindName): Plan => ({
    ...planOf(kind),
    says: { ja: 'その後のコミット 0 件が失われます', en: '0 commits made since are lost' },
    change: { copy: 'evil-1.restore', run: 'evil-1.salvage' },
    before: { loss: { commits: 0, rows: [] } },
  })

  for (const kind of kinds) {
    it(`${kind}: neither a plan that he made up nor people whom he made up get as far as the hand`, async () => {
      const people = ['sato', 'kato', 'mori']
      const asks = { risk: 'reversible', approvals: 0 } as const
      for (const plan of [planOf(kind), { ...madeUp(kind), asks }])
        for (const terms of [{}, { risk: 'reversible', approvals: 0 } as const]) {
          const bare = made(kind, { plan, terms })
          const by = (more: Partial<Approval>): RunCall => ({
            ...bare,
            approvals: people.map((person) => ({ person, verified: true, at: '', hash: bare.hash, ...more })),
          })
          await refused(kind, 'by nobody', bare, missing)
          await refused(kind, 'by people nobody checked', by({ verified: false }), missing)
          await refused(kind, 'by people who signed nothing', by({}), unproven)
          const signature = `v2.${'A'.repeat(86)}`
          await refused(kind, 'by made-up signatures', by({ attestation: signature }), unproven)
        }
      assert.deepEqual(touched, [])
    })

    it(`${kind}: approvals are good for their own plan, run and incident, and only until they expire`, async () => {
      const approved = made(kind, { by: ['sato', 'kato'] })
      const other = made(kind, { plan: madeUp(kind) })
      const again = made(kind, { context: { stepRun: 'shodo-7/repair.2' } })
      const elsewhere = made(kind, { context: { incident: 'shodo-8', stepRun: 'shodo-8/repair' } })
      for (const target of [other, again, elsewhere]) {
        await refused(kind, 'with old approvals', { ...target, approvals: approved.approvals }, missing)
        const { hash } = target
        const approvals = approved.approvals.map((approval) => ({ ...approval, hash }))
        await refused(kind, 'with old approvals rewritten', { ...target, approvals }, unproven)
      }
      const { plan } = other
      await refused(kind, 'with the plan exchanged', { ...approved, plan }, exchanged)
      const ended = made(kind, { by: ['sato', 'kato'], terms: { expiresAt: '2026-01-01T00:00:00.000Z' } })
      await refused(kind, 'with approvals of long ago', ended, expired)
      await refused(
        kind,
        'under a run of no incident',
        made(kind, { by: ['sato', 'kato'], context: { stepRun: '/tmp' } }),
        /^HK101$/,
      )
      assert.deepEqual(touched, [])
    })

    it(`${kind}: has no more than what was shown, though people sign what he made up`, async () => {
      const { says, change } = madeUp(kind)
      for (const [lie, plan] of Object.entries({
        'nothing is lost': { ...planOf(kind), says },
        'his own copy': { ...planOf(kind), change },
      }))
        await refused(kind, `signed, telling ${lie}`, made(kind, { plan, by: ['sato', 'kato'] }), /^HK346$/)
      assert.deepEqual(ran(touched), [])
    })

    it(`${kind}: runs by ${needed[kind]} who signed, and not by one fewer`, async () => {
      const fewer = ['sato'].slice(0, (needed[kind] ?? 2) - 1)
      await refused(kind, 'by one person too few', made(kind, { by: fewer }), missing)
      const twice = made(kind, { by: [...fewer, ...fewer, 'aoki'] })
      await refused(kind, 'by the same one twice, and the requester', twice, missing)
      assert.deepEqual(touched, [])
      const terms = { approvals: needed[kind] ?? 2 }
      const call = made(kind, { by: ['sato', 'kato'].slice(0, terms.approvals), terms })
      assert.equal(await stage.call(`${kind}.run`, call), 'done')
      assert.equal(ran(touched).length, 1)
      await refused(kind, 'once more', call, used)
      assert.equal(ran(touched).length, 1)
    })

    it(`${kind}: not on backups that the runbook does not name`, async () => {
      const params = { ...callOf(kind).params, backups: 'payments-backups' }
      await refused(kind, 'elsewhere', made(kind, { params, by: ['sato', 'kato'] }), /^HK344$/)
      assert.deepEqual(touched, [])
    })
  }
})

const ran = (touched: readonly Touched[]) => touched.filter(({ what }) => what === 'run')

function withSteps(of: Runbook, names: readonly KindName[]): Runbook {
  const steps = names.map((kind) => ({
    id: kind.replace('.', '-'),
    title: { ja: '復元', en: 'Restore' },
    kind,
    with: callOf(kind).params,
  }))
  const [first, ...others] = of.symptoms
  if (first === undefined) throw new Error('a runbook without a symptom')
  return { ...of, symptoms: [{ ...first, steps: [...first.steps, ...steps] }, ...others] }
}
