import assert from 'node:assert/strict'
import type { PostgresSettings } from '../../../activities/connections-file.ts'
import { said } from '../../../domain/words.ts'
import { openCluster, password, type Server } from './cluster.ts'
import { describeWithPostgres } from './programs.ts'
import { codesOf, context, handsTo, refused, reserved } from './reach.ts'

describeWithPostgres('what the role may do in PostgreSQL', (programs) => {
  let server: Server
  before(async function () {
    this.timeout(120_000)
    server = await openCluster(programs)
  })
  after(() => server?.close())

  const steps = ['postgres.ready', 'postgres.connections', 'postgres.terminate-idle']
  const read = (more: Partial<PostgresSettings> = reserved, kinds = steps) =>
    handsTo(server.port, more)['postgres.access']({ connection: 'postgres-primary', steps: kinds }, context())

  it('is enough with the role that docs/connections.md asks for', async () => {
    const { findings, text } = await read()
    assert.deepEqual(findings, [])
    assert.match(said(text).en, /^postgres-primary: hikeshi, primary, seesAll, maySignal, readsAll$/)
  })

  it('names each role that is missing, the steps that need it, and the words that give it', async () => {
    const { findings } = await read({ ...reserved, user: 'blind' })
    assert.deepEqual(
      findings.map(({ code, says, evidence }) => [code, says.en, evidence]),
      [
        [
          'right-missing',
          'blind is not a member of pg_monitor, which postgres.connections, postgres.terminate-idle needs',
          ['grant pg_monitor to "blind"'],
        ],
        [
          'right-missing',
          'blind is not a member of pg_signal_backend, which postgres.terminate-idle needs',
          ['grant pg_signal_backend to "blind"'],
        ],
      ],
    )
  })

  it('asks for no more than the steps of the runbook need', async () => {
    assert.deepEqual(codesOf(await read({ ...reserved, user: 'blind' }, ['postgres.ready'])), [])
  })

  it('says where nobody can log in once all connections are taken, and where the reserved role would not', async () => {
    assert.deepEqual(codesOf(await read({})), ['not-prepared'])
    const { findings } = await read({ reserved: { user: 'blind', secretEnv: 'PG_PASSWORD' } })
    assert.deepEqual(
      findings.map(({ code, says }) => [code, says.en]),
      [
        ['right-missing', 'the reserved role blind may not use the reserved connections'],
        [
          'right-missing',
          'blind is not a member of pg_monitor, which postgres.connections, postgres.terminate-idle needs',
        ],
        ['right-missing', 'blind is not a member of pg_signal_backend, which postgres.terminate-idle needs'],
      ],
    )
    const nobody = await read({ reserved: { user: 'nobody-there', secretEnv: 'PG_PASSWORD' } })
    assert.match(nobody.findings[0]?.says.en ?? '', /^the reserved role nobody-there cannot log in: HK410 /)
  })

  it('misses the extension only for slow queries', async () => {
    const { findings } = await read(reserved, ['postgres.slow-queries'])
    assert.deepEqual(
      findings.map(({ code, evidence }) => [code, evidence]),
      [['not-prepared', ['create extension if not exists pg_stat_statements']]],
    )
  })

  it('tells a primary where the runbook means a replica', async () => {
    const { findings } = await read(reserved, ['postgres.lag'])
    assert.deepEqual(
      findings.map(({ code, says }) => [code, says.en]),
      [['not-prepared', 'postgres.lag needs a replica, but this is a primary']],
    )
  })

  it('fails with the server’s own word where it may not sign in, and never with the password', async () => {
    const wrong = `${password}-of-yesterday`
    const work = handsTo(server.port, {}, wrong)['postgres.access'](
      { connection: 'postgres-primary', steps },
      context(),
    )
    assert.match(await refused(work, 'database-refused'), /password authentication failed/)
  })
})
