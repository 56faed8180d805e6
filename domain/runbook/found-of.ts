/** Of which service something is found, and what can be found of one: a step answers findings of the incident's own service alone. */

import { kindOf } from '../steps/catalogue.ts'
import type { FindingCode } from '../steps/finding-codes.ts'
import { objectName } from '../steps/subject.ts'
import { connectionsNamed } from './connections-used.ts'
import { fillStep } from './fill.ts'
import type { Runbook } from './runbook.ts'
import type { AnyStep } from './steps-in.ts'

/** Every picture looks at these, whatever the runbook says (domain/incident/fold/picture.ts). */
const always: readonly AnyStep[] = ['kubernetes.pods', 'kubernetes.rollouts', 'kubernetes.events'].map(
  (kind) => ({ kind, with: {} }),
)

/** Belongs to the service that the labels of the alert name, whoever looks. */
const placedByItself: readonly FindingCode[] = ['alert-firing']

/** The service that has the workload, the address, or the connection that it is looked at through. */
export function ownerOf({ namespace, services }: Runbook, subject: string): string | undefined {
  const found = Object.entries(services).find(([, { deployment, statefulSets = [], health, look }]) =>
    [
      ...(deployment === undefined ? [] : [objectName('deployment', namespace, deployment)]),
      ...statefulSets.map((name) => objectName('statefulset', namespace, name)),
      ...(health === undefined ? [] : [health]),
      ...look.flatMap(connectionsNamed).map((named) => `${named.system}/${named.name}`),
    ].includes(subject),
  )
  return found?.[0]
}

/** What the pictures of an incident of the service can find of it, and these steps where somebody runs them there. */
export function codesOf(book: Runbook, service: string, steps: readonly AnyStep[]): ReadonlySet<string> {
  const own = book.services[service]
  if (own === undefined) return new Set()
  const looks = [
    ...always,
    ...(own.health === undefined ? [] : [{ kind: 'http.health', with: { url: own.health } }]),
    ...Object.values(book.services).flatMap((each) => each.look.map((step) => fillStep(step, each))),
    ...steps.map((step) => fillStep(step, own)),
  ]
  return new Set(
    looks.flatMap((step) => {
      const finds = kindOf(step.kind)?.finds ?? []
      return speaksOf(book, step, service) ? finds : finds.filter((code) => placedByItself.includes(code))
    }),
  )
}

/** False where all that the step names is of other services, or nobody's. */
function speaksOf(book: Runbook, step: AnyStep, service: string): boolean {
  const { deployment, url } = step.with
  const subjects = [
    ...connectionsNamed(step).map(({ system, name }) => `${system}/${name}`),
    ...(typeof deployment === 'string' ? [objectName('deployment', book.namespace, deployment)] : []),
    ...(typeof url === 'string' ? [url] : []),
  ]
  return subjects.length === 0 || subjects.map((subject) => ownerOf(book, subject)).includes(service)
}
