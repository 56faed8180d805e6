import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, writeJson } from '../state.ts'
import type { FaultName } from './fault.ts'

/** What the shodo app and `status` know of the active faults: name → what the app needs to play it. */
type ActiveFaults = Readonly<Record<string, object>>

function file(dir: string): string {
  return join(dir, 'faults.json')
}

export function activeFaults(dir: string): FaultName[] {
  return Object.keys(readJson<ActiveFaults>(file(dir)) ?? {}) as FaultName[]
}

export function noteFault(dir: string, name: FaultName, details: object = {}): void {
  writeJson(file(dir), { ...readJson<ActiveFaults>(file(dir)), [name]: details })
}

export function forgetFaults(dir: string): void {
  rmSync(file(dir), { force: true })
}
