import type { Lab } from '../lab.ts'

export type FaultName =
  | 'bad-deploy'
  | 'errors'
  | 'slow'
  | 'dead'
  | 'oom'
  | 'pending'
  | 'hung-health'
  | 'forbidden'
  | 'model-missing'
  | 'pg-idle-connections'
  | 'pg-max-connections'
  | 'pg-down'
  | 'replica-lag'
  | 'replica-gone'
  | 'table-dropped'
  | 'redis-full'
  | 'redis-down'

/** Something that goes wrong in the lab. All of them are taken away together, by `heal`. */
export type Fault = {
  readonly name: FaultName
  /** One line for help and errors. */
  readonly description: string
  /** Breaks it; returns when the effect can be seen from outside. */
  readonly begin: (lab: Lab) => Promise<void>
}
