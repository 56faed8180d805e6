/** The runbook's 【インシデント報告】, filled in from the state. Pure: the edge hands in how local times are written. */
import { serviceTitle } from '../alert/place.ts'

import { showDuration } from '../duration.ts'
import { explain } from '../failures.ts'
import { saysNow } from '../incident/fold/gone.ts'
import { hasEnded, type IncidentState, leftToDo, type StepRun, toWorkOff } from '../incident/fold/state.ts'
import { levelsLeft } from '../incident/pages/escalate.ts'
import { offeredSteps } from '../incident/steps/find-step.ts'
import { isSamePerson } from '../person.ts'
import { askOf } from '../steps/person.ts'
import { impactTitles, phaseTitles, reasonTitles, statusTitles } from '../titles.ts'
import { ended, type Lang, nameOf, type Text } from '../words.ts'

export type ReportTimes = {
  /** Epoch ms → `YYYY-MM-DD HH:MM JST`, in the team's zone. */
  readonly localTime: (ms: number) => string
  /** Epoch ms: what lies on another day is written with its date. */
  readonly now: number
}

const words = {
  title: { ja: '【インシデント報告】', en: '[Incident report]' },
  started: { ja: '発生時刻', en: 'Started' },
  service: { ja: '影響サービス', en: 'Affected service' },
  impact: { ja: '影響範囲', en: 'Impact' },
  phase: { ja: '現在の状態', en: 'State' },
  eta: { ja: '推定復旧時刻', en: 'Estimated recovery' },
  responders: { ja: '対応者', en: 'Responders' },
  nextUpdate: { ja: '次回更新', en: 'Next update' },
  number: { ja: '番号', en: 'Incident' },
  severity: { ja: '緊急度', en: 'Severity' },
  risks: { ja: 'リスク', en: 'Risks' },
  recovered: { ja: '復旧時刻', en: 'Recovered' },
  affected: { ja: '影響ユーザー数', en: 'Affected users' },
  notes: { ja: 'メモ', en: 'Notes' },
  details: { ja: '詳細', en: 'Details' },
  done: { ja: '実施済み対応', en: 'Done so far' },
  next: { ja: '次の対応', en: 'Next' },
  underInvestigation: { ja: '確認中', en: 'being investigated' },
  undecided: { ja: '未定', en: 'unknown yet' },
  nobody: { ja: '未定', en: 'nobody yet' },
  none: { ja: 'なし', en: 'none' },
} as const satisfies Record<string, Text>

const listed = 8

/** The report as text, ready to be pasted into a chat. */
export function report(state: IncidentState, lang: Lang, times: ReportTimes): string {
  const line = (name: keyof typeof words, value: string) =>
    `${words[name][lang]}: ${value.replace(/\s+/g, ' ')}`
  const { book } = state.runbook
  return [
    words.title[lang],
    line('started', times.localTime(state.declaredAtMs)),
    line('service', serviceTitle(book, state.service, lang)),
    line(
      'impact',
      (state.impact === undefined ? words.underInvestigation : impactTitles[state.impact])[lang],
    ),
    line('phase', phaseOf(state, lang)),
    line('eta', state.eta === undefined ? words.undecided[lang] : clock(Date.parse(state.eta), times)),
    line('responders', responders(state, lang)),
    line('nextUpdate', nextUpdate(state, lang, times)),
    line('number', state.id),
    line('severity', `${state.severity} (${book.severities[state.severity].title[lang]})`),
    ...risksOf(state, lang).map((risks) => line('risks', risks)),
    ...recovered(state, lang, times).map((when) => line('recovered', when)),
    ...(state.affected === undefined ? [] : [line('affected', String(state.affected.count))]),
    '',
    `${words.details[lang]}:`,
    ...details(state, lang),
    '',
    ...notesOf(state, lang),
    `${words.done[lang]}:`,
    ...bullets(doneSoFar(state, lang), lang),
    '',
    `${words.next[lang]}:`,
    ...bullets(comingNext(state, lang), lang),
  ].join('\n')
}

/** The template knows three states; what comes before and after belongs to its nearest. */
function phaseOf(state: IncidentState, lang: Lang): string {
  if (state.phase === 'monitoring') return phaseTitles.mitigating[lang]
  if (state.phase === 'closed') return `${phaseTitles.resolved[lang]} (${phaseTitles.closed[lang]})`
  return phaseTitles[state.phase][lang]
}

function risksOf(state: IncidentState, lang: Lang): readonly string[] {
  const named = [
    ...(state.dataLoss ? [reasonTitles['data-loss'][lang]] : []),
    ...(state.breach ? [reasonTitles.breach[lang]] : []),
  ]
  return named.length === 0 ? [] : [named.join(lang === 'ja' ? '、' : ', ')]
}

/** When it was over and how long it took. */
function recovered(state: IncidentState, lang: Lang, times: ReportTimes): readonly string[] {
  if (state.resolved === undefined || !hasEnded(state)) return []
  const ms = Date.parse(state.resolved.at)
  const took = showDuration(ms - state.declaredAtMs)
  return [`${times.localTime(ms)} (${lang === 'ja' ? `所要 ${took}` : `after ${took}`})`]
}

function notesOf(state: IncidentState, lang: Lang): readonly string[] {
  if (state.notes.length === 0) return []
  const told = state.notes.slice(-listed).map(({ by, text }) => `${nameOf(by)[lang]}: ${text}`)
  return [`${words.notes[lang]}:`, ...bullets(told, lang), '']
}

function responders(state: IncidentState, lang: Lang): string {
  const { commander } = state
  const others = state.responders.filter(
    (person) => commander === undefined || !isSamePerson(person, commander),
  )
  const people = [...(commander === undefined ? [] : [commander]), ...others]
  return people.join(lang === 'ja' ? '、' : ', ') || words.nobody[lang]
}

/** 次回更新: counted from the last thing that people were told; nobody waits for one after the end. */
function nextUpdate(state: IncidentState, lang: Lang, times: ReportTimes): string {
  if (hasEnded(state)) return words.none[lang]
  const { updateEvery } = state.runbook.book.severities[state.severity]
  return clock(state.lastUpdateAtMs + updateEvery, times)
}

/** `HH:MM`, with its date where that is not today's. */
function clock(ms: number, { localTime, now }: ReportTimes): string {
  const moment = localTime(ms)
  return moment.slice(0, 10) === localTime(now).slice(0, 10) ? moment.slice(11, 16) : moment.slice(0, 16)
}

function details(state: IncidentState, lang: Lang): readonly string[] {
  const symptom = state.runbook.book.symptoms.find(
    (s) => s.service === state.service && s.id === state.symptom,
  )
  const label = lang === 'ja' ? '症状: ' : 'Symptom: '
  return [
    // Whoever described it begins no section of the report.
    state.description.replace(/\s*\n\s*/g, '\n  '),
    ...(symptom === undefined ? [] : [`${label}${symptom.title[lang]}`]),
    ...state.findings.slice(0, listed).map((finding) => `- ${saysNow(state, finding)[lang]}`),
  ]
}

function doneSoFar(state: IncidentState, lang: Lang): readonly string[] {
  const steps = Object.values(state.steps)
  const changes = steps
    .filter(
      (step) =>
        step.risk !== 'read' &&
        (step.done !== undefined || step.status === 'failed' || step.told !== undefined),
    )
    .map((step) => changeDone(step, lang))
  const seen = steps
    .filter((step) => step.risk === 'read' && step.status === 'done')
    .map((s) => s.title[lang])
  const called = state.runbook.book.escalation.levels
    .filter((level) => state.escalation[level.id]?.firedAt !== undefined)
    .map(({ title }) => (lang === 'ja' ? `${title.ja}を呼び出し` : `Called: ${title.en}`))
  return [...changes, ...(seen.length === 0 ? [] : [seen.join(lang === 'ja' ? '、' : ', ')]), ...called]
}

function changeDone(step: StepRun, lang: Lang): string {
  const title = step.title[lang]
  const says = step.done?.says[lang] ?? toldOf(step, lang)
  const what = says === undefined ? title : `${title}: ${says}`
  if (step.status === 'failed' && step.failure !== undefined)
    return `${title} (${statusTitles.failed[lang]}: ${explain(step.failure, lang).what})`
  return `${what} (${statusTitles[step.status][lang]})`
}

/** In the words of whoever did it, decided it, or left it out. */
function toldOf({ told, kind, params }: StepRun, lang: Lang): string | undefined {
  if (told === undefined) return undefined
  const chosen = askOf({ kind, params })?.options?.find(({ id }) => id === told.option)
  const words = [chosen?.title[lang] ?? told.option, told.reason ?? told.saw, nameOf(told.by)[lang]]
  return words.filter((word) => word !== undefined).join(lang === 'ja' ? '、' : ', ')
}

/** What waits for somebody or is under way; else what the runbook offers; after the end what is left to check. */
function comingNext(state: IncidentState, lang: Lang): readonly string[] {
  const { book } = state.runbook
  const left = state.phase === 'resolved' ? leftToDo(state) : toWorkOff(state)
  if (hasEnded(state))
    return [...book.firstResponse, ...book.afterwards].flatMap(({ id, title }) =>
      left.includes(id) ? [title[lang]] : [],
    )
  const open = Object.values(state.steps).filter((s) => s.risk !== 'read' && !ended.includes(s.status))
  if (open.length > 0) return open.map((step) => stepAhead(step, lang))
  if (state.resolutionProposed) return [lang === 'ja' ? '復旧の確認' : 'Confirm recovery']
  const tried = new Set(Object.values(state.steps).map((step) => step.step))
  const symptom = book.symptoms.find((s) => s.service === state.service && s.id === state.symptom)
  const own = new Set(symptom?.steps.map((step) => step.id) ?? [])
  const offered = offeredSteps(state).filter((step) => own.has(step.id) && !tried.has(step.id))
  const level = levelsLeft(state).find((l) => state.escalation[l.id]?.dueMs !== undefined)
  return [...offered.map((step) => step.title[lang]), ...(level === undefined ? [] : [level.title[lang]])]
}

function stepAhead(step: StepRun, lang: Lang): string {
  const says = step.plan?.says[lang]
  const what = says === undefined ? step.title[lang] : `${step.title[lang]}: ${says}`
  return `${what} (${statusTitles[step.status][lang]})`
}

function bullets(entries: readonly string[], lang: Lang): readonly string[] {
  if (entries.length === 0) return [`- ${words.none[lang]}`]
  const shown = entries.slice(0, listed).map((entry) => `- ${entry.replace(/\s+/g, ' ')}`)
  const more = entries.length - shown.length
  return more === 0 ? shown : [...shown, lang === 'ja' ? `- 他 ${more} 件` : `- and ${more} more`]
}
