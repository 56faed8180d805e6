/** The log of heads, its witness and the proof in a bundle: over real HTTP and real files, with no server of Temporal's. */
import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { appendFile, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { askWitness } from '../../client/transparency/ask-witness.ts'
import { verifyLog } from '../../client/transparency/verify-log.ts'
import { serveWitness } from '../../client/transparency/witness-server.ts'
import { parseSignedCheckpoint } from '../../domain/transparency/checkpoint.ts'
import { cosignaturesBy, cosigned } from '../../domain/transparency/cosignature.ts'
import { formatNote, formatSignature } from '../../domain/transparency/note.ts'
import { consistencyProof } from '../../domain/transparency/tree.ts'
import { formatAddCheckpoint } from '../../domain/transparency/witness.ts'
import { noteKeyOf, noteSignerOf } from '../../edge/note-keys.ts'
import { Refused } from '../../edge/refused.ts'
import { addEntry, keepCosignatures } from '../../edge/transparency/add-entry.ts'
import { readLog } from '../../edge/transparency/read-log.ts'
import { archiveFolder, transparencyFolder } from '../../wire/archive.ts'
import { entryOf, origin } from '../edge/transparency-entries.ts'
import { storedIncidents } from '../replay/histories.ts'
import { scratch } from '../scenarios/world.ts'
import { putRuns } from './archived.ts'
import { hikeshi } from './cli-process.ts'

const logPair = generateKeyPairSync('ed25519')
const witnessPair = generateKeyPairSync('ed25519')
const signer = noteSignerOf(logPair.privateKey)
const witnessName = 'witness.example/w1'
const startMs = Date.parse('2026-11-30T06:00:00Z')

async function keyFile(dir: string, name: string, key: KeyObject): Promise<string> {
  const file = join(dir, name)
  const pem =
    key.type === 'private'
      ? key.export({ format: 'pem', type: 'pkcs8' })
      : key.export({ format: 'pem', type: 'spki' })
  await writeFile(file, pem, { mode: 0o600 })
  return file
}

async function logOf(folder: string, from: number, to: number): Promise<void> {
  for (let i = from; i <= to; i += 1) await addEntry(folder, entryOf(`shodo-${i}`), { origin, signer })
}

/** A witness for as long as the work takes; its address. */
async function withWitness<T>(state: string, work: (address: string) => Promise<T>): Promise<T> {
  const stop = new AbortController()
  const lines: string[] = []
  const { promise, resolve } = Promise.withResolvers<string>()
  const served = serveWitness({
    name: witnessName,
    signer: noteSignerOf(witnessPair.privateKey),
    logs: new Map([[origin, logPair.publicKey]]),
    state,
    host: '127.0.0.1',
    port: 0,
    now: () => startMs,
    signal: stop.signal,
    log: (line) => lines.push(line),
    ready: resolve,
  })
  try {
    return await work(`http://${await Promise.race([promise, served.then(() => assert.fail('it ended'))])}`)
  } finally {
    stop.abort('SIGTERM')
    await served
  }
}

describe('a witness over HTTP', function () {
  this.timeout(300_000)

  it('cosigns what goes on, says what it knows, and refuses what does not, also after it was started again', () =>
    scratch(async (dir) => {
      const [folder, state] = [join(dir, 'log'), join(dir, 'state')]
      await logOf(folder, 1, 3)
      const known = [noteKeyOf(witnessPair.publicKey)]
      const ask = async (address: string, where = folder) => {
        const log = await readLog(where, signer)
        return askWitness(address, log, log.newest ?? assert.fail(), known)
      }
      await withWitness(state, async (address) => {
        const [line] = await ask(address)
        assert.equal(line?.name, witnessName)
        // The same again is the same checkpoint, and nothing more to keep.
        await ask(address)
        assert.equal(
          (await readdir(state, { recursive: true })).filter((name) => /\/\d+$/.test(name)).length,
          1,
        )
      })
      // Two logs from here on: one that went on, and one that another entry took the place of.
      const forked = join(dir, 'forked')
      await logOf(forked, 1, 2)
      await logOf(forked, 9, 10)
      await logOf(folder, 4, 6)
      await withWitness(state, async (address) => {
        await assert.rejects(ask(address, forked), (error) => {
          assert.ok(error instanceof Refused)
          assert.equal(error.failure.name, 'witness-unreachable')
          assert.match(JSON.stringify(error.failure.params.reason), /does not go on/)
          return true
        })
        await ask(address)
        const log = await readLog(folder, signer)
        const post = (body: string) => fetch(`${address}/add-checkpoint`, { method: 'POST', body })
        const note = log.newest?.note ?? assert.fail()
        const stale = await post(
          formatAddCheckpoint({ oldSize: 3, proof: consistencyProof(3, log.leaves), note }),
        )
        assert.deepEqual(
          [stale.status, stale.headers.get('content-type'), await stale.text()],
          [409, 'text/x.tlog.size', '6\n'],
        )
        const strange = formatNote(note).replaceAll(origin, 'other.example/log')
        assert.equal((await post(`old 0\n\n${strange}`)).status, 404)
        assert.equal((await post('nothing')).status, 400)
        assert.equal((await post('x'.repeat(70_000))).status, 413)
        assert.equal((await fetch(`${address}/add-checkpoint`)).status, 405)
        assert.equal((await fetch(address)).status, 404)
      })
    }))

  it('is not listened to for longer than an answer is', () =>
    scratch(async (dir) => {
      await logOf(join(dir, 'log'), 1, 1)
      const log = await readLog(join(dir, 'log'), signer)
      const endless = createServer((_, response) => {
        response.writeHead(200)
        const talk = () => {
          while (!response.destroyed && response.write('a'.repeat(65_536)));
        }
        response.on('drain', talk)
        talk()
      })
      await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve))
      const { port } = endless.address() as AddressInfo
      try {
        const asked = askWitness(`http://127.0.0.1:${port}`, log, log.newest ?? assert.fail(), [])
        await assert.rejects(asked, (error: Refused) =>
          /none of the given keys/.test(JSON.stringify(error.failure.params.reason)),
        )
      } finally {
        endless.closeAllConnections()
        endless.close()
      }
    }))

  it('makes no log unreadable that answers under a hundred names', () =>
    scratch(async (dir) => {
      const folder = join(dir, 'log')
      await logOf(folder, 1, 1)
      const log = await readLog(folder, signer)
      const newest = log.newest ?? assert.fail()
      const own = noteSignerOf(witnessPair.privateKey)
      const lines = Array.from({ length: 100 }, (_, i) =>
        cosigned(newest.note.text, startMs / 1_000, { name: `w${i}`, ...own }),
      )
      const talkative = createServer((_, response) =>
        response.end(lines.map((line) => `${formatSignature(line)}\n`).join('')),
      )
      await new Promise<void>((resolve) => talkative.listen(0, '127.0.0.1', resolve))
      const { port } = talkative.address() as AddressInfo
      try {
        const known = [noteKeyOf(witnessPair.publicKey)]
        const answered = await askWitness(`http://127.0.0.1:${port}`, log, newest, known)
        assert.deepEqual(
          answered.map(({ name }) => name),
          ['w0'],
        )
        await keepCosignatures(folder, 1, lines, signer)
        assert.equal((await readLog(folder, signer)).leaves.length, 1)
        await logOf(folder, 2, 2)
      } finally {
        talkative.close()
      }
    }))

  it('cosigns of two stories at once only one', () =>
    scratch(async (dir) => {
      const [state, known] = [join(dir, 'state'), [noteKeyOf(witnessPair.publicKey)]]
      const logs = await Promise.all(
        [1, 2, 3, 4].map(async (i) => {
          const folder = join(dir, `log-${i}`)
          await logOf(folder, i * 10, i * 10 + i)
          return readLog(folder, signer)
        }),
      )
      // Two processes over one folder.
      const believed = await withWitness(state, (one) =>
        withWitness(state, async (other) => {
          const asked = logs.map((log, i) =>
            askWitness(i % 2 === 0 ? one : other, log, log.newest ?? assert.fail(), known),
          )
          return (await Promise.allSettled(asked)).filter(({ status }) => status === 'fulfilled')
        }),
      )
      assert.equal(believed.length, 1)
    }))
})

const kept = storedIncidents().find(({ play }) => play === 'many-notes') ?? assert.fail('no history is kept')

/** The one that was logged: by what came later nobody worked on it. */
function headOf(events: typeof kept.events) {
  return events.findLast(({ type }) => type === 'closed') ?? events.at(-1) ?? assert.fail()
}

/** What the incident's worker would have left, and a log with its head in it. */
async function archiveIn(dir: string): Promise<string> {
  const { incident, events, histories } = kept
  const archive = join(dir, 'archive')
  await putRuns(archiveFolder(archive, incident), kept)
  const log = transparencyFolder(archive)
  await logOf(log, 1, 2)
  const { seq, hash, at } = headOf(events)
  await addEntry(log, { v: 1, incident, runs: histories.length, seq, hash, closedAt: at }, { origin, signer })
  return archive
}

describe('the proof of a log', function () {
  this.timeout(600_000)

  it('goes with a bundle, and holds against whoever has no key of the witness', () =>
    scratch(async (dir) => {
      const archive = await archiveIn(dir)
      const log = transparencyFolder(archive)
      const [logKey, witnessKey, strange] = await Promise.all([
        keyFile(dir, 'log.pub', logPair.publicKey),
        keyFile(dir, 'witness.pub', witnessPair.publicKey),
        keyFile(dir, 'strange.pub', generateKeyPairSync('ed25519').publicKey),
      ])
      await withWitness(join(dir, 'state'), async (address) => {
        const publish = (key: string) =>
          hikeshi([
            'log',
            'publish',
            log,
            '--key',
            logKey,
            '--witness',
            address,
            '--witness-key',
            key,
            '-o',
            'json',
          ])
        const refusedOf = await publish(strange)
        assert.equal(refusedOf.exit, 5, refusedOf.err)
        assert.match(refusedOf.err, /HK553/)
        const ran = await publish(witnessKey)
        assert.equal(ran.exit, 0, ran.err)
        assert.deepEqual(JSON.parse(ran.out).published, [{ witness: address, names: [witnessName] }])
      })
      const { note } = parseSignedCheckpoint(await readFile(join(log, 'checkpoint'), 'utf8')) ?? assert.fail()
      assert.equal(cosignaturesBy(note, noteKeyOf(witnessPair.publicKey)).length, 1)
      // What comes later is not cosigned yet: the proof is of the checkpoint that is.
      await logOf(log, 3, 4)

      const bundle = join(dir, 'bundle')
      const made = await hikeshi(['evidence', archiveFolder(archive, kept.incident), '--output', bundle])
      assert.equal(made.exit, 0, made.err)
      const verify = async (folder: string, ...more: readonly string[]) => {
        const ran = await hikeshi(['evidence', 'verify', folder, '--unsigned', '-o', 'json', ...more])
        return { ...(JSON.parse(ran.out) as Verified), exit: ran.exit }
      }
      const told = await verify(bundle, '--witness', witnessKey, '--log-key', logKey)
      assert.deepEqual([told.exit, told.problems], [0, []])
      // What came after the event that was logged is not claimed to be in the log.
      const [logged, head] = [headOf(kept.events).seq, kept.events.length]
      assert.ok(logged < head)
      assert.deepEqual(told.logged, {
        seq: logged,
        head,
        origin,
        index: 2,
        size: 3,
        signedByLog: true,
        witnesses: [{ name: witnessName, at: new Date(startMs).toISOString(), known: true }],
      })
      const words = await hikeshi(['evidence', 'verify', bundle, '--unsigned', '--witness', witnessKey])
      assert.match(words.out.replaceAll(/\s+/g, ' '), /not even whoever holds the log and all its keys/)
      assert.ok(words.out.includes(`after it, up to event ${head}, is in no entry`), words.out)
      // No key: nothing is claimed. Another one: the answer is no.
      const unknown = await verify(bundle)
      assert.deepEqual([unknown.exit, unknown.logged?.witnesses.map(({ known }) => known)], [0, [false]])
      const named = async (name: string) =>
        (await verify(bundle, '--witness', witnessKey, '--log-origin', name)).problems.map(({ what }) => what)
      assert.deepEqual([await named(origin), await named('example.com/other')], [[], ['transparency']])
      for (const option of ['--witness', '--log-key']) {
        const { exit, problems } = await verify(bundle, option, strange)
        assert.deepEqual([exit, problems.map(({ what }) => what)], [1, ['transparency']], option)
      }

      // Another head than the timeline's, with a manifest of its own: nobody without the keys can have it proven.
      const forged = join(dir, 'forged')
      await cp(bundle, forged, { recursive: true })
      const entryFile = join(forged, 'transparency/entry.json')
      const entry = JSON.parse(await readFile(entryFile, 'utf8'))
      await writeFile(entryFile, JSON.stringify({ ...entry, seq: 1 }))
      assert.ok((await verify(forged)).problems.some(({ what }) => what === 'transparency'))
      await rm(entryFile)
      assert.ok((await verify(forged)).problems.some(({ what }) => what === 'transparency'))
    }))

  it('is left out where the log does not hold together, and the bundle says so', () =>
    scratch(async (dir) => {
      const archive = await archiveIn(dir)
      await appendFile(join(transparencyFolder(archive), 'tile/entries/000.p/3'), 'x')
      const bundle = join(dir, 'bundle')
      const made = await hikeshi(['evidence', archiveFolder(archive, kept.incident), '--output', bundle])
      assert.equal(made.exit, 0, made.err)
      const { missing, files } = JSON.parse(await readFile(join(bundle, 'MANIFEST.json'), 'utf8'))
      assert.match(JSON.stringify(missing), /transparency log/)
      assert.ok(!files.some(({ path }: { path: string }) => path.startsWith('transparency/')))
    }))
})

type Verified = {
  readonly problems: readonly { readonly what: string }[]
  readonly logged: { readonly witnesses: readonly { readonly known: boolean }[] } | null
}

describe('hikeshi log verify', function () {
  this.timeout(300_000)

  it('re-reads all of a log, and names the first thing that is not as it was signed', () =>
    scratch(async (dir) => {
      const folder = join(dir, 'log')
      await logOf(folder, 1, 3)
      const key = await keyFile(dir, 'log.pub', logPair.publicKey)
      const verify = (where: string) => hikeshi(['log', 'verify', where, '--key', key, '-o', 'json'])
      const whole = await verify(folder)
      assert.equal(whole.exit, 0, whole.err)
      const { size, commits, contradicting, waiting } = JSON.parse(whole.out)
      assert.deepEqual([size, commits, contradicting, waiting], [3, 3, [], 0])
      // Also what nobody reads any more.
      for (const path of ['tile/0/000.p/1', 'tile/entries/000.p/2', 'commits/1', 'tile/0/007']) {
        const spoilt = join(dir, path.replaceAll('/', '-'))
        await cp(folder, spoilt, { recursive: true })
        await writeFile(join(spoilt, path), 'x')
        const ran = await verify(spoilt)
        assert.equal(ran.exit, 1, path)
        assert.match(ran.err, new RegExp(`HK452.*${path}`, 's'))
      }
      // Another folder, and one that is not there: nothing was verified.
      for (const elsewhere of [dir, join(dir, 'lgo')]) {
        const ran = await verify(elsewhere)
        assert.deepEqual([ran.exit, ran.out], [2, ''])
        assert.match(ran.err, /HK101.*ARCHIVE\/transparency/)
      }
      // The key of another log.
      const other = await keyFile(dir, 'other.pub', generateKeyPairSync('ed25519').publicKey)
      assert.match((await hikeshi(['log', 'verify', folder, '--key', other])).err, /HK452/)
      const before = process.cwd()
      process.chdir(folder)
      try {
        assert.equal((await verifyLog('.', signer)).commits, 3)
      } finally {
        process.chdir(before)
      }
    }))
})
