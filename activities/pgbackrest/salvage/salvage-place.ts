/** `hikeshi_salvage`, the schema in which a salvage keeps what it needs: nothing in it is read or called unless it is the superuser's own. */
import { z } from 'zod'
import { plainLine } from '../../../edge/plain-text.ts'
import { refuse } from '../../refusal.ts'
import type { Asks } from './salvage-session.ts'

/** The owner of a database may have made the schema first, with triggers and functions that would run as us. */
const strangers = `select coalesce(json_agg(distinct pg_get_userbyid(owner)), '[]') from (
    select nspowner from pg_namespace where nspname = 'hikeshi_salvage'
    union all select relowner from pg_class where relnamespace = to_regnamespace('hikeshi_salvage')
    union all select proowner from pg_proc where pronamespace = to_regnamespace('hikeshi_salvage')
    union all select typowner from pg_type where typnamespace = to_regnamespace('hikeshi_salvage')
  ) o (owner) where pg_get_userbyid(owner) <> current_user`

/** Refuses a schema of that name in which anything is somebody else's; nobody but us can add to it then. */
export async function refuseStrangers(asks: Asks, table: string): Promise<void> {
  const owners = await asks(z.array(z.string()), strangers)
  if (owners.length === 0) return
  const shown = plainLine(owners.join(', '), 130)
  refuse('salvage-refused', {
    table,
    reason: {
      en: `schema hikeshi_salvage, or something in it, belongs to ${shown}, not to the superuser of the worker: drop or rename it`,
      ja: `スキーマ hikeshi_salvage またはその中のものが、ワーカーのスーパーユーザーではなく ${shown} の所有です。削除するか名前を変えてください`,
    },
  })
}

/** What a salvage keeps in the live database, for whoever looks and for the way back; the second run of one is refused by the key. */
export async function setUp(asks: Asks, table: string): Promise<void> {
  await asks(z.boolean(), told('create schema if not exists hikeshi_salvage'))
  await refuseStrangers(asks, table)
  for (const sql of tables) await asks(z.boolean(), told(sql))
}

const tables = [
  `create table if not exists hikeshi_salvage.runs (run text primary key, about jsonb not null, added bigint not null, hash text,
    finished timestamptz not null default now(), undone jsonb)`,
  `create or replace function hikeshi_salvage.must(ok boolean, what text) returns void language plpgsql
    as 'begin if ok is not true then raise exception ''%'', what; end if; end'`,
]

const told = (sql: string) => `${sql}; select 'true'`
