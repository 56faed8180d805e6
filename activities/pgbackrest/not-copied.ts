/** What a cut-over does not bring along: told before anybody approves it. */
import { z } from 'zod'
import type { Text } from '../../domain/words.ts'
import { socketOf } from './live.ts'
import type { At } from './place.ts'
import { psqlJson } from './psql.ts'

const ask = `select coalesce(json_agg(slot_name order by slot_name), '[]') from pg_replication_slots where not temporary`

/** Said beside the loss; empty where there is nothing, or the live server cannot be asked. */
export async function notCopiedText({ station, settings }: At): Promise<Text> {
  const server = await socketOf({ station, settings }, settings.dataFolder)
  const slots =
    server === undefined
      ? []
      : await psqlJson(station, settings, server, z.array(z.string()), ask).catch(() => [])
  if (slots.length === 0) return { en: '', ja: '' }
  const names = slots.join(', ')
  return {
    en: `; replication slots ${names} do not come back`,
    ja: `。レプリケーションスロット ${names} は復元されません`,
  }
}
