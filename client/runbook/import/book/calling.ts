/** Whom a runbook calls, from all its sections about escalation. */
import type { Assumed, Line } from '../report.ts'
import { type Escalation, escalationOf } from './escalation.ts'
import { lineOf } from './steps.ts'
import type { ReadSection } from './units.ts'

/** A runbook calls somebody by time alone: where the document names no time, one level stands in for what is to be set. */
export function calling(
  sections: readonly ReadSection[],
  lines: Line[],
): Pick<Escalation, 'levels' | 'people'> & { readonly assumed: readonly Assumed[] } {
  const blocks = sections.flatMap(({ section, units }) =>
    section.role.kind === 'escalation'
      ? units.flatMap((unit) => (unit.kind === 'command' ? [] : unit.block))
      : [],
  )
  const {
    levels,
    people,
    lines: found,
  } = escalationOf(blocks.filter(({ kind }) => kind === 'row' || kind === 'item'))
  for (const { block, levels: own, why } of found) {
    const at = own.map((level) => `escalation.${level}`)
    lines.push({ ...lineOf(block), became: own.length === 0 ? 'left-out' : 'level', at, why })
  }
  if (levels.some(({ after }) => after !== undefined)) return { levels, people, assumed: [] }
  const onCall = {
    id: 'on-call',
    title: { ja: '当番', en: 'On call' },
    after: '5m',
    atOnce: [],
    notify: ['on-call'],
  }
  return {
    levels: [onCall, ...levels.filter(({ id }) => id !== onCall.id)],
    people: { ...people, 'on-call': { title: onCall.title, channels: ['log'] } },
    assumed: [
      {
        path: 'escalation.levels.on-call',
        value: '5m',
        why: { en: 'no time to call somebody is named', ja: '連絡までの時間の記載がありません' },
      },
    ],
  }
}
