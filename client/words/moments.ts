/** The clock on which facts tell moments: the team's, and when now is. */
import type { WriteMoment } from '../../domain/failures.ts'
import { localClock, localTime } from '../../edge/local-time.ts'

export type Moments = {
  /** `2026-11-24 14:03 JST` */
  readonly time: WriteMoment
  /** `14:03:07` */
  readonly clock: WriteMoment
  /** Epoch ms. */
  readonly now: number
}

export function momentsAt(zone: string, now: number): Moments {
  return { time: (ms) => localTime(ms, zone), clock: (ms) => localClock(ms, zone), now }
}
