import assert from 'node:assert/strict'
import fc from 'fast-check'
import { asOf } from '../../../domain/incident/as-of.ts'
import { sectionIds } from '../../../domain/postmortem/document.ts'
import { openingFrom } from '../../../domain/postmortem/opening.ts'
import { digest } from '../../../domain/timeline/canonical.ts'
import { live, lives } from '../incident/moves.ts'
import { kato, noon, sato, World, yamada } from '../incident/world.ts'
import { englishIn, quotesIn } from '../timeline/lone-english.ts'
import { allTold, clock, madeOf, stored, toldIn } from './told.ts'

/** Every number stands in the timeline of the document. */
function lostSeqs(document: ReturnType<typeof madeOf>): readonly string[] {
  const timeline = document.sections.find(({ id }) => id === 'timeline')?.told ?? []
  const known = new Set(timeline.flatMap(({ anchor }) => anchor ?? []))
  return allTold(document).flatMap(({ says, seqs }) =>
    seqs.length > 0 && seqs.every((seq) => known.has(seq)) ? [] : [says.en],
  )
}

function rolledBack(): World {
  const world = new World({ symptom: '5xx' })
  world.command('set-commander', yamada, { person: 'kato' })
  world.command('acknowledge', yamada, {})
  world.command('run', sato, { step: 'rollback' })
  world.allGoesWell()
  world.wait(30_000)
  world.command('approve', yamada, { step: 'rollback', hash: world.step('rollback').hash ?? '' })
  world.allGoesWell()
  return world
}

describe('a post-mortem', () => {
  for (const { play, ...source } of stored()) {
    it(`of ${play} has every section, and no sentence without events that are in its timeline`, () => {
      const document = madeOf(source)
      assert.deepEqual(
        document.sections.map(({ id }) => id),
        sectionIds,
      )
      assert.deepEqual(lostSeqs(document), [])
      assert.equal(document.sections.find(({ id }) => id === 'timeline')?.told.length, source.events.length)
    })

    it(`of ${play} is Japanese in Japanese, quotes aside`, () => {
      const quotes = source.events.flatMap(({ data }) => quotesIn(data))
      // What Kubernetes said stands below a contributor as it was.
      const { sections, ...rest } = madeOf(source)
      const ours = sections.map((section) =>
        section.id !== 'contributors'
          ? section
          : { ...section, told: section.told.map(({ says, seqs }) => ({ says, seqs })) },
      )
      const english = allTold({ sections: ours, ...rest }).flatMap(({ says }) => {
        const found = englishIn(says.ja, says.en, quotes)
        return found === undefined ? [] : [`${says.ja} (${found})`]
      })
      assert.deepEqual(english, [])
    })
  }

  it('says nothing without events, whatever happens, and the same of the same', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const { opening, events } = live(life)
        const document = madeOf({ opening, events })
        assert.deepEqual(lostSeqs(document), [])
        assert.equal(JSON.stringify(document), JSON.stringify(madeOf({ opening, events })))
      }),
      { numRuns: 60 },
    )
  })

  it('tells on its first screen what it was, how long, who noticed, what repaired it, and that it is over', () => {
    const world = rolledBack()
    world.command('resolve', kato, {})
    world.command('check', kato, { item: 'post-mortem' })
    world.command('close', kato, {})
    const document = madeOf(world)
    const [what, over, change] = toldIn(document, 'summary')
    assert.equal(what, '2026-11-24 12:00 JST: HIGH for shodo-backend (5xx): "The backend answers 502"')
    assert.equal(over, 'Over after 30s: resolved at 12:00:30, closed.')
    assert.equal(change, 'The last change that took effect before: Roll back (rollback).')
    assert.match(toldIn(document, 'impact')[0] ?? '', /^Duration: 30s, 12:00:00 to 12:00:30$/)
    assert.equal(toldIn(document, 'detection')[0], 'Reported by sato, not by an alert')
    assert.ok(
      toldIn(document, 'course').some((line) =>
        /rollback: .*approved by yamada after 30s; .*verified/.test(line),
      ),
    )
    assert.ok(toldIn(document, 'resolution').some((line) => line.includes('rollback')))
    assert.deepEqual(toldIn(document, 'open'), [`Nothing is open (up to event ${world.events.length}).`])
    assert.equal(document.commander?.says.en, 'commander: kato')
  })

  it('says what is open: the phase, what nobody saw to be gone, changes that may stand, items of the checklist', () => {
    const world = new World({ symptom: '5xx' })
    world.command('freeze', kato, { on: true })
    const open = toldIn(madeOf(world), 'open')
    assert.ok(open.includes('The incident itself: investigating'), open.join('\n'))
    assert.ok(open.includes('Not ticked: The post-mortem has a date'), open.join('\n'))
    assert.ok(open.includes('Automation is frozen'), open.join('\n'))
    assert.match(toldIn(madeOf(world), 'summary')[1] ?? '', /^Not over: investigating\.$/)
  })

  it('of a false alarm says so', () => {
    const world = new World()
    world.command('cancel', kato, { reason: 'a test of the alert' })
    assert.equal(toldIn(madeOf(world), 'summary')[1], 'kato cancelled it: a test of the alert')
  })

  it('knows at a decision what was known then, and nothing that came later', () => {
    const world = rolledBack()
    const upTo = world.events.findIndex(({ type }) => type === 'step-approved') + 1
    const early = madeOf({ opening: world.opening, events: world.events.slice(0, upTo) })
    world.command('set-severity', kato, { severity: 'LOW' })
    world.command('resolve', kato, {})
    const late = madeOf(world)
    const decided = (document: typeof late) =>
      document.sections.find(({ id }) => id === 'decisions')?.told ?? []
    assert.deepEqual(decided(late).slice(0, decided(early).length), decided(early))
    for (const { seqs, under = [], command } of decided(late)) {
      const [seq = 0] = seqs
      for (const each of under)
        assert.ok(
          each.seqs.every((other) => other < seq),
          each.says.en,
        )
      assert.match(command ?? '', /^hikeshi replay shodo-42 --at 2026-/)
      const before = asOf(world.opening, world.events.slice(0, seq - 1))
      assert.ok(under.some(({ says }) => says.en.startsWith(`${before.severity}, `)))
    }
  })

  it('has its figures from the events between which they were measured', () => {
    const world = rolledBack()
    world.command('resolve', kato, {})
    const figures = toldIn(madeOf(world), 'figures')
    assert.deepEqual(figures, [
      'Detected (MTTD): unknown: the record does not say when it began',
      'Acknowledged (MTTA): 0ms',
      'Mitigated (MTTM): 30s',
      'Resolved (MTTR): 30s',
      'Pages: nobody was paged',
      'Waits for approval: rollback 30s',
    ])
    assert.deepEqual(toldIn(madeOf(new World()), 'figures').slice(1, 4), [
      'Acknowledged (MTTA): nobody acknowledged it',
      'Mitigated (MTTM): not yet',
      'Resolved (MTTR): not yet',
    ])
  })

  it('leaves to people what no event says, as questions', () => {
    const { sections } = madeOf(new World())
    const asked = sections.filter(({ asks }) => asks.length > 0).map(({ id }) => id)
    for (const id of ['impact', 'detection', 'contributors', 'luck', 'surprises', 'decisions'])
      assert.ok(asked.includes(id as (typeof asked)[number]), id)
    assert.deepEqual(
      sections.filter(({ told }) => told.length === 0).map(({ id }) => id),
      ['luck', 'follow-ups'],
    )
  })

  it('says how many users were affected where the runbook counted them, and asks for the rest alone', () => {
    const world = new World({ severity: 'LOW', policy: { affected: true } })
    world.allGoesWell()
    world.command('resolve', sato, {})
    const asked = () => madeOf(world).sections.find(({ id }) => id === 'impact')?.asks[0]?.en ?? ''
    assert.match(asked(), /^How many users/)
    world.answer('step/affected-users/read', {
      type: 'stage-ended',
      run: 'affected-users',
      stage: 'read',
      outcome: { ok: true, attempt: 1, value: { facts: { count: 17 }, findings: [] } },
    })
    const document = madeOf(world)
    assert.match(toldIn(document, 'impact')[1] ?? '', /^Affected users: 17 \(by \S+\.count\)$/)
    assert.match(toldIn(document, 'impact', 'ja')[1] ?? '', /^影響ユーザー数: 17（\S+ による集計）$/)
    assert.deepEqual(lostSeqs(document), [])
    assert.equal(asked(), 'What could the affected users not do?')
  })

  it('of thousands of events has a course that can be read', () => {
    const world = new World()
    for (let i = 0; i < 200; i += 1) world.command('note', yamada, { text: `note ${i}` })
    world.command('resolve', kato, {})
    const course = toldIn(madeOf(world), 'course')
    assert.ok(course.length <= 25, String(course.length))
    assert.match(course.at(-1) ?? '', /^\d+ more moments in the timeline$/)
    assert.ok(course.some((line) => line.includes('kato declared it resolved')))
  })

  it('is drawn with those who acted, what ran, and the pods that were seen', () => {
    const source = stored().find(({ play }) => play === 'bad-deploy') ?? assert.fail('no history is kept')
    const { picture } = madeOf(source)
    const titles = picture.lanes.map(({ title }) => title.en)
    assert.ok(titles.includes('aoki (not verified)') && titles.includes('sato (not verified)'), titles.join())
    assert.ok(titles.includes('hikeshi') && titles.includes('rollback'), titles.join())
    const pods = picture.series.find(({ title }) => title.en === 'shodo-backend: Ready pods')
    assert.deepEqual([pods?.points.map(({ value }) => value), pods?.whole], [[0, 3], 3])
    assert.ok(picture.series.some(({ title }) => title.en === 'Share of 5xx'))
  })

  it('has nothing to begin with where the first events are missing', () => {
    const world = new World()
    assert.throws(() => madeOf({ opening: world.opening, events: world.events.slice(1) }), /no beginning/)
  })
})

describe('the opening of an incident', () => {
  it('is worked out again from its first event, to the byte', () => {
    for (const { opening, events } of stored()) {
      const again = openingFrom(events[0], { runbook: opening.runbook, declaredAtMs: opening.atMs })
      assert.equal(digest(again), digest(opening))
    }
    assert.equal(
      openingFrom(undefined, { runbook: new World().state.runbook, declaredAtMs: noon }),
      undefined,
    )
    assert.equal(clock.time(noon), '2026-11-24 12:00 JST')
  })
})
