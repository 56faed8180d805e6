import assert from 'node:assert/strict'
import type { V1Pod } from '@kubernetes/client-node'
import type { Raw } from '../../../activities/kubernetes/api/client.ts'
import { podsTakenDown } from '../../../activities/kubernetes/deployments/planned.ts'
import { deploymentState } from '../../../activities/kubernetes/objects/deployment.ts'
import { isStuck, podState } from '../../../activities/kubernetes/objects/pod-state.ts'

const now = Date.parse('2026-11-28T12:00:00Z')
const ago = (seconds: number) => new Date(now - seconds * 1_000).toISOString()
const fiveMinutes = 300_000

type Shape = {
  readonly ageS: number
  readonly notReadyS?: number
  readonly phase?: string
  readonly owner?: string
  readonly state?: object
  readonly last?: object
  readonly restarts?: number
  readonly started?: boolean
  readonly init?: object
  readonly scheduled?: { readonly status: string; readonly reason: string; readonly message: string }
}

function pod({ ageS, notReadyS = ageS, phase = 'Running', owner = 'ReplicaSet', ...more }: Shape) {
  const { state = { running: {} }, last, restarts = 0, started = true, init, scheduled } = more
  const container = {
    name: 'web',
    image: 'web:1',
    imageID: '',
    ready: false,
    restartCount: restarts,
    started,
    state,
  }
  const raw = {
    metadata: {
      name: 'web-1',
      uid: 'u',
      creationTimestamp: ago(ageS),
      ownerReferences: [{ apiVersion: 'apps/v1', kind: owner, name: 'web', uid: 'o', controller: true }],
    },
    spec: { containers: [{ name: 'web' }] },
    status: {
      phase,
      conditions: [
        { type: 'Ready', status: 'False', lastTransitionTime: ago(notReadyS) },
        ...(scheduled ? [{ type: 'PodScheduled', ...scheduled }] : []),
      ],
      ...(init
        ? {
            initContainerStatuses: [
              { name: 'init', image: 'i', imageID: '', ready: false, restartCount: 0, state: init },
            ],
          }
        : {}),
      containerStatuses: [{ ...container, ...(last ? { lastState: { terminated: last } } : {}) }],
    },
  }
  return podState(raw as unknown as Raw<V1Pod>)
}

describe('pods that a repair takes by itself', () => {
  const crashing = { waiting: { reason: 'CrashLoopBackOff' } }
  const stuck = (shape: Shape) => isStuck(pod(shape), now, fiveMinutes)

  it('fail again and again, or have not been Ready for five minutes', () => {
    assert.equal(stuck({ ageS: 5, state: crashing, restarts: 1 }), true)
    assert.equal(stuck({ ageS: 60, owner: 'StatefulSet', state: crashing, restarts: 3 }), true)
    assert.equal(
      stuck({ ageS: 60, state: { waiting: { reason: 'ImagePullBackOff' } }, phase: 'Pending' }),
      true,
    )
    assert.equal(stuck({ ageS: 9_000, notReadyS: 301 }), true)
  })

  it('are none that come up, that wait for a node, or that were well a moment ago', () => {
    assert.equal(stuck({ ageS: 5 }), false)
    assert.equal(stuck({ ageS: 9_000, notReadyS: 100 }), false)
    assert.equal(stuck({ ageS: 3_600, started: false }), false, 'a startup probe is at work')
    assert.equal(
      stuck({ ageS: 3_600, init: { running: {} }, state: { waiting: { reason: 'PodInitializing' } } }),
      false,
    )
    assert.equal(
      stuck({ ageS: 3_600, phase: 'Pending', state: { waiting: { reason: 'ContainerCreating' } } }),
      false,
    )
    const scheduled = {
      status: 'False',
      reason: 'Unschedulable',
      message: '0/2 nodes are available: 2 Insufficient memory.',
    }
    assert.equal(stuck({ ageS: 3_600, phase: 'Pending', scheduled }), false)
    const ended = { exitCode: 137, reason: 'Error', startedAt: ago(60), finishedAt: ago(1) }
    assert.equal(
      stuck({ ageS: 3_600, notReadyS: 1, state: { terminated: ended } }),
      false,
      'it is started again at once',
    )
  })

  it('are none of a StatefulSet whose container runs: it may replay its log', () => {
    assert.equal(stuck({ ageS: 9_000, notReadyS: 3_000, owner: 'StatefulSet' }), false)
  })

  it('know since when they fail: by their last end, and the waits between their restarts', () => {
    const last = { exitCode: 1, reason: 'Error', startedAt: ago(62), finishedAt: ago(60) }
    const since = (restarts: number) =>
      Math.round(
        (now - (pod({ ageS: 9_000, state: crashing, restarts, last }).trouble?.sinceMs ?? 0)) / 1_000,
      )
    assert.equal(since(1), 60)
    assert.equal(since(2), 60 + 2 + 10)
    assert.equal(since(4), 60 + 3 * 2 + 10 + 20 + 40)
  })
})

describe('what a rolling change takes down at once', () => {
  const taken = (replicas: number, rollingUpdate: object) =>
    podsTakenDown(
      deploymentState(
        {
          metadata: { name: 'web', namespace: 'shodo', uid: 'd' },
          spec: {
            replicas,
            selector: {},
            template: {},
            strategy: { type: 'RollingUpdate', rollingUpdate },
          },
          status: { readyReplicas: replicas },
        } as unknown as Parameters<typeof deploymentState>[0],
        [],
      ),
    ).ready

  it('is one pod where neither surge nor unavailability leaves anything: the only GPU has no room for two', () => {
    assert.equal(taken(1, { maxSurge: 0, maxUnavailable: '25%' }), 1)
    assert.equal(taken(3, { maxSurge: '0%', maxUnavailable: 0 }), 1)
    assert.equal(taken(1, { maxSurge: 1, maxUnavailable: 0 }), 0)
    assert.equal(taken(3, { maxSurge: '25%', maxUnavailable: '25%' }), 0)
    assert.equal(taken(8, { maxSurge: 0, maxUnavailable: '25%' }), 2)
  })
})
