/** Symptoms: every section with something to do that is neither a severity nor only a checklist. */
import { type Text, verbatim } from '../../../../domain/words.ts'
import type { Line } from '../report.ts'
import { nameIn, slug, symptomTitle, unique } from './names.ts'
import { serviceFor } from './service-for.ts'
import type { Services } from './services.ts'
import { declaredService, type Settings } from './settings.ts'
import { type NamedStep, nothingIn, type Place, stepsOf } from './steps.ts'
import type { ReadSection, Unit } from './units.ts'

type Symptom = {
  readonly id: string
  readonly title: Text
  readonly service: string
  readonly steps: readonly NamedStep[]
}

type Beside = {
  /** Names that quick references have taken. */
  readonly quickNames: ReadonlySet<string>
  readonly healths: readonly string[]
  readonly settings: Settings | undefined
}

/** The symptoms in order; their lines go into the report. */
export function symptomsOf(
  sections: readonly ReadSection[],
  services: Services,
  { quickNames, healths, settings }: Beside,
  lines: Line[],
): readonly Symptom[] {
  const taken = new Set<string>()
  return sections.flatMap(({ section, units }) => {
    const role = section.role
    const own = role.kind === 'symptom' ? units : units.filter(({ kind }) => kind === 'command')
    if (role.kind === 'severity') return []
    if (!own.some(isWork)) {
      lines.push(...nothingIn(own))
      return []
    }
    const title = symptomTitle(section.heading === '' ? 'Runbook' : section.heading)
    const given = nameIn(section.heading)
    const { service, why } = serviceFor(section, own, sections, services, declaredService(settings, given))
    const id = unique(given ?? slug(title) ?? service.id, taken)
    const place: Place = { path: `symptoms.${id}`, taken: new Set(quickNames), prefix: '', service, healths }
    const made = stepsOf(own, place)
    lines.push(...made.lines)
    if (made.steps.length === 0) return []
    lines.push({
      line: section.line,
      source: section.heading,
      became: 'symptom',
      at: [`symptoms.${id}`],
      why,
    })
    return [{ id, title: verbatim(title), service: service.id, steps: made.steps }]
  })
}

function isWork(unit: Unit): boolean {
  if (unit.kind === 'command') return !('nothing' in unit.reading)
  return unit.kind === 'item' && (unit.block.box || unit.block.ordered) && !unit.hasCode
}
