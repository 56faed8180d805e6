/** The checklist whose time it is: the first one until the recovery, the last one from then on. */
import { hasEnded, type IncidentState, leftToDo } from '../../domain/incident/fold/state.ts'
import { proofTitles } from '../../domain/titles.ts'
import { nameOf, type Text, verbatim } from '../../domain/words.ts'
import { type Fact, joined, type Section } from './fact.ts'
import type { Moments } from './moments.ts'

/** Each item with who ticked it or by what, and when. */
export function checklistSection(state: IncidentState, { time }: Moments): Section {
  const { firstResponse, afterwards } = state.runbook.book
  const left = leftToDo(state)
  // What the first list still requires holds the close up as well.
  const items = hasEnded(state)
    ? [...firstResponse.filter(({ id }) => left.includes(id)), ...afterwards]
    : firstResponse
  return {
    title: { en: 'Checklist', ja: 'チェックリスト' },
    facts: items.map(({ id, title, url, required, proof }): Fact => {
      const tick = Object.hasOwn(state.checks, id) ? state.checks[id] : undefined
      const by = tick && (tick.proof === undefined ? nameOf(tick.by) : proofTitles[tick.proof])
      const done = tick && by && joined(['✓', by, time(Date.parse(tick.at))], ' ')
      const open = [required ? needed : undefined, proof && byItself, url && verbatim(url)]
      const left = joined(['–', ...open.filter((word) => word !== undefined)], ' ')
      return {
        label: verbatim(id),
        value: joined([title, done ?? left], '  '),
        ...(tick === undefined ? { tone: 'warning' } : {}),
      }
    }),
  }
}

const needed: Text = { en: 'required', ja: '必須' }
const byItself: Text = { en: 'ticked by itself when shown', ja: '確認でき次第、自動で完了' }
