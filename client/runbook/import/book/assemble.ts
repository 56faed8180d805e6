/** A whole runbook of what was read: severities, symptoms, checklists, escalation, and what a document never says. */
import { present } from '../../../../domain/present.ts'
import { type Severity, severities, type Text, verbatim } from '../../../../domain/words.ts'
import type { Line, Report } from '../report.ts'
import { clusterReference } from '../yaml.ts'
import { calling } from './calling.ts'
import { checklists, linksIn } from './lists.ts'
import { titleOf } from './names.ts'
import type { Services } from './services.ts'
import { type Settings, withSettings } from './settings.ts'
import { lineOf, type NamedStep, type Place, stepsOf } from './steps.ts'
import { symptomsOf } from './symptoms.ts'
import type { ReadSection } from './units.ts'

/** What is not in the document, from whoever asks for the import; days as YYYY-MM-DD. */
export type Frame = { readonly name: string; readonly updated: string; readonly nextReview: string }

export function assemble(
  sections: readonly ReadSection[],
  services: Services,
  namespace: string | undefined,
  { name, updated, nextReview }: Frame,
  { settings, lines: told }: { readonly settings: Settings | undefined; readonly lines: readonly Line[] },
): { readonly book: object; readonly report: Report } {
  const lines: Line[] = [...told]
  const healths = services.services.flatMap(({ health }) => health ?? [])
  const quickNames = new Set<string>()
  const quick = new Map<Severity, { title?: string; steps: NamedStep[] }>()
  for (const { section, units } of sections) {
    const role = section.role
    if (role.kind !== 'severity') continue
    const { severity } = role
    const prefix = `${severity.toLowerCase()}-`
    const place: Place = {
      path: `severities.${severity}.quick`,
      taken: quickNames,
      prefix,
      service: undefined,
      healths,
    }
    const made = stepsOf(units, place)
    const before = quick.get(severity)
    const title = before?.title ?? (role.title === '' ? undefined : role.title)
    quick.set(severity, { ...present({ title }), steps: [...(before?.steps ?? []), ...made.steps] })
    lines.push(
      { line: section.line, source: section.heading, became: 'severity', at: [severity], why: headingWhy },
      ...made.lines,
    )
  }
  const lists = checklists(sections, lines)
  const symptoms = symptomsOf(sections, services, { quickNames, healths, settings }, lines)
  const { levels, people, assumed: calls } = calling(sections, lines)
  for (const { section, units } of sections) lines.push(...leftOut({ section, units }))
  const heading = sections.find(({ section }) => section.level === 1)?.section.heading
  const title = titleOf(heading === undefined || heading === '' ? name : heading)
  const linked = linksIn(sections)
  const book = {
    runbook: name,
    title: verbatim(title),
    timezone: 'UTC',
    updated,
    nextReview,
    cluster: clusterReference,
    namespace: namespace ?? 'default',
    services: Object.fromEntries(services.services.map(({ id, line: _, ...service }) => [id, service])),
    ...(linked.length === 0 ? {} : { links: linked }),
    severities: Object.fromEntries(
      severities.map((severity) => {
        const { title, steps = [] } = quick.get(severity) ?? {}
        return [
          severity,
          {
            title: title === undefined ? severityTitles[severity] : verbatim(title),
            ...(steps.length === 0 ? {} : { quick: steps }),
          },
        ]
      }),
    ),
    firstResponse: lists.firstResponse,
    symptoms,
    escalation: { until: 'resolved', levels },
    people,
    afterwards: lists.afterwards,
  }
  const assumed = [
    {
      path: 'timezone',
      value: 'UTC',
      why: { en: 'set the zone of the team', ja: 'チームのタイムゾーンに直してください' },
    },
    ...(namespace === undefined
      ? [
          {
            path: 'namespace',
            value: 'default',
            why: { en: 'no command names one', ja: 'コマンドに記載がありません' },
          },
        ]
      : []),
    ...calls,
  ]
  return {
    book: withSettings(book, settings),
    report: { lines: lines.toSorted((a, b) => a.line - b.line), assumed },
  }
}

const headingWhy: Text = { en: 'its heading says so', ja: '見出しの記載' }

const severityTitles: { readonly [S in Severity]: Text } = {
  CRITICAL: { ja: 'サービス完全停止', en: 'Service completely down' },
  HIGH: { ja: 'パフォーマンス劣化', en: 'Degraded performance' },
  MEDIUM: { ja: '単一機能障害', en: 'One function is broken' },
  LOW: { ja: '軽微な問題', en: 'Minor' },
}

/** Everything that became nothing is said too. */
function leftOut({ section, units }: ReadSection): readonly Line[] {
  const { kind } = section.role
  return units.flatMap((unit): readonly Line[] => {
    if (unit.kind === 'left-out')
      return kind === 'escalation' && unit.block.kind === 'row'
        ? []
        : [{ ...lineOf(unit.block), became: 'left-out', why: unit.why }]
    const isPlainItem = unit.kind === 'item' && !unit.block.box && !unit.block.ordered
    return isPlainItem && kind !== 'escalation'
      ? [
          {
            ...lineOf(unit.block),
            became: 'left-out',
            why: { en: 'an item of a list, not a command', ja: 'コマンドではない箇条書き' },
          },
        ]
      : []
  })
}
