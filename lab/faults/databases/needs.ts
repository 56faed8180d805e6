import { LabError } from '../../failure.ts'
import type { Lab } from '../../lab.ts'

/** Refuses a fault of what this machine does not have. */
export function needs(lab: Lab, what: keyof Lab['without']): void {
  const why = lab.without[what]
  if (why !== undefined) throw new LabError(`this lab has no ${what}`, why)
}
