import type { Lab } from '../lab.ts'

/** Something that goes wrong in the lab. All of them are taken away together, by `heal`. */
export type Fault = {
  readonly name: string
  /** One line for help and errors. */
  readonly description: string
  /** Breaks it; returns when the effect can be seen from outside. */
  readonly begin: (lab: Lab) => Promise<void>
}
