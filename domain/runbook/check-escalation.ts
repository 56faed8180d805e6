/** Rules for escalation: levels in the order in which they fall due, people who exist, somebody who is really called. */

import { showDuration } from '../duration.ts'
import { verbatim } from '../words.ts'
import { unknownName } from './check-steps.ts'
import type { Problem, Warning } from './problem.ts'
import { repeatedIds } from './repeated.ts'
import type { Runbook } from './runbook.ts'

/** Every problem with levels and people. */
export function escalationProblems(book: Pick<Runbook, 'escalation' | 'people'>): readonly Problem[] {
  const { levels } = book.escalation
  return [
    ...repeatedIds(levels.map((level, i) => ({ id: level.id, path: ['escalation', 'levels', i, 'id'] }))),
    ...orderProblems(book),
    ...levels.flatMap((level, i) => {
      const named = level.notify.map((id, j) => ({ id, path: ['escalation', 'levels', i, 'notify', j] }))
      return [
        ...repeatedIds(named),
        ...named
          .filter(({ id }) => !Object.hasOwn(book.people, id))
          .map(({ id, path }) => unknownName(id, Object.keys(book.people), path)),
      ]
    }),
    ...Object.entries(book.people).flatMap(([person, { channels }]) =>
      repeatedIds(channels.map((id, i) => ({ id, path: ['people', person, 'channels', i] }))),
    ),
  ]
}

function orderProblems(book: Pick<Runbook, 'escalation'>): readonly Problem[] {
  const timed = book.escalation.levels.flatMap((level, i) =>
    level.after === undefined ? [] : [{ after: level.after, path: ['escalation', 'levels', i, 'after'] }],
  )
  if (timed.length === 0) {
    const expected = {
      en: 'at least one level with "after", so that time alone calls somebody',
      ja: '時間の経過だけで連絡される「after」付きのレベル（1 つ以上）',
    }
    return [{ path: ['escalation', 'levels'], at: 'value', expected, got: { en: 'none', ja: 'なし' } }]
  }
  return timed.flatMap(({ after, path }, i): readonly Problem[] => {
    const before = timed[i - 1]?.after ?? -1
    if (after >= before) return []
    const limit = showDuration(before)
    const expected = {
      en: `${limit} or later, because levels are in order of time`,
      ja: `${limit} 以降（時刻順）`,
    }
    return [{ path, at: 'value', expected, got: verbatim(showDuration(after)) }]
  })
}

/** People nobody calls, and levels that only a person can call. */
export function escalationWarnings(book: Runbook): readonly Warning[] {
  const called = new Set(book.escalation.levels.flatMap((level) => level.notify))
  const idle = Object.keys(book.people).filter((person) => !called.has(person))
  const byHand = book.escalation.levels.flatMap((level, i) =>
    level.after === undefined && level.atOnce.length === 0 ? [{ id: level.id, i }] : [],
  )
  const risks = (['data-loss', 'breach'] as const).filter(
    (risk) => !book.escalation.levels.some(({ atOnce }) => atOnce.includes(risk)),
  )
  return [
    ...risks.map((risk) => ({
      path: ['escalation', 'levels'],
      says: {
        en: `No level has "${risk}" in "atOnce": nobody is called at once for it.`,
        ja: `「atOnce」に「${risk}」を持つレベルがなく、発生時に即時の連絡が行われません。`,
      },
    })),
    ...idle.map((person) => ({
      path: ['people', person],
      says: {
        en: `No level calls "${person}".`,
        ja: `「${person}」に連絡するレベルがありません。`,
      },
    })),
    ...byHand.map(({ id, i }) => ({
      path: ['escalation', 'levels', i],
      says: {
        en: `Level "${id}" has neither "after" nor "atOnce": it can only be called by hand.`,
        ja: `レベル「${id}」には「after」も「atOnce」もなく、手動でしか連絡されません。`,
      },
    })),
  ]
}
