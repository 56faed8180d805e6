import type { KubernetesObject } from '../cluster/api.ts'
import type { Lab } from '../lab.ts'
import { shodoNamespace } from '../shodo/services.ts'
import { until } from '../waiting.ts'
import { noteFault } from './active.ts'
import type { Fault } from './fault.ts'

const operatorRole = `/apis/rbac.authorization.k8s.io/v1/namespaces/${shodoNamespace}/roles/hikeshi-operator`

type Rule = { readonly apiGroups: readonly string[]; readonly resources: readonly string[] }

export const forbidden: Fault = {
  name: 'forbidden',
  description: "the worker's credentials lose the right to patch deployments",
  async begin(lab) {
    const cluster = lab.cluster()
    const role = await cluster.get<KubernetesObject & { rules: Rule[] }>(operatorRole)
    const rules = role.rules.filter((rule) => !rule.apiGroups.includes('apps'))
    noteFault(lab.dir, 'forbidden')
    await cluster.mergePatch(operatorRole, { rules })
    await rightToPatch(lab, false)
  },
}

/** Waits until the API server itself tells the worker that it may, or may not, patch deployments. */
export async function rightToPatch(lab: Lab, expected: boolean): Promise<void> {
  const question = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: {
      resourceAttributes: {
        namespace: shodoNamespace,
        verb: 'patch',
        group: 'apps',
        resource: 'deployments',
      },
    },
  }
  await until(
    async () => {
      const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
      const { status } = await lab.workerCluster().post<{ status: { allowed: boolean } }>(path, question)
      return status.allowed === expected
    },
    { what: `the worker's right to patch to be ${expected ? 'back' : 'gone'}`, withinMs: 10_000 },
  )
}
