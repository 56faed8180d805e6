import assert from 'node:assert/strict'
import type { Finding } from '../../domain/steps/contract.ts'
import { openDoor } from './api-door.ts'
import { hikeshi } from './cli-process.ts'

const says = { en: 'it is not as it should be', ja: '異常があります' }

/** What a script goes by after a step of this kind found this. */
async function exitAfter(kind: string, findings: readonly Finding[]): Promise<number | null> {
  const door = await openDoor({
    read: async () => ({
      runbook: 'shodo',
      version: 3,
      timezone: 'Asia/Tokyo',
      service: 'backend',
      step: 'it',
      kind,
      tookMs: 1_200,
      result: { ok: true, reading: { facts: {}, findings, text: 'read' } },
    }),
  })
  try {
    const env = { HIKESHI_API_URL: door.url, HIKESHI_API_TOKEN: 'A'.repeat(43) }
    const { exit, out, err } = await hikeshi(['read', 'it'], { env })
    assert.match(out, /^shodo it /, err)
    return exit
  } finally {
    await door.close()
  }
}

describe('hikeshi read', () => {
  it('ends with 1 when a test failed or could not tell, so that a script stops there, and with 0 after any other reading', async () => {
    const found = (code: Finding['code']): readonly Finding[] => [
      { code, subject: 'it', says, evidence: [], data: {} },
    ]
    for (const [kind, findings, exit] of [
      ['http.healthy', [], 0],
      ['http.healthy', found('health-failing'), 1],
      ['postgres.verify-data', [], 0],
      ['postgres.verify-data', found('data-check-failed'), 1],
      ['postgres.verify-data', found('data-check-not-run'), 1],
      ['kubernetes.rollouts', found('bad-rollout'), 0],
    ] as const)
      assert.equal(await exitAfter(kind, findings), exit, `${kind} ${JSON.stringify(findings)}`)
  })
})
