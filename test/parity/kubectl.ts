/** The same start state twice, in two namespaces: in one kubectl does it, in the other our step. What is left must be the same. */
import { execFile } from 'node:child_process'
import type { ChangeHand } from '../../domain/steps/contract.ts'
import { findIn, pathFolders } from '../../lab/binaries/find.ts'
import type { Lab } from '../../lab/index.ts'
import { openWorld, type World } from '../activities/kubernetes/world.ts'
import { describeUnless } from '../lab/skip.ts'

/** As `describe`; says why where there is no kubectl to compare with. */
export function describeWithKubectl(title: string, block: () => void): void {
  const found = findIn(pathFolders(), 'kubectl')
  describeUnless(found === undefined ? 'no kubectl on PATH to compare with' : undefined, title, block)
}

export type Answer = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** kubectl as the lab's administrator, with its caches in the lab's folder. */
export function kubectl({ lab, namespace }: World, ...args: readonly string[]): Promise<Answer> {
  return kubectlIn(lab, namespace, ...args)
}

export function kubectlIn(lab: Lab, namespace: string, ...args: readonly string[]): Promise<Answer> {
  return kubectlFor(20_000, lab, namespace, ...args)
}

/** Ended after so long, which is the only end of what follows something. */
export function kubectlFor(
  limitMs: number,
  { kubeconfig, dir }: Lab,
  namespace: string,
  ...args: readonly string[]
): Promise<Answer> {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH, KUBECONFIG: kubeconfig, HOME: dir }
    const whole = ['--namespace', namespace, ...args]
    execFile('kubectl', whole, { env, timeout: limitMs }, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error ? 1 : 0
      resolve({ code, stdout, stderr })
    })
  })
}

export type Pair = { readonly theirs: World; readonly ours: World }

export async function openPair(title: string): Promise<Pair> {
  return { theirs: await openWorld(`${title}-theirs`), ours: await openWorld(`${title}-ours`) }
}

export async function closePair(pair: Pair | undefined): Promise<void> {
  await Promise.all([pair?.theirs.close(), pair?.ours.close()])
}

/** Both worlds are made the same way, at the same time. */
export async function inBoth(pair: Pair, make: (world: World) => Promise<void>): Promise<void> {
  await Promise.all([make(pair.theirs), make(pair.ours)])
}

/** Plans the change and makes it where there is anything to do. */
export async function change<P>(
  hand: ChangeHand<P>,
  params: P,
  world: World,
  step: string,
): Promise<{ readonly nothingToDo: boolean; readonly says: string }> {
  const context = world.context(step)
  const plan = await hand.plan(params, context)
  if (!plan.nothingToDo) await hand.run(params, plan, context)
  return { nothingToDo: plan.nothingToDo, says: plan.says.en }
}

type Labelled = {
  readonly metadata: {
    readonly name: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec: object
  readonly status: { readonly replicas?: number; readonly readyReplicas?: number }
}

/**
 * A Deployment and its ReplicaSets without what differs between any two of them: names of namespaces, times, UIDs, versions, and our
 * own annotations. A template hash is named after its revision, since a time in the template changes it.
 */
export async function shapeOf(world: World, name: string): Promise<unknown> {
  const { cluster, namespace } = world
  const path = `/apis/apps/v1/namespaces/${namespace}`
  const deployment = await cluster.get<Labelled>(`${path}/deployments/${name}`)
  const { items } = await cluster.get<{ items: Labelled[] }>(
    `${path}/replicasets?labelSelector=app%3D${name}`,
  )
  const sets = items.sort((a, b) => revisionOf(a) - revisionOf(b))
  const whole = JSON.stringify([deployment, ...sets].map(plain))
  const named = sets.reduce((text, set) => {
    const hash = set.metadata.labels?.['pod-template-hash']
    return hash === undefined ? text : text.replaceAll(hash, `of-revision-${revisionOf(set)}`)
  }, whole)
  return JSON.parse(named.replaceAll(/"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)"/g, '"a time"'))
}

function plain({ metadata, spec, status }: Labelled) {
  const annotations = Object.entries(metadata.annotations ?? {}).filter(
    ([key]) => !key.startsWith('hikeshi.dev/'),
  )
  return {
    name: metadata.name,
    labels: metadata.labels ?? {},
    annotations: Object.fromEntries(annotations.sort(([a], [b]) => (a < b ? -1 : 1))),
    spec,
    replicas: status.replicas ?? 0,
    ready: status.readyReplicas ?? 0,
  }
}

function revisionOf({ metadata }: Labelled): number {
  return Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0)
}
