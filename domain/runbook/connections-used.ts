/** Which connections the steps of a runbook reach, and by which kinds of steps. */

import type { Failure } from '../failures.ts'
import { kindOf } from '../steps/catalogue.ts'
import { none, said } from '../words.ts'
import type { Runbook } from './runbook.ts'
import { type AnyStep, stepsIn } from './steps-in.ts'

const systems = ['postgres', 'redis', 'prometheus'] as const

/** The systems that a cluster's workers reach by a connection of their own, where the cluster has them. */
export type ConnectedSystem = (typeof systems)[number]

export type Connection = { readonly system: ConnectedSystem; readonly name: string }

/** `steps`: kinds of steps, each once, by name. */
export type UsedConnection = Connection & { readonly steps: readonly string[] }

/** Parameters that name a connection. */
const naming = ['connection', 'primary', 'replica'] as const

export function connectionsUsed(book: Runbook): readonly UsedConnection[] {
  const used = new Map<string, Connection & { readonly steps: Set<string> }>()
  for (const step of stepsIn(book)) {
    for (const connection of connectionsNamed(step)) {
      const key = `${connection.system}/${connection.name}`
      const known = used.get(key) ?? { ...connection, steps: new Set<string>() }
      known.steps.add(step.kind)
      used.set(key, known)
    }
  }
  return [...used.values()].map((each) => ({ ...each, steps: [...each.steps].sort() }))
}

/** Also those that a declaration fills in where the runbook says nothing. */
export function connectionsNamed({ kind, with: params }: AnyStep): readonly Connection[] {
  const system = systems.find((each) => kind.startsWith(`${each}.`))
  const parsed = kindOf(kind)?.params.safeParse(params)
  if (system === undefined || !parsed?.success) return []
  const given = parsed.data as Readonly<Record<string, unknown>>
  return naming.flatMap((key) => {
    const name = given[key]
    return typeof name === 'string' ? [{ system, name }] : []
  })
}

/** The system that the cluster does not have at all, where that is the failure. One name missing among others is a mistake instead. */
export function lackingSystem({ name, params }: Failure): ConnectedSystem | undefined {
  if (name !== 'unknown-connection' || said(params.known).en !== none.en) return undefined
  return systems.find((system) => system === params.kind)
}

export const systemTitles: { readonly [S in ConnectedSystem]: string } = {
  postgres: 'PostgreSQL',
  redis: 'Redis',
  prometheus: 'Prometheus',
}
