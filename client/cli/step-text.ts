/** One run of a step in full: what it would do or did, to what, by whose wish and with whose consent. */
import { explain } from '../../domain/failures.ts'
import type { IncidentState, StepRun } from '../../domain/incident/state.ts'
import { riskTitles } from '../../domain/incident/titles.ts'
import type { Actor, Lang } from '../../domain/words.ts'
import { localTime } from '../../edge/local-time.ts'
import { hanging, oneLine, type Screen } from './terminal.ts'

export function stepFacts(step: StepRun, lang: Lang, screen: Screen): readonly string[] {
  const ja = lang === 'ja'
  const { plan, failure } = step
  const params = Object.entries(step.params).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  const change: readonly Fact[] = [
    [ja ? '対象' : 'Target', plan?.target],
    [ja ? '変更' : 'Change', plan?.says[lang]],
    [ja ? 'リスク' : 'Risk', [riskTitles[step.risk][lang], ...pods(step, ja)].join(', ')],
    [ja ? '承認' : 'Approvals', approvals(step, lang)],
    [ja ? 'ハッシュ' : 'Hash', step.hash],
  ]
  const facts: readonly Fact[] = [
    [ja ? '手順' : 'Step', `${step.id}  ${step.title[lang]}`],
    [ja ? '種類' : 'Kind', [step.kind, ...params].join(', ')],
    [ja ? '依頼者' : 'Asked by', requester(step, ja)],
    [ja ? '理由' : 'Because', step.because?.[lang]],
    ...(step.risk === 'read' ? [] : change),
    [ja ? '失敗' : 'Failed', failure && `${failure.code} ${explain(failure, lang).what}`],
    [ja ? '次の操作' : 'Next', failure && explain(failure, lang).next],
  ]
  return facts.flatMap(([name, value]) =>
    value === undefined ? [] : hanging(name, oneLine(value), 12, screen.width),
  )
}

/** Under which terms it would be approved: with what stepFacts says, this is all that the hash is over. */
export function termFacts(
  { runbook }: Pick<IncidentState, 'runbook'>,
  { plan, expiresAtMs, byHand = [] }: StepRun,
  lang: Lang,
  screen: Screen,
): readonly string[] {
  const ja = lang === 'ja'
  const { cluster, namespace, timezone } = runbook.book
  const exactly = JSON.stringify(plan?.change ?? null)
  const facts: readonly Fact[] = [
    [ja ? '場所' : 'Where', `cluster ${cluster}, namespace ${namespace}`],
    ['Runbook', `${runbook.book.runbook} ${runbook.version} (${runbook.sha256.slice(0, 12)})`],
    [ja ? '手動指定' : 'By hand', byHand.length === 0 ? undefined : byHand.join(', ')],
    [ja ? '詳細' : 'Exactly', exactly.length > mostExactly ? `${exactly.slice(0, mostExactly)} …` : exactly],
    [ja ? '有効期限' : 'Until', expiresAtMs === undefined ? undefined : localTime(expiresAtMs, timezone)],
  ]
  return facts.flatMap(([name, value]) =>
    value === undefined ? [] : hanging(name, oneLine(value), 12, screen.width),
  )
}

/** The change of many pods is a long list; "show -o json" has all of it. */
const mostExactly = 1_000

type Fact = readonly [name: string, value: string | undefined]

/** A step that the runbook proposes is asked for in the name of whoever declared; they may not approve it, and never typed it. */
function requester({ origin, requestedBy: { id, kind } }: StepRun, ja: boolean): string {
  if (origin !== 'runbook' || kind === 'system') return id
  return ja ? `Runbook（${id} の代理）` : `the runbook, for ${id}`
}

function approvals(step: StepRun, lang: Lang): string {
  const people = step.approvals.map(({ by }) => who(by, lang))
  return [`${people.length}/${step.approvalsNeeded}`, ...people].join('  ')
}

/** The name, and of a person whether anybody has checked that it is theirs. */
export function who(by: Actor, lang: Lang): string {
  if (by.kind !== 'person' || by.verified) return by.id
  return lang === 'ja' ? `${by.id}（本人確認なし）` : `${by.id} (not verified)`
}

function pods({ plan }: StepRun, ja: boolean): readonly string[] {
  const { ready, notReady, ofReady } = plan?.pods ?? { ready: 0, notReady: 0, ofReady: 0 }
  // A database's step takes down no pods.
  if (ofReady + notReady === 0) return []
  return [
    ja
      ? `停止する Pod: Ready ${ready}/${ofReady}、Ready でない ${notReady}`
      : `takes down ${ready} of ${ofReady} Ready pods, ${notReady} not Ready`,
  ]
}
