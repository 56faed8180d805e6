/**
 * What a runbook has a worker do, as a list that can be asked: a reading needs no approval, so its words (an address, a query, a program)
 * must be those of a runbook that the worker believes. What people may choose by hand is left out of the comparison.
 */

import { present } from '../present.ts'
import { catalogue, isChange, kindOf } from '../steps/catalogue.ts'
import type { StepKind, StepParams } from '../steps/contract.ts'
import { canonicalJson } from '../timeline/canonical.ts'
import { severities } from '../words.ts'
import { backupParts } from './backups-used.ts'
import { fillStep, missingIn } from './fill.ts'
import { connectionParts, wholePicture } from './parts.ts'
import type { Runbook, RunbookStep } from './runbook.ts'

type Asked = { readonly kind: string; readonly params: StepParams }
type Place = Pick<Runbook, 'cluster' | 'namespace'>

/** Every step and look of the runbook, in its own cluster and namespace. */
export function publishedKeys(book: Runbook): ReadonlySet<string> {
  const runbook = { book, version: 0, sha256: '' }
  const services = Object.values(book.services)
  const steps = stepsOf(book)
  // Also without its smoke test: an incident may have been opened by the runbook of before.
  const healthy = services.flatMap(({ health: url, smokeTest }) =>
    url === undefined
      ? []
      : [{ url }, { url, ...present({ smokeTest }) }].map((params) => ({ kind: 'http.healthy', params })),
  )
  const { affectedUsers: count } = book
  const counts = count === undefined ? [] : [{ kind: count.kind, params: count.with }]
  const all: readonly Asked[] = [
    ...wholePicture(runbook),
    ...connectionParts(book),
    ...backupParts(book),
    ...steps,
    ...healthy,
    ...counts,
  ]
  return new Set(all.flatMap((asked) => [publishedKey(asked, book) ?? [], waysBack(asked, book)].flat()))
}

/** Under which names the undo steps of a change are looked up that are kinds of their own. */
function waysBack({ kind, params }: Asked, place: Place): readonly string[] {
  const parsed = kindOf(kind)?.params.safeParse(params)
  if (!parsed?.success) return []
  return Object.keys(catalogue).flatMap((name) => {
    const declared = kindOf(name)
    if (declared === undefined || !isChange(declared) || declared.undoes?.kinds.includes(kind) !== true)
      return []
    return keyOf(name, declared, parsed.data as StepParams, place) ?? []
  })
}

/** Under which name a step is looked up; undefined where nothing of it is the runbook's alone to say. */
export function publishedKey({ kind, params }: Asked, place: Place): string | undefined {
  const declared = kindOf(kind)
  const parsed = declared?.params.safeParse(params)
  if (declared === undefined || !parsed?.success) return undefined
  return keyOf(kind, declared, parsed.data as StepParams, place)
}

function keyOf(
  kind: string,
  declared: StepKind,
  params: StepParams,
  { cluster, namespace }: Place,
): string | undefined {
  const { byVerifiedHand = [], undoes } = isChange(declared) ? declared : {}
  const free = new Set<string>([...declared.byHand, ...byVerifiedHand])
  const isOwn = (name: string) => undoes?.with.includes(name) ?? !free.has(name)
  const own = Object.entries(params).filter(([name]) => isOwn(name))
  if (isChange(declared) && own.length === 0) return undefined
  return canonicalJson([cluster, namespace, kind, Object.fromEntries(own)])
}

/** Changes that the runbook lets run without people at some severity, word for word. */
export function automaticKeys(book: Runbook): ReadonlySet<string> {
  const may = severities.some((severity) => book.severities[severity].automatic.includes('reversible'))
  return new Set(may ? stepsOf(book).flatMap((asked) => wholeKey(asked, book) ?? []) : [])
}

/** The same with all parameters. */
export function wholeKey({ kind, params }: Asked, { cluster, namespace }: Place): string | undefined {
  const parsed = kindOf(kind)?.params.safeParse(params)
  return parsed?.success ? canonicalJson([cluster, namespace, kind, parsed.data]) : undefined
}

function stepsOf(book: Runbook): readonly Asked[] {
  const quick = severities.flatMap((severity) => book.severities[severity].quick)
  return [
    ...book.symptoms.map((symptom) => ({ steps: symptom.steps, of: [book.services[symptom.service]] })),
    { steps: quick, of: Object.values(book.services) },
  ].flatMap(({ steps, of }) => steps.flatMap((step) => filled(step, of)))
}

function filled(
  step: RunbookStep,
  services: readonly (Runbook['services'][string] | undefined)[],
): readonly Asked[] {
  return services.flatMap((service) => {
    if (service === undefined || missingIn(step, service).length > 0) return []
    const { kind, with: params } = fillStep(step, service)
    return [{ kind, params }]
  })
}
