import pg from 'pg'
import { ordersSql } from '../databases/orders.mjs'

const works = 1_000

/** The roles, the database and a little data; every statement can be run again, because the agent may die in between. */
export async function setUpDatabase(port, extensions, secret) {
  const as = async (database, work) => {
    const login = { host: '127.0.0.1', port, user: 'postgres', password: secret('postgres'), ssl: false }
    const client = new pg.Client({ ...login, database })
    await client.connect()
    try {
      await work(client)
    } finally {
      await client.end()
    }
  }
  await as('postgres', async (client) => {
    await role(client, 'shodo', 'login', secret('shodo'))
    await role(client, 'hikeshi', 'login', secret('hikeshi'))
    await role(client, 'hikeshi_reserved', 'superuser login', secret('hikeshi_reserved'))
    await client.query('grant pg_monitor, pg_signal_backend to hikeshi, shodo')
    await client.query('grant pg_read_all_data to hikeshi')
    const { rows } = await client.query("select from pg_database where datname = 'shodo'")
    if (rows.length === 0) await client.query('create database shodo owner shodo')
  })
  await as('shodo', async (client) => {
    for (const name of extensions) await client.query(`create extension if not exists ${name}`)
    await client.query('begin')
    await client.query(
      'create table if not exists works (id int primary key, title text not null, strokes int not null)',
    )
    await client.query(
      "insert into works select i, '作品 ' || i, i * 7 % 64 from generate_series(1, $1::int) i on conflict do nothing",
      [works],
    )
    await client.query('create table if not exists visits (page text primary key, count bigint not null)')
    await client.query('alter table works owner to shodo')
    await client.query('alter table visits owner to shodo')
    await client.query('commit')
    await client.query(ordersSql)
    // What a restore needs: to have all up to now in the archive, to name a point to return to, and to check indexes.
    const functions = ['pg_switch_wal()', 'pg_create_restore_point(text)']
    if (extensions.includes('amcheck'))
      functions.push('bt_index_check(regclass, boolean)', 'bt_index_parent_check(regclass, boolean, boolean)')
    for (const each of functions) await client.query(`grant execute on function ${each} to hikeshi`)
  })
}

async function role(client, name, rights, password) {
  const { rows } = await client.query('select from pg_roles where rolname = $1', [name])
  if (rows.length === 0) await client.query(`create role ${name}`)
  await client.query(`alter role ${name} ${rights} password ${client.escapeLiteral(password)}`)
}
