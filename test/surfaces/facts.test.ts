import assert from 'node:assert/strict'
import { screenOf } from '../../client/doors/cli/terminal.ts'
import { stepLines } from '../../client/doors/cli/verbs/show-step.ts'
import { bookFacts, bookSections } from '../../client/words/book.ts'
import type { Fact } from '../../client/words/fact.ts'
import { foundSection, headline, incidentFacts, likelySection } from '../../client/words/incident.ts'
import { listedColumns } from '../../client/words/listed.ts'
import { momentsAt } from '../../client/words/moments.ts'
import { situationSection } from '../../client/words/situation.ts'
import { stepDetails, stepFacts, termFacts } from '../../client/words/step.ts'
import { type Severity, severities } from '../../domain/words.ts'
import { finding } from '../domain/incident/hands.ts'
import { picture } from '../domain/incident/pictures.ts'
import { kato, noon, person, World } from '../domain/incident/world.ts'

const at = momentsAt('Asia/Tokyo', noon)

function seen(severity: Severity = 'HIGH'): World {
  const world = new World({ severity })
  picture(world, { rollouts: [finding('bad-rollout'), finding('crash-loop')], events: 'silent' })
  world.allGoesWell()
  return world
}

function viewOf({ state, head }: World, next?: { readonly level: string; readonly at: string }) {
  return { source: 'worker', state, head, earlierRuns: [], ...(next && { next }) } as const
}

function told(facts: readonly Fact[], label: string) {
  return facts.find((fact) => fact.label.en === label)?.value
}

describe('what is told of an incident', () => {
  it('stands in both languages, and holds nothing of a terminal', () => {
    const all: Fact[] = []
    for (const severity of severities) {
      const world = seen(severity)
      const { state } = world
      const steps = Object.values(state.steps)
      all.push(...headline(viewOf(world), at), ...incidentFacts(viewOf(world), at))
      all.push(...foundSection(state).facts, ...likelySection(state).facts)
      all.push(...situationSection(state, at).facts, ...stepDetails(steps))
      for (const step of steps) all.push(...stepFacts(step), ...termFacts(state, step, at))
      all.push(...bookFacts(state.runbook.book), ...bookSections(state.runbook.book).flatMap((s) => s.facts))
    }
    assert.ok(all.length > 100, String(all.length))
    const texts = all.flatMap((fact) => [fact, ...(fact.under ?? [])]).flatMap((f) => [f.label, f.value])
    for (const { en, ja } of texts) {
      assert.ok(en !== '' && ja !== '', JSON.stringify({ en, ja }))
      assert.doesNotMatch(en + ja, /\u001b|^\s|\s$|\n/)
    }
  })

  it('says when by the clock that it is handed', () => {
    const next = { level: 'team-lead', at: new Date(noon + 300_000).toISOString() }
    assert.deepEqual(told(incidentFacts(viewOf(seen(), next), at), 'Next page'), {
      en: 'team-lead  2026-11-24 12:05 JST (in 5m)',
      ja: 'team-lead  2026-11-24 12:05 JST（あと 5m）',
    })
    const auckland = momentsAt('Pacific/Auckland', noon + 300_000)
    assert.match(
      told(incidentFacts(viewOf(seen(), next), auckland), 'Next page')?.en ?? '',
      /16:05 NZDT \(now\)$/,
    )
  })

  it('has no fact where there is nothing to tell', () => {
    const world = seen()
    assert.equal(told(incidentFacts(viewOf(world), at), 'Commander'), undefined)
    world.command('set-commander', kato, { person: 'mori' })
    assert.deepEqual(told(incidentFacts(viewOf(world), at), 'Commander'), { en: 'mori', ja: 'mori' })
  })

  it('says of a person whom nobody has checked that nobody has', () => {
    const world = new World({ by: person('aoki', false) })
    assert.deepEqual(told(incidentFacts(viewOf(world), at), 'Declared by'), {
      en: 'aoki (not verified)',
      ja: 'aoki（本人確認なし）',
    })
  })
})

describe('the tone of a fact', () => {
  it('is as bad as the severity, in a list as above the incident', () => {
    const tones = severities.map((severity) => headline(viewOf(seen(severity)), at)[1]?.tone)
    assert.deepEqual(tones, ['bad', 'warning', 'notable', 'quiet'])
    const [, column] = listedColumns([], noon)
    const listed = { incident: 'shodo-42', startedAt: '2026-11-24T03:00:00Z' }
    assert.deepEqual(
      severities.map((severity) => column?.tone?.({ ...listed, severity })),
      tones,
    )
    assert.equal(column?.tone?.({ ...listed, severity: 'toString' }), undefined)
  })

  it('tells in a picture what was found from what could not be seen', () => {
    const { facts } = situationSection(seen().state, at)
    const toneOf = (part: string) => facts.filter(({ label }) => label.en === part).map(({ tone }) => tone)
    assert.deepEqual([toneOf('rollouts'), toneOf('events')], [['bad', 'bad'], ['warning']])
  })
})

describe('what is told of a step, on a terminal', () => {
  it('has every value beside its label, in one column', () => {
    const screen = screenOf({ isTTY: true, columns: 80 }, { NO_COLOR: '1' })
    const { state } = seen()
    for (const step of Object.values(state.steps)) {
      const facts = [...stepFacts(step), ...termFacts(state, step, at)]
      for (const lang of ['en', 'ja'] as const) {
        const lines = stepLines(facts, lang, screen)
        for (const { label } of facts)
          assert.ok(
            lines.some((line) => line.startsWith(`${label[lang]} `)),
            `${label[lang]}: ${lines.join('\n')}`,
          )
      }
    }
  })
})
