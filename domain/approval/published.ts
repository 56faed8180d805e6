/**
 * What a runbook has a worker do, as a list that can be asked: a reading needs no approval, so its words (an address, a query, a program)
 * must be those of a runbook that the worker believes. What people may choose by hand is left out of the comparison.
 */
import { connectionParts } from '../diagnosis/looks.ts'
import { wholePicture } from '../incident/picture.ts'
import { fillStep, missingIn } from '../runbook/fill.ts'
import type { Runbook, RunbookStep } from '../runbook/runbook.ts'
import { isChange, kindOf } from '../steps/catalogue.ts'
import type { StepParams } from '../steps/contract.ts'
import { canonicalJson } from '../timeline/canonical.ts'
import { severities } from '../words.ts'

type Asked = { readonly kind: string; readonly params: StepParams }
type Place = Pick<Runbook, 'cluster' | 'namespace'>

/** Every step and look of the runbook, in its own cluster and namespace. */
export function publishedKeys(book: Runbook): ReadonlySet<string> {
  const runbook = { book, version: 0, sha256: '' }
  const services = Object.values(book.services)
  const steps = stepsOf(book)
  const healthy = services.flatMap(({ health: url }) =>
    url === undefined ? [] : [{ kind: 'http.healthy', params: { url } }],
  )
  const all: readonly Asked[] = [...wholePicture(runbook), ...connectionParts(book), ...steps, ...healthy]
  return new Set(all.flatMap((asked) => publishedKey(asked, book) ?? []))
}

/** Under which name a step is looked up; undefined where nothing of it is the runbook's alone to say. */
export function publishedKey({ kind, params }: Asked, { cluster, namespace }: Place): string | undefined {
  const declared = kindOf(kind)
  const parsed = declared?.params.safeParse(params)
  if (declared === undefined || !parsed?.success) return undefined
  const byVerifiedHand = isChange(declared) ? (declared.byVerifiedHand ?? []) : []
  const free = new Set<string>([...declared.byHand, ...byVerifiedHand])
  const own = Object.entries(parsed.data as StepParams).filter(([name]) => !free.has(name))
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
