/** Object Lock: nobody deletes a version or writes over it until a day, whoever holds the keys. */
import {
  GetObjectLockConfigurationCommand,
  ObjectLockMode,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3'
import { refused } from '../../../edge/refused.ts'
import type { Lock } from '../seal.ts'
import type { Bucket } from './open.ts'

const modes = { compliance: ObjectLockMode.COMPLIANCE, governance: ObjectLockMode.GOVERNANCE } as const

/** What each command that puts an object says of it. */
export function lockOf(lock: Lock | undefined) {
  if (lock === undefined) return {}
  return { ObjectLockMode: modes[lock.mode], ObjectLockRetainUntilDate: new Date(lock.until) }
}

/** Refuses (`bucket-not-locking`) before anything is written. */
export async function refuseUnlocked({ client, at, ask }: Bucket): Promise<void> {
  const { Bucket } = at('')
  const isOn = await ask(async () => {
    try {
      const command = new GetObjectLockConfigurationCommand({ Bucket })
      const { ObjectLockConfiguration } = await client.send(command)
      return ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled'
    } catch (error) {
      if (error instanceof Error && error.name === 'ObjectLockConfigurationNotFoundError') return false
      throw error
    }
  })
  if (!isOn) throw refused('bucket-not-locking', { bucket: Bucket })
}

type Held = {
  readonly ObjectLockMode?: string | undefined
  readonly ObjectLockRetainUntilDate?: Date | undefined
}

/** What an earlier try put is held as long as the rest; a longer or a stricter hold stays. */
export async function extend(
  { client, at, ask }: Bucket,
  path: string,
  held: Held,
  lock: Lock,
): Promise<void> {
  const untilMs = Date.parse(lock.until)
  const isStrict =
    held.ObjectLockMode === ObjectLockMode.COMPLIANCE || held.ObjectLockMode === modes[lock.mode]
  if (isStrict && (held.ObjectLockRetainUntilDate?.getTime() ?? 0) >= untilMs) return
  const Mode =
    held.ObjectLockMode === ObjectLockMode.COMPLIANCE ? ObjectLockMode.COMPLIANCE : modes[lock.mode]
  const Retention = { Mode, RetainUntilDate: new Date(untilMs) }
  await ask(() => client.send(new PutObjectRetentionCommand({ ...at(path), Retention })))
}
