import type { ChangeHand, HandOf } from '../../domain/steps/contract.ts'
import type { restoreSteps } from '../../domain/steps/restore.ts'
import { backupHand } from './backup.ts'
import { bisectHand } from './bisect/bisect.ts'
import { discardHand } from './discard.ts'
import { cutBackHand } from './exchange/cut-back.ts'
import { cutOverHand } from './exchange/cut-over.ts'
import type { Place } from './place.ts'
import { restorePointsHand } from './points/restore-points.ts'
import { restoreReadyHand } from './points/restore-ready.ts'
import { restoreHand } from './restore.ts'
import { salvageHand } from './salvage/salvage.ts'
import { unsalvageHand } from './salvage/unsalvage.ts'

type RestoreHands = { readonly [K in keyof typeof restoreSteps]: HandOf<(typeof restoreSteps)[K]> }

export function restoreHands(place: Place): RestoreHands {
  return {
    'postgres.restore-points': restorePointsHand(place),
    'postgres.restore-ready': restoreReadyHand(place),
    'postgres.restore': resting(place, restoreHand(place)),
    'postgres.bisect': resting(place, bisectHand(place)),
    'postgres.discard-copy': resting(place, discardHand(place)),
    'postgres.cut-over': resting(place, cutOverHand(place)),
    'postgres.cut-back': resting(place, cutBackHand(place)),
    'postgres.backup': resting(place, backupHand(place)),
    'postgres.salvage': resting(place, salvageHand(place)),
    'postgres.unsalvage': resting(place, unsalvageHand(place)),
  }
}

/** With its last look at a change the work on the data is done: a pod that stays idle keeps the volumes from the database's next node. */
function resting<P extends { readonly backups: string }>(place: Place, hand: ChangeHand<P>): ChangeHand<P> {
  return {
    ...hand,
    verify: async (params, plan, done, context) => {
      const verified = await hand.verify(params, plan, done, context)
      await place.of(params.backups, context).beside?.rest()
      return verified
    },
  }
}
