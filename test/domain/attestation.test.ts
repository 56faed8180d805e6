import assert from 'node:assert/strict'
import fc from 'fast-check'
import { attestationText, packAttestation, unpackAttestation } from '../../domain/approval/attestation.ts'

const attested = { incident: 'shodo-42', run: 'rollback.2', hash: 'a'.repeat(64), person: 'tanaka' }

describe('the text of an attestation', () => {
  it('is this very text: signatures of earlier releases must stay valid', () => {
    assert.equal(
      attestationText(attested),
      `hikeshi-approval-v1\n{"hash":"${'a'.repeat(64)}","incident":"shodo-42","person":"tanaka","run":"rollback.2"}`,
    )
  })

  it('is the same only for the same incident, run, hash and person, whatever the names contain', () => {
    const names = fc.oneof(fc.string(), fc.constantFrom('"', '\n', '","run":"x', '\\', '田中', '\ud800'))
    const any = fc.record({ incident: names, run: names, hash: names, person: names })
    fc.assert(
      fc.property(any, any, (a, b) => {
        const same =
          a.incident === b.incident && a.run === b.run && a.hash === b.hash && a.person === b.person
        assert.equal(attestationText(a) === attestationText(b), same)
      }),
    )
  })

  it('does not depend on the order in which the fields were written', () => {
    const { incident, run, hash, person } = attested
    assert.equal(attestationText({ person, hash, run, incident }), attestationText(attested))
  })
})

describe('a packed attestation', () => {
  it('gives its signature back and nothing else passes for one', () => {
    const signature = 'A'.repeat(86)
    assert.equal(unpackAttestation(packAttestation(signature)), signature)
    for (const other of [
      '',
      signature,
      `v2.${signature}`,
      `v1.${signature}A`,
      `v1.${signature}\n`,
      'v1.==',
    ]) {
      assert.equal(unpackAttestation(other), undefined, JSON.stringify(other))
    }
  })
})
