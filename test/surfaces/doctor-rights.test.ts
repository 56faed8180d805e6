import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkConnections } from '../../client/doctor/connections.ts'
import { examine as examineAll } from '../../client/doctor/examine.ts'
import { checkTrust } from '../../client/doctor/trust.ts'
import { connect, type Temporal, temporalSettings } from '../../client/temporal/connect.ts'
import { workersOn } from '../../client/temporal/pollers.ts'
import { failure } from '../../domain/failures.ts'
import { Refused } from '../../edge/refused.ts'
import { applyWorkerRights } from '../../lab/cluster-setup.ts'
import { until } from '../../lab/waiting.ts'
import { clusterQueue } from '../../wire/messages.ts'
import { startWorker } from '../../workers/main.ts'
import { smallBook } from '../domain/incident/small-runbook.ts'
import { startWorkerProcess } from '../faults/worker-process.ts'
import { type Desk, openDesk, scratch, type World, world } from '../scenarios/world.ts'

describe('the doctor about rights in Kubernetes', function () {
  this.timeout(120_000)
  let here: World
  let temporal: Temporal
  let desk: Desk
  before(async function () {
    this.timeout(300_000)
    here = await world()
    temporal = await connect(temporalSettings(here.lab.env))
    desk = await deskOf('lab')
  })
  after(() => temporal?.close())
  afterEach(() => applyWorkerRights(here.lab.cluster()))

  const rbac = '/apis/rbac.authorization.k8s.io/v1'
  const examine = async (at = desk) => checkConnections(temporal, [at.book])

  /** Changes and logs; that deploy/kubernetes has what all kinds need is rights.test.ts's to hold. */
  function deskOf(cluster: string): Promise<Desk> {
    const kinds = ['scale', 'rollout-undo', 'rollout-restart', 'set-resources', 'delete-pods', 'logs']
    const own = { deployment: 'shodo-backend' }
    const withOf: Readonly<Record<string, object>> = {
      scale: { ...own, replicas: 8 },
      'set-resources': { ...own, limits: { memory: '1Gi' } },
      'delete-pods': { selector: 'app=shodo-backend' },
    }
    const steps = kinds.map((kind) => ({
      id: kind,
      title: { ja: kind, en: kind },
      kind: `kubernetes.${kind}`,
      with: { ...(withOf[kind] ?? own) },
    }))
    return openDesk(here, {
      change: ({ runbook }) => {
        const { symptoms, ...book } = smallBook()
        const [first] = symptoms
        assert.ok(first)
        return { ...book, runbook, cluster, namespace: 'shodo', symptoms: [{ ...first, steps }] }
      },
    })
  }

  it('finds that what deploy/kubernetes gives is enough for its steps', async () => {
    assert.deepEqual(
      (await examine()).map(({ check, status, says }) => [check, status, says.en]),
      [['kubernetes lab/shodo', 'ok', `runbook ${desk.name}: has all 14 rights that its steps need`]],
    )
  })

  it('warns, no more, where nodes may not be looked at', async () => {
    await here.lab.cluster().delete(`${rbac}/clusterrolebindings/hikeshi-nodes-shodo`)
    const found = await until(async () => (await examine()).find(({ status }) => status === 'warn'), {
      what: 'the right to be gone',
      withinMs: 10_000,
    })
    assert.match(found.says.en, /set-resources cannot check whether the pods fit on a node$/)
    assert.match(
      found.next?.en ?? '',
      /^Missing: list nodes\. deploy\/kubernetes\/rbac-nodes\.yaml grants it\.$/,
    )
    assert.ok((await examine()).some(({ status }) => status === 'ok'))
  })

  it('names the right to evict and the role that gives it', async () => {
    const role = `${rbac}/namespaces/shodo/roles/hikeshi-operator`
    type Role = { rules: { resources: string[] }[] }
    const { rules } = await here.lab.cluster().get<Role>(role)
    await here.lab
      .cluster()
      .mergePatch(role, { rules: rules.filter((rule) => !rule.resources.includes('pods/eviction')) })
    const found = await until(async () => (await examine()).find(({ status }) => status === 'fail'), {
      what: 'the right to be gone',
      withinMs: 10_000,
    })
    assert.match(found.says.en, /rights are missing: create pods\/eviction$/)
    assert.match(found.next?.en ?? '', /hikeshi-operator .*"hikeshi rbac .+" prints everything it needs/)
  })

  it("asks the cluster's own worker, whose credentials may have expired while those of this machine are well", async () => {
    await scratch(async (dir) => {
      const cluster = `expired-${process.pid}`
      const file = join(dir, 'kubeconfig')
      const own = await readFile(here.lab.workerKubeconfig, 'utf8')
      const expired = own.replace(/("?token"?: *"?)[^"\s,}]+/, '$1expired')
      assert.notEqual(expired, own)
      await writeFile(file, expired)
      const worker = await startWorker({
        env: {
          ...here.env,
          HIKESHI_CLUSTER: cluster,
          HIKESHI_KUBECONFIG: file,
          HIKESHI_WORKER_ROLES: 'cluster',
        },
      })
      try {
        const found = await examine(await deskOf(cluster))
        assert.deepEqual(
          found.map(({ check, status, says }) => [check, status, says.en.slice(0, 5)]),
          [[`kubernetes ${cluster}/shodo`, 'fail', 'HK440']],
        )
      } finally {
        worker.stop()
        await worker.stopped
      }
    })
  })

  it('says of several workers what holds for all of them, whichever of them is asked first', async () => {
    const cluster = `two-${process.pid}`
    const { book } = await deskOf(cluster)
    const env = { ...here.env, HIKESHI_CLUSTER: cluster, HIKESHI_WORKER_ROLES: 'cluster' }
    const worker = await startWorker({ env: { ...env, HIKESHI_LAB: '' } })
    // A process of its own, for Temporal tells workers apart by it.
    const other = await startWorkerProcess({ ...process.env, ...env, HIKESHI_LAB: '1' })
    try {
      // A worker that says it is ready may not have asked for work yet, and Temporal lists those that have.
      await until(async () => (await workersOn(temporal, clusterQueue(cluster), 'activity')).length === 2, {
        what: 'both workers to be listed',
        withinMs: 15_000,
      })
      for (let i = 0; i < 3; i += 1) {
        const [first] = await checkTrust(temporal, [book])
        assert.match(first?.says.en ?? '', /^its workers accept lab incidents/)
      }
    } finally {
      worker.stop()
      await Promise.all([worker.stopped, other.stop()])
    }
  })

  it('says that it does not know where there is no worker, or no Temporal to ask it over', async () => {
    const nobody = `nobody-${process.pid}`
    const found = await examine(await deskOf(nobody))
    assert.deepEqual(
      found.map(({ check, status, says }) => [check, status, says.en.slice(0, 5)]),
      [[`kubernetes ${nobody}/shodo`, 'warn', 'HK506']],
    )
    const away = new Refused(failure('temporal-unreachable', { address: 'x', reason: 'y' }))
    const all = await examineAll(away, here.env)
    const kubernetes = all.filter(({ check }) => check.startsWith('kubernetes'))
    assert.deepEqual(
      kubernetes.map(({ status, says }) => [status, says.en.split(':', 1)[0]]),
      [['warn', 'unknown']],
    )
  })
})
