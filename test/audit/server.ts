/** A lab that is nothing but Temporal: a server process with its data in a file, so that it survives its own kill -9. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBinaries } from '../../lab/binaries.ts'
import { cacheDir, labDir } from '../../lab/folders.ts'
import { labDown } from '../../lab/index.ts'
import { withLock } from '../../lab/lock.ts'
import type { Site } from '../../lab/part.ts'
import { configureTemporal, temporalNamespace } from '../../lab/parts/temporal.ts'
import { chooseBase, portsFrom } from '../../lab/ports.ts'
import { killPart, startPart } from '../../lab/running.ts'
import { takenBases, writeState } from '../../lab/state.ts'
import { type Absences, absences } from './absences.ts'

export type Server = {
  readonly dir: string
  readonly env: Readonly<Record<string, string>>
  /** When it was not there. */
  readonly away: Absences
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
  readonly remove: () => Promise<void>
}

export async function startServer(name: string): Promise<Server> {
  const dir = labDir(name)
  const binaries = await ensureBinaries()
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const base = await withLock(join(cacheDir(), 'locks', 'ports.lock'), async () => {
    const free = await chooseBase(takenBases())
    const createdAt = new Date().toISOString()
    const data = join(dir, 'data')
    writeState(dir, { name, base: free, createdAt, without: {}, data, complete: false, goingDown: false })
    return free
  })
  const site: Site = { name, dir, ports: portsFrom(base), binaries, data: join(dir, 'data'), without: {} }
  configureTemporal(site)
  const away = absences()
  await startPart(site, 'temporal')
  return {
    dir,
    env: { TEMPORAL_ADDRESS: `127.0.0.1:${site.ports.temporal}`, TEMPORAL_NAMESPACE: temporalNamespace },
    away,
    kill: async () => {
      away.begin()
      await killPart(site, 'temporal', 'SIGKILL')
    },
    start: async () => {
      await startPart(site, 'temporal')
      away.end()
    },
    remove: () => labDown(name),
  }
}
