import assert from 'node:assert/strict'
import { connectionsOf, type PgbackrestSettings } from '../../../activities/connections-file.ts'
import type { Kubernetes } from '../../../activities/kubernetes/api/client.ts'
import { restoreHands } from '../../../activities/pgbackrest/index.ts'
import { placeOf } from '../../../activities/pgbackrest/place.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { context } from '../signed-calls.ts'

const backups: PgbackrestSettings = {
  kind: 'pgbackrest',
  stanza: 'shodo',
  configFile: '/etc/pgbackrest.conf',
  primary: 'postgres-primary',
  statefulSet: 'postgres-primary',
  namespace: 'shodo',
  job: { idleFor: 120_000 },
  replicas: [],
  dataFolder: '/data',
  copiesFolder: '/copies',
  copyPort: 5_499,
  pgbackrest: '/usr/bin/pgbackrest',
  postgresFolder: '/usr/lib/postgresql/15/bin',
  as: [],
  superuser: 'postgres',
  keepFor: 1,
}
const primary = {
  kind: 'postgres',
  host: 'db',
  port: 5_432,
  tls: 'off',
  database: 'shodo',
  user: 'hikeshi',
} as const

describe('an entry of a database on Kubernetes', () => {
  const asked: string[] = []
  const kubernetes = {
    cluster: 'lab',
    call: async ({ resource }: { readonly resource: string }) => {
      asked.push(resource)
      throw new Error('asked')
    },
  } as unknown as Kubernetes
  const place = placeOf(
    connectionsOf({ 'postgres-primary': primary, 'postgres-backups': backups }, {}),
    kubernetes,
  )

  it('is for incidents of its own namespace alone, whatever runbook names it', async () => {
    const elsewhere = { ...context, namespace: 'other' }
    const hands = restoreHands(place)
    const asks = [
      () => hands['postgres.restore-points']({ backups: 'postgres-backups' } as never, elsewhere),
      () => hands['postgres.cut-over'].plan({ backups: 'postgres-backups', checks: [] }, elsewhere),
      () => hands['postgres.backup'].plan({ backups: 'postgres-backups' }, elsewhere),
    ]
    for (const ask of asks)
      await assert.rejects(
        async () => ask(),
        (error) => {
          const { name, params } = carriedBy(error) ?? assert.fail(String(error))
          assert.equal(params.what, 'postgres-backups in namespace other')
          assert.equal(params.own, 'postgres-backups in namespace shodo')
          return name === 'not-served'
        },
      )
    assert.deepEqual(asked, [])
  })

  it('is used by those of its own', async () => {
    await assert.rejects(
      restoreHands(place)['postgres.backup'].plan({ backups: 'postgres-backups' }, context),
      /asked/,
    )
  })
})
