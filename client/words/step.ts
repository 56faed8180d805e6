/** What is told of a run of a step: what it would do or did, to what, by whose wish and with whose consent. */
import type { IncidentState, StepRun } from '../../domain/incident/fold/state.ts'
import { askOf } from '../../domain/steps/person.ts'
import { byPeople, riskTitles, statusTitles } from '../../domain/titles.ts'
import { ended, nameOf, type Text, verbatim } from '../../domain/words.ts'
import type { Retrying } from '../incidents/retrying.ts'
import { askFacts, toldSays } from './ask.ts'
import { type Column, explained, type Fact, factsOf, inBoth, joined, type Tone } from './fact.ts'
import type { Moments } from './moments.ts'

const labels = {
  step: { en: 'Step', ja: '手順' },
  risk: { en: 'Risk', ja: 'リスク' },
  hash: { en: 'Hash', ja: 'ハッシュ' },
} as const

export function stepFacts(step: StepRun): readonly Fact[] {
  const { plan } = step
  const failed = step.failure && explained(step.failure)
  // What people are told has lines of its own.
  const named = step.risk === undefined ? [] : Object.entries(step.params)
  const params = named.map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  return [
    ...factsOf([
      [labels.step, joined([step.id, step.title], '  ')],
      [{ en: 'Kind', ja: '種類' }, [step.kind, ...params].join(', ')],
      [{ en: 'Requested by', ja: '依頼者' }, requester(step)],
      [{ en: 'Because', ja: '理由' }, step.because],
    ]),
    ...askFacts(step),
    ...(step.risk === undefined || step.risk === 'read'
      ? []
      : factsOf([
          [{ en: 'Target', ja: '対象' }, plan?.target],
          [{ en: 'Change', ja: '変更' }, plan?.says],
          [labels.risk, joined([riskTitles[step.risk], ...pods(step)])],
          [{ en: 'Approvals', ja: '承認' }, approvals(step)],
          [labels.hash, step.hash],
        ])),
    ...factsOf([
      [{ en: 'Failed', ja: '失敗' }, failed && joined([step.failure?.code ?? '', failed.what], ' ')],
      [{ en: 'Next', ja: '次の操作' }, failed?.next],
    ]),
  ]
}

/** Under which terms it would be approved: with what `stepFacts` says, this is all that the hash is over. */
export function termFacts(
  { runbook }: Pick<IncidentState, 'runbook'>,
  { plan, expiresAtMs, byHand = [] }: StepRun,
  { time }: Moments,
): readonly Fact[] {
  const { book, version, sha256 } = runbook
  const exactly = JSON.stringify(plan?.change ?? null)
  return factsOf([
    [{ en: 'Where', ja: '場所' }, `cluster ${book.cluster}, namespace ${book.namespace}`],
    [verbatim('Runbook'), `${book.runbook} ${version} (${sha256.slice(0, 12)})`],
    [{ en: 'By hand', ja: '手動指定' }, byHand.length === 0 ? undefined : byHand.join(', ')],
    [
      { en: 'Exactly', ja: '詳細' },
      exactly.length > mostExactly ? `${exactly.slice(0, mostExactly)} …` : exactly,
    ],
    [{ en: 'Until', ja: '有効期限' }, expiresAtMs === undefined ? undefined : time(expiresAtMs)],
  ])
}

/** The change of many pods is a long list; "show -o json" has all of it. */
const mostExactly = 1_000

/** A step that the runbook proposes is asked for in the name of whoever declared; they may not approve it, and never typed it. */
function requester({ origin, requestedBy }: StepRun): Text {
  const { en, ja } = nameOf(requestedBy)
  if (origin !== 'runbook' || requestedBy.kind === 'system') return { en, ja }
  return { en: `the runbook, on behalf of ${en}`, ja: `Runbook（${ja} の代理）` }
}

function approvals(step: StepRun): Text {
  const people = step.approvals.map(({ by }) => nameOf(by))
  return joined([`${people.length}/${step.approvalsNeeded}`, ...people], '  ')
}

function pods({ plan }: StepRun): readonly Text[] {
  const { ready, notReady, ofReady } = plan?.pods ?? { ready: 0, notReady: 0, ofReady: 0 }
  // A database's step takes down no pods.
  if (ofReady + notReady === 0) return []
  return [
    {
      en: `takes down ${ready} of ${ofReady} Ready pods, ${notReady} not Ready`,
      ja: `停止する Pod: Ready ${ready}/${ofReady}、Ready でない ${notReady}`,
    },
  ]
}

/** Of each run of the incident. */
export const stepColumns: readonly Column<StepRun>[] = [
  { label: labels.step, value: ({ id }) => verbatim(id), flexible: true },
  { label: { en: 'Status', ja: '状態' }, value: status, tone: toneOf },
  { label: labels.risk, value: ({ risk }) => (risk === undefined ? byPeople : riskTitles[risk]) },
  { label: labels.hash, value: ({ hash }) => verbatim(hash?.slice(0, 8) ?? '-') },
  { label: { en: 'What', ja: '内容' }, value: ({ title }) => title, flexible: true },
]

function status(step: StepRun): Text {
  const title = statusTitles[step.status]
  if (step.status !== 'proposed') return title
  return joined([title, `${step.approvals.length}/${step.approvalsNeeded}`], ' ')
}

function toneOf(step: StepRun): Tone | undefined {
  if (step.status === 'failed') return 'bad'
  if (step.status === 'proposed' || step.status === 'waiting') return 'warning'
  if (step.status === 'verified') return 'good'
  return ended.includes(step.status) ? undefined : 'active'
}

/** Of those that change something or failed: what exactly they do, why they are proposed, what went wrong. */
export function stepDetails(steps: readonly StepRun[]): readonly Fact[] {
  return steps
    .filter((step) => step.risk !== 'read' || step.failure !== undefined)
    .flatMap((step) => {
      const { id, done, plan, status, because, failure } = step
      const why = status === 'proposed' || status === 'waiting' ? because : undefined
      const asked = status === 'waiting' ? askOf(step)?.text : undefined
      return factsOf([
        [verbatim(id), done?.says ?? plan?.says ?? asked],
        [verbatim(id), toldSays(step)],
        [verbatim(id), why && joined(['←', why], ' ')],
        [verbatim(id), failure && joined([failure.code, explained(failure).what], ' ')],
      ])
    })
}

/** What a step that seems to hang was refused with last; it goes on by itself. */
export function retryingSays({ step, attempt, failure }: Retrying): Text {
  const { what, next } = explained(failure)
  const again = { en: `is being retried (attempt ${attempt})`, ja: `再試行中（${attempt} 回目）` }
  return inBoth((lang) => `${step} ${again[lang]}: ${failure.code} ${what[lang]} ${next[lang]}`)
}

/** A step waits for the consent of so many people, who give it with this. */
export function askFor(approvals: number, command: string): Text {
  const people = approvals === 1 ? 'Someone else' : `${approvals} other people`
  return {
    en: `${people} must approve it: ${command}`,
    ja: `承認待ちです（${approvals} 人）。依頼者以外の人が承認してください: ${command}`,
  }
}
