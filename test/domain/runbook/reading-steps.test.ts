import assert from 'node:assert/strict'
import { lookGroups } from '../../../domain/diagnosis/looks.ts'
import { readingSteps, readingsOfKind } from '../../../domain/runbook/reading-steps.ts'
import { kindOf } from '../../../domain/steps/catalogue.ts'
import { smallBook } from '../incident/small-runbook.ts'

describe('the reading steps of a runbook', () => {
  it('change nothing, and have each name once for a service', () => {
    const found = readingSteps(smallBook({ database: true, programs: true, timings: true }))
    assert.ok(found.length > 2)
    for (const { step } of found) {
      assert.equal(kindOf(step.kind)?.risk, 'read', step.kind)
    }
    const names = found.map(({ service, step }) => `${service} ${step.id}`)
    assert.equal(new Set(names).size, names.length, names.join())
  })

  it('have one that waits until it is well, which gives up before the look does', () => {
    const book = smallBook()
    const title = { ja: '題', en: 'Healthy' }
    const healthy = (within?: string) => ({
      ...book,
      symptoms: [
        {
          id: 'down',
          title,
          service: 'backend',
          steps: [
            {
              id: 'healthy',
              title,
              kind: 'http.healthy',
              with: { url: 'http://127.0.0.1:1/health', ...(within === undefined ? {} : { within }) },
            },
          ],
        },
      ],
    })
    const asked = (within?: string) => {
      const found = healthy(within) as never
      assert.deepEqual(
        readingsOfKind(found, 'http.healthy').map(({ step }) => step.id),
        ['healthy'],
      )
      const looking = { at: 'step', service: 'backend', step: 'healthy', with: {} } as const
      const [group] = lookGroups({ book: found, version: 1, sha256: '' } as never, looking)
      return group?.parts[0]?.params.within
    }
    assert.deepEqual([asked(), asked('30s'), asked('5s')], [20_000, 20_000, 5_000])
  })

  it('are one of a kind where several services would have the same read', () => {
    const book = smallBook()
    const reading = { id: 'all-pods', title: { ja: '題', en: 'All' }, kind: 'kubernetes.pods', with: {} }
    const both = (selector: string) => ({
      ...book,
      symptoms: ['backend', 'frontend'].map((service) => ({
        id: `s-${service}`,
        title: reading.title,
        service,
        steps: [{ ...reading, with: { selector } }],
      })),
    })
    const services = (selector: string) =>
      readingsOfKind(both(selector) as never, 'kubernetes.pods').map(({ service }) => service)
    assert.deepEqual(services('app=all'), ['backend'])
    assert.deepEqual(services('$service.selector'), ['backend', 'frontend'])
    assert.deepEqual(readingsOfKind(book, 'kubernetes.rollout-undo'), [])
  })
})
