import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { connectionsOf, type PostgresSettings } from '../../../activities/connections-file.ts'
import { handsOf } from '../../../activities/hands.ts'
import { kubernetesApi } from '../../../activities/kubernetes/index.ts'
import { present } from '../../../domain/present.ts'
import { breakLab, healLab, type Lab } from '../../../lab/index.ts'
import { sharedLab } from '../../lab/shared.ts'
import { skipWithout } from '../../lab/skip.ts'
import { codesOf, context, factsOf, refused } from './reach.ts'

describe('PostgreSQL without a free slot and without a reserved role', () => {
  let lab: Lab
  before(async function () {
    this.timeout(300_000)
    lab = await sharedLab()
    skipWithout(this, lab, 'postgres', 'exec')
    await healLab(lab)
    await breakLab(lab, 'pg-max-connections')
  })
  after(async () => {
    if (lab) await healLab(lab)
  })

  async function hands(pod?: PostgresSettings['pod']) {
    type File = { connections: { 'postgres-primary': PostgresSettings } }
    const file = parse(await readFile(lab.env.HIKESHI_CONNECTIONS ?? '', 'utf8')) as File
    const { reserved: _, ...settings } = file.connections['postgres-primary']
    return handsOf({
      kubernetes: kubernetesApi({ cluster: 'lab', kubeconfigPath: lab.workerKubeconfig }),
      connections: connectionsOf({ 'postgres-primary': { ...settings, ...present({ pod }) } }, {}),
    })
  }
  const primary = { connection: 'postgres-primary' }
  const idle = { ...primary, olderThan: 2_000, inTransaction: false, limit: 500 }

  it('cannot plan a repair when no way is named', async () => {
    const own = await hands()
    await refused(own['postgres.terminate-idle'].plan(idle, context()), 'database-full')
  })

  it('is read and repaired by psql in its pod', async () => {
    const own = await hands({ name: 'postgres-primary-0', user: 'postgres' })
    const seen = await own['postgres.connections']({ ...primary, idleAfter: 2_000 }, context())
    assert.ok(codesOf(seen).includes('connections-exhausted'))
    assert.equal(factsOf(seen).throughReserved, true)
    assert.ok(Number(factsOf(seen).idle) > 200)
    const hand = own['postgres.terminate-idle']
    const plan = await hand.plan(idle, context())
    const done = await hand.run(idle, plan, context())
    assert.ok((done.after as { ended: number[] }).ended.length > 200)
    assert.equal((await hand.verify(idle, plan, done, context())).ok, true)
  })

  it('names what psql said no to', async () => {
    await breakLab(lab, 'pg-max-connections')
    const own = await hands({ name: 'postgres-primary-0', user: 'nobody-there' })
    const reason = await refused(own['postgres.terminate-idle'].plan(idle, context()), 'database-refused')
    assert.match(reason, /nobody-there/)
  })
})
