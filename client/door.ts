import type { Incidents } from './incidents.ts'

/** What people do with incidents, whichever way leads there: straight to Temporal, or through the API that verified them. */
export type Door = Pick<
  Incidents,
  | 'declare'
  | 'command'
  | 'show'
  | 'list'
  | 'timeline'
  | 'watch'
  | 'situation'
  | 'diagnose'
  | 'freeze'
  | 'publish'
  | 'withdraw'
>
