/**
 * That exactly this change was begun, after everything that speaks against it was asked: by that a later attempt continues what it is, however late it
 * comes, and nobody else's words are taken for it.
 */
import type { Plan } from '../../domain/steps/contract.ts'
import { digest } from '../../domain/timeline/canonical.ts'
import { must, written } from './copy.ts'
import type { Station } from './station/station.ts'

const fileOf = (task: string) => `${task}.begun`

export async function markBegun(station: Station, task: string, { change }: Plan): Promise<void> {
  await written(station, fileOf(task), digest(change))
}

/** False for another change than this one; undefined where none was begun. */
export async function hasBegun(
  station: Station,
  task: string,
  { change }: Plan,
): Promise<boolean | undefined> {
  const { stdout } = await station.exec(['cat', '--', fileOf(task)])
  return stdout === '' ? undefined : stdout === digest(change)
}

/** It has ended, and left its record where it worked. */
export async function forgetBegun(station: Station, task: string): Promise<void> {
  await must(station, ['rm', '-f', '--', fileOf(task)])
}
