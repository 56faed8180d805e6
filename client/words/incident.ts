/** What is told of one incident first: its name, how it stands, who is on it, what it may be. */
import { rankedSymptoms } from '../../domain/diagnosis/rank.ts'
import { showDuration } from '../../domain/duration.ts'
import { failure } from '../../domain/failures.ts'
import { saysNow } from '../../domain/incident/fold/gone.ts'
import { alertsAreClear, type IncidentState, isOver } from '../../domain/incident/fold/state.ts'
import { offeredSteps } from '../../domain/incident/steps/find-step.ts'
import { holding } from '../../domain/incident/steps/follow.ts'
import type { RunbookStep } from '../../domain/runbook/runbook.ts'
import { impactTitles, phaseTitles } from '../../domain/titles.ts'
import { nameOf, type Phase, type Severity, type Text, verbatim } from '../../domain/words.ts'
import type { IncidentView } from '../../wire/messages.ts'
import type { Shown } from '../incidents/shown.ts'
import { copyText } from './copy.ts'
import { explained, type Fact, factsOf, joined, type Section, type Tone } from './fact.ts'
import type { Moments } from './moments.ts'

const labels = {
  incident: { en: 'Incident', ja: '番号' },
  severity: { en: 'Severity', ja: '緊急度' },
  phase: { en: 'Phase', ja: '状態' },
  where: { en: 'Where', ja: '対象' },
  declaredAt: { en: 'Declared', ja: '発生時刻' },
} as const

/** The runbook's own colours: 🔴 CRITICAL 🟡 HIGH 🔵 MEDIUM. */
const severityTones: { readonly [severity: string]: Tone } = {
  CRITICAL: 'bad',
  HIGH: 'warning',
  MEDIUM: 'notable',
  LOW: 'quiet',
} satisfies { readonly [S in Severity]: Tone }

/** The word may come from a list or an answer. */
export function severityTone(severity: string | undefined): Tone | undefined {
  return severity !== undefined && Object.hasOwn(severityTones, severity)
    ? severityTones[severity]
    : undefined
}

export function phaseTitle(phase: string | undefined): Text {
  return phase !== undefined && Object.hasOwn(phaseTitles, phase)
    ? phaseTitles[phase as Phase]
    : verbatim(phase ?? '-')
}

/** `backend`, or `backend/5xx` where the symptom is known. */
export function whereOf({
  service = '-',
  symptom,
}: {
  readonly service?: string | undefined
  readonly symptom?: string | undefined
}): string {
  return symptom === undefined ? service : `${service}/${symptom}`
}

/** The one line that everything else stands under. */
export function headline(shown: Shown, { time }: Moments): readonly Fact[] {
  if (shown.source === 'worker') {
    const { state } = shown
    return factsOf([
      [labels.incident, state.id, 'strong'],
      [labels.severity, state.severity, severityTone(state.severity)],
      [labels.phase, phaseTitles[state.phase]],
      [labels.where, whereOf(state)],
      [labels.declaredAt, time(state.declaredAtMs)],
    ])
  }
  const { incident, status, severity = '-', phase, startedAt } = shown
  return factsOf([
    [labels.incident, incident],
    [labels.severity, severity],
    [labels.phase, phase === undefined ? statusTitles[status] : phaseTitle(phase)],
    [labels.where, whereOf(shown)],
    [labels.declaredAt, startedAt === undefined ? undefined : time(Date.parse(startedAt))],
  ])
}

const statusTitles = {
  starting: { en: 'starting', ja: '起動中' },
  running: { en: 'running', ja: '対応中' },
  over: { en: 'over', ja: '終了' },
} as const

/** Why there is no more to tell of it, where no worker says it. */
export function whyLess(shown: Extract<Shown, { source: 'visibility' }>): Text {
  if (shown.status === 'starting')
    return {
      en: 'It is starting; look again in a moment.',
      ja: '起動中です。数秒後にもう一度確認してください。',
    }
  if (shown.stuck) {
    const stuck = failure('workflow-stuck', { workflow: shown.incident, reason: shown.problem ?? '-' })
    const { what, next } = explained(stuck)
    return joined([stuck.code, what, next], ' ')
  }
  return {
    en: "No worker is answering; showing only what Temporal's search attributes hold.",
    ja: 'ワーカーが応答しないため、検索属性だけを表示します。',
  }
}

export function incidentFacts(
  { state, next }: Pick<IncidentView, 'state' | 'next'>,
  at: Moments,
): readonly Fact[] {
  const { frozen, eta, impact } = state
  const note = state.notes.at(-1)
  const timeOf = (iso: string) => at.time(Date.parse(iso))
  return factsOf([
    [{ en: 'Declared by', ja: '宣言' }, nameOf(state.declaredBy)],
    [{ en: 'Reports', ja: '報告' }, state.reports > 1 ? String(state.reports) : undefined],
    [{ en: 'Alerts', ja: 'アラート' }, alertsOf(state)],
    [{ en: 'Impact', ja: '影響範囲' }, impact && impactTitles[impact]],
    [{ en: 'Affected users', ja: '影響ユーザー数' }, state.affected && String(state.affected.count)],
    [{ en: 'Commander', ja: '指揮者' }, state.commander],
    [{ en: 'Responders', ja: '対応者' }, state.responders.join(', ') || undefined],
    [{ en: 'Expected', ja: '推定復旧' }, eta === undefined ? undefined : timeOf(eta)],
    [{ en: 'Risks', ja: 'リスク' }, risksOf(state)],
    [
      { en: 'Next page', ja: '次の連絡' },
      next && joined([`${next.level}  ${timeOf(next.at)}`, soon(Date.parse(next.at) - at.now)], ''),
    ],
    [{ en: 'Copy', ja: 'コピー' }, copyText(state, at)],
    [{ en: 'Evidence', ja: '証跡' }, state.evidence && `HIKESHI_ARCHIVE/${state.evidence}`],
    [{ en: 'Frozen', ja: '凍結' }, frozen && joined([nameOf(frozen.by), timeOf(frozen.at)], '  ')],
    [
      { en: 'Errors', ja: '内部エラー' },
      state.internalErrors === 0 ? undefined : `${state.internalErrors} (timeline)`,
    ],
    [{ en: 'Note', ja: 'メモ' }, note && joined([nameOf(note.by), note.text.slice(0, 300)], ': ')],
  ])
}

function risksOf(state: IncidentState): Text | undefined {
  const named: readonly Text[] = [
    ...(state.dataLoss ? [{ en: 'data loss', ja: 'データ損失' }] : []),
    ...(state.breach ? [{ en: 'breach', ja: '侵害の疑い' }] : []),
  ]
  return named.length === 0 ? undefined : joined(named)
}

function alertsOf(state: IncidentState): Text | undefined {
  const groups = state.alerts?.groups ?? []
  if (groups.length === 0) return undefined
  if (alertsAreClear(state)) return { en: 'all clear', ja: 'すべて解消' }
  const firing = groups.reduce((sum, group) => sum + group.firing, 0)
  return { en: `${firing} firing`, ja: `発火中 ${firing} 件` }
}

function soon(inMs: number): Text {
  if (inMs < 1_000) return { en: ' (now)', ja: '（まもなく）' }
  return { en: ` (in ${showDuration(inMs)})`, ja: `（あと ${showDuration(inMs)}）` }
}

/** What was seen, each with the thing that it was seen of. */
export function foundSection(state: IncidentState): Section {
  return {
    title: { en: 'Findings', ja: '検出' },
    facts: state.findings.map((finding) => ({
      label: verbatim(finding.subject),
      value: saysNow(state, finding),
    })),
  }
}

/** Where nobody has named the symptom yet: what the findings speak for, the likeliest first. */
export function likelySection(state: IncidentState): Section {
  const isOpen = state.symptom === undefined && !isOver(state) && state.phase !== 'resolved'
  const ranked = isOpen ? rankedSymptoms(state) : []
  return {
    title: likely,
    facts: ranked.map(({ symptom, findings: { length } }) => ({
      label: verbatim(symptom.id),
      value: {
        en: `${symptom.title.en} (${length} finding${length === 1 ? '' : 's'})`,
        ja: `${symptom.title.ja} (検出 ${length} 件)`,
      },
    })),
  }
}

export const likely: Text = { en: 'Likely symptoms', ja: '考えられる症状' }

/** Steps of the incident's own symptom that nobody asked for yet: those that one may ask for now, and those whose turn comes later. */
export function offeredSections(state: IncidentState): readonly Section[] {
  const left = stepsLeft(state).map((step) => ({ step, after: holding(state, step) }))
  const now = left.filter(({ after }) => after.length === 0)
  const later = left.filter(({ after }) => after.length > 0)
  return [
    {
      title: { en: 'Available steps', ja: '実行できる手順' },
      facts: now.map(({ step: { id, title } }) => ({ label: verbatim(id), value: title })),
    },
    {
      title: { en: 'Later steps', ja: 'まだ実行できない手順' },
      facts: later.map(({ step: { id, title }, after }) => ({
        label: verbatim(id),
        value: {
          en: `${title.en} (after ${after.join(', ')})`,
          ja: `${title.ja}（${after.join('、')} の後）`,
        },
      })),
    },
  ]
}

function stepsLeft(state: IncidentState): readonly RunbookStep[] {
  if (isOver(state) || state.phase === 'resolved') return []
  const own = state.runbook.book.symptoms.find((s) => s.service === state.service && s.id === state.symptom)
  const quick = state.runbook.book.severities[state.severity].quick
  const ids = new Set([...(own?.steps ?? []), ...quick].map((step) => step.id))
  const asked = new Set(Object.values(state.steps).map((step) => step.step))
  return offeredSteps(state).filter((step) => ids.has(step.id) && !asked.has(step.id))
}
