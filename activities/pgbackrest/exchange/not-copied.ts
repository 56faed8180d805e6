/** What is otherwise once the copy is in use, besides the rows: told before anybody approves a cut-over. */
import { z } from 'zod'
import type { Text } from '../../../domain/words.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { pulse } from '../../pulse.ts'
import { type Copy, must } from '../copy.ts'
import { serverOf } from '../copy-server.ts'
import { socketOf } from '../live.ts'
import type { At } from '../place.ts'
import { psqlJson, type Server } from '../psql.ts'
import { changedSince, listed } from './changed-since.ts'

const names = z.array(z.string())

const askSlots = `select coalesce(json_agg(slot_name order by slot_name), '[]') from pg_replication_slots where not temporary`
const askDatabases = `select json_agg(datname) from pg_database where datallowconn and not datistemplate`
const askUnlogged = `select coalesce(json_agg(current_database() || '.' || n.nspname || '.' || c.relname), '[]')
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and c.relpersistence = 'u'`
const askPrepared = `select to_json(current_setting('max_prepared_transactions')::int)`

/** In the order of what hurts most; empty where there is nothing. Of a live server that cannot be asked it says what nobody knows. */
export async function notCopied(at: At, copy: Copy): Promise<readonly Text[]> {
  const live = await socketOf(at, at.settings.dataFolder)
  return [
    ...(live === undefined ? [unknown] : await sinceThen(at, live, copy)),
    ...(await ofCopy(at, copy)),
    ...(await linksOf(at)),
  ]
}

const unknown = {
  en: 'the live database cannot be asked: unknown which passwords, roles, settings and slots have changed since',
  ja: '稼働中のデータベースに確認できないため、その後に変わったパスワード・ロール・設定・スロットは不明です',
}

/** A database so damaged that it cannot even say this is what a copy is made for. */
async function sinceThen(at: At, live: Server, copy: Copy): Promise<readonly Text[]> {
  try {
    return [...(await slotsOf(at, live)), ...(await changedSince(at, live, copy))]
  } catch (error) {
    pulse().signal.throwIfAborted()
    if (carriedBy(error) === undefined) throw error
    return [unknown]
  }
}

async function slotsOf({ station, settings }: At, live: Server): Promise<readonly Text[]> {
  return listed(await psqlJson(station, settings, live, names, askSlots), (slots) => ({
    en: `replication slots ${slots.en} do not come back`,
    ja: `レプリケーションスロット ${slots.ja} は復元されません`,
  }))
}

async function ofCopy({ station, settings }: At, copy: Copy): Promise<readonly Text[]> {
  const server = serverOf(settings, copy)
  const unlogged: string[] = []
  for (const database of await psqlJson(station, settings, server, names, askDatabases))
    unlogged.push(...(await psqlJson(station, settings, server, names, askUnlogged, database)))
  // A server that recovers does not list them: whether there are any is seen afterwards.
  const prepared = await psqlJson(station, settings, server, z.number(), askPrepared)
  const links = await must(station, ['find', `${copy.data}/pg_tblspc`, '-type', 'l', '-printf', '%l\\n'])
  return [
    ...listed(unlogged, (tables) => ({
      en: `unlogged tables are empty: ${tables.en}`,
      ja: `UNLOGGED テーブル ${tables.ja} は空になります`,
    })),
    ...(prepared === 0
      ? []
      : [
          {
            en: 'prepared transactions of now are lost and those of then are open again: see pg_prepared_xacts',
            ja: '現在のプリペアドトランザクションは失われ、当時のものが未決のまま戻ります（pg_prepared_xacts で確認）',
          },
        ]),
    ...listed(linesOf(links), (folders) => ({
      en: `tablespaces dropped since are back: ${folders.en}`,
      ja: `その後に削除したテーブルスペース ${folders.ja} が復活します`,
    })),
  ]
}

/** pgBackRest makes folders and files of what is a link in the live one, such as a pg_wal on a disk of its own. */
async function linksOf({ station, settings: { dataFolder } }: At): Promise<readonly Text[]> {
  const top = ['-mindepth', '1', '-maxdepth', '1', '-type', 'l', '-printf', '%f -> %l\\n']
  // A folder that is gone has none.
  const { stdout } = await station.exec(['find', dataFolder, ...top])
  return listed(linesOf(stdout), (links) => ({
    en: `links become folders and files on the disk of the data: ${links.en}`,
    ja: `リンク ${links.ja} は実体となり、データと同じディスクに置かれます`,
  }))
}

function linesOf(output: string): readonly string[] {
  return output.split('\n').filter((line) => line !== '')
}
