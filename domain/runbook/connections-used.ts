/** Which connections the steps of a runbook reach, and by which kinds of steps. */
import { kindOf } from '../steps/catalogue.ts'
import type { Runbook } from './runbook.ts'
import { stepsIn } from './steps-in.ts'

export type UsedConnection = {
  readonly system: 'postgres' | 'redis' | 'prometheus'
  readonly name: string
  /** Kinds of steps, each once, by name. */
  readonly steps: readonly string[]
}

const systems = ['postgres', 'redis', 'prometheus'] as const
/** Parameters that name a connection. */
const naming = ['connection', 'primary', 'replica'] as const

export function connectionsUsed(book: Runbook): readonly UsedConnection[] {
  const used = new Map<string, { system: UsedConnection['system']; name: string; steps: Set<string> }>()
  for (const { kind, with: params } of stepsIn(book)) {
    const system = systems.find((each) => kind.startsWith(`${each}.`))
    if (system === undefined) continue
    for (const name of namesIn(kind, params)) {
      const key = `${system}/${name}`
      const known = used.get(key) ?? { system, name, steps: new Set<string>() }
      known.steps.add(kind)
      used.set(key, known)
    }
  }
  return [...used.values()].map((each) => ({ ...each, steps: [...each.steps].sort() }))
}

/** Also those that a declaration fills in where the runbook says nothing. */
function namesIn(kind: string, params: Readonly<Record<string, unknown>>): readonly string[] {
  const parsed = kindOf(kind)?.params.safeParse(params)
  if (!parsed?.success) return []
  const given = parsed.data as Readonly<Record<string, unknown>>
  return naming.flatMap((key) => (typeof given[key] === 'string' ? [given[key]] : []))
}
