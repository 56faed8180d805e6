import assert from 'node:assert/strict'
import { connectionsOf } from '../../../activities/connections-file.ts'
import { whoAnswersInstead } from '../../../activities/pgbackrest/exchange/answers-there.ts'
import type { Place } from '../../../activities/pgbackrest/place.ts'
import { refusal } from '../../../activities/refusal.ts'
import { context } from '../signed-calls.ts'

const connections = connectionsOf(
  {
    'postgres-primary': {
      kind: 'postgres',
      host: 'db.internal',
      port: 5_432,
      tls: 'off',
      database: 'shodo',
      user: 'hikeshi',
    },
  },
  {},
)

describe('whoever answers where everybody else reaches the database', () => {
  /** One answer after the other, the last one for ever; a number is a timeline of the cluster that was put in place. */
  const instead = async (...answers: (number | { system: string } | 'standby' | Error)[]) => {
    let asked = 0
    const read = async () => {
      const answer = answers[Math.min(asked, answers.length - 1)]
      asked += 1
      if (answer instanceof Error) throw answer
      const timeline = typeof answer === 'number' ? answer : 5
      return {
        now_ms: 0,
        recovering: answer === 'standby',
        system: typeof answer === 'object' ? answer.system : '7',
        segment: answer === 'standby' ? null : `0000000${timeline}0000000000000001`,
        lsn: answer === 'standby' ? null : '0/1000000',
        archives: true,
        failed_count: 0,
        last_archived: '',
        archived_ms: null,
        last_failed: '',
        failed_ms: null,
      }
    }
    const place = { connections, postgres: { read } } as unknown as Place
    const said = await whoAnswersInstead(
      place,
      'postgres-primary',
      { system: '7', timeline: 5 },
      context,
      1_000,
    )
    return { said, asked }
  }
  const unreachable = () =>
    refusal('database-unreachable', {
      connection: 'postgres-primary',
      address: 'db.internal',
      reason: 'refused',
    })

  it('is the server that was put in place', async () => {
    assert.deepEqual(await instead(5), { said: undefined, asked: 1 })
  })

  it('may take its time: a Service follows, and whoever was there before goes', async () => {
    assert.deepEqual(await instead(unreachable(), 'standby', 4, 5), { said: undefined, asked: 4 })
  })

  it('is told at once where it is another cluster', async () => {
    const { said, asked } = await instead({ system: '8' })
    assert.match(
      said?.en ?? '',
      /another cluster answers at postgres-primary \(db\.internal:5432\).* is 8, .* 7$/,
    )
    assert.equal(asked, 1)
  })

  it('is told after a while where it is the old timeline, a standby, or nobody', async () => {
    assert.match((await instead(4)).said?.en ?? '', /is on timeline 4, and the data put in place on 5/)
    assert.match((await instead('standby')).said?.en ?? '', /a standby answers/)
    assert.match((await instead(unreachable())).said?.ja ?? '', /に問い合わせできません: refused/)
  })
})
