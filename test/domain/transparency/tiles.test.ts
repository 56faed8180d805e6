import assert from 'node:assert/strict'
import {
  beginningOf,
  bundlesOf,
  entriesIn,
  entriesPath,
  tileFiles,
  tileIn,
  tilePath,
} from '../../../domain/transparency/tiles.ts'
import { leafHash, treeHash } from '../../../domain/transparency/tree.ts'

const entries = (size: number) => Array.from({ length: size }, (_, i) => Buffer.from(`entry ${i}`))

describe('the files of a log', function () {
  this.timeout(120_000)

  it('are called as the format says', () => {
    assert.equal(tilePath(0, 1_234_067), 'tile/0/x001/x234/067')
    assert.equal(tilePath(3, 0, 5), 'tile/3/000.p/5')
    assert.equal(entriesPath(999), 'tile/entries/999')
    assert.equal(entriesPath(1_000, 1), 'tile/entries/x001/000.p/1')
  })

  it('are those of the example: 70,000 entries', () => {
    const all = entries(70_000)
    const paths = tileFiles(
      all,
      all.map((entry) => leafHash(entry)),
    ).map(({ path }) => path)
    const of = (level: string | number) => paths.filter((path) => path.startsWith(`tile/${level}/`))
    assert.equal(of('entries').length, 274)
    assert.equal(of(0).length, 274)
    assert.equal(of(0).at(-1), 'tile/0/273.p/112')
    assert.deepEqual(of(1), ['tile/1/000', 'tile/1/001.p/17'])
    assert.deepEqual(of(2), ['tile/2/000.p/1'])
    assert.equal(paths.length, 274 + 274 + 2 + 1)
  })

  it('hold the entries and the hashes of the tree, level by level', () => {
    for (const size of [1, 2, 255, 256, 257, 511, 512, 600]) {
      const all = entries(size)
      const leaves = all.map((entry) => leafHash(entry))
      const files = new Map(tileFiles(all, leaves).map(({ path, bytes }) => [path, bytes]))
      const read = (path: string) => files.get(path) ?? assert.fail(`${path} is missing of ${size}`)
      const bundles = [...bundlesOf(size)].map(({ path, entries: count }) => {
        const found = entriesIn(read(path)) ?? assert.fail()
        assert.equal(found.length, count)
        return found
      })
      assert.deepEqual(
        bundles.flat().map((entry) => Buffer.from(entry).toString()),
        all.map(String),
      )
      const whole = Math.floor(size / 256)
      for (let i = 0; i < whole; i += 1) {
        const tile = hashesIn(read(tilePath(0, i))) ?? assert.fail()
        const above = hashesIn(read(tilePath(1, 0, whole))) ?? assert.fail()
        assert.deepEqual(Buffer.from(above[i] ?? []), Buffer.from(treeHash(tile)))
      }
    }
  })

  it('are, for a log that grew, those that it did not have', () => {
    for (const [from, size] of [
      [0, 1],
      [1, 2],
      [255, 256],
      [256, 257],
      [511, 513],
      [300, 300],
    ] as const) {
      const all = entries(size)
      const leaves = all.map((entry) => leafHash(entry))
      const before = tileFiles(all.slice(0, from), leaves.slice(0, from)).map(({ path }) => path)
      const wanted = tileFiles(all, leaves)
        .map(({ path }) => path)
        .filter((path) => !before.includes(path))
      const added = tileFiles(all, leaves, from).map(({ path }) => path)
      assert.deepEqual(added.toSorted(), wanted.toSorted(), `${from} to ${size}`)
    }
  })

  it('are known by their names, and begin as those before them', () => {
    const all = entries(300)
    const files = tileFiles(
      all,
      all.map((entry) => leafHash(entry)),
    )
    for (const { path } of files) assert.notEqual(tileIn(path), undefined, path)
    assert.deepEqual(tileIn('tile/0/x001/002.p/7'), {
      whole: 'tile/0/x001/002',
      count: 7,
      holdsEntries: false,
    })
    for (const other of ['checkpoint', 'tile/0/1', 'tile/0/000.p/0', 'tile/0/000.p/257', 'tile/0/000.p/5/x'])
      assert.equal(tileIn(other), undefined, other)
    const [bundle = assert.fail()] = files
    assert.deepEqual(entriesIn(beginningOf(bundle.bytes, 3, true) ?? assert.fail())?.length, 3)
    assert.equal(beginningOf(bundle.bytes, 257, true), undefined)
    assert.equal(beginningOf(Buffer.alloc(64), 3, false), undefined)
  })

  it('are not read where they are cut', () => {
    assert.equal(entriesIn(Buffer.from('0005aaaa', 'hex')), undefined)
    assert.equal(entriesIn(Buffer.from('00', 'hex')), undefined)
    assert.equal(hashesIn(Buffer.alloc(33)), undefined)
  })
})

/** The hashes of a tile; undefined where it is none. */
function hashesIn(tile: Uint8Array): readonly Uint8Array[] | undefined {
  if (tile.length % 32 !== 0) return undefined
  return Array.from({ length: tile.length / 32 }, (_, i) => tile.subarray(i * 32, (i + 1) * 32))
}
