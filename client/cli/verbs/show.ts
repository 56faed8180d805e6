import { showDuration } from '../../../domain/duration.ts'
import { explain, failure } from '../../../domain/failures.ts'
import { offeredSteps } from '../../../domain/incident/find-step.ts'
import { saysNow } from '../../../domain/incident/gone.ts'
import { rankedSymptoms } from '../../../domain/incident/rank.ts'
import { alertsAreClear, type IncidentState, isOver } from '../../../domain/incident/state.ts'
import { impactTitles, phaseTitles } from '../../../domain/incident/titles.ts'
import { localTime } from '../../../edge/local-time.ts'
import type { IncidentView } from '../../../workflows/messages.ts'
import type { Retrying } from '../../retrying.ts'
import type { Shown } from '../../show.ts'
import { nextCommands } from '../next-commands.ts'
import { retryLine } from '../retries.ts'
import type { Session } from '../session.ts'
import { severityStyle } from '../severity-style.ts'
import { picture } from '../situation-text.ts'
import { who } from '../step-text.ts'
import { stepsTable } from '../steps-table.ts'
import { clean, hanging, oneLine, type Screen, wrap } from '../terminal.ts'
import { zoneIn } from '../zone.ts'
import { phaseTitle } from './list.ts'

type Lang = Session['lang']

export async function show(session: Session, incident: string): Promise<undefined> {
  const shown = await (await session.door()).show(incident)
  if (shown.source === 'visibility') session.say(lesser(shown, session.lang))
  const zone = zoneIn(session, shown)
  await session.print({ data: shown, text: (screen) => shownText(shown, session.lang, screen, { zone }) })
}

function lesser(shown: Extract<Shown, { source: 'visibility' }>, lang: Lang): string {
  if (shown.status === 'starting')
    return lang === 'ja'
      ? '起動中です。数秒後にもう一度確認してください。'
      : 'It is starting: look again in a moment.'
  if (shown.stuck) {
    const found = failure('workflow-stuck', { workflow: shown.incident, reason: shown.problem ?? '-' })
    const { what, next } = explain(found, lang)
    return `${found.code} ${what} ${next}`
  }
  return lang === 'ja'
    ? 'ワーカーが応答しないため、検索属性だけを表示します。'
    : 'No worker answers: this is only what the search attributes say.'
}

export type ShownAs = {
  readonly zone: string
  /** As it was once, so that nothing of it can be acted upon. */
  readonly past?: boolean
}

export function shownText(shown: Shown, lang: Lang, screen: Screen, as: ShownAs): string {
  if (shown.source === 'worker') return viewText(shown, lang, screen, as)
  const { incident, status, severity, phase, service, symptom, startedAt, description } = shown
  const where = symptom === undefined ? (service ?? '-') : `${service}/${symptom}`
  const since = startedAt === undefined ? '' : localTime(Date.parse(startedAt), as.zone)
  const state = phase === undefined ? statusWords[status][lang] : phaseTitle(phase, lang)
  const line = [incident, severity ?? '-', state, where, since].map(clean).join('  ').trimEnd()
  return [line, ...(description === undefined ? [] : wrap(clean(description), screen.width))].join('\n')
}

const statusWords = {
  starting: { en: 'starting', ja: '起動中' },
  running: { en: 'running', ja: '対応中' },
  over: { en: 'over', ja: '終了' },
} as const

function viewText(
  view: Extract<Shown, { source: 'worker' }>,
  lang: Lang,
  screen: Screen,
  { zone, past = false }: ShownAs,
): string {
  const { state } = view
  const blocks = [
    head(view, lang, screen, zone),
    findings(state, lang, screen),
    ...(past ? [] : [likely(state, lang, screen)]),
    stepsTable(state, lang, screen),
    retryingLines(view.retrying ?? [], lang, screen),
    picture(state, lang, screen, zone),
    ...(past ? [] : [offered(state, lang, screen), nextCommands(state, lang, screen)]),
  ]
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')
}

/** What a step that seems to hang was refused with last; it goes on by itself. */
function retryingLines(retrying: readonly Retrying[], lang: Lang, screen: Screen): readonly string[] {
  return retrying.flatMap((one) =>
    hanging('  ', retryLine(one, lang), 4, screen.width).map((line) => screen.paint('yellow', line)),
  )
}

function head(view: IncidentView, lang: Lang, screen: Screen, zone: string): readonly string[] {
  const { state, next } = view
  const ja = lang === 'ja'
  const { paint, width } = screen
  const where = state.symptom === undefined ? state.service : `${state.service}/${state.symptom}`
  const style = severityStyle(state.severity)
  const title = [
    paint('bold', state.id),
    style === undefined ? state.severity : paint(style, state.severity),
    phaseTitles[state.phase][lang],
    where,
    localTime(state.declaredAtMs, zone),
  ].join('  ')
  const facts: readonly (readonly [string, string | undefined])[] = [
    [ja ? '宣言' : 'Declared by', who(state.declaredBy, lang)],
    [ja ? '報告' : 'Reports', state.reports > 1 ? String(state.reports) : undefined],
    [ja ? 'アラート' : 'Alerts', alertsOf(state, lang)],
    [ja ? '影響範囲' : 'Impact', state.impact === undefined ? undefined : impactTitles[state.impact][lang]],
    [ja ? '指揮者' : 'Commander', state.commander],
    [ja ? '対応者' : 'Responders', state.responders.join(', ') || undefined],
    [
      ja ? '推定復旧' : 'Expected',
      state.eta === undefined ? undefined : localTime(Date.parse(state.eta), zone),
    ],
    [ja ? 'リスク' : 'Risks', risksOf(state, lang)],
    [
      ja ? '次の連絡' : 'Next page',
      next === undefined
        ? undefined
        : `${next.level}  ${localTime(Date.parse(next.at), zone)}${soon(next.at, lang)}`,
    ],
    [
      ja ? '凍結' : 'Frozen',
      state.frozen === undefined
        ? undefined
        : `${who(state.frozen.by, lang)}  ${localTime(Date.parse(state.frozen.at), zone)}`,
    ],
    [
      ja ? '内部エラー' : 'Errors',
      state.internalErrors === 0 ? undefined : `${state.internalErrors} (timeline)`,
    ],
  ]
  const note = state.notes.at(-1)
  const label = 14
  return [
    title,
    ...wrap(clean(state.description.slice(0, 1_000)), width),
    ...facts.flatMap(([name, value]) =>
      value === undefined ? [] : hanging(`  ${name}`, oneLine(value), label, width),
    ),
    ...(note === undefined
      ? []
      : hanging(
          ja ? '  メモ' : '  Note',
          oneLine(`${note.by.id}: ${note.text.slice(0, 300)}`),
          label,
          width,
        )),
  ]
}

function risksOf(state: IncidentState, lang: Lang): string | undefined {
  const named = [
    ...(state.dataLoss ? [lang === 'ja' ? 'データ損失' : 'data loss'] : []),
    ...(state.breach ? [lang === 'ja' ? '侵害の疑い' : 'breach'] : []),
  ]
  return named.length === 0 ? undefined : named.join(', ')
}

function alertsOf(state: IncidentState, lang: Lang): string | undefined {
  const groups = state.alerts?.groups ?? []
  if (groups.length === 0) return undefined
  if (alertsAreClear(state)) return lang === 'ja' ? 'すべて解消' : 'all clear'
  const firing = groups.reduce((sum, group) => sum + group.firing, 0)
  return lang === 'ja' ? `発火中 ${firing} 件` : `${firing} firing`
}

function soon(at: string, lang: Lang): string {
  const ms = Date.parse(at) - Date.now()
  if (ms < 1_000) return lang === 'ja' ? '（まもなく）' : ' (now)'
  return lang === 'ja' ? `（あと ${showDuration(ms)}）` : ` (in ${showDuration(ms)})`
}

function findings(state: IncidentState, lang: Lang, { width, paint }: Screen): readonly string[] {
  if (state.findings.length === 0) return []
  return [
    paint('bold', lang === 'ja' ? '検出' : 'Findings'),
    ...state.findings.flatMap((finding) => hanging('  - ', oneLine(saysNow(state, finding)[lang]), 4, width)),
  ]
}

/** Where nobody has named the symptom yet: what the findings speak for. */
function likely(state: IncidentState, lang: Lang, { width, paint }: Screen): readonly string[] {
  if (state.symptom !== undefined || isOver(state) || state.phase === 'resolved') return []
  const ranked = rankedSymptoms(state)
  if (ranked.length === 0) return []
  return [
    paint('bold', lang === 'ja' ? '考えられる症状' : 'It looks like'),
    ...ranked.flatMap(({ symptom, findings: speaking }) =>
      hanging(
        `  ${symptom.id}`,
        `${symptom.title[lang]} (${lang === 'ja' ? `検出 ${speaking.length} 件` : `${speaking.length} finding${speaking.length === 1 ? '' : 's'}`})`,
        24,
        width,
      ),
    ),
  ]
}

/** Steps of the incident's own symptom that nobody asked for yet. */
function offered(state: IncidentState, lang: Lang, { width, paint }: Screen): readonly string[] {
  if (isOver(state) || state.phase === 'resolved') return []
  const own = state.runbook.book.symptoms.find((s) => s.service === state.service && s.id === state.symptom)
  const quick = state.runbook.book.severities[state.severity].quick
  const ids = new Set([...(own?.steps ?? []), ...quick].map((step) => step.id))
  const asked = new Set(Object.values(state.steps).map((step) => step.step))
  const left = offeredSteps(state).filter((step) => ids.has(step.id) && !asked.has(step.id))
  if (left.length === 0) return []
  return [
    paint('bold', lang === 'ja' ? '実行できる手順' : 'The runbook offers'),
    ...left.flatMap((step) => hanging(`  ${step.id}`, step.title[lang], 24, width)),
  ]
}
