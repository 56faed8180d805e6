/** What needs what, over any number of hands; the check of runbooks has ruled out circles. */
import type { Runbook } from './runbook.ts'

type Services = Pick<Runbook, 'services'>

/** Everything that a service needs, and what that needs. */
export function neededBy(book: Services, service: string): ReadonlySet<string> {
  return reached(service, (name) => book.services[name]?.dependsOn ?? [])
}

/** Everything that needs a service, and what needs that. */
export function needing(book: Services, service: string): ReadonlySet<string> {
  const names = Object.keys(book.services)
  return reached(service, (needed) =>
    names.filter((name) => book.services[name]?.dependsOn?.includes(needed) === true),
  )
}

/** A service with all that it needs and all that needs it. */
export function near(book: Services, service: string): ReadonlySet<string> {
  return new Set([service, ...neededBy(book, service), ...needing(book, service)])
}

function reached(from: string, next: (name: string) => readonly string[]): ReadonlySet<string> {
  const found = new Set<string>()
  const open = [...next(from)]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue
    found.add(name)
    open.push(...next(name))
  }
  return found
}
