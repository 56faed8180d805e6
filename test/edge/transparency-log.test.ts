import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkpointText } from '../../domain/transparency/checkpoint.ts'
import { entryBytes } from '../../domain/transparency/entry.ts'
import { formatNote, signedNote } from '../../domain/transparency/note.ts'
import { tileFiles } from '../../domain/transparency/tiles.ts'
import { leafHash, treeHash } from '../../domain/transparency/tree.ts'
import { type NoteSigner, noteSignerOf } from '../../edge/note-keys.ts'
import { Refused } from '../../edge/refused.ts'
import { addEntry, completeLog } from '../../edge/transparency/add-entry.ts'
import { commitFile, readLog } from '../../edge/transparency/read-log.ts'
import { scratch } from '../scenarios/world.ts'
import { entryOf, origin } from './transparency-entries.ts'

const writerFile = fileURLToPath(new URL('./transparency-writer.ts', import.meta.url))

const { privateKey } = generateKeyPairSync('ed25519')
const signer = noteSignerOf(privateKey)
const writer = { origin, signer }

const add = (folder: string, incident: string) => addEntry(folder, entryOf(incident), writer)
const incidents = (count: number, first = 1) => Array.from({ length: count }, (_, i) => `shodo-${first + i}`)

async function logOf(folder: string, count: number): Promise<string> {
  for (const incident of incidents(count)) await add(folder, incident)
  return folder
}

async function namesIn(folder: string, key: NoteSigner = signer): Promise<readonly string[]> {
  return (await readLog(folder, key)).entries.map(({ incident }) => incident)
}

/** All that others see, by path. */
async function filesIn(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const read = files.map(async ({ parentPath, name }) => {
    const file = join(parentPath, name)
    return [file.slice(folder.length + 1), (await readFile(file)).toString('hex')] as const
  })
  return Object.fromEntries((await Promise.all(read)).filter(([path]) => !path.startsWith('unfinished/')))
}

/** In a process of its own; what it printed, or the signal that ended it. */
async function write(
  folder: string,
  keyFile: string,
  names: readonly string[],
  diesAt?: number,
): Promise<string> {
  const more = diesAt === undefined ? [] : ['--dies-at', String(diesAt)]
  const args = ['--import', 'tsx', writerFile, folder, keyFile, ...names, ...more]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, (error, out, err) => {
      if (error === null) resolve(out.trim())
      else if (error.signal) resolve(error.signal)
      else reject(new Error(`${error.message}\n${err}`))
    })
  })
}

async function keyIn(dir: string): Promise<string> {
  const file = join(dir, 'log.key')
  await writeFile(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
  return file
}

describe('the log of heads', function () {
  // Each death takes a process of its own.
  this.timeout(1_800_000)

  it('holds each head once, in the order in which they came, under a signed checkpoint', () =>
    scratch(async (dir) => {
      const folder = await logOf(join(dir, 'log'), 3)
      assert.equal((await add(folder, 'shodo-2')).index, 1)
      assert.deepEqual(await namesIn(folder), incidents(3))
      const leaves = incidents(3).map((incident) => leafHash(entryBytes(entryOf(incident))))
      const note = signedNote(checkpointText({ origin, size: 3, root: treeHash(leaves) }), origin, signer)
      assert.equal(await readFile(join(folder, 'checkpoint'), 'utf8'), formatNote(note))
      const files = Object.keys(await filesIn(folder))
      for (const path of ['tile/0/000.p/3', 'tile/entries/000.p/3', 'commits/3'])
        assert.ok(files.includes(path), `${path} is not among ${files.join()}`)
    }))

  it('writes no file twice but the newest checkpoint', () =>
    scratch(async (dir) => {
      const folder = join(dir, 'log')
      let before: Readonly<Record<string, string>> = {}
      for (const incident of incidents(4)) {
        await add(folder, incident)
        const { checkpoint: _, ...files } = await filesIn(folder)
        for (const [path, content] of Object.entries(before)) assert.equal(files[path], content, path)
        before = files
      }
    }))

  it('goes over the edge of a tile, and needs the partial ones no more', () =>
    scratch(async (dir) => {
      const folder = join(dir, 'log')
      await laid(folder, 254)
      for (const incident of incidents(4, 255)) await add(folder, incident)
      const files = Object.keys(await filesIn(folder))
      for (const path of ['tile/0/000', 'tile/0/001.p/2', 'tile/1/000.p/1', 'tile/entries/000'])
        assert.ok(files.includes(path), path)
      assert.ok(!files.some((path) => path.includes('/000.p/') && !path.startsWith('tile/1/')), files.join())
      assert.deepEqual(await namesIn(folder), incidents(258))
      // Who has read an older checkpoint still finds what it leads to.
      await rm(join(folder, 'commits'), { recursive: true })
      await writeFile(join(folder, 'checkpoint'), checkpointOver(incidents(200)))
      assert.deepEqual(await namesIn(folder), incidents(200))
    }))

  it('is whole whenever the writer dies, and the next one finishes what it began', () =>
    scratch(async (dir) => {
      const key = await keyIn(dir)
      const begun = await logOf(join(dir, 'begun'), 2)
      const whole = join(dir, 'whole')
      await cp(begun, whole, { recursive: true })
      const changes = Number(await write(whole, key, ['shodo-3']))
      assert.ok(changes >= 12, `only ${changes} changes`)
      const wanted = await filesIn(whole)
      for (let at = 1; at <= changes; at += 1) {
        const folder = join(dir, `died-${at}`)
        await cp(begun, folder, { recursive: true })
        const end = await write(folder, key, ['shodo-3'], at)
        // One that did not get so far had one change fewer to make: two that do not wait for each other make the same folder.
        if (end !== 'SIGKILL') {
          assert.ok(Number(end) < at && at > 12, `${end} changes, and alive`)
          continue
        }
        // Whoever reads it now finds two or three, and all of it right.
        const found = await namesIn(folder)
        assert.deepEqual(found, incidents(found.length))
        assert.ok(found.length === 2 || found.length === 3)
        // The same head again: it is there once, and the files are those of a writer that did not die.
        await add(folder, 'shodo-3')
        assert.deepEqual(await filesIn(folder), wanted, `died before change ${at} of ${changes}`)
      }
    }))

  it('takes all heads of several writers at once, each one time', () =>
    scratch(async (dir) => {
      const [folder, key] = [join(dir, 'log'), await keyIn(dir)]
      const all = incidents(12)
      await Promise.all([
        write(folder, key, all.slice(0, 8)),
        write(folder, key, all.slice(4)),
        write(folder, key, all.toReversed()),
      ])
      const { entries, leaves, newest, published } = await readLog(folder, signer)
      assert.deepEqual(entries.map(({ incident }) => incident).toSorted(), all.toSorted())
      assert.equal(published, 12)
      assert.deepEqual(newest?.checkpoint.root, treeHash(leaves))
    }))

  it('is not extended where anything in it was changed, and is left as it is', () =>
    scratch(async (dir) => {
      const folder = await logOf(join(dir, 'log'), 3)
      const another = { ...entryOf('shodo-2'), hash: '0'.repeat(64) }
      const swap = (from: string | Uint8Array, to: string | Uint8Array) => (content: Buffer) => {
        const at = content.indexOf(from)
        assert.ok(at >= 0)
        const [before, after] = [content.subarray(0, at), content.subarray(at + from.length)]
        return Buffer.concat([before, Buffer.from(to), after])
      }
      const cases: readonly (readonly [string, (content: Buffer) => Buffer])[] = [
        ['tile/entries/000.p/3', swap(entryBytes(entryOf('shodo-2')), entryBytes(another))],
        ['tile/entries/000.p/3', (content) => content.subarray(0, -1)],
        ['tile/entries/000.p/3', () => Buffer.alloc(0)],
        ['tile/0/000.p/3', (content) => Buffer.concat([content.subarray(32), content.subarray(0, 32)])],
        ['checkpoint', swap(`${origin}\n3`, `${origin}\n2`)],
        ['checkpoint', () => Buffer.from(formatNote(signedNote(forged(another), origin, stranger())))],
      ]
      for (const [path, change] of cases) {
        const spoilt = join(dir, `spoilt-${cases.findIndex((one) => one[1] === change)}`)
        await cp(folder, spoilt, { recursive: true })
        await writeFile(join(spoilt, path), change(await readFile(join(spoilt, path))))
        const before = await filesIn(spoilt)
        await assert.rejects(add(spoilt, 'shodo-4'), isChanged(), path)
        assert.deepEqual(await filesIn(spoilt), before)
      }
    }))

  it('looks for no more files than are there, whatever size a checkpoint claims', () =>
    scratch(async (dir) => {
      const folder = await logOf(join(dir, 'log'), 1)
      for (const size of [10 ** 12, Number.MAX_SAFE_INTEGER]) {
        const text = checkpointText({ origin, size, root: Buffer.alloc(32) })
        await writeFile(join(folder, 'checkpoint'), formatNote(signedNote(text, origin, stranger())))
        // As a bundle reads it, which has no key.
        await assert.rejects(readLog(folder), isChanged())
      }
    }))

  it('signs nothing that somebody without its key laid there', () =>
    scratch(async (dir) => {
      const folder = await logOf(join(dir, 'log'), 1)
      const leaves = ['shodo-1', 'shodo-9'].map((incident) => leafHash(entryBytes(entryOf(incident))))
      const text = checkpointText({ origin, size: 2, root: treeHash(leaves) })
      const checkpoint = formatNote(signedNote(text, origin, stranger()))
      const entry = Buffer.from(entryBytes(entryOf('shodo-9'))).toString()
      await writeFile(join(folder, commitFile(2)), JSON.stringify({ entry, checkpoint }))
      await assert.rejects(add(folder, 'shodo-2'), isChanged(/key/))
      await assert.rejects(completeLog(folder, signer), isChanged(/key/))
    }))

  it('keeps its name and its key', () =>
    scratch(async (dir) => {
      const folder = await logOf(join(dir, 'log'), 1)
      const entry = entryOf('shodo-2')
      await assert.rejects(
        addEntry(folder, entry, { origin: 'other.example', signer }),
        isChanged(/other.example/),
      )
      await assert.rejects(addEntry(folder, entry, { origin, signer: stranger() }), isChanged(/key/))
      assert.deepEqual(await namesIn(folder), ['shodo-1'])
    }))
})

function checkpointOver(names: readonly string[]): string {
  const root = treeHash(names.map((incident) => leafHash(entryBytes(entryOf(incident)))))
  return formatNote(signedNote(checkpointText({ origin, size: names.length, root }), origin, signer))
}

/** A log of so many entries, as the format has it, by no writer of ours. */
async function laid(folder: string, count: number): Promise<void> {
  const entries = incidents(count).map((incident) => entryBytes(entryOf(incident)))
  const files = tileFiles(
    entries,
    entries.map((entry) => leafHash(entry)),
  )
  for (const { path, bytes } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), bytes)
  }
  await writeFile(join(folder, 'checkpoint'), checkpointOver(incidents(count)))
}

function stranger(): NoteSigner {
  return noteSignerOf(generateKeyPairSync('ed25519').privateKey)
}

function forged(second: Parameters<typeof entryBytes>[0]): string {
  const leaves = [entryOf('shodo-1'), second, entryOf('shodo-3')].map((entry) => leafHash(entryBytes(entry)))
  return checkpointText({ origin, size: 3, root: treeHash(leaves) })
}

function isChanged(problem = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Refused, String(error))
    assert.equal(error.failure.name, 'log-changed')
    assert.match(JSON.stringify(error.failure.params.problem), problem)
    return true
  }
}
