import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPublishers } from '../../activities/public-keys.ts'
import { publishedIn } from '../../activities/published.ts'
import { type Shelves, signedSource } from '../../activities/signed-runbooks.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import type { Signature } from '../../domain/runbook/signature.ts'
import { said } from '../../domain/words.ts'
import { smallBook } from '../domain/incident/small-runbook.ts'
import { keysOf, type Signatory, signatory, signedBy } from './signed-books.ts'
import { context, noon } from './signed-calls.ts'

const [mori, sato, kato] = [signatory('mori'), signatory('sato'), signatory('kato')]
const book = { ...smallBook({ programs: true }), cluster: 'production' }
const minute = 60_000

/** The worker and what Temporal tells it. */
class Shown {
  now = noon
  desk: unknown
  signers = keysOf(mori, sato, kato)
  readonly incidents = new Map<string, { readonly runbook: unknown; readonly startedAtMs: number }>()
  readonly asked: string[] = []
  #published = this.#start()

  #start() {
    return publishedIn([signedSource(this.#shelves(), async () => this.signers, { clock: () => this.now })])
  }

  restart(): void {
    this.#published = this.#start()
  }

  #shelves(): Shelves {
    return {
      ofDesk: async (runbook) => {
        this.asked.push(runbook)
        if (this.desk instanceof Error) throw this.desk
        return runbook === 'shodo' ? this.desk : undefined
      },
      ofIncident: async (incident) => {
        this.asked.push(incident)
        return this.incidents.get(incident)
      },
    }
  }

  show(of: Runbook, ...signatures: readonly Signature[]): void {
    this.desk = shown(of, ...signatures)
    this.later()
  }

  later(ms = minute): void {
    this.now += ms
  }

  /** Why the health of this address is not read; `read` where it is. */
  async reads(url: string, incident = 'shodo-7'): Promise<string> {
    const why = await this.#published.lacks('http.health', { url }, { ...context, incident })
    return why === undefined ? 'read' : `${why.code} ${said(why.params.problem).en}`.trim()
  }
}

const shown = (of: Runbook, ...signatures: readonly Signature[]) => ({
  book: of,
  version: 1,
  sha256: '',
  signatures,
})
const signed = (of: Runbook, atMs: number, ...people: readonly Signatory[]) =>
  people.map((person) => signedBy(person, of, atMs))

const health = (of: Runbook) => of.services.backend?.health ?? assert.fail()
const withHealth = (url: string): Runbook => {
  const backend = book.services.backend ?? assert.fail()
  return { ...book, services: { ...book.services, backend: { ...backend, health: url } } }
}
const own = health(book)
const other = 'http://169.254.169.254/latest'

describe('a worker that knows who may sign runbooks', () => {
  it('takes nothing of a book that is not signed by two people whom it knows, and says what is missing', async () => {
    const stranger = signatory('mallory')
    const cases: readonly (readonly [string, readonly Signature[], RegExp])[] = [
      ['unsigned', [], /^HK345 it has no signature by a key/],
      ['by one', signed(book, noon, mori), /^HK345 its guarded words .* only mori signed/],
      [
        'by one under two names',
        [...signed(book, noon, mori), signedBy({ ...mori, name: 'sato' }, book, noon)],
        /only mori/,
      ],
      ['by one, twice', [...signed(book, noon, mori), ...signed(book, noon + 1, mori)], /only mori/],
      ['by a stranger and one', signed(book, noon, stranger, mori), /only mori/],
      ['by two', signed(book, noon, mori, sato), /^read$/],
    ]
    for (const [who, signatures, expected] of cases) {
      const worker = new Shown()
      worker.show(book, ...signatures)
      assert.match(await worker.reads(own), expected, who)
    }
    assert.match(await new Shown().reads(own), /^HK345 its desk has no published runbook/)
  })

  it('takes no signatures of another book, and none under a list of guarded words that was edited', async () => {
    const wider = withHealth(other)
    for (const signatures of [
      signed(book, noon, mori, sato),
      [mori, sato].map((who) => ({
        ...signedBy(who, book, noon),
        guarded: signedBy(mori, wider, noon).guarded,
      })),
      [mori, sato].map((who) => signedBy(who, wider, noon, { guarded: signedBy(mori, book, noon).guarded })),
      signed({ ...wider, runbook: 'other' }, noon, mori, sato),
    ]) {
      const worker = new Shown()
      worker.show(wider, ...signatures)
      assert.match(await worker.reads(other), /^HK345 it has no signature by a key/)
    }
    const worker = new Shown()
    worker.show(book, ...signed(book, noon, mori, sato))
    assert.equal(await worker.reads(other), 'HK344', 'what no signed book says')
  })

  it('takes a new version by one signature while its guarded words are those that two people signed', async () => {
    const worker = new Shown()
    const reworded = { ...book, nextReview: '2027-12-31' }
    worker.show(reworded, ...signed(book, noon, mori, sato), ...signed(reworded, noon + minute, kato))
    assert.equal(await worker.reads(own), 'read')
  })

  it('knows a book again that a release before it wrote, which lacked a member of today', async () => {
    const { blastRadius: _, ...before } = book
    const worker = new Shown()
    worker.show(before as Runbook, ...signed(before as Runbook, noon, mori, sato))
    assert.equal(await worker.reads(own), 'read')
  })

  it('goes on with an older version in incidents that were open before the newer one, and nowhere else', async () => {
    const worker = new Shown()
    const newer = withHealth(other)
    const old = shown(book, ...signed(book, noon, mori, sato))
    worker.show(newer, ...signed(newer, noon + minute, mori, sato))
    worker.incidents.set('shodo-6', { runbook: old, startedAtMs: worker.now - 1 })
    assert.equal(await worker.reads(other), 'read')
    worker.later()
    worker.incidents.set('shodo-8', { runbook: old, startedAtMs: worker.now })
    assert.deepEqual(
      [
        await worker.reads(own, 'shodo-6'),
        await worker.reads(own, 'shodo-8'),
        await worker.reads(own, 'look/shodo/backend/1'),
      ],
      ['read', 'HK344', 'HK344'],
    )
    worker.desk = old
    worker.later()
    assert.match(await worker.reads(own, 'look/shodo/backend/2'), /^HK345 a version signed later/)
    assert.equal(await worker.reads(other, 'look/shodo/backend/3'), 'read', 'the newest is still believed')
    worker.show(book, ...signed(book, noon + 10 * minute, mori, sato))
    assert.equal(await worker.reads(own, 'look/shodo/backend/4'), 'read', 'signed again, it is the newest')
  })

  it('believes no incident of a version that was replaced before, though newer ones come or it starts again', async () => {
    const worker = new Shown()
    const [newer, newest] = [withHealth(other), withHealth(`${other}/2`)]
    const old = shown(book, ...signed(book, noon, mori, sato))
    worker.desk = old
    assert.equal(await worker.reads(own), 'read')
    worker.later()
    worker.incidents.set('shodo-6', { runbook: old, startedAtMs: worker.now })
    worker.show(newer, ...signed(newer, worker.now, mori, sato))
    assert.equal(await worker.reads(other), 'read')
    worker.later()
    worker.incidents.set('shodo-8', { runbook: old, startedAtMs: worker.now })
    assert.equal(await worker.reads(own, 'shodo-8'), 'HK344')
    worker.later()
    worker.show(newest, ...signed(newest, worker.now, mori, sato))
    assert.equal(await worker.reads(`${other}/2`), 'read')
    worker.later()
    const both = async () => [await worker.reads(own, 'shodo-6'), await worker.reads(own, 'shodo-8')]
    assert.deepEqual(await both(), ['read', 'HK344'], 'published anew')

    // What it has not seen itself it takes from the signers: nobody opens an incident of an older version after that.
    worker.restart()
    worker.incidents.set('shodo-9', { runbook: old, startedAtMs: worker.now })
    worker.later()
    assert.equal(await worker.reads(own, 'shodo-9'), 'HK344')
    assert.equal(await worker.reads(own, 'shodo-6'), 'read')
  })

  it('goes on with what an incident was opened with though the same book was signed again meanwhile', async () => {
    const worker = new Shown()
    const once = shown(book, ...signed(book, noon, mori, sato))
    worker.show(book, ...signed(book, noon + minute, mori, sato))
    assert.equal(await worker.reads(own), 'read')
    worker.later()
    worker.incidents.set('shodo-8', { runbook: once, startedAtMs: worker.now })
    worker.later()
    const newer = withHealth(other)
    worker.show(newer, ...signed(newer, worker.now, mori, sato))
    assert.equal(await worker.reads(other), 'read')
    assert.equal(await worker.reads(own, 'shodo-8'), 'read')
  })

  it('hears of words that were taken away though nothing new is asked for, and keeps them while Temporal is away', async () => {
    const worker = new Shown()
    const newer = withHealth(other)
    worker.show(book, ...signed(book, noon, mori, sato))
    assert.equal(await worker.reads(own), 'read')
    worker.desk = new Error('away')
    worker.later()
    assert.equal(await worker.reads(own), 'read')
    worker.show(newer, ...signed(newer, noon + minute, mori, sato))
    assert.equal(await worker.reads(own), 'HK344')
  })

  it('does not take guarded words up again by one who signs again and one who signed them before', async () => {
    const worker = new Shown()
    const newer = withHealth(other)
    worker.show(book, ...signed(book, noon, mori, sato))
    assert.equal(await worker.reads(own), 'read')
    worker.show(newer, ...signed(newer, noon + minute, mori, sato))
    assert.equal(await worker.reads(other), 'read')
    worker.show(book, ...signed(book, noon + 2 * minute, mori), ...signed(book, noon, sato))
    assert.match(await worker.reads(own), /^HK34/)
    worker.show(book, ...signed(book, noon + 3 * minute, mori, sato))
    assert.equal(await worker.reads(own), 'read')
  })

  it('asks Temporal once for a flood, and again after 2 s', async () => {
    const worker = new Shown()
    worker.show(book, ...signed(book, noon, mori, sato))
    const flood = () => Promise.all(Array.from({ length: 100 }, () => worker.reads(other, 'look/shodo/x/1')))
    await flood()
    await flood()
    assert.deepEqual(worker.asked, ['shodo'])
    await worker.reads(own)
    assert.deepEqual(worker.asked, ['shodo'], 'what is known is not asked for')
    worker.later(2_000)
    await flood()
    assert.deepEqual(worker.asked, ['shodo', 'shodo'])
  })

  it('believes nothing any more for a key that was taken away, and does for the one that takes its place', async () => {
    const worker = new Shown()
    worker.show(book, ...signed(book, noon, mori, sato))
    worker.incidents.set('shodo-7', { runbook: worker.desk, startedAtMs: noon })
    assert.equal(await worker.reads(own), 'read')
    const moris = signatory('mori')
    worker.signers = keysOf(moris, sato)
    assert.match(await worker.reads(own), /^HK345 .*only sato signed them/)
    worker.show(book, ...signed(book, noon + minute, moris, sato))
    assert.equal(await worker.reads(own), 'read')
  })

  it('is not made to forget the newest version by names that somebody makes up', async () => {
    const worker = new Shown()
    worker.show(book, ...signed(book, noon, mori, sato))
    assert.equal(await worker.reads(own), 'read')
    for (let i = 0; i < 1_000; i += 1) await worker.reads(own, `made-up-${i}-1`)
    worker.asked.length = 0
    assert.deepEqual([await worker.reads(own), worker.asked], ['read', []])
  })

  it('breaks on nothing that a desk may show', async () => {
    const deep = JSON.parse(`${'['.repeat(3_000)}${']'.repeat(3_000)}`)
    for (const strange of [
      1,
      'x',
      {},
      { book: 1 },
      { book: deep },
      { book, signatures: deep },
      { ...shown(book), signatures: [1] },
    ]) {
      const worker = new Shown()
      worker.desk = strange
      assert.match(await worker.reads(own), /^HK345/)
    }
  })
})

describe('the keys of those who may sign runbooks', () => {
  let dir: string
  let beside: string
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hikeshi-signers-'))
    beside = await mkdtemp(join(tmpdir(), 'hikeshi-api-key-'))
  })
  afterEach(async () => {
    await rm(dir, { recursive: true })
    await rm(beside, { recursive: true })
  })
  const publishersIn = async (folder: string, api?: KeyObject) => {
    const file = join(beside, 'api.pub')
    if (api !== undefined) await writeFile(file, api.export({ type: 'spki', format: 'pem' }), { mode: 0o644 })
    return (await openPublishers(folder, api && file, () => {}))()
  }

  const pem = () =>
    generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const api = generateKeyPairSync('ed25519').publicKey

  it('are those of each NAME.pub, an old and a new one too, and of the API', async () => {
    await writeFile(join(dir, 'mori.pub'), pem() + pem(), { mode: 0o644 })
    await writeFile(join(dir, 'sato.pub'), pem(), { mode: 0o644 })
    await writeFile(join(dir, 'README'), 'x')
    const keys = await publishersIn(dir, api)
    assert.deepEqual(
      keys.map(({ person }) => person),
      ['mori', 'mori', 'sato', undefined],
    )
  })

  it('may be those of the API alone, but not none', async () => {
    assert.equal((await publishersIn(dir, api)).length, 1)
    await assert.rejects(publishersIn(dir), /expected a PEM public key/)
  })

  it('are one person’s each, under one name, and nobody’s to write but their owner’s', async () => {
    const one = pem()
    const cases: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
      [{ 'mori.pub': one, 'sato.pub': one }, /each key once/],
      [{ 'mori.pub': pem(), 'Mori.pub': pem() }, /one file per person/],
      [{ 'hikeshi.pub': pem() }, /name of a person before \.pub/],
    ]
    for (const [files, problem] of cases) {
      const folder = join(dir, crypto.randomUUID())
      await mkdir(folder, { mode: 0o755 })
      for (const [name, text] of Object.entries(files))
        await writeFile(join(folder, name), text, { mode: 0o644 })
      await assert.rejects(publishersIn(folder), problem)
    }
    // The API signs for everybody: its key in the hand of one person would be all of them.
    const api = createPublicKey(one)
    const folder = join(dir, crypto.randomUUID())
    await mkdir(folder, { mode: 0o755 })
    await writeFile(join(folder, 'mori.pub'), one, { mode: 0o644 })
    await assert.rejects(publishersIn(folder, api), /a key other than the API's/)
    await writeFile(join(dir, 'mori.pub'), pem())
    await chmod(join(dir, 'mori.pub'), 0o664)
    await assert.rejects(publishersIn(dir), /its mode is 0664/)
    await assert.rejects(
      publishersIn(join(dir, 'nowhere')),
      /no such file.*the public key that checks runbooks/,
    )
  })
})
