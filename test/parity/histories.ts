/** Histories of a Deployment, the odd ones too. */
import assert from 'node:assert/strict'
import { until } from '../../lab/waiting.ts'
import type { World } from '../activities/kubernetes/world.ts'

export async function threeRevisions(world: World, name: string): Promise<void> {
  await world.deploy(name, { image: 'web:1' })
  await annotated(world, name, 'release 1')
  await world.rollOut(name, { image: 'web:2', labels: { tier: 'two' } })
  await annotated(world, name, 'release 2')
  await world.rollOut(name, { image: 'web:3' })
  await annotated(world, name, 'release 3')
}

/** The controller copies the Deployment's annotations onto its live ReplicaSet. */
async function annotated(world: World, name: string, cause: string): Promise<void> {
  const annotations = { 'kubernetes.io/change-cause': cause }
  await world.cluster.mergePatch(`${world.deployments}/${name}`, { metadata: { annotations } })
  await until(
    async () =>
      (await world.replicaSets()).some(
        ({ metadata }) =>
          metadata.labels?.app === name && metadata.annotations?.['kubernetes.io/change-cause'] === cause,
      ),
    { what: `${cause} on the ReplicaSet`, withinMs: 10_000 },
  )
}

export const setsOf = async (world: World, name: string) =>
  (await world.replicaSets()).filter(({ metadata }) => metadata.labels?.app === name)
const revisionOf = (set: { metadata: { annotations?: Readonly<Record<string, string>> } }) =>
  set.metadata.annotations?.['deployment.kubernetes.io/revision']
const pathOfSet = (world: World, name: string) =>
  `/apis/apps/v1/namespaces/${world.namespace}/replicasets/${name}`

async function setOfRevision(world: World, name: string, revision: string) {
  const found = (await setsOf(world, name)).find((set) => revisionOf(set) === revision)
  assert.ok(found, `revision ${revision} of ${name}`)
  return found
}

export async function deleteRevision(world: World, name: string, revision: string): Promise<void> {
  const { metadata } = await setOfRevision(world, name, revision)
  await world.cluster.delete(pathOfSet(world, metadata.name))
  await until(
    async () => (await setsOf(world, name)).every(({ metadata: { uid } }) => uid !== metadata.uid),
    {
      what: `revision ${revision} to be gone`,
      withinMs: 10_000,
    },
  )
}

/** A second ReplicaSet with the very template of another, as a collision of hashes or a hand can make it. */
export async function twin(world: World, name: string, of: string, revision: string): Promise<void> {
  const { metadata } = await setOfRevision(world, name, of)
  type Set = {
    metadata: {
      labels: Record<string, string>
      annotations: Record<string, string>
      ownerReferences: object[]
    }
    spec: {
      selector: { matchLabels: Record<string, string> }
      template: { metadata: { labels: Record<string, string> } }
    }
  }
  const { metadata: old, spec } = await world.cluster.get<Set>(pathOfSet(world, metadata.name))
  const hash = { 'pod-template-hash': 'twin' }
  const { template } = spec
  await world.cluster.post(`/apis/apps/v1/namespaces/${world.namespace}/replicasets`, {
    metadata: {
      name: `${name}-twin`,
      labels: { ...old.labels, ...hash },
      annotations: { ...old.annotations, 'deployment.kubernetes.io/revision': revision },
      ownerReferences: old.ownerReferences,
    },
    spec: {
      replicas: 0,
      selector: { matchLabels: { ...spec.selector.matchLabels, ...hash } },
      template: {
        ...template,
        metadata: { ...template.metadata, labels: { ...template.metadata.labels, ...hash } },
      },
    },
  })
}
