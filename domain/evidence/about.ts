/** What an incident is about, as far as it has logs and manifests: its service, what that depends on and what depends on it. */
import { isUnknownPlace } from '../alert/place.ts'
import { near } from '../runbook/dependencies.ts'
import type { Runbook } from '../runbook/runbook.ts'

export type About = {
  /** `deployment/shodo-backend`, `statefulset/redis-master`. */
  readonly workloads: readonly string[]
  /** Label selectors of services that name no Deployment. */
  readonly selectors: readonly string[]
}

/** Before an incident was declared it had begun. */
const begunBeforeMs = 3_600_000

/** Of which time the logs and curves of an incident are, epoch ms. */
export function timeAround(
  { declaredAtMs }: { readonly declaredAtMs: number },
  toMs: number,
): { readonly fromMs: number; readonly toMs: number } {
  return { fromMs: declaredAtMs - begunBeforeMs, toMs }
}

/** Of a service; of all of the runbook where none is named. Nothing where nobody knows the place. */
export function aboutOf(book: Pick<Runbook, 'services'>, service?: string): About {
  if (service !== undefined && isUnknownPlace(service)) return { workloads: [], selectors: [] }
  const ids = service === undefined ? new Set(Object.keys(book.services)) : near(book, service)
  const services = Object.entries(book.services).flatMap(([id, one]) => (ids.has(id) ? [one] : []))
  return {
    workloads: unique(
      services.flatMap(({ deployment, statefulSets = [] }) => [
        ...(deployment === undefined ? [] : [`deployment/${deployment}`]),
        ...statefulSets.map((name) => `statefulset/${name}`),
      ]),
    ),
    selectors: unique(
      services.flatMap(({ deployment, selector }) =>
        deployment === undefined && selector !== undefined ? [selector] : [],
      ),
    ),
  }
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)]
}
