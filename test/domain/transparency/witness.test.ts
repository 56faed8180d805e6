import assert from 'node:assert/strict'
import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { checkpointText, parseSignedCheckpoint } from '../../../domain/transparency/checkpoint.ts'
import { formatNote, signedNote } from '../../../domain/transparency/note.ts'
import { consistencyProof, leafHash, treeHash } from '../../../domain/transparency/tree.ts'
import { formatAddCheckpoint, judge, parseAddCheckpoint } from '../../../domain/transparency/witness.ts'

function pair() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    raw: Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
    sign: (text: string) => sign(null, Buffer.from(text), privateKey),
    verifies: (text: string, signature: Uint8Array) => verify(null, Buffer.from(text), publicKey, signature),
  }
}

const own = pair()
const origin = 'log.example/incidents'
const leaves = Array.from({ length: 20 }, (_, i) => leafHash(Buffer.from(`${i}`)))
const forked = leaves.map((leaf, i) => (i === 2 ? leafHash(Buffer.from('another')) : leaf))

const checkpoint = (size: number, of = leaves) => ({ origin, size, root: treeHash(of, 0, size) })

function asked(
  oldSize: number,
  size: number,
  { of = leaves, key = own, proof = consistencyProof(oldSize, of.slice(0, size)) } = {},
) {
  const note = signedNote(checkpointText(checkpoint(size, of)), origin, key)
  return parseAddCheckpoint(formatAddCheckpoint({ oldSize, proof, note })) ?? assert.fail('not read')
}

describe('a witness', () => {
  it('cosigns the first checkpoint that it sees, what goes on from there, and the same again', () => {
    assert.deepEqual(judge(asked(0, 5), own, undefined), { status: 200, isNew: true })
    assert.deepEqual(judge(asked(5, 12), own, checkpoint(5)), { status: 200, isNew: true })
    assert.deepEqual(judge(asked(5, 5), own, checkpoint(5)), { status: 200, isNew: false })
    assert.deepEqual(judge(asked(0, 0), own, undefined), { status: 200, isNew: true })
  })

  it('cosigns nothing that does not go on from what it cosigned', () => {
    // Another story from its third entry on.
    assert.deepEqual(judge(asked(5, 12, { of: forked }), own, checkpoint(5)), { status: 422 })
    assert.deepEqual(judge(asked(5, 5, { of: forked }), own, checkpoint(5)), { status: 409, size: 5 })
    assert.deepEqual(judge(asked(5, 12, { proof: [] }), own, checkpoint(5)), { status: 422 })
    // A shorter one.
    assert.deepEqual(judge(asked(3, 4), own, checkpoint(5)), { status: 409, size: 5 })
    assert.deepEqual(judge(asked(0, 12), own, checkpoint(5)), { status: 409, size: 5 })
    assert.deepEqual(judge(asked(3, 12), own, undefined), { status: 409, size: 0 })
    assert.deepEqual(judge(asked(12, 5, { proof: [] }), own, checkpoint(12)), { status: 400 })
    assert.deepEqual(judge(asked(0, 5, { proof: [leafHash(Buffer.of(1))] }), own, undefined), { status: 422 })
  })

  it('cosigns for no log that it does not know, and nothing that the log has not signed', () => {
    assert.deepEqual(judge(asked(0, 5), undefined, undefined), { status: 404 })
    assert.deepEqual(judge(asked(0, 5, { key: pair() }), own, undefined), { status: 403 })
    // What is wrong about the checkpoint is told to nobody but the log.
    assert.deepEqual(judge(asked(3, 4, { key: pair() }), own, checkpoint(5)), { status: 403 })
  })

  it('reads only what is written in the one way there is', () => {
    const note = signedNote(checkpointText(checkpoint(5)), origin, own)
    const body = formatAddCheckpoint({ oldSize: 3, proof: consistencyProof(3, leaves.slice(0, 5)), note })
    assert.ok(parseAddCheckpoint(body))
    for (const wrong of [
      body.replace('old 3', 'old 03'),
      body.replace('old 3', 'old -3'),
      body.replace('old 3\n', ''),
      body.replace('old 3\n', 'old 3\nAAAA\n'),
      body.replace('old 3\n', `old 3\n${'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n'.repeat(64)}`),
      body.replace('\n\n', '\n'),
      body.slice(0, -1),
      formatNote(note),
      '',
    ])
      assert.equal(parseAddCheckpoint(wrong), undefined, wrong)
    assert.ok(parseSignedCheckpoint(formatNote(note)))
  })
})
