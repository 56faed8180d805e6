import assert from 'node:assert/strict'
import { noRoomOf } from '../../../activities/kubernetes/deployments/rolled-out.ts'
import type { DeploymentState } from '../../../activities/kubernetes/objects/deployment.ts'
import type { PodState } from '../../../activities/kubernetes/objects/pod-state.ts'
import { type Figures, findingsOf } from '../../../activities/kubernetes/pods/pod-findings.ts'

const pod = (name: string, owner: string, more: object = {}) =>
  ({
    name,
    owner: { kind: 'ReplicaSet', name: owner, uid: owner },
    ready: true,
    terminating: false,
    status: 'Running',
    oomKilled: [],
    ...more,
  }) as unknown as PodState
const waiting = (reason: string, message: string) => ({
  ready: false,
  status: 'Pending',
  pending: { unschedulable: true, reason, message },
})

describe('a rollout whose new pods no node takes', () => {
  const deployment = (wanted: number) =>
    ({ live: { uid: 'new' }, object: {}, wanted }) as unknown as DeploymentState
  const old = ['a', 'b', 'c'].map((name) => pod(name, 'old'))

  it('counts the new pods that are there, not those that are wanted in the end', () => {
    const stuck = ['d', 'e'].map((name) => pod(name, 'new', waiting('memory', '2 Insufficient memory')))
    const { en = '', ja = '' } = noRoomOf([...old, ...stuck], deployment(4)) ?? {}
    assert.match(
      en,
      /^no room: 2 of 2 new pods cannot start \(.*\)\. The change was made; 0 new and 3 old pods are Ready/,
    )
    assert.match(en, /Make room, or undo the step$/)
    assert.match(ja, /^空きがありません: 新しい Pod 2 個中 2 個が起動できません/)
  })

  it('does not speak of room where that is not what they lack', () => {
    const stuck = pod('d', 'new', waiting('affinity', "2 node(s) didn't match Pod's node affinity/selector"))
    const { en = '', ja = '' } = noRoomOf([...old, stuck], deployment(4)) ?? {}
    assert.match(en, /^no node matches its selector or affinity: 1 of 1 new pods cannot start/)
    assert.doesNotMatch(en, /room/)
    assert.doesNotMatch(ja, /空き/)
  })
})

describe('pods that are not Ready', () => {
  const codes = (figures: Partial<Figures>) =>
    findingsOf(
      {
        subject: 'deployment/shop/api',
        wanted: 2,
        ready: 2,
        pods: [],
        isControlled: true,
        refused: '',
        ...figures,
      },
      0,
    ).map(({ code }) => code)
  const [one, other] = [pod('a', 'old'), pod('b', 'old')]
  const extra = pod('c', 'new', { ready: false })

  it('are a finding only where fewer are Ready than are wanted', () => {
    assert.deepEqual(codes({ pods: [one, other, extra] }), [])
    assert.deepEqual(codes({ pods: [one, extra], ready: 1 }), ['pods-not-ready'])
  })
})
