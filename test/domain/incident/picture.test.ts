import assert from 'node:assert/strict'
import { effects } from '../../../domain/incident/effects.ts'
import type { PartResult } from '../../../domain/incident/events.ts'
import {
  findingKey,
  firstPictureSharesMs,
  situationParts,
  stillKnown,
  wholePicture,
} from '../../../domain/incident/picture.ts'
import { type PublishedRunbook, runbookSchema } from '../../../domain/runbook/runbook.ts'
import type { Finding } from '../../../domain/steps/contract.ts'
import { bad, finding, reading } from './hands.ts'
import { smallBook } from './small-runbook.ts'
import { sato, World } from './world.ts'

const namespace = ['pods', 'rollouts', 'events']

/** `a → b` reads: a needs b. */
function runbook(needs: Readonly<Record<string, readonly string[]>>): PublishedRunbook {
  const service = (id: string, dependsOn: readonly string[]) => ({
    title: { ja: id, en: id },
    deployment: id,
    health: `http://127.0.0.1:8080/${id}`,
    ...(dependsOn.length === 0 ? {} : { dependsOn }),
  })
  const services = Object.fromEntries(Object.entries(needs).map(([id, on]) => [id, service(id, on)]))
  const { symptoms: _, severities, ...rest } = smallBook({ recovers: false })
  const quiet = Object.fromEntries(Object.entries(severities).map(([s, p]) => [s, { ...p, quick: [] }]))
  return {
    book: runbookSchema.parse({ ...rest, severities: quiet, services }),
    version: 1,
    sha256: 'of-a-test',
  }
}

const shop = runbook({
  web: ['api'],
  api: ['db', 'queue'],
  worker: ['queue'],
  queue: ['disk'],
  db: [],
  disk: [],
  mail: [],
})

const asked = (service: string, of = shop) =>
  situationParts({ runbook: of, service })
    .filter((part) => part.service !== undefined)
    .map((part) => part.service)

describe("an incident's picture", () => {
  it('looks at the namespace, its own service, what that needs and what needs it, over any number of hands', () => {
    const ids = situationParts({ runbook: shop, service: 'api' }).map(({ id }) => id)
    assert.deepEqual(ids.slice(0, 3), namespace)
    assert.deepEqual(asked('api'), ['web', 'api', 'queue', 'db', 'disk'])
    assert.deepEqual(asked('queue'), ['web', 'api', 'worker', 'queue', 'disk'])
    assert.deepEqual(asked('mail'), ['mail'])
  })

  it('does not grow with the runbook: where no service names what it needs it looks at its own alone', () => {
    const fifty = runbook(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`s${i}`, []])))
    assert.deepEqual(asked('s7', fifty), ['s7'])
    assert.equal(wholePicture(fifty).length, namespace.length + 50)
  })

  it('shares with other incidents what is read for the first picture, and reads each later one for itself', () => {
    const at = new World({ severity: 'LOW' })
    const picture = () => effects(at.state).find((effect) => effect.type === 'situation')
    assert.deepEqual([picture()?.number, picture()?.sharesMs], [1, firstPictureSharesMs])
    at.answer('situation/1', { type: 'situation-ended', number: 1, tookMs: 900, parts: {} })
    at.command('situation', sato, {})
    assert.deepEqual([picture()?.number, picture()?.sharesMs], [2, 0])
  })
})

describe('a finding', () => {
  const slow = (service?: string): Finding => ({
    ...finding('slow-responses', `http://127.0.0.1:8080/${service ?? 'somewhere'}`),
    ...(service === undefined ? {} : { service }),
  })
  const well: PartResult = { ok: true, reading: reading() }
  const silent: PartResult = bad('no-answer')
  const near = Object.fromEntries(
    situationParts({ runbook: shop, service: 'api' }).map(({ id }) => [id, well]),
  )
  const left = (known: Finding, parts: Readonly<Record<string, PartResult>>) =>
    stillKnown({ runbook: shop, service: 'api', findings: [known] }, parts).map(findingKey)

  it('is gone when its own service answered without it, whether or not another one did', () => {
    assert.deepEqual(left(slow('db'), near), [])
    assert.deepEqual(left(slow('db'), { ...near, 'health:web': silent }), [])
    assert.deepEqual(left(slow('db'), { ...near, 'health:db': silent }), [findingKey(slow('db'))])
  })

  it('of no known service is gone only when everything that could report it answered', () => {
    assert.deepEqual(left(slow(), near), [])
    assert.deepEqual(left(slow(), { ...near, 'health:web': silent }), [findingKey(slow())])
  })

  it('of a service that the picture does not look at stays', () => {
    assert.deepEqual(left(slow('mail'), near), [findingKey(slow('mail'))])
  })

  it('of the namespace goes by the namespace, of whichever service it is', () => {
    const crash = { ...finding('crash-loop', 'deployment/shodo/mail'), service: 'mail' }
    assert.deepEqual(left(crash, near), [])
    assert.deepEqual(left(crash, { ...near, pods: silent }), [findingKey(crash)])
  })
})
