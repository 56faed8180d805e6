import assert from 'node:assert/strict'
import { refuseAnswer, type Verb } from '../../../activities/kubernetes/api/answer.ts'
import { whyRefused, whyUnschedulable } from '../../../activities/kubernetes/api/pending-reason.ts'
import { explain } from '../../../domain/failures.ts'
import { carriedBy } from '../../../wire/carried.ts'

describe('the reason in a sentence of Kubernetes', () => {
  it('is memory only where nothing else is short', () => {
    const preempting =
      '. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.'
    for (const [told, reason] of [
      [`0/2 nodes are available: 2 Insufficient memory${preempting}`, 'memory'],
      [
        '0/5 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 4 Insufficient memory.',
        'memory',
      ],
      [`0/2 nodes are available: 2 Insufficient cpu, 2 Insufficient memory${preempting}`, 'room'],
      ['0/2 nodes are available: 2 Insufficient nvidia.com/gpu.', 'room'],
      ['0/2 nodes are available: 2 Too many pods.', 'room'],
      ['0/2 nodes are available: 2 node(s) had untolerated taint {gpu: only}.', 'taint'],
      ['0/2 nodes are available: 2 node(s) were unschedulable.', 'taint'],
      ["0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.", 'affinity'],
      ["0/2 nodes are available: 2 node(s) didn't match pod topology spread constraints.", 'affinity'],
      ['0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims.', 'volume'],
      ['0/2 nodes are available: 2 node(s) had volume node affinity conflict.', 'volume'],
      ["0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports.", 'port'],
      ['no node', 'scheduling'],
    ] as const) {
      assert.equal(whyUnschedulable(told), reason, told)
    }
  })

  it('names who forbids a pod', () => {
    const forbidden = 'pods "web-1" is forbidden: '
    assert.equal(
      whyRefused(`${forbidden}exceeded quota: small, requested: pods=1, used: pods=9, limited: pods=9`),
      'quota',
    )
    assert.equal(
      whyRefused(`${forbidden}maximum memory usage per Container is 4Gi, but limit is 6Gi`),
      'limit-range',
    )
    assert.equal(
      whyRefused(`${forbidden}[minimum cpu usage per Container is 100m, but request is 50m]`),
      'limit-range',
    )
    assert.equal(
      whyRefused(`${forbidden}violates PodSecurity "restricted:latest": privileged`),
      'pod-security',
    )
    assert.equal(whyRefused('admission webhook "v.kyverno.svc" denied the request: no'), 'webhook')
    assert.equal(whyRefused(`${forbidden}error looking up service account`), 'other')
  })
})

describe("Kubernetes' answer of refusal", () => {
  const asked = {
    verb: 'patch',
    resource: 'deployments',
    target: 'deployment/shodo/web',
    context: {
      incident: 'shodo-1',
      stepRun: 'shodo-1/rollback',
      cluster: 'lab',
      namespace: 'shodo',
      nowMs: 0,
      head: { seq: 1, hash: 'h' },
    },
    cluster: 'lab',
  } as const
  function refusalTo(status: number, message: string | undefined, more: object = {}) {
    try {
      return refuseAnswer(status, JSON.stringify({ kind: 'Status', message, ...more }), asked)
    } catch (error) {
      const found = carriedBy(error)
      assert.ok(found)
      return { name: found.name, says: explain(found, 'en'), ja: explain(found, 'ja') }
    }
  }

  it('of a budget is Japanese in Japanese, with its figures', () => {
    const sentence = 'The disruption budget web needs 3 healthy pods and has 2 currently'
    const { name, says, ja } = refusalTo(429, 'Cannot evict pod', {
      details: { causes: [{ reason: 'DisruptionBudget', message: sentence }] },
    })
    assert.equal(name, 'disruption-budget')
    assert.match(says.what, /web blocks the eviction of .*: needs 3 healthy pods and has 2 currently\./)
    assert.match(ja.what, /web により .* を削除できません: 必要な正常 Pod 数 3、現在 2。/)
  })

  it('names the role that gives the right', () => {
    const roleOf = (verb: Verb, resource: string) => {
      try {
        return refuseAnswer(403, '{}', { ...asked, verb, resource })
      } catch (error) {
        return carriedBy(error)?.params.role
      }
    }
    assert.equal(roleOf('patch', 'deployments'), 'hikeshi-operator')
    assert.equal(roleOf('get', 'pods/log'), 'hikeshi-viewer')
    assert.equal(roleOf('list', 'pods.metrics.k8s.io'), 'hikeshi-viewer')
    // Reading a Lease is part of a change.
    assert.equal(roleOf('get', 'leases'), 'hikeshi-operator')
  })

  it('is told in its own sentence, and by who said it', () => {
    const freeze =
      "deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'freeze' with binding 'freeze' denied request: change freeze until Monday, ask #platform"
    const denied =
      'admission webhook "registry.example.com" denied the request: image must come from registry.example.com'
    const rbac =
      'deployments.apps "web" is forbidden: User "system:serviceaccount:shodo:hikeshi-worker" cannot patch resource "deployments" in API group "apps" in the namespace "shodo"'
    const going =
      'leases.coordination.k8s.io "x" is forbidden: unable to create new content in namespace shodo because it is being terminated'
    for (const [status, message, name, kept] of [
      [403, rbac, 'forbidden', /may not patch deployments in namespace shodo/],
      [403, freeze, 'policy-refused', /change freeze until Monday, ask #platform/],
      [422, freeze, 'policy-refused', /change freeze until Monday/],
      [403, denied, 'policy-refused', /image must come from/],
      [422, denied, 'policy-refused', /image must come from/],
      [400, denied, 'policy-refused', /image must come from/],
      [
        403,
        'leases "x" is forbidden: exceeded quota: few, requested: leases=1',
        'quota-exceeded',
        /exceeded quota: few/,
      ],
      [
        403,
        'pods "x" is forbidden: maximum memory usage per Pod is 4Gi, but limit is 6Gi',
        'limit-range-exceeded',
        /is 4Gi/,
      ],
      [403, going, 'namespace-terminating', /is being deleted/],
      [403, 'something of tomorrow forbids it', 'kubernetes-refused', /something of tomorrow/],
      [403, undefined, 'forbidden', /may not patch/],
      [401, 'Unauthorized', 'credentials-refused', /rejects the worker's credentials: Unauthorized/],
      [
        500,
        'Internal error occurred: failed calling webhook "policy.example.com": failed to call webhook: Post "https://x": connection refused',
        'webhook-unreachable',
        /"policy\.example\.com".*connection refused/,
      ],
      [500, 'etcdserver: no leader', 'kubernetes-unreachable', /HTTP 500, etcdserver: no leader/],
      [
        422,
        'the server rejected our request due to an error in our request',
        'target-changed',
        /at the same time/,
      ],
      [
        422,
        'Deployment.apps "web" is invalid: spec.replicas: Invalid value',
        'kubernetes-refused',
        /spec\.replicas/,
      ],
      [409, 'Operation cannot be fulfilled', 'target-changed', /at the same time/],
    ] as const) {
      const found = refusalTo(status, message)
      assert.equal(found.name, name, `${status} ${message}`)
      assert.match(found.says.what, kept)
      assert.notEqual(found.ja.what, found.says.what)
    }
  })
})
