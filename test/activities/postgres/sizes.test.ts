import assert from 'node:assert/strict'
import { postgresAt } from '../../../activities/postgres/client.ts'
import { readSizes } from '../../../activities/postgres/sizes.ts'
import { openCluster, type Server } from './cluster.ts'
import { describeWithPostgres } from './programs.ts'
import { connectionsTo, context } from './reach.ts'

describeWithPostgres('the sizes of a server', (programs) => {
  let server: Server
  before(async function () {
    this.timeout(120_000)
    server = await openCluster(programs)
  })
  after(() => server?.close())

  const read = (user: string) =>
    readSizes(postgresAt(connectionsTo(server.port, { user })), 'postgres-primary', context())

  it('are those of its databases and of the largest tables, also while somebody has locked one', async () => {
    const client = await server.connect('shodo')
    await client.query(
      'create table works as select i, repeat($$x$$, 100) as text from generate_series(1, 5000) i',
    )
    await client.query('analyze works')
    await client.query('begin; lock table works in access exclusive mode')
    try {
      const { databases, tables } = await read('hikeshi')
      const names = databases.map(({ name }) => name)
      assert.ok(
        ['shodo', 'other', 'postgres'].every((name) => names.includes(name)),
        names.join(', '),
      )
      assert.ok(databases.every(({ bytes }) => bytes > 1_000_000))
      const [largest] = tables
      assert.deepEqual([largest?.schema, largest?.name, largest?.rows], ['public', 'works', 5_000])
      assert.ok((largest?.bytes ?? 0) > 500_000)
    } finally {
      await client.query('rollback')
    }
  })

  it('lack a database that the role may not see, and fail for none', async () => {
    await server.sql('revoke connect on database other from public')
    const { databases } = await read('blind')
    const names = databases.map(({ name }) => name)
    assert.ok(names.includes('shodo') && !names.includes('other'), names.join(', '))
    assert.ok((await read('hikeshi')).databases.some(({ name }) => name === 'other'))
  })
})
