import assert from 'node:assert/strict'
import { present } from '../../../domain/present.ts'
import { checkRunbook } from '../../../domain/runbook/check.ts'
import { explainProblem, showPath } from '../../../domain/runbook/problem.ts'
import { type Policy, smallBook } from '../incident/small-runbook.ts'

type Draft = Readonly<Record<string, unknown>>

/** What the check says of the small runbook with these members in place of its own: mistakes, else warnings. */
function said(change: Draft, policy: Policy = {}): readonly string[] {
  const checked = checkRunbook({ ...smallBook(policy), ...change })
  return 'problems' in checked
    ? checked.problems.map((problem) => explainProblem(problem, 'en'))
    : checked.warnings.map(({ path, says }) => `${showPath(path)}: ${says.en}`)
}

const title = { ja: '題', en: 'Title' }
const read = { id: 'look', title, kind: 'kubernetes.pods' }
const repair = {
  id: 'mend',
  title,
  kind: 'kubernetes.rollout-restart',
  with: { deployment: 'shodo-backend' },
}

/** One severity with other members than the small runbook gives it. */
const severity = (name: 'CRITICAL' | 'HIGH' | 'LOW', change: Draft): Draft => {
  const { severities } = smallBook({ recovers: false })
  return { severities: { ...severities, [name]: { ...severities[name], ...change } } }
}

const calm = said({}, { recovers: false })

describe('the edges of what a runbook may say', () => {
  it('are known of a runbook in which all is well', () => {
    assert.deepEqual(calm, [])
    assert.deepEqual(said({}), [])
  })

  it('are one service at least', () => {
    const { services } = smallBook()
    assert.deepEqual(
      said({ ...severity('CRITICAL', { quick: [] }), services: { backend: services.backend } }),
      [],
    )
    assert.deepEqual(said({ services: {} }), [
      'services: expected at least one service; found a group of keys.',
    ])
  })

  it('are 50 levels of nesting', () => {
    const nested = (levels: number): unknown => {
      let value: unknown = 'bottom'
      for (let i = 0; i < levels; i += 1) value = { a: value }
      return value
    }
    const deep = /nesting of at most 50 levels/
    const says = (levels: number) => {
      const checked = checkRunbook(nested(levels))
      return 'problems' in checked
        ? checked.problems.map((problem) => explainProblem(problem, 'en')).join()
        : ''
    }
    assert.doesNotMatch(says(50), deep)
    assert.match(says(51), deep)
  })

  it('are keys and values that everybody sees', () => {
    const { people } = smallBook()
    assert.deepEqual(said({ people: { ...people, 'a\u200bb': { title, channels: ['log'] } } }), [
      'people."a\\u200bb": expected text without invisible characters; found "a\\u200bb".',
    ])
    assert.deepEqual(said({ links: [{ title: { ja: 'a\u200b', en: 'b' }, url: 'https://a/' }] }), [
      'links[0].title.ja: expected text without invisible characters; found "a\\u200b".',
    ])
  })

  it('are a review on the day of the last change, and not on the day before', () => {
    assert.deepEqual(said({ updated: '2026-11-24', nextReview: '2026-11-24' }), [])
    assert.match(
      said({ updated: '2026-11-24', nextReview: '2026-11-23' }).join(),
      /a date not before 2026-11-24/,
    )
  })

  it('are one quick step that changes something among those that only read, where a recovery starts them', () => {
    const recovery = (quick: readonly object[], automatic: readonly string[]) =>
      said(severity('HIGH', { recoverWithin: '30s', quick, automatic }))
    assert.deepEqual(recovery([read, repair], ['reversible']), [])
    assert.match(recovery([read], ['reversible']).join(), /HIGH\.quick: expected a quick step that changes/)
    assert.deepEqual(said(severity('HIGH', { quick: [read], automatic: [] })), [])
    // One risk that lets something change is enough, and reading is none.
    assert.deepEqual(recovery([repair], ['read', 'reversible']), [])
    assert.match(recovery([repair], ['read']).join(), /HIGH is set to recover by itself/)
    assert.match(recovery([repair], []).join(), /HIGH is set to recover by itself/)
  })

  it('are risks for which no worker asks people by itself', () => {
    const automatic = (...risks: readonly string[]) => said(severity('LOW', { automatic: risks }))
    assert.deepEqual(automatic('read', 'reversible'), [])
    assert.deepEqual(automatic('reversible', 'disruptive'), [
      'severities.LOW.automatic[1]: No disruptive step runs by itself: a worker requires at least 1 approval, whatever the runbook says.',
    ])
  })

  it('are levels that fall due at once and together, and none before the one above it', () => {
    const { escalation } = smallBook()
    const [first] = escalation.levels
    const levels = (...afters: readonly (string | undefined)[]) =>
      said({
        escalation: {
          ...escalation,
          levels: afters.map((after, i) => ({
            id: `level-${i}`,
            title,
            notify: i === 0 ? Object.keys(smallBook().people) : first?.notify,
            atOnce: ['data-loss', 'breach'],
            ...present({ after }),
          })),
        },
      })
    for (const fine of [['0s'], ['1ms'], ['5m', '5m', '6m'], ['5m', undefined, '5m'], [undefined, '0s']])
      assert.deepEqual(levels(...fine), [], fine.join())
    const late = (at: number, least: string, is: string) => [
      `escalation.levels[${at}].after: expected ${least} or later, because levels are in order of time; found ${is}.`,
    ]
    assert.deepEqual(levels('5m', '299999ms'), late(1, '5m', '5m'))
    assert.deepEqual(levels('1m', '10m', '9m'), late(2, '10m', '9m'))
    assert.deepEqual(levels('5m', undefined, '4m'), late(2, '5m', '4m'))
    assert.match(levels(undefined, undefined).join(), /at least one level with "after"/)
  })

  it('are services that need others, and none that needs itself in the end', () => {
    const needs = (of: { readonly [service: string]: readonly string[] }) => {
      const { backend } = smallBook().services
      const more = Object.entries(of).map(([name, dependsOn]) => [
        name,
        { ...backend, deployment: name, dependsOn },
      ])
      return said({ services: { ...smallBook().services, ...Object.fromEntries(more) } })
    }
    const circle = (at: string, round: string) => [
      `services.${at}.dependsOn: expected services without circular dependencies; found "${round}".`,
    ]
    assert.deepEqual(needs({ a: ['b', 'c'], b: ['c'], c: [] }), [])
    assert.deepEqual(needs({ a: ['a'] }), circle('a', 'a → a'))
    assert.deepEqual(needs({ c: ['a'], a: ['b'], b: ['c'] }), circle('a', 'a → b → c → a'))
    // What leads into a circle is no part of it.
    assert.deepEqual(needs({ a: ['b'], b: ['c'], c: ['b'] }), circle('b', 'b → c → b'))
    // There are more ways through these layers than anybody could walk.
    const layer = (at: number) => Array.from({ length: 10 }, (_, i) => `s${at}-${i}`)
    const layered = Array.from({ length: 10 }, (_, at) =>
      layer(at).map((name) => [name, at === 9 ? [] : layer(at + 1)]),
    )
    assert.deepEqual(needs(Object.fromEntries(layered.flat())), [])
  })

  it('are quick steps of a service that is there', () => {
    const quick = (service: object) => said(severity('LOW', { quick: [{ ...repair, ...service }] }))
    assert.deepEqual(quick({}), [])
    assert.deepEqual(quick({ service: 'backend' }), [])
    assert.match(
      quick({ service: 'backnd' }).join(),
      /LOW\.quick\[0\]\.service: .* Did you mean "backend"\?$/,
    )
  })

  it('are what the service of a symptom has, which is told where a step wants something else of it', () => {
    const look = [{ kind: 'kubernetes.pods' }]
    const bare = { title, look, deployment: 'bare', selector: 'app=bare' }
    const health = (service: object) =>
      said({
        services: { ...smallBook().services, bare: service },
        symptoms: [
          {
            id: 's',
            title,
            service: 'bare',
            steps: [{ ...read, kind: 'http.health', with: { url: '$service.health' } }],
          },
        ],
      })
    const lacks =
      'symptoms[0].steps[0].with: expected service "bare" to have "health", for "$service.health"; found none.'
    assert.deepEqual(health(bare), [lacks])
    assert.deepEqual(health({ title, look }), [lacks])
    assert.deepEqual(health({ ...bare, health: 'http://a/' }), [])
  })

  it('are loads of any of its services, and of nobody else', () => {
    const load = (given: object) =>
      said(severity('LOW', { quick: [{ ...read, kind: 'http.load', with: given }] }))
    for (const name of ['backend', 'frontend'])
      assert.deepEqual(load({ url: `http://127.0.0.1:8080/health/shodo-${name}` }), [], name)
    assert.deepEqual(load({ url: '$service.health' }), [])
    assert.match(load({ url: 'http://127.0.0.1:8080/' }).join(), /expected one of "\$service\.health", "http/)
    assert.match(load({}).join(), /with\.url: expected .*; found nothing\./)
  })
})
