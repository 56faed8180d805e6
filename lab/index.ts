import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Binaries, ensureBinaries } from './binaries.ts'
import { makeDataFolder, missingDatabases } from './databases/site.ts'
import { isolation } from './exec/isolation.ts'
import { LabError } from './failure.ts'
import { activeFaults } from './faults/active.ts'
import type { FaultName } from './faults/fault.ts'
import { findFault, healEverything } from './faults/index.ts'
import { cacheDir, labDir } from './folders.ts'
import { type Lab, labAt, siteOf } from './lab.ts'
import { withLock } from './lock.ts'
import { type PartName, partNames, type Without } from './part.ts'
import { parts } from './parts/index.ts'
import { chooseBase } from './ports.ts'
import { isAlive, type ProcessIdentity } from './process.ts'
import type { OnProgress } from './progress.ts'
import { stopParts } from './running.ts'
import { bringUp } from './sequence.ts'
import { readState, recordedProcesses, takenBases, writeState } from './state.ts'

export type { FaultName } from './faults/fault.ts'
export type { Lab } from './lab.ts'
export type { PartName } from './part.ts'

export const defaultLab = 'default'

export type UpOptions = {
  readonly name?: string
  readonly onProgress?: OnProgress
  /** Aborting it stops what has been started so far; `labUp` then throws. */
  readonly signal?: AbortSignal
}

/** Brings a lab up, or returns the running one. What a crashed lab left behind is cleaned up first. */
export async function labUp(options: UpOptions = {}): Promise<Lab> {
  const { name = defaultLab, onProgress = () => {}, signal } = options
  const dir = labDir(name)
  const binaries = await ensureBinaries(onProgress, signal)
  const up = async () => {
    if (isWhole(dir)) return labAt(siteOf(name, binaries))
    if (existsSync(dir)) {
      onProgress({ kind: 'note', text: `cleaning up what an interrupted lab "${name}" left behind` })
      await remove(dir)
    }
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    const choosePorts = async () => {
      const base = await chooseBase(takenBases())
      const without = { ...missingParts(binaries), ...missingDatabases(), ...missingExec() }
      const data = makeDataFolder(dir)
      const createdAt = new Date().toISOString()
      writeState(dir, { name, base, createdAt, without, data, complete: false, goingDown: false })
    }
    await withLock(join(cacheDir(), 'locks', 'ports.lock'), choosePorts, { signal })
    const site = siteOf(name, binaries)
    try {
      await bringUp(site, onProgress, signal)
    } catch (error) {
      await stopParts(dir) // the folder stays, with its logs, until the next up or down
      throw error
    }
    const state = readState(dir)
    if (state) writeState(dir, { ...state, complete: true })
    return labAt(site)
  }
  return withLabLock(name, up, signal)
}

/** The lab that runs under this name. */
export async function labOpen(name: string = defaultLab): Promise<Lab> {
  if (!readState(labDir(name))?.complete) throw new LabError(`no lab "${name}" is up`, upHint(name))
  return labAt(siteOf(name, await ensureBinaries()))
}

/** Stops every process of the lab and removes its folder; a lab that does not exist is down already. */
export async function labDown(
  name: string = defaultLab,
  options: { keepData?: boolean; signal?: AbortSignal } = {},
): Promise<void> {
  const dir = labDir(name)
  if (!existsSync(dir)) return
  // The signal ends the waiting for others alone: half a lab that is left standing helps nobody.
  await withLabLock(name, () => (options.keepData ? stopParts(dir) : remove(dir)), options.signal)
}

export type LabStatus = {
  readonly name: string
  readonly dir: string
  /** up: every part runs; broken: some do; down: none does. */
  readonly state: 'up' | 'broken' | 'down'
  readonly parts: readonly { readonly part: PartName; readonly running: boolean; readonly pid?: number }[]
  /** What this machine cannot have, and why. */
  readonly without: Without
  readonly faults: readonly FaultName[]
}

export async function labStatus(name: string = defaultLab): Promise<LabStatus> {
  const dir = labDir(name)
  const processes = recordedProcesses(dir)
  const { without = {}, complete = false } = readState(dir) ?? {}
  const described = present(without).map((part) => describe(part, processes.get(part)))
  const running = described.filter((part) => part.running).length
  const whole = running === described.length && complete
  return {
    name,
    dir,
    state: whole ? 'up' : running > 0 ? 'broken' : 'down',
    parts: described,
    without,
    faults: activeFaults(dir),
  }
}

function describe(part: PartName, known: ProcessIdentity | undefined) {
  return known && isAlive(known) ? { part, running: true, pid: known.pid } : { part, running: false }
}

/** Breaks something; returns when the effect can be seen from outside. */
export async function breakLab(lab: Lab, fault: string): Promise<void> {
  await findFault(fault).begin(lab)
}

/** Takes every fault away and restores what `up` had made; returns when that can be seen from outside. */
export async function healLab(lab: Lab): Promise<void> {
  await healEverything(lab)
}

function isWhole(dir: string): boolean {
  const state = readState(dir)
  if (!state?.complete) return false
  const processes = recordedProcesses(dir)
  return present(state.without).every((part) => {
    const known = processes.get(part)
    return known !== undefined && isAlive(known)
  })
}

function present(without: Without): readonly PartName[] {
  return partNames.filter((part) => without[part] === undefined)
}

function missingParts(binaries: Binaries): Without {
  const reasons = partNames.map((part) => [part, parts[part].missing?.(binaries)])
  return Object.fromEntries(reasons.filter(([, why]) => why !== undefined))
}

function missingExec(): Without {
  return isolation() === undefined ? { exec: 'this machine allows no mount namespace' } : {}
}

async function remove(dir: string): Promise<void> {
  await stopParts(dir)
  const { data } = readState(dir) ?? {}
  if (data !== undefined) rmSync(data, { recursive: true, force: true, maxRetries: 3 })
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 })
}

function withLabLock<T>(name: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  return withLock(join(cacheDir(), 'locks', `lab-${name}.lock`), work, { signal })
}

function upHint(name: string): string {
  return name === defaultLab ? 'run "hikeshi lab up"' : `run "hikeshi lab up --name ${name}"`
}
