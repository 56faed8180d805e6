import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { stringify } from 'yaml'
import { openSession } from '../../client/doors/cli/session.ts'
import { publishFolder } from '../../client/doors/cli/verbs/publish-folder.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { signatory, signedBy } from '../activities/signed-books.ts'
import { smallBook } from '../domain/incident/small-runbook.ts'
import { type World, world } from '../scenarios/world.ts'
import { hikeshi } from './cli-process.ts'

const system = `folder-${process.pid}`
const service = `backend-${process.pid}`
const book: Runbook = ((): Runbook => {
  const small = smallBook({ recovers: false })
  const { backend } = small.services
  return {
    ...small,
    runbook: system,
    severities: { ...small.severities, CRITICAL: { ...small.severities.CRITICAL, quick: [] } },
    services: { [service]: backend ?? assert.fail() },
    symptoms: small.symptoms
      .filter((s) => s.service === 'backend')
      .map((symptom) => ({ ...symptom, service })),
  }
})()
const [mori, sato] = [signatory('mori'), signatory('sato')]

describe('a folder of runbooks, published by a worker that starts', () => {
  let here: World
  let dir: string

  before(async () => {
    here = await world()
    dir = await mkdtemp(join(tmpdir(), 'hikeshi-folder-'))
    await mkdir(join(dir, 'books'))
  })
  after(() => rm(dir, { recursive: true }))

  const file = () => join(dir, 'books', 'book.yaml')
  const run = (...argv: string[]) => hikeshi(argv, { env: { ...here.env, HIKESHI_LAB: '0' } })
  async function write(of: Runbook, atMs: number): Promise<void> {
    await writeFile(file(), stringify(of))
    const lines = [mori, sato].map((who) => `${JSON.stringify(signedBy(who, of, atMs))}\n`)
    await writeFile(`${file()}.sig`, lines.join(''))
  }

  /** What the worker says. */
  async function started(): Promise<string> {
    const said: string[] = []
    const stream = { write: (text: string) => said.push(text) }
    const session = openSession(
      { output: 'table', lang: 'en' },
      {
        out: stream,
        err: stream,
        stdin: Readable.from([]),
        env: { ...here.env, HIKESHI_LAB: '0' },
        signal: new AbortController().signal,
        version: '0.0.0-test',
      },
    )
    try {
      await publishFolder(session, join(dir, 'books'))
    } finally {
      await session.close()
    }
    return said.join('').replaceAll(/\s+/g, ' ')
  }

  it('takes the signatures beside each file along, and says in one line what its desk does not take', async () => {
    const now = Date.now()
    await write(book, now - 60_000)
    assert.match(await started(), new RegExp(`book.yaml: ${system} v1`))
    const newer = join(dir, 'newer.yaml')
    const reworded = { ...book, nextReview: '2027-12-31' }
    await writeFile(newer, stringify(reworded))
    await writeFile(`${newer}.sig`, `${JSON.stringify(signedBy(mori, reworded, now))}\n`)
    const published = await run('runbook', 'publish', newer)
    assert.match(published.out, new RegExp(`^${system} v2.*\nsigned by mori, sato`), published.err)
    assert.match(await started(), /^book.yaml: HK351 Version 2 of the runbook .* was signed later than this/)
    await rm(`${file()}.sig`)
    await writeFile(file(), stringify({ ...book, nextReview: '2028-01-01' }))
    assert.match(await started(), /^book.yaml: HK350 The runbook .* is signed/)
    await writeFile(`${file()}.sig`, 'x\n')
    assert.match(await started(), /^book.yaml: HK101 .*book.yaml.sig:1: expected a line/)
    await rm(`${file()}.sig`)
  })

  it('publishes what can be read beside what cannot', async () => {
    await write(book, Date.now() - 60_000)
    const unreadable = join(dir, 'books', 'a-folder.yaml')
    await mkdir(unreadable)
    const said = await started()
    assert.match(said, /^a-folder.yaml: HK109 .*a-folder.yaml cannot be read: it is a folder. book.yaml: /)
    await rm(unreadable, { recursive: true })
  })

  it('brings nothing back that somebody has withdrawn; publishing it does', async () => {
    const gone = await run('runbook', 'withdraw', system, '--reason', 'replaced by kura', '--as', 'kato')
    assert.deepEqual([gone.exit, gone.out], [0, `${system}: withdrawn. Open incidents go on.\n`], gone.err)
    assert.match(await started(), /^book.yaml: HK352 kato withdrew the runbook .* at .*: replaced by kura/)
    const words = ['--service', service, '--severity', 'LOW', '--description', 'slow']
    const refused = await run('declare', ...words)
    assert.deepEqual([refused.exit, refused.err.match(/HK\d+/)?.[0]], [4, 'HK352'])
    const listed = await run('runbook', 'list')
    assert.match(listed.out, new RegExp(`${system} +v2 +withdrawn`))
    assert.match(
      (await run('runbook', 'show', system)).out,
      /^Withdrawn by kato at .* JST: replaced by kura\n/,
    )
    assert.match((await run('runbook', 'show', system, '--lang', 'ja')).out, /kato が .* に取り下げました/)
    const back = await run('runbook', 'publish', join(dir, 'newer.yaml'))
    assert.deepEqual([back.exit, back.out.split(' ')[1]], [0, 'v2'], back.err)
    assert.match((await run('runbook', 'show', system)).out, /^signed by mori, sato\n/)
  })

  it('names the runbooks that there are to whoever withdraws another', async () => {
    for (const name of ['no-such-system', 'NO SUCH']) {
      const { exit, err } = await run('runbook', 'withdraw', name, '--reason', 'x')
      assert.equal(exit, 3)
      assert.match(err, new RegExp(`${system}`))
    }
  })
}).timeout(120_000)
