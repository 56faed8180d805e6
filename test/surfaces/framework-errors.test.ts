/** What Fastify's router refuses before any handler: also that is a problem of ours, and no client takes it for an API that is away. */
import assert from 'node:assert/strict'
import { incidentsOverHttp } from '../../client/incidents/over-http.ts'
import { Refused } from '../../edge/refused.ts'
import { type Door, openDoor } from './api-door.ts'

describe('an address that the router itself refuses', () => {
  let door: Door
  before(async () => {
    door = await openDoor({})
  })
  after(() => door.close())

  for (const [what, path] of [
    ['a name of 101 characters', `/incidents/${'a'.repeat(101)}`],
    ['a broken escape', '/incidents/%zz'],
  ] as const)
    it(`is answered with a problem: ${what}`, async () => {
      const { headers, body } = await door.ask('GET', path)
      assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/)
      assert.match(body.code, /^HK1\d\d$/)
      assert.equal(headers.get('cache-control'), 'no-store')
      assert.equal(body.instance, `urn:uuid:${headers.get('x-request-id')}`)
      const { body: japanese } = await door.ask('GET', path, { headers: { 'accept-language': 'ja' } })
      assert.match(japanese.detail, /期待: .*アドレス/)
      const lines = door.log.map((line) => JSON.parse(line)).filter((line) => line.path === path)
      assert.deepEqual(
        lines.map(({ method, refused }) => [method, refused]),
        [
          ['GET', body.code],
          ['GET', body.code],
        ],
      )
    })

  it('is not taken for an API that does not answer', async () => {
    const incidents = incidentsOverHttp({ url: door.url, token: 'x'.repeat(40) })
    await assert.rejects(incidents.show('a'.repeat(101)), (error) => {
      assert.ok(error instanceof Refused)
      assert.notEqual(error.failure.name, 'api-unreachable')
      return true
    })
  })
})
