/** Every step kind there is. Help, validation, JSON Schema, planning and docs are drawn from here. */
import { aiServerSteps } from './ai-server.ts'
import { containerSteps } from './containers.ts'
import type { ChangeKind, HandOf, PersonKind, StepKind } from './contract.ts'
import { countSteps } from './count.ts'
import { dataSteps } from './data.ts'
import { httpSteps } from './http.ts'
import { kubernetesSteps } from './kubernetes.ts'
import type { Needs } from './needs.ts'
import { personSteps } from './person.ts'
import { postgresSteps } from './postgres.ts'
import { prometheusSteps } from './prometheus.ts'
import { redisSteps } from './redis.ts'
import { replicaSteps } from './replica.ts'
import { restoreSteps } from './restore.ts'

export const catalogue = {
  ...kubernetesSteps,
  ...containerSteps,
  ...aiServerSteps,
  ...postgresSteps,
  ...dataSteps,
  ...replicaSteps,
  ...restoreSteps,
  ...redisSteps,
  ...prometheusSteps,
  ...httpSteps,
  ...countSteps,
  ...personSteps,
}

export type Catalogue = typeof catalogue
export type KindName = keyof Catalogue

/** Those that hikeshi carries out: all but what people do themselves. */
export type HandName = { [K in KindName]: Catalogue[K] extends PersonKind ? never : K }[KindName]

/** The other half of the catalogue: what does the work of each kind. */
export type Hands = { readonly [K in HandName]: HandOf<Catalogue[K]> }

export const handNames = (Object.keys(catalogue) as KindName[]).filter(hasHands)

export function isKind(name: string): name is KindName {
  return Object.hasOwn(catalogue, name)
}

/** The declaration of a kind; undefined when the catalogue has none of this name. */
export function kindOf(name: string): StepKind | undefined {
  return isKind(name) ? (catalogue[name] as StepKind) : undefined
}

export function isChange(kind: StepKind): kind is ChangeKind {
  return kind.risk !== undefined && kind.risk !== 'read'
}

/** True for what a person carries out, and says so. */
export function isPeoples(kind: StepKind): kind is PersonKind {
  return 'by' in kind
}

export function hasHands(name: string): name is HandName {
  const kind = kindOf(name)
  return kind !== undefined && !isPeoples(kind)
}

/** True for what must not be begun a second time when its first attempt is lost. */
export function isOnce(name: string): boolean {
  const kind = kindOf(name)
  return kind !== undefined && isChange(kind) && kind.once === true
}

/** True for what may take hours, and goes on by itself while no worker looks. */
export function isLong(name: string): boolean {
  const kind = kindOf(name)
  return kind !== undefined && isChange(kind) && kind.takes === 'long'
}

/** What each of these kinds needs; nothing is known of a kind that the catalogue does not have. */
export function needsOf(kinds: readonly string[]): readonly Needs[] {
  return kinds.flatMap((kind) => kindOf(kind)?.needs ?? [])
}
