import type { Service } from './runbook.ts'
import type { AnyStep } from './steps-in.ts'

/** What a step may say of the incident's service: `$service.deployment`, `$service.selector`, `$service.health`. */
export const servicePlaceholders = ['deployment', 'selector', 'health'] as const

/** What placeholders stand for. */
type Filling = Pick<Service, (typeof servicePlaceholders)[number]>

const placeholder = /\$service\.([A-Za-z]+)/g

/** The step with every placeholder in its parameters replaced; what the service does not have stays as it is, see `missingIn`. */
export function fillStep<S extends AnyStep>(step: S, service: Filling): S {
  return { ...step, with: fillMembers(step.with, service) }
}

/** The names after `$service.` in a text that stand for nothing. */
export function unknownPlaceholders(source: string): readonly string[] {
  return placeholdersIn(source).filter((key) => !isPlaceholder(key))
}

/** What the parameters want of the service and it does not have: such a step is not for it. */
export function missingIn(step: AnyStep, service: Service): readonly string[] {
  return placeholdersIn(JSON.stringify(step.with)).filter(
    (key) => isPlaceholder(key) && service[key] === undefined,
  )
}

function placeholdersIn(source: string): string[] {
  return [...source.matchAll(placeholder)].map(([, key]) => key ?? '')
}

function isPlaceholder(key: string): key is (typeof servicePlaceholders)[number] {
  return (servicePlaceholders as readonly string[]).includes(key)
}

function fillMembers(
  members: Readonly<Record<string, unknown>>,
  service: Filling,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).map(([key, member]) => [key, fillValue(member, service)]))
}

function fillValue(value: unknown, service: Filling): unknown {
  if (typeof value === 'string') {
    // A function, not a text: `$&` and the like in a URL mean nothing special here.
    return value.replace(placeholder, (whole, key: string) =>
      isPlaceholder(key) ? (service[key] ?? whole) : whole,
    )
  }
  if (Array.isArray(value)) return value.map((entry) => fillValue(entry, service))
  if (value !== null && typeof value === 'object') {
    return fillMembers(value as Readonly<Record<string, unknown>>, service)
  }
  return value
}
