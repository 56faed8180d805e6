import type { Guard } from '../../activities/guard.ts'

/** For tests of the hands themselves: nobody is asked, every place is served. */
export const freeGuard: Guard = {
  trust: { worker: 'test', lab: true, signedApprovals: false, trustedRunbooks: false, signedRunbooks: false },
  place: () => {},
  words: async () => {},
  asks: async () => undefined,
  run: async (_, { plan }) => plan,
}
