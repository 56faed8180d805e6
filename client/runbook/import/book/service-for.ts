/** Which service a symptom is about: what says the most of it counts, and the report tells what that was. */
import type { Text } from '../../../../domain/words.ts'
import type { Section } from './sections.ts'
import type { Service, Services } from './services.ts'
import { type ReadSection, stepsIn, type Unit } from './units.ts'

type Chosen = { readonly service: Service; readonly why: Text }

/** By the settings, the steps, the words of the commands, the headings, the neighbours; else the first one. */
export function serviceFor(
  section: Section,
  units: readonly Unit[],
  sections: readonly ReadSection[],
  services: Services,
  declared: string | undefined,
): Chosen {
  const all = services.services
  const [parent] = section.around
  const besides = () =>
    sections.filter(({ section: { around } }) => parent !== undefined && around[0] === parent)
  const headings = [section, ...section.around].map(({ heading }) => heading.toLowerCase())
  const ways: readonly (readonly [() => Service | undefined, (name: string) => Text])[] = [
    [() => all.find(({ id }) => id === declared), () => ({ en: 'its settings say so', ja: '設定の記載' })],
    [
      () => services.of(stepsIn(units)),
      (name) => ({ en: `its steps are about ${name}`, ja: `手順の対象が ${name}` }),
    ],
    [
      () => onlyOne(all.filter((service) => isNamedIn(units, service))),
      (name) => ({ en: `its commands name ${name}`, ja: `コマンドに ${name} の記載` }),
    ],
    [
      () => all.find(({ id }) => headings.some((heading) => heading.includes(id))),
      (name) => ({ en: `its heading names ${name}`, ja: `見出しに ${name} の記載` }),
    ],
    [
      () => services.of(besides().flatMap((each) => stepsIn(each.units))),
      (name) => ({ en: `what stands beside it is about ${name}`, ja: `隣の項目の対象が ${name}` }),
    ],
    [
      () => all[0],
      (name) => ({
        en: `nothing names its service; ${name} is the first`,
        ja: `サービスの記載がないため、最初の ${name}`,
      }),
    ],
  ]
  for (const [find, why] of ways) {
    const service = find()
    if (service !== undefined) return { service, why: why(service.id) }
  }
  throw new Error('a runbook has a service')
}

/** Workloads in the words of commands that nobody understood. */
function isNamedIn(units: readonly Unit[], { deployment, statefulSets = [] }: Service): boolean {
  const names = [...(deployment === undefined ? [] : [deployment]), ...statefulSets]
  return units.some((unit) => unit.kind === 'command' && names.some((name) => unit.source.includes(name)))
}

function onlyOne<T>([first, ...others]: readonly T[]): T | undefined {
  return others.length === 0 ? first : undefined
}
