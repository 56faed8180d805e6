import assert from 'node:assert/strict'
import { readRunbook } from '../../../client/runbook/read-runbook.ts'
import { curveKinds, databaseKinds, figureParts } from '../../../domain/evidence/figures.ts'
import { catalogue } from '../../../domain/steps/catalogue.ts'

describe('the figures of an incident', () => {
  const book = async () => {
    const read = await readRunbook('runbooks/shodo.yaml', {})
    return 'book' in read ? read.book : assert.fail(JSON.stringify(read))
  }
  const ids = async (service: string | undefined, kinds: readonly string[]) =>
    figureParts(await book(), service, kinds).map(({ id, kind }) => `${id} ${kind}`)

  it('are those that its runbook asks for, of its service and what is near it', async () => {
    assert.deepEqual(await ids('backend', curveKinds), [
      'backend.p95 prometheus.range',
      'backend.error-rate prometheus.query',
    ])
    assert.deepEqual(await ids('backend', databaseKinds), [
      'database.connection-count postgres.connections',
      'database.slow-queries postgres.slow-queries',
      'database.replication postgres.replication',
      'database.lag postgres.lag',
      'redis.memory redis.memory',
    ])
    assert.deepEqual(await ids('frontend', [...curveKinds, ...databaseKinds]), [])
    assert.deepEqual(await ids('redis', databaseKinds), await ids('backend', databaseKinds).then(redisAlone))
  })

  it('are of all services where none is named, and each is there once', async () => {
    const all = await ids(undefined, [...curveKinds, ...databaseKinds])
    assert.equal(all.length, 7)
    assert.equal(new Set(all).size, all.length)
  })

  it('come from readings that exist, and that neither wait nor look into data', () => {
    for (const kind of [...curveKinds, ...databaseKinds]) {
      const declared = catalogue[kind as keyof typeof catalogue]
      assert.equal(declared?.risk, 'read', kind)
      assert.ok(!('awaits' in declared) && !('heavy' in declared), kind)
    }
  })
})

/** What depends on Redis depends on the database as well, and the database is not near Redis. */
function redisAlone(all: readonly string[]): readonly string[] {
  return all.filter((id) => id.startsWith('redis.'))
}
