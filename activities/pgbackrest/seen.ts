import type { z } from 'zod'
import type { Facts, Gap, Window } from '../../domain/restore/window.ts'
import type { restoreSteps } from '../../domain/steps/restore.ts'
import type { Text } from '../../domain/words.ts'
import type { PgbackrestSettings } from '../connections-file.ts'
import type { Near } from './commits-near.ts'
import type { Primary } from './primary.ts'
import type { Stored } from './repository.ts'
import type { Unarchived } from './unarchived.ts'

export type Params = z.infer<(typeof restoreSteps)['postgres.restore-points']['params']>

/** All that is told of one stanza; what is undefined nobody knows. */
export type Seen = {
  readonly backups: string
  readonly settings: PgbackrestSettings
  readonly subject: string
  readonly nowMs: number
  readonly stored: Stored
  readonly facts: Facts
  readonly windows: readonly Window[]
  readonly gaps: readonly Gap[]
  readonly primary: Primary | undefined
  /** Why nothing is known of the primary. */
  readonly silent: Text | undefined
  readonly unarchived: Unarchived | undefined
  readonly near: Near | undefined
}
