/** `hikeshi stats` over ten thousand archived incidents, as it is installed: how long, and how much memory. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { recordOf } from '../domain/figures/record.ts'
import type { IncidentEvent } from '../domain/incident/fold/events.ts'
import { severities } from '../domain/words.ts'
import { sourceOf } from '../test/domain/postmortem/told.ts'
import { storedIncidents } from '../test/replay/histories.ts'
import { archiveFolder } from '../wire/archive.ts'
import type { Figure, Here } from './figure.ts'

const incidents = 10_000
const atOnce = 50
const dayMs = 86_400_000

/** The most memory that the process ever had, as the kernel counted it. */
const tellsPeak = `process.on('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS))`

export async function measureStats({ env }: Pick<Here, 'env'>): Promise<readonly Figure[]> {
  const archive = await mkdtemp(join(tmpdir(), 'hikeshi-bench-stats-'))
  try {
    await fill(archive)
    const { seconds, peakMib, counted } = await measured(archive, env)
    // Those of the lab besides.
    if (counted < incidents) throw new Error(`${counted} of ${incidents} were counted`)
    return [
      { what: `stats over ${incidents} archived incidents`, value: seconds, unit: 's', limit: 5 },
      { what: `stats over ${incidents} archived incidents, memory`, value: peakMib, unit: 'MiB', limit: 300 },
    ]
  } finally {
    await rm(archive, { recursive: true })
  }
}

/** Incidents of two years, each with the figures of a stored one at another time; histories and events are links to one file. */
async function fill(archive: string): Promise<void> {
  const plays = storedIncidents().map((kept) => ({ kept, ...sourceOf(kept) }))
  const big = join(archive, 'big')
  await writeFile(big, JSON.stringify(plays[0]?.kept.histories))
  const one = async (number: number) => {
    const { opening, events } = plays[number % plays.length] ?? plays[0] ?? { events: [] }
    if (opening === undefined) throw new Error('no history is kept')
    const incident = `shodo-${number}`
    const folder = archiveFolder(archive, incident)
    await mkdir(folder)
    const moved = events.map((event) => movedTo(event, number))
    const record = recordOf({
      incident,
      run: 1,
      runId: `run-of-${number}`,
      events: moved,
      book: opening.runbook.book,
    })
    await writeFile(join(folder, 'run-0001.figures.json'), `${JSON.stringify(record)}\n`)
    for (const what of ['history', 'events']) await link(big, join(folder, `run-0001.${what}.json`))
  }
  for (let at = 1; at <= incidents; at += atOnce)
    await Promise.all(Array.from({ length: Math.min(atOnce, incidents - at + 1) }, (_, i) => one(at + i)))
}

function movedTo(event: IncidentEvent, number: number): IncidentEvent {
  const at = new Date(Date.parse(event.at) - (number % 730) * dayMs).toISOString()
  if (event.type !== 'declared') return { ...event, at }
  const severity = severities[number % severities.length] ?? 'LOW'
  return { ...event, at, data: { ...event.data, severity } }
}

async function measured(
  archive: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly seconds: number; readonly peakMib: number; readonly counted: number }> {
  const start = performance.now()
  const child = spawn(process.execPath, ['dist/hikeshi.js', 'stats', '--by', 'week', '-o', 'json'], {
    env: {
      ...env,
      HIKESHI_ARCHIVE: archive,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tellsPeak)}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  const seconds = (performance.now() - start) / 1_000
  const peakKib = Number(/peak (\d+)$/.exec(err)?.[1])
  return { seconds, peakMib: peakKib / 1_024, counted: JSON.parse(out).all.incidents }
}
