import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'
import { jobOf } from '../../../activities/kubernetes/jobs/beside.ts'
import type { Lab } from '../../../lab/index.ts'
import { until } from '../../../lab/waiting.ts'
import { sharedLab } from '../../lab/shared.ts'
import { context } from '../postgres/reach.ts'
import { workerHands } from './world.ts'

describe('the policy for the account of a worker (deploy/kubernetes/worker-policy.yaml)', () => {
  let lab: Lab
  /** The newest first. */
  const made: string[] = []
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
    for (const object of parseAllDocuments(file).map((document) => document.toJS())) {
      const path = object.kind === 'ValidatingAdmissionPolicy' ? policies : bindings
      await lab.cluster().post(path, object)
      made.unshift(`${path}/${object.metadata.name}`)
    }
  })
  after(async () => {
    for (const path of made) await lab?.cluster().delete(path)
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

  it('refuses a token of the account that the workload has and does not see', async () => {
    const refused = /no token of its own/
    const mounted = await until(() => refusalOf({ automountServiceAccountToken: true }), {
      what: 'the policy to be in force',
      withinMs: 20_000,
    })
    assert.match(mounted, refused)
    const projected = (sources: object[]) => refusalOf({ volumes: [{ name: 'own', projected: { sources } }] })
    assert.match((await projected([{ serviceAccountToken: { path: 'token' } }])) ?? '', refused)
    assert.equal(await projected([{ configMap: { name: 'own' } }]), undefined)
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

  describe('of Jobs', () => {
    const jobs = '/apis/batch/v1/namespaces/shodo/jobs'
    type PodSpec = Record<string, unknown> & { containers: Record<string, unknown>[]; volumes: object[] }
    type Job = {
      metadata: Record<string, unknown> & { labels: Record<string, string> }
      spec: { template: { metadata: object; spec: PodSpec } }
    }
    let own: Job
    before(async () => {
      const name = 'hikeshi-postgres-backups'
      const path = '/apis/apps/v1/namespaces/shodo/statefulsets/postgres-primary'
      const set = (await lab.cluster().get(path)) as Parameters<typeof jobOf>[0]
      const beside = { name, statefulSet: 'postgres-primary', command: ['sh', '-c', 'wait'] }
      own = jobOf(set, { namespace: 'shodo' }, beside, 'lab-node-1') as unknown as Job
    })
    /** What the API server says to a Job that differs from a worker's own in this; undefined where it takes it. */
    const refusalOfJob = (change: (job: Job) => void = () => {}, cluster = lab.workerCluster()) => {
      const job = structuredClone(own)
      change(job)
      return cluster.post(`${jobs}?dryRun=All`, job).then(
        () => undefined,
        (error: Error) => String(error.message),
      )
    }
    const inPod = (more: Partial<PodSpec>) =>
      refusalOfJob(({ spec }) => Object.assign(spec.template.spec, more))
    const inContainer = (more: object) =>
      refusalOfJob(({ spec }) => Object.assign(spec.template.spec.containers[0] ?? {}, more))

    it('lets through what a worker makes beside a database, and nothing beside another one or none', async () => {
      const beside = (statefulSet: string) =>
        refusalOfJob(({ metadata }) => {
          metadata.labels['hikeshi.dev/stateful-set'] = statefulSet
        })
      const other = await until(() => beside('redis-master'), {
        what: 'the policy to be in force',
        withinMs: 20_000,
      })
      assert.match(other, /beside the databases that worker-policy\.yaml names/)
      const none = await refusalOfJob(({ metadata, spec }) => {
        metadata.labels = {}
        // Else it gets those of its template.
        spec.template.metadata = {}
      })
      assert.match(none ?? '', /beside the databases that worker-policy\.yaml names/)
      // It has to know the database as well.
      assert.equal(
        await until(async () => (await refusalOfJob()) ?? 'taken', {
          what: 'an answer',
          withinMs: 20_000,
        }),
        'taken',
      )
    })

    it('refuses another name, container, image, account or token', async () => {
      const name = await refusalOfJob(({ metadata }) => {
        metadata.name = 'reports'
      })
      assert.match(name ?? '', /is called hikeshi-/)
      const beside = { name: 'beside', image: 'postgres:15' }
      assert.match(
        (await inPod({ containers: [...own.spec.template.spec.containers, beside] })) ?? '',
        /one container/,
      )
      assert.match((await inPod({ initContainers: [beside] })) ?? '', /one container/)
      const asOfDatabase = /image, environment, mounts and privileges of a container of its StatefulSet/
      assert.match((await inContainer({ image: 'miner:1' })) ?? '', asOfDatabase)
      assert.match((await inContainer({ envFrom: [{ secretRef: { name: 'other' } }] })) ?? '', asOfDatabase)
      assert.match((await inContainer({ securityContext: { runAsUser: 0 } })) ?? '', asOfDatabase)
      assert.match((await inPod({ serviceAccountName: 'admin' })) ?? '', /account of its StatefulSet/)
      assert.match((await inPod({ automountServiceAccountToken: true })) ?? '', /no token of it/)
    })

    it('refuses the node, and volumes that are not the database’s', async () => {
      for (const more of [{ hostNetwork: true }, { hostPID: true }, { nodeName: 'lab-node-1' }])
        assert.match((await inPod(more)) ?? '', /no access to its node/, JSON.stringify(more))
      assert.match((await inPod({ securityContext: { runAsUser: 0 } })) ?? '', /no other privileges/)
      const { volumes = [] } = own.spec.template.spec
      for (const volume of [
        { name: 'root', hostPath: { path: '/' } },
        { name: 'keys', secret: { secretName: 'other' } },
        { name: 'theirs', persistentVolumeClaim: { claimName: 'data-redis-master-0' } },
      ])
        assert.match(
          (await inPod({ volumes: [...volumes, volume] })) ?? '',
          /volumes of its StatefulSet/,
          volume.name,
        )
    })

    it('binds nobody else', async () => {
      const taken = await refusalOfJob(({ metadata, spec }) => {
        metadata.labels = {}
        Object.assign(spec.template.spec, { hostNetwork: true })
      }, lab.cluster())
      assert.equal(taken, undefined)
    })
  })
})
