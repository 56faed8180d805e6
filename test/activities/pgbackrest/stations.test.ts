import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readAccess } from '../../../activities/kubernetes/api/access.ts'
import type { Kubernetes } from '../../../activities/kubernetes/api/client.ts'
import { genesis } from '../../../domain/timeline/chain.ts'

const folder = 'activities/pgbackrest'

describe('the hands of a restore', () => {
  it('know nothing of the machine that they are on: only one station does', () => {
    const own = /from 'node:(?:child_process|fs|fs\/promises|os|net)'|\bprocess\.env\b/
    const found = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .filter((file) => own.test(readFileSync(join(folder, file), 'utf8')))
    assert.deepEqual(found, ['station/local-station.ts'])
  })
})

describe('the right to work in Jobs', () => {
  const context = {
    incident: 'shodo-1',
    stepRun: 'shodo-1/doctor',
    cluster: 'lab',
    namespace: 'shodo',
    nowMs: 0,
    head: genesis,
  }
  /** It grants nothing. */
  const kubernetes = { call: async () => ({ status: { allowed: false } }) } as unknown as Kubernetes
  const lacks = async (usesJobs: boolean) => {
    const asked = { steps: ['postgres.restore', 'postgres.restore-points'] }
    const { findings } = await readAccess(kubernetes, asked, context, usesJobs)
    return findings.map(({ code, evidence }) => [code, JSON.stringify(evidence)] as const)
  }

  it('is missed only by a worker whose connections file has a job', async () => {
    assert.deepEqual(await lacks(false), [])
    const [[code, evidence] = ['', ''], ...others] = await lacks(true)
    assert.deepEqual(others, [])
    assert.equal(code, 'not-prepared')
    for (const word of ['create jobs.batch', 'create pods/portforward', 'create pods/exec', 'rbac-jobs.yaml'])
      assert.ok(evidence.includes(word), word)
  })
})
