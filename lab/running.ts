import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { endPrograms } from './exec/leftovers.ts'
import { LabError } from './failure.ts'
import type { PartName, Site } from './part.ts'
import { parts, stopOrder } from './parts/index.ts'
import { gone, identify, isAlive, signalProcess, stopProcess } from './process.ts'
import {
  forgetProcess,
  readState,
  recordedProcess,
  recordedProcesses,
  recordProcess,
  writeState,
} from './state.ts'
import { until } from './waiting.ts'

/** Starts the part and returns when it may be relied on; does nothing when it runs already. Refuses in a lab that goes down. */
export async function startPart(site: Site, name: PartName, withinMs = 60_000): Promise<void> {
  const known = recordedProcess(site.dir, name)
  if (!known || !isAlive(known)) launch(site, name)
  await until(() => parts[name].ready(site), {
    what: `${name} to be ready`,
    withinMs,
    giveUp: () => {
      const process = recordedProcess(site.dir, name)
      if (!process || !isAlive(process))
        throw new LabError(`${name} ended by itself`, lastWords(site.dir, name))
    },
  })
}

function launch(site: Site, name: PartName): void {
  if (goesDown(site.dir)) throw notStarted(name)
  const [command = '', ...args] = parts[name].command(site)
  mkdirSync(join(site.dir, 'log'), { recursive: true })
  const log = openSync(logFile(site.dir, name), 'a')
  try {
    // Detached: it outlives this process, and a Ctrl-C in the terminal does not reach it.
    const child = spawn(command, args, {
      cwd: site.dir,
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: process.env.PATH, HOME: site.dir, TZ: 'UTC' },
    })
    child.on('error', () => {}) // a binary that cannot be run shows as a missing process below
    const identity = child.pid === undefined ? undefined : identify(child.pid)
    if (!identity) throw new LabError(`${name} could not be started`, `${command} is not executable here`)
    recordProcess(site.dir, name, identity)
    child.unref()
    // Looked at once more now that it is recorded: either the clean-up finds the record, or we find the mark of the clean-up.
    if (goesDown(site.dir)) {
      signalProcess(identity, 'SIGKILL')
      throw notStarted(name)
    }
  } finally {
    closeSync(log)
  }
}

/** A part that is started behind the clean-up, by whoever heals or restarts, would outlive the lab. */
function goesDown(dir: string): boolean {
  const state = readState(dir)
  return state === undefined || state.goingDown
}

function notStarted(name: PartName): LabError {
  return new LabError(`${name} was not started`, 'the lab is going down')
}

/** Sends the signal to the part; after a deadly one returns when it is gone. */
export async function killPart(site: Site, name: PartName, signal: NodeJS.Signals): Promise<void> {
  const known = recordedProcess(site.dir, name)
  if (!known) return
  signalProcess(known, signal)
  if (signal === 'SIGKILL' || signal === 'SIGTERM') await gone(known, 15_000)
}

/** Stops whatever of the lab still runs, servers after those they serve; nothing of it is started after that. */
export async function stopParts(dir: string): Promise<void> {
  const state = readState(dir)
  if (state) writeState(dir, { ...state, complete: false, goingDown: true })
  const running = recordedProcesses(dir)
  for (const group of stopOrder) {
    await Promise.all(
      group.map(async (name) => {
        const process = running.get(name)
        if (process) await stopProcess(process, parts[name].graceMs)
        forgetProcess(dir, name)
      }),
    )
  }
  endPrograms(dir)
}

function logFile(dir: string, name: PartName): string {
  return join(dir, 'log', `${name}.log`)
}

function lastWords(dir: string, name: PartName): string {
  const file = logFile(dir, name)
  const lines = readFileSync(file, 'utf8').trim().split('\n').slice(-5)
  return `its last words in ${file}:\n${lines.join('\n')}`
}
