import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Choice, chooseFor } from '../../../domain/restore/choose.ts'
import { backupsOn, pathTo } from '../../../domain/restore/path.ts'
import type { Backup } from '../../../domain/restore/repository.ts'
import { type Facts, firstTargetMs, gapsOf, headsOf, windowsOf } from '../../../domain/restore/window.ts'
import { arbitraryLab, type Past, pastOf } from './past.ts'

/** Answers what is asked for from the whole past, as often as it is asked. */
function chosen(past: Past, targetMs: number, timeline?: number): Exclude<Choice, { kind: 'needs' }> {
  let facts: Facts = past.facts
  for (let asked = 0; asked < 50; asked++) {
    const choice = chooseFor(past.repository, targetMs, facts, timeline)
    if (choice.kind !== 'needs') return choice
    assert.ok(choice.needs.length > 0)
    for (const need of choice.needs) facts = past.withFact(facts, need)
  }
  return assert.fail('it never stops asking')
}

const reasonOf = (choice: Choice) => (choice.kind === 'refused' ? choice.reason : choice.kind)

describe('the backup and timeline of a target', () => {
  it('lead there whatever the past, the newest backup that does, and to nothing else that was true then', () => {
    const kinds = new Set<string>()
    fc.assert(
      fc.property(arbitraryLab, ({ at, ...lab }) => {
        const past = pastOf(lab)
        const targetMs = past.startMs + Math.round(at * (past.nowMs - past.startMs + 5_000))
        const choice = chosen(past, targetMs)
        kinds.add(reasonOf(choice))
        const reachable = past.reachable(targetMs)
        if (choice.kind === 'found') {
          const best = reachable.filter(({ timeline }) => timeline === choice.timeline)
          const newest = best.toSorted((a, b) => b.backup.stopMs - a.backup.stopMs)[0]
          assert.equal(choice.backup.label, newest?.backup.label)
          assert.deepEqual(new Set(reachable.map(({ state }) => state)).size, 1)
        } else if (choice.reason === 'on-two-histories') {
          assert.ok(choice.histories.length > 1)
          const states = choice.histories.map(
            ({ timeline }) => reachable.find((one) => one.timeline === timeline)?.state,
          )
          assert.ok(!states.includes(undefined), 'offers what cannot be reached')
          // What was in segments that are lost nobody can know.
          if (lab.losesSegments) return
          const all = new Set(reachable.map(({ state }) => state))
          assert.ok(all.size > 1, 'asks where there is no difference')
          assert.deepEqual([new Set(states), states.length], [all, all.size])
        } else if (choice.reason === 'in-future') assert.ok(targetMs > past.nowMs)
        else assert.deepEqual(reachable, [], `${choice.reason}, but it can be reached`)
      }),
      { numRuns: 1_500 },
    )
    const all = ['found', 'on-two-histories', 'in-future', 'before-oldest', 'in-gap', 'not-archived']
    for (const kind of all) assert.ok(kinds.has(kind), `never ${kind}: the pasts are too tame`)
  })

  it('are found on each timeline that is asked for by name, or it cannot be reached there', () => {
    fc.assert(
      fc.property(arbitraryLab, ({ at, ...lab }) => {
        const past = pastOf(lab)
        const targetMs = past.startMs + Math.round(at * (past.nowMs - past.startMs))
        for (const timeline of past.timelines) {
          const choice = chosen(past, targetMs, timeline)
          const isReachable = past.reachable(targetMs).some((one) => one.timeline === timeline)
          assert.equal(choice.kind === 'found', isReachable, `${timeline}: ${reasonOf(choice)}`)
        }
      }),
      { numRuns: 400 },
    )
  })

  it('say around which gap the target lies: the windows do not overlap, and the target is in none', () => {
    fc.assert(
      fc.property(arbitraryLab, ({ at, ...lab }) => {
        const past = pastOf(lab)
        const targetMs = past.startMs + Math.round(at * (past.nowMs - past.startMs))
        const choice = chosen(past, targetMs)
        if (choice.kind !== 'refused') return
        if (choice.reason === 'before-oldest') assert.ok(targetMs < choice.window.fromMs)
        if (choice.reason !== 'in-gap') return
        const { before, after } = choice
        assert.ok(before.beforeMs <= targetMs + 60_000)
        if (after !== undefined) assert.ok(targetMs < after.fromMs && before.fromMs < after.fromMs)
      }),
      { numRuns: 400 },
    )
  })
})

describe('the windows of a timeline', () => {
  it('begin with a backup of the path and end where the next one begins, at the latest', () => {
    fc.assert(
      fc.property(arbitraryLab, (lab) => {
        const { repository, facts, timelines } = pastOf(lab)
        for (const timeline of timelines) {
          const backups = backupsOn(pathTo(repository, timeline), repository.backups)
          const windows = windowsOf(repository, facts, timeline)
          for (const [i, window] of windows.entries()) {
            const oldest = backups.find(({ label }) => label === window.backups[0]) as Backup
            assert.equal(window.fromMs, firstTargetMs(oldest))
            const next = windows[i + 1]
            assert.ok(next === undefined || (window.cut && window.fromMs < next.fromMs))
            assert.equal(window.end === 'now', timeline === facts.live && !window.cut)
          }
        }
      }),
      { numRuns: 400 },
    )
  })

  it('have gaps between them that name what is missing, and none where nothing is', () => {
    fc.assert(
      fc.property(arbitraryLab, (lab) => {
        const { repository, facts, isArchived } = pastOf(lab)
        for (const head of headsOf(repository, facts.live)) {
          const gaps = gapsOf(repository, head)
          for (const { first, last, segments } of gaps) {
            assert.ok(segments > 0)
            assert.ok(!isArchived(first) && !isArchived(last))
          }
          if (gaps.length === 0) assert.ok(windowsOf(repository, facts, head).every(({ cut }) => !cut))
        }
      }),
      { numRuns: 400 },
    )
  })
})
