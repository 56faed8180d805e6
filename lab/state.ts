import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDir } from './folders.ts'
import { type PartName, partNames, type Without } from './part.ts'
import type { ProcessIdentity } from './process.ts'

/** What must outlive the process that ran `up`. */
export type LabState = {
  readonly name: string
  /** The first of its ports; a part that is started again listens where it did before. */
  readonly base: number
  readonly createdAt: string
  /** Parts that it does without, and why; fixed when it comes up, so that it stays the same lab. */
  readonly without: Without
  /** Where its databases keep their data. */
  readonly data: string
  /** False until everything worked once: a lab whose `up` was interrupted is never taken for a whole one. */
  readonly complete: boolean
  /** From then on nothing of it is started any more, whoever asks. */
  readonly goingDown: boolean
}

export function readState(dir: string): LabState | undefined {
  return readJson<LabState>(join(dir, 'lab.json'))
}

export function writeState(dir: string, state: LabState): void {
  writeJson(join(dir, 'lab.json'), state)
}

/** The ports that other labs of this cache folder own, running or not. */
export function takenBases(): Set<number> {
  const labs = join(cacheDir(), 'labs')
  const names = existsSync(labs) ? readdirSync(labs) : []
  return new Set(names.flatMap((name) => readState(join(labs, name))?.base ?? []))
}

/** Remembers which process plays the part, so that later only this very process is stopped. */
export function recordProcess(dir: string, part: PartName, process: ProcessIdentity): void {
  mkdirSync(join(dir, 'run'), { recursive: true })
  writeJson(join(dir, 'run', `${part}.json`), process)
}

export function forgetProcess(dir: string, part: PartName): void {
  rmSync(join(dir, 'run', `${part}.json`), { force: true })
}

export function recordedProcess(dir: string, part: PartName): ProcessIdentity | undefined {
  return readJson<ProcessIdentity>(join(dir, 'run', `${part}.json`))
}

export function recordedProcesses(dir: string): Map<PartName, ProcessIdentity> {
  const found = new Map<PartName, ProcessIdentity>()
  for (const part of partNames) {
    const process = recordedProcess(dir, part)
    if (process) found.set(part, process)
  }
  return found
}

export function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** Readers see the old content or the new one, never half of it. */
export function writeJson(file: string, value: unknown): void {
  const draft = `${file}.${process.pid}.draft`
  writeFileSync(draft, `${JSON.stringify(value, undefined, 2)}\n`)
  renameSync(draft, file)
}
