import assert from 'node:assert/strict'
import { fillStep, unknownPlaceholders } from '../../../domain/runbook/fill.ts'
import type { Service } from '../../../domain/runbook/runbook.ts'

const backend: Service = {
  title: { ja: 'Backend', en: 'Backend' },
  deployment: 'shodo-backend',
  selector: 'app=shodo-backend',
  health: 'http://127.0.0.1/$&/health',
  slowAfter: 1_000,
  look: [],
}

const step = (params: Record<string, unknown>) => ({
  id: 'step',
  title: { ja: '手順', en: 'Step' },
  kind: 'kubernetes.scale',
  with: params,
})

describe('filling a step from its service', () => {
  it('replaces placeholders at every depth and leaves everything else alone', () => {
    const before = step({ a: '$service.deployment', b: [{ c: 'x $service.selector y' }], d: 10, e: null })
    const copy = structuredClone(before)
    assert.deepEqual(fillStep(before, backend).with, {
      a: 'shodo-backend',
      b: [{ c: 'x app=shodo-backend y' }],
      d: 10,
      e: null,
    })
    assert.deepEqual(before, copy)
  })

  it('takes the value as it is, also where it looks like a replacement pattern', () => {
    assert.deepEqual(fillStep(step({ url: '$service.health' }), backend).with, { url: backend.health })
  })

  it('leaves unknown placeholders, and names them', () => {
    assert.deepEqual(fillStep(step({ a: '$service.healthy' }), backend).with, { a: '$service.healthy' })
    assert.deepEqual(unknownPlaceholders('$service.healthy $service.health $service.title'), [
      'healthy',
      'title',
    ])
  })
})
