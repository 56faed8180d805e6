import { showBytes } from '../../domain/bytes.ts'
import type { PgbackrestSettings } from '../connections-file.ts'
import { refuse } from '../refusal.ts'
import { must } from './copy.ts'
import type { Station } from './station/station.ts'

/** The files of the backup, and what recovery writes beside them. */
const share = 1.2

/** How much a copy of so many bytes takes. */
export function neededFor(bytes: number): number {
  return Math.ceil(bytes * share)
}

/** Of a folder that is not made yet the one that it would be made in. */
export async function nearestFolder(station: Station, folder: string): Promise<string> {
  const script = 'd=$1; until [ -d "$d" ]; do d=$(dirname "$d"); done; printf %s "$d"'
  return must(station, ['sh', '-c', script, 'sh', folder])
}

/** Bytes that are free where copies are made, or would be. */
export async function freeAt(station: Station, { copiesFolder }: PgbackrestSettings): Promise<number> {
  const folder = await nearestFolder(station, copiesFolder)
  const out = await must(station, ['df', '--output=avail', '-B1', '--', folder])
  return Number(out.trim().split('\n').at(-1))
}

/** Makes the folder of the copies; refuses (`disk-too-small`) where a copy of so many bytes does not fit there. */
export async function roomFor(
  station: Station,
  settings: PgbackrestSettings,
  bytes: number,
): Promise<number> {
  const { copiesFolder } = settings
  await must(station, ['mkdir', '-p', '-m', '0700', '--', copiesFolder])
  const free = await freeAt(station, settings)
  const needs = neededFor(bytes)
  if (free < needs)
    refuse('disk-too-small', { needs: showBytes(needs), where: copiesFolder, free: showBytes(free) })
  return free
}
