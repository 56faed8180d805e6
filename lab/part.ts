import type { Binaries } from './binaries.ts'
import type { Ports } from './ports.ts'

export const partNames = [
  'temporal',
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
  'app',
  'node-agent',
  'metrics-server',
  'prometheus',
  'alertmanager',
] as const

export type PartName = (typeof partNames)[number]

/** What a part needs to know about the lab it belongs to. */
export type Site = {
  readonly name: string
  readonly dir: string
  readonly ports: Ports
  readonly binaries: Binaries
  /** Where its databases keep their data. */
  readonly data: string
  readonly without: Without
}

/** What this machine cannot have, and why: parts, the databases that the node agent would run, their backups, and programs in its pods. */
export type Without = { readonly [what in PartName | 'postgres' | 'pgbackrest' | 'redis' | 'exec']?: string }

/** One process of the lab: how it is called, and when it may be relied on. */
export type Part = {
  /** Why this machine cannot have the part, for example since a program is not installed; the lab comes up without it. */
  readonly missing?: (binaries: Binaries) => string | undefined
  readonly command: (site: Site) => readonly string[]
  readonly ready: (site: Site) => Promise<boolean>
  /** How long it may take to end by itself before it is killed. */
  readonly graceMs: number
}
