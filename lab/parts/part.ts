import type { Binaries } from '../binaries.ts'
import type { Ports } from '../ports.ts'

export const partNames = [
  'temporal',
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
  'app',
] as const

export type PartName = (typeof partNames)[number]

/** What a part needs to know about the lab it belongs to. */
export type Site = {
  readonly name: string
  readonly dir: string
  readonly ports: Ports
  readonly binaries: Binaries
}

/** One process of the lab: how it is called, and when it may be relied on. */
export type Part = {
  readonly command: (site: Site) => readonly string[]
  readonly ready: (site: Site) => Promise<boolean>
  /** How long it may take to end by itself before it is killed. */
  readonly graceMs: number
}
