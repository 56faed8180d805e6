import assert from 'node:assert/strict'
import { checkKubernetes } from '../../client/doctor/kubernetes.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { applyWorkerRights } from '../../lab/cluster/setup.ts'
import type { Lab } from '../../lab/index.ts'
import { until } from '../../lab/waiting.ts'
import { smallBook } from '../domain/incident/small-runbook.ts'
import { sharedLab } from '../lab/shared.ts'

describe('the doctor about rights in Kubernetes', () => {
  let lab: Lab
  before(async function () {
    this.timeout(300_000)
    lab = await sharedLab()
  })
  afterEach(() => applyWorkerRights(lab.cluster()))

  const rbac = '/apis/rbac.authorization.k8s.io/v1'
  const examine = () =>
    checkKubernetes({ HIKESHI_CLUSTER: 'lab', HIKESHI_KUBECONFIG: lab.workerKubeconfig }, [withEveryStep()])

  /** Each changing step of Kubernetes is somewhere in it. */
  function withEveryStep(): Runbook {
    const book = smallBook()
    const kinds = ['scale', 'rollout-undo', 'rollout-restart', 'set-resources', 'delete-pods', 'logs']
    const steps = kinds.map((kind) => ({
      id: kind,
      title: { ja: kind, en: kind },
      kind: `kubernetes.${kind}`,
      with: {},
    }))
    const [first] = book.symptoms
    assert.ok(first)
    return { ...book, cluster: 'lab', namespace: 'shodo', symptoms: [{ ...first, steps }] }
  }

  it('finds that what deploy/kubernetes gives is enough for every step', async () => {
    assert.deepEqual(
      (await examine()).map(({ status, says }) => [status, says.en]),
      [['ok', 'all 14 rights for runbook shodo are there']],
    )
  })

  it('warns, no more, where nodes may not be looked at', async () => {
    await lab.cluster().delete(`${rbac}/clusterrolebindings/hikeshi-nodes`)
    const found = await until(async () => (await examine()).find(({ status }) => status === 'warn'), {
      what: 'the right to be gone',
      withinMs: 10_000,
    })
    assert.match(
      found.says.en,
      /set-resources cannot check whether a node could hold the pods .*rbac-nodes\.yaml/,
    )
    assert.ok((await examine()).some(({ status }) => status === 'ok'))
  })

  it('names the right to evict and the role that gives it', async () => {
    const role = `${rbac}/namespaces/shodo/roles/hikeshi-operator`
    type Role = { rules: { resources: string[] }[] }
    const { rules } = await lab.cluster().get<Role>(role)
    await lab
      .cluster()
      .mergePatch(role, { rules: rules.filter((rule) => !rule.resources.includes('pods/eviction')) })
    const found = await until(async () => (await examine()).find(({ status }) => status === 'fail'), {
      what: 'the right to be gone',
      withinMs: 10_000,
    })
    assert.match(found.says.en, /missing for runbook shodo: create pods\/eviction$/)
    assert.match(found.next?.en ?? '', /hikeshi-operator/)
  })
})
