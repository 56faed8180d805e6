import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'
import type { Lab } from '../../../lab/index.ts'
import { until } from '../../../lab/waiting.ts'
import { sharedLab } from '../../lab/shared.ts'
import { context } from '../postgres/reach.ts'
import { workerHands } from './world.ts'

describe('the policy for the account of a worker (deploy/kubernetes/worker-policy.yaml)', () => {
  let lab: Lab
  const api = '/apis/admissionregistration.k8s.io/v1'
  const policies = `${api}/validatingadmissionpolicies`
  const bindings = `${api}/validatingadmissionpolicybindings`
  const backend = '/apis/apps/v1/namespaces/shodo/deployments/shodo-backend'
  before(async function () {
    this.timeout(300_000)
    lab = await sharedLab()
    const file = readFileSync(
      new URL('../../../deploy/kubernetes/worker-policy.yaml', import.meta.url),
      'utf8',
    )
    const [policy, binding] = parseAllDocuments(file).map((document) => document.toJS())
    await lab.cluster().post(policies, policy)
    await lab.cluster().post(bindings, binding)
  })
  after(async () => {
    await lab?.cluster().delete(`${bindings}/hikeshi-worker`)
    await lab?.cluster().delete(`${policies}/hikeshi-worker`)
  })

  const refusalOf = (spec: object, workload = backend) =>
    lab
      .workerCluster()
      .mergePatch(`${workload}?dryRun=All`, { spec: { template: { spec } } })
      .then(
        () => undefined,
        (error: Error) => String(error.message),
      )

  it('refuses another service account and the node, which its right to patch would allow', async () => {
    const account = await until(() => refusalOf({ serviceAccountName: 'default-2' }), {
      what: 'the policy to be in force',
      withinMs: 20_000,
    })
    assert.match(account, /gives a workload no other service account/)
    assert.match((await refusalOf({ hostNetwork: true })) ?? '', /no access to its nodes/)
    const volumes = [{ name: 'root', hostPath: { path: '/' } }]
    assert.match((await refusalOf({ volumes })) ?? '', /mounts nothing of a node/)
    assert.match((await refusalOf({ nodeName: 'lab-node-1' })) ?? '', /no access to its nodes/)
    const redis = '/apis/apps/v1/namespaces/shodo/statefulsets/redis-master'
    assert.match((await refusalOf({ hostPID: true }, redis)) ?? '', /no access to its nodes/)
    assert.match(
      (await refusalOf({ securityContext: { runAsUser: 0 } })) ?? '',
      /no container other privileges/,
    )
  })

  it('refuses privileges of a single container, old or new, and a port of its node', async () => {
    const deployment = (await lab.cluster().get(backend)) as {
      spec: { template: { spec: { containers: { name: string }[] } } }
    }
    const [first = { name: '' }] = deployment.spec.template.spec.containers
    const asked = (more: object, name = first.name) =>
      refusalOf({ containers: [{ ...first, ...more, name }] })
    for (const securityContext of [
      { capabilities: { add: ['SYS_ADMIN'] } },
      { seccompProfile: { type: 'Unconfined' } },
    ]) {
      assert.match((await asked({ securityContext })) ?? '', /no container other privileges/)
      assert.match((await asked({ securityContext }, 'beside')) ?? '', /no container other privileges/)
    }
    const ports = [{ containerPort: 8080, hostPort: 8080 }]
    assert.match((await asked({ ports })) ?? '', /no access to its nodes/)
    assert.equal(await asked({}), undefined)
  })

  it('lets every step through, and nobody else is bound by it', async () => {
    const hands = workerHands(lab)
    const deployment = 'shodo-backend'
    const asked = (step: string) => context(step)
    assert.ok(await hands['kubernetes.scale'].plan({ deployment, replicas: 5 }, asked('scale')))
    assert.ok(await hands['kubernetes.rollout-restart'].plan({ deployment }, asked('restart')))
    assert.ok(
      await hands['kubernetes.set-resources'].plan({ deployment, limits: { memory: '6Gi' } }, asked('more')),
    )
    assert.ok(await hands['kubernetes.rollout-undo'].plan({ deployment }, asked('undo')))
    await lab.cluster().mergePatch(`${backend}?dryRun=All`, {
      spec: { template: { spec: { serviceAccountName: 'default-2' } } },
    })
  })
})
