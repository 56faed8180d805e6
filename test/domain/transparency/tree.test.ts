import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import {
  consistencyProof,
  type Hash,
  inclusionProof,
  isConsistent,
  isIncluded,
  leafHash,
  rootsOf,
  treeHash,
} from '../../../domain/transparency/tree.ts'

const hex = (hash: Hash) => Buffer.from(hash).toString('hex')
const sha256 = (...parts: readonly Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()

/** The definition of RFC 6962, section 2.1, word for word and with another SHA-256. */
function defined(entries: readonly Uint8Array[]): Buffer {
  const [only] = entries
  if (only === undefined) return sha256()
  if (entries.length === 1) return sha256(Buffer.of(0), only)
  let k = 1
  while (k * 2 < entries.length) k *= 2
  return sha256(Buffer.of(1), defined(entries.slice(0, k)), defined(entries.slice(k)))
}

const largest = 300
const entries = Array.from({ length: largest }, (_, i) => Buffer.from(`entry ${i}`))
const leaves = entries.map(leafHash)
const roots = Array.from({ length: largest + 1 }, (_, size) => treeHash(leaves, 0, size))
const rootOf = (size: number) => roots[size] ?? assert.fail(`no tree of ${size}`)

describe('the tree of a log', function () {
  this.timeout(600_000)

  it('has the roots of the vectors that every implementation of RFC 6962 is tested with', () => {
    const inputs = [
      '',
      '00',
      '10',
      '2021',
      '3031',
      '40414243',
      '5051525354555657',
      '606162636465666768696a6b6c6d6e6f',
    ]
    const known = [
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
      '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ]
    const hashes = inputs.map((input) => leafHash(Buffer.from(input, 'hex')))
    assert.deepEqual(
      known.map((_, size) => hex(treeHash(hashes, 0, size))),
      known,
    )
  })

  it('has the root that the definition gives, for every size', () => {
    for (let size = 0; size <= largest; size += 1)
      assert.equal(hex(rootOf(size)), hex(defined(entries.slice(0, size))), `size ${size}`)
  })

  it('has the same roots where they are made one after the other', () => {
    assert.deepEqual(rootsOf(leaves).map(hex), roots.slice(1).map(hex))
    assert.deepEqual(rootsOf([]), [])
  })

  it('proves each entry in each tree, and proves it of no other entry and no other tree', () => {
    for (let size = 1; size <= largest; size += size < 40 ? 1 : 13) {
      const own = leaves.slice(0, size)
      for (const [index, leaf] of own.entries()) {
        const proof = inclusionProof(index, own)
        const claim = { index, leaf, size, root: rootOf(size), proof }
        assert.ok(isIncluded(claim), `${index} of ${size}`)
        const other = leaves[(index + 1) % largest] ?? assert.fail()
        for (const wrong of [
          { leaf: other },
          { root: rootOf(size - 1) },
          { index: index + 1 },
          { proof: [...proof, leaf] },
          { proof: proof.slice(0, -1), ...(proof.length === 0 ? { index: 1 } : {}) },
        ])
          assert.ok(!isIncluded({ ...claim, ...wrong }), `${index} of ${size}: ${Object.keys(wrong).join()}`)
      }
    }
  })

  it('proves of every two sizes that the one began as the other', () => {
    for (let size = 0; size <= largest; size += size < 70 ? 1 : 23) {
      const own = leaves.slice(0, size)
      for (let oldSize = 0; oldSize <= size; oldSize += 1) {
        const proof = consistencyProof(oldSize, own)
        const claim = { oldSize, oldRoot: rootOf(oldSize), size, root: rootOf(size), proof }
        assert.ok(isConsistent(claim), `${oldSize} in ${size}`)
        assert.ok(!isConsistent({ ...claim, proof: [...proof, rootOf(0)] }), `${oldSize} in ${size}, longer`)
        if (proof.length > 0)
          assert.ok(!isConsistent({ ...claim, proof: proof.slice(1) }), `${oldSize} in ${size}, shorter`)
      }
    }
  })

  it('proves nothing of a tree in which one entry is another, wherever that stands in what both hold', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: largest }), fc.nat(), fc.nat(), (size, a, b) => {
        const oldSize = 1 + (a % size)
        const changed = leaves.slice(0, size)
        changed[b % oldSize] = leafHash(Buffer.from('another'))
        const claim = { oldSize, oldRoot: rootOf(oldSize), size, root: treeHash(changed) }
        // The proof of the true tree, that of the changed one, and one whose every hash may be anything.
        for (const proof of [
          consistencyProof(oldSize, leaves.slice(0, size)),
          consistencyProof(oldSize, changed),
        ])
          assert.ok(!isConsistent({ ...claim, proof }))
      }),
      { numRuns: 300 },
    )
  })

  it('takes a proof for no other sizes than its own', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: largest }), fc.nat(), fc.nat(), (size, a, b) => {
        const oldSize = 1 + (a % (size - 1))
        const other = 1 + (b % (size - 1))
        const proof = consistencyProof(oldSize, leaves.slice(0, size))
        const claim = { oldRoot: rootOf(oldSize), size, root: rootOf(size), proof }
        assert.equal(isConsistent({ ...claim, oldSize: other }), other === oldSize)
      }),
      { numRuns: 500 },
    )
    for (const odd of [-1, 0.5, Number.NaN, 2 ** 53])
      assert.ok(
        !isConsistent({ oldSize: odd, oldRoot: rootOf(1), size: 2 ** 53, root: rootOf(2), proof: [] }),
      )
  })
})
