import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { IncidentEvent } from '../../../domain/incident/events.ts'
import { sentence } from '../../../domain/timeline/sentences.ts'
import type { Lang } from '../../../domain/words.ts'
import { live, lives } from '../incident/moves.ts'
import { sato, World } from '../incident/world.ts'

const langs: readonly Lang[] = ['ja', 'en']

describe('sentences', () => {
  it('tell every event of every life in one line, in both languages', () => {
    fc.assert(
      fc.property(lives, (life) => {
        for (const event of live(life).events) {
          for (const lang of langs) {
            const says = sentence(event, lang)
            assert.ok(says.length > 0 && !says.includes('\n'), `${event.type}: ${says}`)
            assert.doesNotMatch(says, /undefined|NaN|\[object/, event.type)
          }
        }
      }),
      { numRuns: 100 },
    )
  })

  it('cut what people wrote to a line, and no emoji in half', () => {
    const world = new World({ description: `${'🔥'.repeat(300)}\nsecond line` })
    const [declared] = world.events
    const says = sentence(declared ?? assert.fail(), 'en')
    assert.ok([...says].length < 220)
    assert.doesNotMatch(says, /[\ud800-\udbff](?![\udc00-\udfff])/)
  })

  it('say how late a page was only when a person would notice', () => {
    const world = new World({ by: sato })
    world.outage(5 * 60_000 + 42_000)
    const escalated = world.events.find((event) => event.type === 'escalated') ?? assert.fail()
    assert.match(sentence(escalated, 'en'), /42s late/)
    assert.match(sentence(escalated, 'ja'), /42s 遅れ/)
  })

  it('name an event of a later release rather than hide it', () => {
    const later = {
      seq: 1,
      at: '',
      type: 'teleported',
      by: sato,
      data: {},
      hash: '',
    } as unknown as IncidentEvent
    assert.equal(sentence(later, 'en'), '(teleported)')
  })
})
