import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { smallBook } from '../domain/incident/small-runbook.ts'
import { hikeshi } from './cli-process.ts'

describe('runbook sign and verify', () => {
  let dir: string
  let file: string
  let keys: string

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hikeshi-sign-'))
    file = join(dir, 'shodo.yaml')
    keys = join(dir, 'keys')
    await write(smallBook())
    await mkdir(keys, { mode: 0o755 })
    for (const name of ['mori', 'sato', 'mallory']) {
      const pair = generateKeyPairSync('ed25519')
      await writeFile(keyOf(name), pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
      if (name === 'mallory') continue
      const publicKey = join(keys, `${name}.pub`)
      await writeFile(publicKey, pair.publicKey.export({ type: 'spki', format: 'pem' }))
      await chmod(publicKey, 0o644)
    }
  })
  afterEach(() => rm(dir, { recursive: true }))

  const keyOf = (name: string) => join(dir, `${name}.key`)
  const write = (book: Runbook) => writeFile(file, stringify(book))
  const sign = (name: string, as = name) =>
    hikeshi(['runbook', 'sign', file, '--key', keyOf(name), '--as', as])
  const verify = (...more: string[]) => hikeshi(['runbook', 'verify', file, '--keys', keys, ...more])
  const lines = async () =>
    (await readFile(`${file}.sig`, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))

  it('write one line a person beside the file, and say when two people are enough', async () => {
    const first = await sign('mori')
    assert.deepEqual([first.exit, first.err], [0, ''])
    assert.match(first.out, /Someone else must sign it too \(signed by mori\)/)
    assert.equal((await verify()).exit, 4)
    await sign('mori')
    assert.equal((await lines()).length, 1)
    assert.match(
      (await sign('sato')).out,
      /signed by sato, mori; check their keys with "hikeshi runbook verify"/,
    )
    assert.deepEqual((await lines()).map(({ by }) => by).toSorted(), ['mori', 'sato'])
    const { exit, out } = await verify('-o', 'json')
    const { enough, signatures } = JSON.parse(out)
    assert.deepEqual(
      [exit, enough, signatures.map(({ counts }: { counts: string }) => counts)],
      [0, true, ['book', 'book']],
    )
    assert.match((await verify()).out, /sato +\S+ +this exact file/)
    assert.match((await verify('--lang', 'ja')).out, /公開できます/)
  })

  it('count what was signed before while the guarded words stay, and not after', async () => {
    await sign('mori')
    await sign('sato')
    await write({ ...smallBook(), nextReview: '2027-12-31' })
    const stale = await verify()
    assert.deepEqual([stale.exit, /Nobody has signed this exact file/.test(stale.out)], [4, true], stale.out)
    await sign('sato')
    const carried = await verify()
    assert.equal(carried.exit, 0, carried.out)
    assert.match(carried.out, /mori +\S+ +its guarded words, in an earlier version/)
    await write({ ...smallBook(), blastRadius: { readyPodsPercent: 99 } })
    assert.match((await verify()).out, /different guarded words: does not count/)
    await sign('mori')
    assert.deepEqual(
      (await lines()).map(({ by }) => by),
      ['mori'],
      'what counts for nothing is left away',
    )
  })

  it('believe nobody whose key is not in the folder, under whatever name', async () => {
    await sign('mori')
    await sign('mallory', 'sato')
    await sign('mallory')
    const { exit, out } = await verify()
    assert.equal(exit, 4)
    assert.equal(out.match(/not by a known key/g)?.length, 2, out)
    assert.match(out, /signed by mori\)/)
  })

  it('refuse, as a worker does, a key that is a person’s and the API’s', async () => {
    await sign('mori')
    const env = { HIKESHI_ATTESTATION_PUBLIC_KEYS: join(keys, 'mori.pub') }
    const { exit, err } = await hikeshi(['runbook', 'verify', file, '--keys', keys], { env })
    assert.deepEqual([exit, /a key other than the API's/.test(err)], [2, true], err)
  })

  it('refuse what cannot be meant, with the place', async () => {
    await chmod(keyOf('mori'), 0o644)
    const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
      [['sign', file, '--key', keyOf('mori')], 2, /its mode is 0644/],
      [['sign', file, '--key', join(keys, 'sato.pub')], 2, /its mode|PEM private key/],
      [['sign', file, '--key', join(dir, 'nowhere')], 2, /nowhere.*the private key that signs\s+runbooks/s],
      [['sign', '-', '--key', keyOf('sato')], 2, /expected a file/],
      [['sign', join(dir, 'no.yaml'), '--key', keyOf('sato')], 2, /HK109/],
      [['verify', file, '--keys', join(dir, 'nowhere')], 2, /no such file or folder/],
      [['verify', file], 2, /required option/],
    ]
    for (const [argv, code, says] of cases) {
      const { exit, out, err } = await hikeshi(['runbook', ...argv])
      assert.deepEqual([exit, out], [code, ''], argv.join(' '))
      assert.match(err, says)
    }
    await sign('sato')
    await appendFile(`${file}.sig`, '{"by":"sato"}\n')
    for (const verb of [
      ['verify', file, '--keys', keys],
      ['publish', file],
    ])
      assert.match((await hikeshi(['runbook', ...verb])).err, /shodo\.yaml\.sig:2: expected a line/)
    await write({ ...smallBook(), services: {} })
    assert.match((await sign('sato')).err, /HK104/)
  })
})
