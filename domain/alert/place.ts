/**
 * Where an alert points. Its labels name workloads, pods and namespaces as its monitoring saw them; a runbook knows its services by names of
 * their own, their Deployments and StatefulSets. What leads to none of them is of a place that no runbook knows, and never another's.
 */

import { z } from 'zod'
import { expects } from '../expected.ts'
import type { Runbook } from '../runbook/runbook.ts'
import { cutTo, hasControlCharacters, type Lang } from '../words.ts'

const label = z
  .string()
  .min(1)
  .max(253)
  .refine(
    (value) => !hasControlCharacters(value),
    expects('text without control characters', '制御文字や見えない文字を含まない文字列'),
  )

export const alertPlace = z.strictObject({
  cluster: label.optional(),
  namespace: label.optional(),
  /** What the label `service` says: a service of ours, or the Kubernetes Service that was scraped. */
  service: label.optional(),
  /** What it is about, such as a Deployment; of a pod the workload that its name speaks of. */
  workloads: z.array(label).max(20).readonly().default([]),
  /** A PersistentVolumeClaim; that of a StatefulSet's pod ends with the pod's name. */
  claim: label.optional(),
  /** What it was scraped from, where nothing better is said. */
  source: label.optional(),
  /** Its own name, where nothing at all is said. */
  alert: label.optional(),
})
export type AlertPlace = z.infer<typeof alertPlace>

/** What is known of an alert's place: a service in words of the runbook, else labels. */
export type Pointed = { readonly service?: string | undefined; readonly place?: AlertPlace | undefined }

type Book = Pick<Runbook, 'services' | 'cluster' | 'namespace'>

const unknownPrefix = 'unknown/'
const placeLimit = 190

/** What stands in place of a service's name where no runbook knows it; a slash is in none of their names. */
export const unknownPlace = /^unknown\/[^\s"'\\]{1,200}$/

export function isUnknownPlace(service: string): boolean {
  return service.startsWith(unknownPrefix)
}

/** The service that an alert is of, or the place that the runbook does not know. */
export function serviceOf(book: Book, { service, place }: Pointed): string {
  if (service !== undefined) {
    if (isUnknownPlace(service)) return service
    return knownAs(book, service) ?? unknown([service])
  }
  if (place === undefined) return unknown(['nothing'])
  const { cluster, namespace, workloads, claim, source, alert } = place
  const isElsewhere =
    (cluster !== undefined && cluster !== book.cluster) ||
    (namespace !== undefined && namespace !== book.namespace)
  const subject = workloads[0] ?? claim ?? place.service ?? source ?? alert ?? 'nothing'
  if (isElsewhere) return unknown([cluster === book.cluster ? undefined : cluster, namespace, subject])
  const named = [place.service, ...workloads].flatMap((name) => (name === undefined ? [] : [name]))
  for (const name of named) {
    const known = knownAs(book, name)
    if (known !== undefined) return known
  }
  const owner = claim === undefined ? undefined : ownerOf(book, claim)
  if (owner !== undefined) return owner
  return (source === undefined ? undefined : knownAs(book, source)) ?? unknown([subject])
}

/** The service of that name, or with a workload of it. */
export function knownAs({ services }: Pick<Book, 'services'>, name: string): string | undefined {
  return Object.entries(services).find(
    ([id, { deployment, statefulSets = [] }]) =>
      id === name || deployment === name || statefulSets.includes(name),
  )?.[0]
}

/** `data-redis-master-0` is of the StatefulSet `redis-master`. */
function ownerOf({ services }: Book, claim: string): string | undefined {
  const [, owned] = /^(.+)-\d+$/.exec(claim) ?? []
  return Object.entries(services).find(([, { statefulSets = [] }]) =>
    statefulSets.some((name) => owned?.endsWith(`-${name}`)),
  )?.[0]
}

function unknown(parts: readonly (string | undefined)[]): string {
  const said = parts.filter((part) => part !== undefined).join('/')
  return unknownPrefix + cutTo(said.toLowerCase().replace(/[\s"'\\]+/g, '-'), placeLimit)
}

/** The name of an incident's service as people read it. */
export function serviceTitle({ services }: Pick<Book, 'services'>, service: string, lang: Lang): string {
  if (isUnknownPlace(service)) return placeTitle(service, lang)
  return services[service]?.title[lang] ?? service
}

/** `payments (in no runbook)`. */
export function placeTitle(place: string, lang: Lang): string {
  const said = place.slice(unknownPrefix.length)
  return lang === 'ja' ? `${said}（Runbook にない対象）` : `${said} (in no runbook)`
}

// The characters that Kubernetes makes the ends of names of: no vowels, nothing that looks like another one.
const ending = '[bcdfghjklmnpqrstvwxz2456789]'
const ofReplicaSet = new RegExp(`^(.+)-${ending}{6,10}-${ending}{5}$`)
const ofSet = new RegExp(`^(.+)-(?:\\d+|${ending}{5})$`)

/** The workload that the name of a pod speaks of: `shodo-backend-6d9f7c5b8-x2x9q`, `redis-master-0` and `fluent-bit-x2x9q` are two or three parts. */
export function workloadOfPod(pod: string): string {
  return (ofReplicaSet.exec(pod) ?? ofSet.exec(pod))?.[1] ?? pod
}
