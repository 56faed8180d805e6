/** Events and manifests of what an incident is about, one JSON a line. Secrets are never asked for, and what looks like one is masked. */
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { About } from '../../domain/evidence/about.ts'
import { countMasked, maskerOf } from '../../domain/evidence/mask.ts'
import { maskValue } from '../../domain/evidence/mask-value.ts'
import type { Text } from '../../domain/words.ts'
import { makeLastingFolder } from '../../edge/folder.ts'
import type { Apis, CallOptions } from '../kubernetes/api/client.ts'
import { listAll, type Page } from '../kubernetes/api/list.ts'
import { isAbout } from './containers.ts'
import { type Reach, whyNot } from './reach.ts'

/** As far as it is read here. */
type Manifest = {
  readonly metadata?: {
    readonly name?: string
    readonly managedFields?: unknown
    readonly annotations?: { readonly [name: string]: string }
    readonly ownerReferences?: readonly {
      readonly controller?: boolean
      readonly kind: string
      readonly name: string
    }[]
  }
}
type Listing = {
  readonly resource: string
  readonly list: (
    apis: Apis,
    namespace: string,
    page: Page,
    options: CallOptions,
  ) => Promise<{ items: unknown[]; metadata?: object }>
  readonly isWanted: (object: Manifest, about: About) => boolean
}

const isNamed =
  (kind: string) =>
  (object: Manifest, { workloads }: About) =>
    workloads.includes(`${kind}/${object.metadata?.name}`)

const listings: readonly Listing[] = [
  {
    resource: 'events',
    list: ({ core }, namespace, page, options) => core.listNamespacedEvent({ namespace, ...page }, options),
    isWanted: () => true,
  },
  {
    resource: 'pods',
    list: ({ core }, namespace, page, options) => core.listNamespacedPod({ namespace, ...page }, options),
    isWanted: (object, about) => isAbout(object as Parameters<typeof isAbout>[0], about),
  },
  {
    resource: 'deployments',
    list: ({ apps }, namespace, page, options) =>
      apps.listNamespacedDeployment({ namespace, ...page }, options),
    isWanted: isNamed('deployment'),
  },
  {
    resource: 'replicasets',
    list: ({ apps }, namespace, page, options) =>
      apps.listNamespacedReplicaSet({ namespace, ...page }, options),
    isWanted: ({ metadata }, { workloads }) =>
      metadata?.ownerReferences?.some(
        ({ kind, name }) => kind === 'Deployment' && workloads.includes(`deployment/${name}`),
      ) === true,
  },
  {
    resource: 'statefulsets',
    list: ({ apps }, namespace, page, options) =>
      apps.listNamespacedStatefulSet({ namespace, ...page }, options),
    isWanted: isNamed('statefulset'),
  },
]

export type Written = { readonly bytes: number; readonly masked: number; readonly missing?: Text }

/** A file for each kind of object, empty where there is none. */
export async function writeObjects(folder: string, about: About, reach: Reach): Promise<readonly Written[]> {
  await makeLastingFolder(folder, 0o700)
  const written: Written[] = []
  for (const listing of listings) written.push(await writeListing(folder, about, listing, reach))
  return written
}

async function writeListing(
  folder: string,
  about: About,
  { resource, list, isWanted }: Listing,
  { kubernetes, context, rules }: Reach,
): Promise<Written> {
  const { namespace } = context
  const mask = maskerOf(rules)
  try {
    const { items, cut } = await listAll(
      kubernetes,
      { resource, target: `${resource}/${namespace}`, context },
      (apis, page, options) => list(apis, namespace, page, options),
      (item) => {
        const object = item as Manifest
        if (!isWanted(object, about)) return ''
        return `${JSON.stringify(maskValue(saidOnce(object), mask))}\n`
      },
    )
    const text = items.join('')
    await appendFile(join(folder, `${resource}.jsonl`), text, { mode: 0o600 })
    const found = { bytes: Buffer.byteLength(text), masked: countMasked(text) }
    const more = { en: `${resource}: there are more than were read`, ja: `${resource}: 一部のみ取得しました` }
    return cut ? { ...found, missing: more } : found
  } catch (error) {
    return { bytes: 0, masked: 0, missing: whyNot(resource, error) }
  }
}

/** `kubectl apply` keeps the whole manifest in it, with every literal secret as it was typed. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/** An object without what says the same once more. */
export function saidOnce(object: Manifest): Manifest {
  const { managedFields: _, annotations, ...metadata } = object.metadata ?? {}
  if (annotations === undefined) return { ...object, metadata }
  const { [lastApplied]: __, ...others } = annotations
  return { ...object, metadata: { ...metadata, annotations: others } }
}
