import assert from 'node:assert/strict'
import fc from 'fast-check'
import { attestationText, packAttestation, unpackAttestation } from '../../wire/attestation.ts'

const attested = {
  cluster: 'production',
  incident: 'shodo-42',
  run: 'rollback.2',
  hash: 'a'.repeat(64),
  person: 'tanaka',
  expiresAt: '2026-11-24T03:30:00.000Z',
}

describe('the text of an attestation', () => {
  it('is this very text: signatures of earlier releases must stay valid', () => {
    assert.equal(
      attestationText(attested),
      `hikeshi-approval-v2\n{"cluster":"production","expiresAt":"2026-11-24T03:30:00.000Z","hash":"${'a'.repeat(64)}","incident":"shodo-42","person":"tanaka","run":"rollback.2"}`,
    )
  })

  it('is the same only for the same cluster, incident, run, hash, person and end, whatever the names contain', () => {
    const names = fc.oneof(fc.string(), fc.constantFrom('"', '\n', '","run":"x', '\\', '田中', '\ud800'))
    const any = fc.record({
      cluster: names,
      incident: names,
      run: names,
      hash: names,
      person: names,
      expiresAt: names,
    })
    fc.assert(
      fc.property(any, any, (a, b) => {
        const same = (Object.keys(a) as (keyof typeof a)[]).every((key) => a[key] === b[key])
        assert.equal(attestationText(a) === attestationText(b), same)
      }),
    )
  })

  it('does not depend on the order in which the fields were written', () => {
    const turned = Object.fromEntries(Object.entries(attested).reverse()) as typeof attested
    assert.equal(attestationText(turned), attestationText(attested))
  })
})

describe('a packed attestation', () => {
  it('gives its signature back and nothing else passes for one', () => {
    const signature = 'A'.repeat(86)
    assert.equal(unpackAttestation(packAttestation(signature)), signature)
    for (const other of [
      '',
      signature,
      `v1.${signature}`,
      `v2.${signature}A`,
      `v2.${signature}\n`,
      'v2.==',
    ]) {
      assert.equal(unpackAttestation(other), undefined, JSON.stringify(other))
    }
  })
})
