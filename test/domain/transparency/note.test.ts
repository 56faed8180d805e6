import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import fc from 'fast-check'
import { fromBase64, toBase64 } from '../../../domain/transparency/base64.ts'
import {
  checkpointText,
  parseCheckpoint,
  parseSignedCheckpoint,
} from '../../../domain/transparency/checkpoint.ts'
import {
  cosignaturesBy,
  cosignatureText,
  cosigned,
  timeOf,
  withoutCosignatures,
} from '../../../domain/transparency/cosignature.ts'
import {
  formatNote,
  isSignedBy,
  keyIdOf,
  parseNote,
  signedNote,
  verifierKey,
} from '../../../domain/transparency/note.ts'
import { formatProofFile, parseProofFile } from '../../../domain/transparency/proof-file.ts'
import { leafHash } from '../../../domain/transparency/tree.ts'

/** The example of the specification, from its own page. */
const published = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
`

/** The key of golang.org/x/mod/sumdb/note's own tests. */
const goKey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const goNote = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`

function keyOf(publicKey: KeyObject) {
  const { x = '' } = publicKey.export({ format: 'jwk' })
  const raw = Buffer.from(x, 'base64url')
  const verifies = (text: string, signature: Uint8Array) =>
    verify(null, Buffer.from(text), publicKey, signature)
  return { raw, verifies }
}

function pair() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { ...keyOf(publicKey), sign: (text: string) => sign(null, Buffer.from(text), privateKey) }
}

function fromRaw(raw: Uint8Array) {
  const x = Buffer.from(raw).toString('base64url')
  return keyOf(createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }))
}

describe('a signed note', () => {
  it('of another implementation is read, written the same way again, and its signature holds', () => {
    const note = parseNote(goNote) ?? assert.fail('not read')
    assert.equal(formatNote(note), goNote)
    const [name = '', id, coded = ''] = goKey.split('+')
    const key = fromRaw((fromBase64(coded) ?? assert.fail()).subarray(1))
    assert.equal(keyIdOf(name, 'log', key.raw), id)
    assert.equal(verifierKey(name, 'log', key.raw), goKey)
    assert.ok(isSignedBy(note, name, key))
    assert.ok(!isSignedBy({ ...note, text: `${note.text}more\n` }, name, key))
    assert.ok(!isSignedBy(note, 'Peter', key))
  })

  it('of the specification is a checkpoint with a cosignature of that time', () => {
    const { note, checkpoint } = parseSignedCheckpoint(published) ?? assert.fail('not read')
    assert.equal(formatNote(note), published)
    assert.deepEqual([checkpoint.origin, checkpoint.size], ['example.com/behind-the-sofa', 20_852_163])
    assert.deepEqual(note.signatures.map(timeOf), [undefined, 1_679_315_147])
    assert.equal(checkpointText(checkpoint), note.text)
    assert.equal(withoutCosignatures(note).signatures.length, 1)
  })

  it('is read only where it is written in the one way there is', () => {
    assert.ok(parseNote(published))
    for (const [what, wrong] of [
      ['no newline at the end', published.slice(0, -1)],
      ['no signature', published.split('\n\n')[0]],
      ['an empty line behind', `${published}\n`],
      ['another dash', published.replaceAll('— ', '- ')],
      ['a control character', published.replace('sofa', 'so\tfa')],
      ['a carriage return', published.replaceAll('\n', '\r\n')],
      ['a name with a plus', published.replace('— example.com', '— exa+mple.com')],
      ['two spaces', published.replace('— example', '—  example')],
      ['a signature that is none', published.replace('YQ8=', 'YQ9=')],
      ['too many lines', published + published.split('\n').slice(4, 5).join('').concat('\n').repeat(64)],
    ] as const)
      assert.equal(parseNote(wrong ?? ''), undefined, what)
  })

  it('with a line that says to be of the key and is not, is not signed by it', () => {
    const own = pair()
    const note = signedNote('text\n', 'a.example', own)
    assert.ok(isSignedBy(note, 'a.example', own))
    const [line = assert.fail()] = note.signatures
    const forged = { ...line, signature: pair().sign('text\n') }
    assert.ok(!isSignedBy({ ...note, signatures: [line, forged] }, 'a.example', own))
    assert.ok(!isSignedBy(note, 'a.example', pair()))
  })
})

describe('a checkpoint', () => {
  it('is read only with three lines that say what they should', () => {
    const text = parseNote(published)?.text ?? ''
    assert.ok(parseCheckpoint(text))
    assert.ok(parseCheckpoint(`${text}an extension\n`))
    for (const wrong of [
      text.slice(0, -1),
      `${text}\n`,
      text.replace('20852163', '020852163'),
      text.replace('20852163', '-1'),
      text.replace('20852163', '1e3'),
      text.replace('CsUY', ''),
      'a\n1\n',
      '',
    ])
      assert.equal(parseCheckpoint(wrong), undefined, wrong)
  })
})

describe('a cosignature', () => {
  it('holds over the checkpoint and its time, under the key of the witness and no other', () => {
    const [log, witness] = [pair(), pair()]
    const note = signedNote('log.example\n1\nAAAA\n', 'log.example', log)
    const line = cosigned(note.text, 1_700_000_000, { name: 'w.example', ...witness })
    const both = parseNote(formatNote({ ...note, signatures: [...note.signatures, line] })) ?? assert.fail()
    const [found] = cosignaturesBy(both, witness)
    assert.deepEqual([found?.name, found?.atSeconds], ['w.example', 1_700_000_000])
    assert.deepEqual(cosignaturesBy(both, log), [])
    assert.deepEqual(cosignaturesBy({ ...both, text: 'log.example\n2\nAAAA\n' }, witness), [])
    assert.ok(isSignedBy(both, 'log.example', log))
    const later = Buffer.from(line.signature)
    later.writeUInt8(later.readUInt8(7) ^ 1, 7)
    assert.deepEqual(cosignaturesBy({ ...both, signatures: [{ ...line, signature: later }] }, witness), [])
    assert.equal(cosignatureText('x\n', 5), 'cosignature/v1\ntime 5\nx\n')
  })
})

describe('the file of a proof', () => {
  it('comes back as it was, and is no proof where a line is not what it should be', () => {
    const note = signedNote(`log.example\n3\n${toBase64(leafHash(Buffer.of(1)))}\n`, 'log.example', pair())
    const proof = [leafHash(Buffer.of(2)), leafHash(Buffer.of(3))]
    const text = formatProofFile({ index: 2, proof, note })
    const read = parseProofFile(text) ?? assert.fail('not read')
    assert.deepEqual([read.index, read.proof.map(toBase64)], [2, proof.map(toBase64)])
    assert.equal(formatProofFile(read), text)
    assert.ok(parseProofFile(text.replace('index', 'extra AAAA\nindex')))
    for (const wrong of [
      text.replace('@v1', '@v2'),
      text.replace('index 2', 'index 02'),
      text.replace('index 2\n', ''),
      text.replace(/^[^ \n]+=\n/m, 'AAAA\n'),
      text.slice(0, text.indexOf('\n\n')),
    ])
      assert.equal(parseProofFile(wrong), undefined, wrong)
  })
})

describe('base64', () => {
  it('is what Node makes of the same bytes, and reads only that', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64')
        assert.equal(toBase64(bytes), text)
        assert.deepEqual(Buffer.from(fromBase64(text) ?? assert.fail()), Buffer.from(bytes))
      }),
    )
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), (text) => {
        const bytes = fromBase64(text)
        if (bytes !== undefined) assert.equal(Buffer.from(bytes).toString('base64'), text)
      }),
    )
    for (const wrong of ['A', 'AA', 'AA=', 'AB==', 'A===', '=', '====', 'AAAA\n', 'AA-_'])
      assert.equal(fromBase64(wrong), undefined, wrong)
  })
})
