/** What of other people's sessions our role may see; without pg_read_all_stats PostgreSQL shows their names and nothing else. */
export const seesAll = `(select r.rolsuper or pg_has_role(current_user, 'pg_read_all_stats', 'usage')
  from pg_roles r where r.rolname = current_user)`

/** Whether our role may end other people's sessions. */
export const maySignal = `(select r.rolsuper or pg_has_role(current_user, 'pg_signal_backend', 'usage')
  from pg_roles r where r.rolname = current_user)`

/** Whether our role may read every table; a server before PostgreSQL 14 has no such role. */
export const readsAll = `(select r.rolsuper or exists (
    select from pg_roles d where d.rolname = 'pg_read_all_data' and pg_has_role(current_user, d.oid, 'usage'))
  from pg_roles r where r.rolname = current_user)`

export const blindness = {
  en: "The role may not see other sessions' activity: grant it pg_monitor.",
  ja: 'ロールに他のセッションの状態を見る権限がありません。pg_monitor を付与してください。',
}
