/** The Merkle tree of RFC 6962, section 2.1: its root, and the two proofs that are made from it and checked without it. */
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes } from '@noble/hashes/utils.js'

/** SHA-256, 32 bytes. */
export type Hash = Uint8Array

const leafPrefix = Uint8Array.of(0)
const nodePrefix = Uint8Array.of(1)

export function leafHash(entry: Uint8Array): Hash {
  return sha256(concatBytes(leafPrefix, entry))
}

export function nodeHash(left: Hash, right: Hash): Hash {
  return sha256(concatBytes(nodePrefix, left, right))
}

export function isSameHash(a: Hash, b: Hash): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** The root over the hashes of leaves; those from `from` up to `to`, where they are given. */
export function treeHash(leaves: readonly Hash[], from = 0, to = leaves.length): Hash {
  const size = to - from
  if (size === 0) return sha256(new Uint8Array())
  if (size === 1) return at(leaves, from)
  const middle = from + splitOf(size)
  return nodeHash(treeHash(leaves, from, middle), treeHash(leaves, middle, to))
}

/** The roots of all trees that a log went through: of one leaf, of two, and so on. */
export function rootsOf(leaves: readonly Hash[]): readonly Hash[] {
  // Whole subtrees from left to right, each smaller than the one before it.
  const whole: { readonly size: number; readonly hash: Hash }[] = []
  return leaves.map((leaf) => {
    let last = { size: 1, hash: leaf }
    while (whole.at(-1)?.size === last.size) {
      const left = whole.pop()
      if (left !== undefined) last = { size: left.size * 2, hash: nodeHash(left.hash, last.hash) }
    }
    whole.push(last)
    return whole.slice(0, -1).reduceRight((right, { hash }) => nodeHash(hash, right), last.hash)
  })
}

/** What leads from the leaf `index` to the root over all of `leaves`, from its sibling upwards. */
export function inclusionProof(
  index: number,
  leaves: readonly Hash[],
  from = 0,
  to = leaves.length,
): readonly Hash[] {
  if (to - from <= 1) return []
  const middle = from + splitOf(to - from)
  return index < middle
    ? [...inclusionProof(index, leaves, from, middle), treeHash(leaves, middle, to)]
    : [...inclusionProof(index, leaves, middle, to), treeHash(leaves, from, middle)]
}

/** What shows that the tree over the first `oldSize` leaves is the beginning of the one over all; nothing where there was no tree. */
export function consistencyProof(oldSize: number, leaves: readonly Hash[]): readonly Hash[] {
  return oldSize === 0 ? [] : subProof(oldSize, leaves, 0, leaves.length, true)
}

function subProof(
  oldSize: number,
  leaves: readonly Hash[],
  from: number,
  to: number,
  isKnown: boolean,
): readonly Hash[] {
  if (oldSize === to - from) return isKnown ? [] : [treeHash(leaves, from, to)]
  const half = splitOf(to - from)
  const middle = from + half
  return oldSize <= half
    ? [...subProof(oldSize, leaves, from, middle, isKnown), treeHash(leaves, middle, to)]
    : [...subProof(oldSize - half, leaves, middle, to, false), treeHash(leaves, from, middle)]
}

export type Inclusion = {
  readonly index: number
  readonly leaf: Hash
  readonly size: number
  readonly root: Hash
  readonly proof: readonly Hash[]
}

/** Whether the proof leads from the leaf to the root (RFC 9162, section 2.1.3.2). */
export function isIncluded({ index, leaf, size, root, proof }: Inclusion): boolean {
  if (!isSize(size) || !isSize(index) || index >= size) return false
  const steps = climb(index, size - 1, proof.length)
  if (steps === undefined) return false
  return isSameHash(steps.reduce(joining(proof), leaf), root)
}

export type Consistency = {
  readonly oldSize: number
  readonly oldRoot: Hash
  readonly size: number
  readonly root: Hash
  readonly proof: readonly Hash[]
}

/** Whether the proof shows the old tree to be the beginning of the new one (RFC 9162, section 2.1.4.2). */
export function isConsistent({ oldSize, oldRoot, size, root, proof }: Consistency): boolean {
  if (!isSize(oldSize) || !isSize(size) || oldSize > size) return false
  if (oldSize === size) return proof.length === 0 && isSameHash(oldRoot, root)
  if (oldSize === 0) return proof.length === 0 && isSameHash(oldRoot, treeHash([]))
  let [old, last] = [oldSize - 1, size - 1]
  while (old % 2 === 1) [old, last] = [half(old), half(last)]
  // A whole tree is a node of the new one, which its own root stands for.
  const path = old === 0 ? [oldRoot, ...proof] : proof
  const [seed, ...rest] = path
  const steps = climb(old, last, rest.length)
  if (seed === undefined || steps === undefined) return false
  const before = steps.filter((side) => side === 'left')
  const beforeHashes = rest.filter((_, i) => steps[i] === 'left')
  return (
    isSameHash(before.reduce(joining(beforeHashes), seed), oldRoot) &&
    isSameHash(steps.reduce(joining(rest), seed), root)
  )
}

/** On which side each hash of a path joins, on the way from a node up to the root; undefined where the path has another length. */
function climb(start: number, end: number, length: number): readonly ('left' | 'right')[] | undefined {
  const sides: ('left' | 'right')[] = []
  let [node, last] = [start, end]
  while (last > 0) {
    if (node % 2 === 1 || node === last) {
      sides.push('left')
      while (node % 2 === 0 && node > 0) [node, last] = [half(node), half(last)]
    } else sides.push('right')
    ;[node, last] = [half(node), half(last)]
  }
  return sides.length === length ? sides : undefined
}

function joining(hashes: readonly Hash[]): (below: Hash, side: 'left' | 'right', i: number) => Hash {
  return (below, side, i) =>
    side === 'left' ? nodeHash(at(hashes, i), below) : nodeHash(below, at(hashes, i))
}

/** The largest power of two below a size: so many leaves stand on the left. */
function splitOf(size: number): number {
  let split = 1
  while (split * 2 < size) split *= 2
  return split
}

function half(n: number): number {
  return Math.floor(n / 2)
}

function isSize(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0
}

function at(hashes: readonly Hash[], index: number): Hash {
  const hash = hashes[index]
  if (hash === undefined) throw new RangeError(`no hash ${index} among ${hashes.length}`)
  return hash
}
