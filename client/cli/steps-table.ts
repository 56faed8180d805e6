import { explain } from '../../domain/failures.ts'
import { ended, type IncidentState, type StepRun } from '../../domain/incident/state.ts'
import { riskTitles, statusTitles } from '../../domain/incident/titles.ts'
import type { Lang } from '../../domain/words.ts'
import { table } from './table.ts'
import { hanging, oneLine, type Screen, type Style } from './terminal.ts'

/** The runs of steps so far, and below those that change something what exactly they do. */
export function stepsTable(state: IncidentState, lang: Lang, screen: Screen): readonly string[] {
  const runs = Object.values(state.steps)
  if (runs.length === 0) return []
  const ja = lang === 'ja'
  const rows = table<StepRun>(
    screen,
    [
      { title: ja ? '手順' : 'STEP', value: (s) => s.id, flexible: true },
      { title: ja ? '状態' : 'STATUS', value: (s) => status(s, lang), style: styleOf },
      { title: ja ? 'リスク' : 'RISK', value: (s) => riskTitles[s.risk][lang] },
      { title: ja ? 'ハッシュ' : 'HASH', value: (s) => s.hash?.slice(0, 8) ?? '-' },
      { title: ja ? '内容' : 'WHAT', value: (s) => s.title[lang], flexible: true },
    ],
    runs,
  )
  const details = runs
    .filter((step) => step.risk !== 'read' || step.failure !== undefined)
    .flatMap((step) => detail(step, lang, screen))
  return [rows, ...details]
}

function status(step: StepRun, lang: Lang): string {
  const title = statusTitles[step.status][lang]
  return step.status === 'proposed' ? `${title} ${step.approvals.length}/${step.approvalsNeeded}` : title
}

function styleOf(step: StepRun): Style | undefined {
  if (step.status === 'failed') return 'red'
  if (step.status === 'proposed') return 'yellow'
  if (step.status === 'verified') return 'green'
  return ended.includes(step.status) ? undefined : 'cyan'
}

function detail(step: StepRun, lang: Lang, { width }: Screen): readonly string[] {
  const says = step.done?.says[lang] ?? step.plan?.says[lang]
  const why = step.status === 'proposed' ? step.because?.[lang] : undefined
  const failed =
    step.failure === undefined ? undefined : `${step.failure.code} ${explain(step.failure, lang).what}`
  return [says, why === undefined ? undefined : `← ${why}`, failed].flatMap((text) =>
    text === undefined ? [] : hanging(`  ${step.id}: `, oneLine(text), step.id.length + 4, width),
  )
}
