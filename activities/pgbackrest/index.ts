import type { HandOf } from '../../domain/steps/contract.ts'
import type { restoreSteps } from '../../domain/steps/restore.ts'
import { backupHand } from './backup.ts'
import { bisectHand } from './bisect.ts'
import { cutBackHand } from './cut-back.ts'
import { cutOverHand } from './cut-over.ts'
import { discardHand } from './discard.ts'
import type { Place } from './place.ts'
import { restoreHand } from './restore.ts'
import { restorePointsHand } from './restore-points.ts'
import { restoreReadyHand } from './restore-ready.ts'
import { salvageHand } from './salvage.ts'
import { unsalvageHand } from './unsalvage.ts'

type RestoreHands = { readonly [K in keyof typeof restoreSteps]: HandOf<(typeof restoreSteps)[K]> }

export function restoreHands(place: Place): RestoreHands {
  return {
    'postgres.restore-points': restorePointsHand(place),
    'postgres.restore-ready': restoreReadyHand(place),
    'postgres.restore': restoreHand(place),
    'postgres.bisect': bisectHand(place),
    'postgres.discard-copy': discardHand(place),
    'postgres.cut-over': cutOverHand(place),
    'postgres.cut-back': cutBackHand(place),
    'postgres.backup': backupHand(place),
    'postgres.salvage': salvageHand(place),
    'postgres.unsalvage': unsalvageHand(place),
  }
}
