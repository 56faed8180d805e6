import { showBytes } from '../../domain/bytes.ts'
import type { PgbackrestSettings } from '../connections-file.ts'
import { refuse } from '../refusal.ts'
import { must } from './copy.ts'
import type { Station } from './station.ts'

/** The files of the backup, and what recovery writes beside them. */
const share = 1.2

/** Bytes that are free where copies are made; refuses (`disk-too-small`) where a copy of so many does not fit. */
export async function roomFor(
  station: Station,
  { copiesFolder }: PgbackrestSettings,
  bytes: number,
): Promise<number> {
  await must(station, ['mkdir', '-p', '-m', '0700', '--', copiesFolder])
  const out = await must(station, ['df', '--output=avail', '-B1', '--', copiesFolder])
  const free = Number(out.trim().split('\n').at(-1))
  const needs = Math.ceil(bytes * share)
  if (free < needs)
    refuse('disk-too-small', { needs: showBytes(needs), where: copiesFolder, free: showBytes(free) })
  return free
}
