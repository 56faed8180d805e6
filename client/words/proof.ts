/** What a re-execution tells: whether all agrees, how much was looked at, what is not right or not there. */
import type { Verdict } from '../../domain/timeline/prove.ts'
import { type Text, verbatim } from '../../domain/words.ts'
import { type Fact, joined } from './fact.ts'

const words: { readonly [V in Verdict['verdict']]: Omit<Fact, 'label'> } = {
  identical: { value: { en: 'identical', ja: '一致' }, tone: 'good' },
  different: { value: { en: 'NOT identical', ja: '不一致' }, tone: 'bad' },
  incomplete: { value: { en: 'INCOMPLETE', ja: '記録不足' }, tone: 'warning' },
}

export function verdictFact(workflow: string, { verdict }: Pick<Verdict, 'verdict'>): Fact {
  return { label: verbatim(workflow), ...words[verdict] }
}

export function countsSay({ runs, events, receipts, unsealed }: Verdict): Text {
  return {
    en: `runs ${runs}, events ${events}, receipts ${receipts}, not yet sealed ${unsealed}`,
    ja: `実行 ${runs}、イベント ${events}、受領記録 ${receipts}、封印前 ${unsealed}`,
  }
}

export const noPast: Text = {
  en: "The first run's history is missing, so the incident at that time cannot be shown.",
  ja: '最初の実行の履歴がないため、--at の時点は再現できません。',
}

/** What is not right, what is not there, and what else is to be known of it. */
export function remarks(verdict: Verdict, others: readonly string[]): readonly Text[] {
  const { difference, missing, resets, ends } = verdict
  const harmless = resets.filter(({ lost }) => lost === 0)
  return [
    ...(difference === undefined
      ? []
      : [joined([{ en: 'run', ja: '実行' }, `${difference.run}, ${difference.at}:`, difference.says], ' ')]),
    ...missing.map(({ says }) => says),
    ...harmless.map(({ run, at, formerRunId }) => ({
      en: `run ${run} was reset at ${at}; nothing of ${formerRunId} was lost`,
      ja: `実行 ${run} は ${at} にリセットされました。${formerRunId} から失われたイベントはありません`,
    })),
    ...endingOf(ends),
    ...(others.length === 0
      ? []
      : [
          {
            en: `another story has the same name, first run ${others.join(', ')}`,
            ja: `同じ名前の別の記録があります（最初の実行: ${others.join(', ')}）`,
          },
        ]),
  ]
}

function endingOf({ how, seq }: Verdict['ends']): readonly Text[] {
  switch (how) {
    case 'open':
      return [{ en: `still open, up to event ${seq}`, ja: `継続中（イベント ${seq} まで）` }]
    case 'archived':
      return [
        {
          en: `up to event ${seq}, when it was archived; later events are only in Temporal`,
          ja: `保管時のイベント ${seq} まで。以後の記録は Temporal にのみあります`,
        },
      ]
    default:
      return []
  }
}
