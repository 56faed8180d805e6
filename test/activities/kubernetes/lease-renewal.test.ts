import assert from 'node:assert/strict'
import type { Kubernetes } from '../../../activities/kubernetes/api/client.ts'
import { holdingLease } from '../../../activities/kubernetes/api/lease.ts'
import { isRefusal, refusal } from '../../../activities/refusal.ts'
import { context } from '../signed-calls.ts'

const holder = 'shodo-42/cut-over'
const leaseOf = (holderIdentity: string) => ({
  metadata: { uid: 'u', resourceVersion: '7' },
  spec: { holderIdentity, leaseDurationSeconds: 5 },
})
const away = refusal('kubernetes-unreachable', { cluster: 'lab', reason: 'HTTP 503' })
const changed = refusal('target-changed', {
  target: 'lease',
  difference: { en: 'it was changed', ja: '変更されています' },
  incident: 'shodo-42',
  step: 'cut-over',
})

/** After it was created: what a renewal and a look answer, by how many renewals there were. */
function answering(update: (renewals: number) => object | Error, get: () => object | Error) {
  const made: string[] = []
  const answer = (said: object | Error) => {
    if (said instanceof Error) throw said
    return said
  }
  let renewals = 0
  const kubernetes = {
    cluster: 'lab',
    call: async ({ verb }: { readonly verb: string }) => {
      if (verb === 'get') return made.length === 0 ? undefined : answer(get())
      made.push(verb)
      if (verb !== 'update') return leaseOf(holder)
      renewals += 1
      return answer(update(renewals))
    },
  } as unknown as Kubernetes
  return { kubernetes, made }
}

const held = <T>(kubernetes: Kubernetes, work: () => Promise<T>) =>
  holdingLease(kubernetes, 'pgbackrest/main', { ...context, stepRun: holder }, work)

describe('a Lease whose renewals fail', () => {
  it('lets the work go on while the API is away for longer than it lasts, and is renewed afterwards', async () => {
    let renewed = () => {}
    const done = new Promise<string>((resolve) => {
      renewed = () => resolve('done')
    })
    const { kubernetes } = answering(
      (renewals) => {
        if (renewals < 6) return away
        renewed()
        return leaseOf(holder)
      },
      () => away,
    )
    assert.equal(await held(kubernetes, () => done), 'done')
  })

  it('is still its own when the answer to a renewal was lost, and made again when somebody deleted it', async () => {
    for (const [found, renews] of [
      [leaseOf(holder), ['create', 'update', 'update', 'delete']],
      [refusal('target-not-found', { target: 'lease' }), ['create', 'update', 'create', 'update', 'delete']],
    ] as const) {
      let renewed = () => {}
      const done = new Promise<void>((resolve) => {
        renewed = resolve
      })
      const { kubernetes, made } = answering(
        (renewals) => {
          if (renewals === 1) return changed
          renewed()
          return leaseOf(holder)
        },
        () => found,
      )
      await held(kubernetes, () => done)
      assert.deepEqual(made, renews)
    }
  })

  it('ends the work as soon as another holder is seen, and says who', async () => {
    const { kubernetes } = answering(
      () => changed,
      () => leaseOf('shodo-43/restore'),
    )
    await assert.rejects(
      held(kubernetes, () => new Promise(() => {})),
      (error) => {
        assert.match(String(error), /shodo-43\/restore took over/)
        return isRefusal(error, 'result-unknown')
      },
    )
  })
})
