import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Right } from '../../client/doors/http/token-file.ts'
import { newToken, openTokens } from '../../client/doors/http/tokens.ts'
import { incidentsOverHttp } from '../../client/incidents/over-http.ts'
import { type PublishOrder, publishRunbook } from '../../client/incidents/publish.ts'
import { textSigner } from '../../client/keys.ts'
import { signRunbook } from '../../client/runbook/signatures.ts'
import type { Temporal } from '../../client/temporal/connect.ts'
import { present } from '../../domain/present.ts'
import { isGenuine, type Signature } from '../../domain/runbook/signature.ts'
import { verifier } from '../../edge/public-keys.ts'
import { Refused, refused } from '../../edge/refused.ts'
import { keysOf, signatory, signedBy } from '../activities/signed-books.ts'
import { smallBook } from '../domain/incident/small-runbook.ts'
import { type Door, openDoor } from './api-door.ts'

const book = smallBook()
const receipt = { seq: 7, hash: 'a'.repeat(64) }
const published = {
  runbook: 'shodo',
  version: 3,
  sha256: 'b'.repeat(64),
  signedBy: ['mori'],
  waits: false,
  receipt,
  found: true,
}
const api = generateKeyPairSync('ed25519')

describe('runbooks over the API', () => {
  const people = { mori: newToken(), usual: newToken() }
  let dir: string
  let door: Door
  let answer: object
  const orders: PublishOrder[] = []
  const withdrawn: unknown[] = []

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hikeshi-api-runbooks-'))
    const may: { readonly [person: string]: readonly Right[] } = { mori: ['read', 'publish'] }
    const tokens = Object.entries(people).map(([person, { sha256 }]) => ({
      person,
      sha256,
      ...present({ may: may[person] }),
    }))
    await writeFile(join(dir, 'tokens.yaml'), JSON.stringify({ tokens }), { mode: 0o600 })
  })
  after(() => rm(dir, { recursive: true }))

  beforeEach(async () => {
    orders.length = 0
    withdrawn.length = 0
    answer = published
    door = await openDoor(
      {
        publish: async (order) => {
          orders.push(order)
          return answer as never
        },
        withdraw: async (...args) => {
          withdrawn.push(args)
          if (args[0] === 'nothing') throw refused('unknown-runbook', { runbook: 'nothing', known: 'shodo' })
          return { receipt }
        },
      },
      { tokens: await openTokens(join(dir, 'tokens.yaml')), sign: textSigner(api.privateKey) },
    )
  })
  afterEach(async () => {
    await door.close()
    assert.deepEqual(door.unexpected, [])
  })

  const as = (person: keyof typeof people) =>
    incidentsOverHttp({ url: door.url, token: people[person].token })
  const nobody = { kind: 'person', id: 'nobody', verified: false } as const

  it('are published in the name of the token, with the signatures of the file and the API’s own for that person', async () => {
    const signatures = [signedBy(signatory('sato'), book, Date.now())]
    assert.deepEqual(await as('mori').publish({ book, signatures, by: nobody }), published)
    const [{ by, sign, ...order } = assert.fail()] = orders
    assert.deepEqual(by, { kind: 'person', id: 'mori', verified: true, checked: 'token' })
    assert.deepEqual(order.book, JSON.parse(JSON.stringify(book)))
    assert.deepEqual(order.signatures, signatures)
    const own = signRunbook(book, { by: by.id, atMs: Date.now(), sign: sign ?? assert.fail('no signature') })
    assert.ok(isGenuine('shodo', own, [{ verifies: verifier(api.publicKey) }]))
  })

  it('are refused with a signature that fits no key of its own folder, and taken with those that do', async () => {
    const [sato, mallory] = [signatory('sato'), signatory('mallory')]
    const signers = async () => keysOf(sato)
    await door.close()
    door = await openDoor(
      {
        publish: async (order) => {
          orders.push(order)
          return publishRunbook({} as Temporal, order)
        },
      },
      { tokens: await openTokens(join(dir, 'tokens.yaml')), sign: textSigner(api.privateKey), signers },
    )
    const got = async (...signatures: readonly Signature[]) => {
      const { token } = people.mori
      const { status, body } = await door.ask('POST', '/runbooks', { token, json: { book, signatures } })
      return [status, body.code, body.detail]
    }
    const good = signedBy(sato, book, Date.now())
    for (const made of [
      signedBy({ ...mallory, name: 'sato' }, book, Date.now()),
      signedBy(mallory, book, Date.now()),
      { ...good, at: new Date(Date.now() + 1).toISOString() },
    ]) {
      const [status, code, detail] = await got(good, made)
      assert.deepEqual([status, code], [409, 'HK353'])
      assert.match(String(detail), new RegExp(`${made.by}'s signature on the runbook shodo`))
    }
    // What counts for other words only is nothing to refuse it for: it goes no further.
    const old = signedBy(mallory, { ...book, cluster: 'other' }, Date.now())
    assert.deepEqual(
      (await got(good, old)).slice(0, 2),
      [500, 'HK901'],
      'it went on to Temporal, of which there is none',
    )
  })

  it('that wait for another signature are 202', async () => {
    answer = { ...published, waits: true }
    const { token } = people.mori
    assert.equal((await door.ask('POST', '/runbooks', { token, json: { book } })).status, 202)
  })

  it('are withdrawn with a reason', async () => {
    assert.deepEqual(await as('mori').withdraw('shodo', { reason: '置き換え', by: nobody }), { receipt })
    const [[runbook, { by, reason }] = assert.fail()] = withdrawn as [
      string,
      { by: object; reason: string },
    ][]
    assert.deepEqual(
      [runbook, by, reason],
      ['shodo', { kind: 'person', id: 'mori', verified: true, checked: 'token' }, '置き換え'],
    )
    await assert.rejects(as('mori').withdraw('nothing', { reason: 'x', by: nobody }), (error: Refused) => {
      assert.ok(error instanceof Refused)
      return error.failure.name === 'unknown-runbook'
    })
  })

  it('are nobody’s to publish or withdraw whose token is not for that', async () => {
    for (const attempt of [
      as('usual').publish({ book, by: nobody }),
      as('usual').withdraw('shodo', { reason: 'x', by: nobody }),
    ])
      await assert.rejects(attempt, (error: Refused) => error.failure.code === 'HK313')
    assert.deepEqual([orders, withdrawn], [[], []])
  })

  it('come without a person and without odd signatures', async () => {
    const { token } = people.mori
    for (const json of [
      {},
      { book: 'x' },
      { book, by: nobody },
      { book, signatures: [{ by: 'sato' }] },
      { book, lab: true },
    ]) {
      const { status, body } = await door.ask('POST', '/runbooks', { token, json })
      assert.deepEqual([status, body.code], [400, 'HK101'], JSON.stringify(Object.keys(json)))
    }
    assert.deepEqual(orders, [])
  })

  it('stand in the description of the API', async () => {
    const { body } = await door.ask('GET', '/openapi.json')
    assert.deepEqual(Object.keys(body.paths['/runbooks']), ['get', 'post'])
    assert.deepEqual(Object.keys(body.paths['/runbooks/{runbook}/withdraw']), ['post'])
    assert.deepEqual(Object.keys(body.paths['/runbooks'].post.responses).toSorted(), [
      '200',
      '202',
      'default',
    ])
  })
})
