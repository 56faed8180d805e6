/** What was set otherwise since the backup, and is as it was then once the copy is in use. Passwords are compared, and never told. */
import { z } from 'zod'
import type { Text } from '../../../domain/words.ts'
import { plainLine } from '../../../edge/plain-text.ts'
import type { Copy } from '../copy.ts'
import { serverOf } from '../copy-server.ts'
import type { At } from '../place.ts'
import { psqlJson, type Server } from '../psql.ts'

const named = z.record(z.string(), z.string())
const role = z.object({ password: z.string(), attributes: z.string() })

const askRoles = `select coalesce(json_object_agg(rolname, json_build_object(
    'password', encode(sha256(convert_to(coalesce(rolpassword, ''), 'UTF8')), 'hex'),
    'attributes', concat_ws(',', rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit,
      extract(epoch from rolvaliduntil)))), '{}')
  from pg_authid where rolname !~ '^pg_'`

/** Where a file says it more than once, its last word counts. What recovery is told is nobody's wish. */
const askSettings = `select coalesce(json_object_agg(name, setting), '{}') from (
    select distinct on (name) name, coalesce(setting, '') as setting from pg_file_settings
    where name is not null and name !~ '^recovery_'
      and name not in ('restore_command', 'archive_cleanup_command', 'primary_conninfo', 'primary_slot_name')
    order by name, seqno desc) s`

const askFiles = `select json_build_object('pg_hba.conf', current_setting('hba_file'), 'pg_ident.conf', current_setting('ident_file'))`

/** Of roles and settings, by what both servers say; and of the files that say who may sign in, where they lie in the data folder. */
export async function changedSince(at: At, live: Server, copy: Copy): Promise<readonly Text[]> {
  const { station, settings } = at
  const both = async <T extends z.ZodType>(shape: T, sql: string) => ({
    now: await psqlJson(station, settings, live, shape, sql),
    past: await psqlJson(station, settings, serverOf(settings, copy), shape, sql),
  })
  return [
    ...rolesText(await both(z.record(z.string(), role), askRoles)),
    ...settingsText(await both(named, askSettings)),
    ...(await filesText(at, await psqlJson(station, settings, live, named, askFiles), copy)),
  ]
}

type Roles = Readonly<Record<string, z.infer<typeof role>>>

function rolesText({ now, past }: { readonly now: Roles; readonly past: Roles }): readonly Text[] {
  const differ = (what: keyof z.infer<typeof role>) =>
    Object.keys(now).filter((name) => past[name] !== undefined && now[name]?.[what] !== past[name]?.[what])
  return [
    ...listed(differ('password'), (names) => ({
      en: `the passwords of ${names.en} are those of then`,
      ja: `${names.ja} のパスワードは当時のものに戻ります`,
    })),
    ...listed(differ('attributes'), (names) => ({
      en: `the attributes of the roles ${names.en} are those of then`,
      ja: `ロール ${names.ja} の属性は当時のものに戻ります`,
    })),
    ...listed(missingIn(past, now), (names) => ({
      en: `roles made since are gone: ${names.en}`,
      ja: `その後に作成したロール ${names.ja} は失われます`,
    })),
    ...listed(missingIn(now, past), (names) => ({
      en: `roles dropped since are back: ${names.en}`,
      ja: `その後に削除したロール ${names.ja} が復活します`,
    })),
  ]
}

/** The names alone: a value may be a secret. */
function settingsText({
  now,
  past,
}: {
  readonly now: Readonly<Record<string, string>>
  readonly past: Readonly<Record<string, string>>
}): readonly Text[] {
  const names = [...new Set([...Object.keys(now), ...Object.keys(past)])]
  return listed(
    names.filter((name) => now[name] !== past[name]),
    (shown) => ({
      en: `settings are those of then: ${shown.en}`,
      ja: `設定 ${shown.ja} は当時のものに戻ります`,
    }),
  )
}

async function filesText(
  { station, settings: { dataFolder } }: At,
  files: Readonly<Record<string, string>>,
  copy: Copy,
): Promise<readonly Text[]> {
  const found: Text[] = []
  for (const [name, file] of Object.entries(files)) {
    // What lies elsewhere stays as it is.
    if (!file.startsWith(`${dataFolder}/`)) continue
    const past = `${copy.data}/${file.slice(dataFolder.length + 1)}`
    const { status } = await station.exec(['cmp', '-s', '--', file, past])
    const by = `diff ${file} ${past}`
    if (status === 1)
      found.push({
        en: `${name} is that of then (${by})`,
        ja: `${name} は当時のものに戻ります（${by}）`,
      })
    else if (status !== 0)
      found.push({
        en: `unknown whether ${name} differs (${by})`,
        ja: `${name} の差異は不明です（${by}）`,
      })
  }
  return found
}

function missingIn(there: object, here: object): readonly string[] {
  return Object.keys(here).filter((name) => !Object.hasOwn(there, name))
}

const mostNamed = 10

/** Nothing of an empty list; of a long one the first names, and how many more. */
export function listed(names: readonly string[], says: (names: Text) => Text): readonly Text[] {
  if (names.length === 0) return []
  const shown = names
    .toSorted()
    .slice(0, mostNamed)
    .map((name) => plainLine(name, 130))
  const more = names.length - shown.length
  return [
    says({
      en: `${shown.join(', ')}${more === 0 ? '' : ` and ${more} more`}`,
      ja: `${shown.join('、')}${more === 0 ? '' : ` ほか ${more} 件`}`,
    }),
  ]
}
