/** What is told of many incidents. */
import { showDuration } from '../../domain/duration.ts'
import type {
  Group,
  Grouping,
  PersonPaged,
  Spread,
  StepCounted,
  Symptom,
} from '../../domain/figures/stats.ts'
import { type Text, verbatim } from '../../domain/words.ts'
import type { Column } from './fact.ts'

export const headings = {
  people: { en: 'Pages by person', ja: '人ごとの呼び出し' },
  steps: { en: 'Steps', ja: '手順' },
  neverSeen: { en: 'Symptoms never seen', ja: '一度も起きていない症状' },
} as const satisfies Record<string, Text>

const groupTitles: { readonly [G in Grouping]: Text } = {
  service: { en: 'Service', ja: 'サービス' },
  severity: { en: 'Severity', ja: '緊急度' },
  week: { en: 'Week', ja: '週' },
}

const everything: Text = { en: 'all', ja: '全体' }

const number = <Row>(label: Text, value: (row: Row) => number): Column<Row> => ({
  label,
  value: (row) => verbatim(String(value(row))),
})

/** The median, which one long incident does not move, and the mean beside it. */
export function spreadSays(spread: Spread | undefined): Text {
  if (spread === undefined) return verbatim('-')
  const [median, mean] = [showDuration(spread.medianMs), showDuration(spread.meanMs)]
  return { en: `${median} (mean ${mean})`, ja: `${median}（平均 ${mean}）` }
}

export function groupColumns(by: Grouping): readonly Column<Group>[] {
  return [
    {
      label: groupTitles[by],
      value: ({ name }) => (name === '' ? everything : verbatim(name)),
      tone: () => 'strong',
      whole: true,
    },
    number({ en: 'Incidents', ja: '件数' }, ({ incidents }) => incidents),
    number({ en: 'Open', ja: '対応中' }, ({ open }) => open),
    number({ en: 'Cancelled', ja: '取り消し' }, ({ cancelled }) => cancelled),
    number({ en: 'Pages', ja: '呼び出し' }, ({ pages }) => pages),
    { label: verbatim('MTTA'), value: ({ mtta }) => spreadSays(mtta) },
    { label: verbatim('MTTM'), value: ({ mttm }) => spreadSays(mttm) },
    { label: verbatim('MTTR'), value: ({ mttr }) => spreadSays(mttr) },
  ]
}

export const peopleColumns: readonly Column<PersonPaged>[] = [
  {
    label: { en: 'Person', ja: '人' },
    value: ({ person }) => verbatim(person),
    tone: () => 'strong',
    whole: true,
  },
  number({ en: 'Pages', ja: '呼び出し' }, ({ pages }) => pages),
  number({ en: 'At night', ja: '夜間' }, ({ atNight }) => atNight),
  number({ en: 'Nights', ja: '夜数' }, ({ nights }) => nights.length),
  {
    label: { en: 'Worst night', ja: '最多の夜' },
    value: ({ nights }) => {
      const [worst] = nights.toSorted((a, b) => b.pages - a.pages)
      return verbatim(worst === undefined ? '-' : `${worst.night}: ${worst.pages}`)
    },
  },
]

export const stepColumns: readonly Column<StepCounted>[] = [
  {
    label: { en: 'Step', ja: '手順' },
    value: ({ runbook, step }) => verbatim(`${runbook}/${step}`),
    tone: () => 'strong',
    whole: true,
  },
  number({ en: 'Runs', ja: '実行' }, ({ runs }) => runs),
  {
    label: { en: 'Healed', ja: '復旧' },
    value: ({ healed }) => verbatim(String(healed)),
    tone: ({ healed }) => (healed > 0 ? 'good' : undefined),
  },
  number({ en: 'Verified', ja: '確認済み' }, ({ verified }) => verified),
  {
    label: { en: 'Failed', ja: '失敗' },
    value: ({ failed }) => verbatim(String(failed)),
    tone: ({ failed }) => (failed > 0 ? 'bad' : undefined),
  },
  number({ en: 'Undone', ja: '元に戻した' }, ({ undone }) => undone),
  number({ en: 'Dropped', ja: '中止' }, ({ dropped }) => dropped),
  { label: { en: 'What', ja: '内容' }, value: ({ title }) => title, flexible: true },
]

export function symptomSays({ runbook, service, id, title }: Symptom): Text {
  return { en: `${runbook}/${service}/${id}: ${title.en}`, ja: `${runbook}/${service}/${id}: ${title.ja}` }
}

export function uncountedSays(incidents: readonly string[]): Text {
  const named = incidents.slice(0, 5).join(', ')
  const more = incidents.length > 5 ? ', …' : ''
  return {
    en: `${incidents.length} without figures, not counted: ${named}${more}`,
    ja: `記録がなく集計対象外: ${incidents.length} 件（${named}${more}）`,
  }
}

export const noArchive: Text = {
  en: 'HIKESHI_ARCHIVE is not set: only what Temporal still has is counted.',
  ja: 'HIKESHI_ARCHIVE が未設定のため、Temporal に残っているものだけを集計します。',
}

export const archiveAlone: Text = {
  en: 'Only the archive is counted:',
  ja: '保管済みのものだけを集計します:',
}
