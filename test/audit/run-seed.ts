/** One seed: a world of its own, a storm over it, and the judgment. */
import { mkdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openIncidents } from '../../client/incidents/incidents.ts'
import { connect, temporalSettings } from '../../client/temporal/connect.ts'
import { openReceiver, type Received, type Receiver } from '../faults/receiver.ts'
import type { BuiltWorker } from './build-worker.ts'
import { type Chance, chanceOf } from './chance.ts'
import { type Crew, crewOf } from './crew.ts'
import { type Doors, openDoors } from './doors.ts'
import { type Entry, journal } from './journal.ts'
import { type Evidence, gather, headFaults, historyFaults, taskTimeouts } from './judge/evidence.ts'
import { type Fault, faultKinds } from './judge/fault.ts'
import { judgePages } from './judge/pages.ts'
import { reportFaults } from './judge/reports.ts'
import { liveThrough } from './people.ts'
import { auditBook, channel } from './runbook.ts'
import { type Server, startServer } from './server.ts'
import { settle } from './settle.ts'
import { clock, lookOn, rage, soundAlerts } from './storm.ts'

export type Scale = {
  readonly incidents: number
  readonly kills: number
  readonly workers: number
  readonly worker: Pick<BuiltWorker, 'file' | 'workflows'>
}

export type Judged = {
  readonly seed: number
  readonly kills: number
  readonly proofs: readonly { readonly workflow: string; readonly identical: boolean }[]
  readonly faults: readonly Fault[]
  /** Lateness of pages, ms: all of them, and those during which a worker stood by and Temporal was there. */
  readonly lateMs: readonly number[]
  readonly stoodByMs: readonly number[]
  readonly timedOutTasks: number
}

const secret = 'the-receivers-own-secret-of-32-ch'
const killEveryMs = 2_500

export type Told = (what: string) => void

export async function runSeed(
  seed: number,
  name: string,
  scale: Scale,
  tell: Told,
): Promise<{ readonly judged: Judged; readonly evidence: readonly Evidence[] }> {
  const chance = chanceOf(`audit ${seed}`)
  const closers: (() => Promise<unknown>)[] = []
  try {
    const server = await startServer(name)
    closers.push(server.remove)
    const receiver = await openReceiver(secret)
    closers.push(receiver.close)
    const { crew, doors, entries } = await openWorld(seed, scale, server, receiver, closers)
    const desks = await openDesks(doors, seed)
    tell('storm')
    await storm({ crew, server, receiver, doors, entries, desks, scale, chance, tell })
    tell('settling')
    const settledMs = Date.now()
    const known = new Set(entries.flatMap(({ incident }) => (incident === undefined ? [] : [incident])))
    const { incidents, stuck } = await settle(doors, desks, [...known])
    tell('judging')
    const workflows = [...desks.map((desk) => `desk/${desk}`), ...incidents]
    const evidence = await gather(doors.temporal.client, workflows, scale.worker.workflows)
    const heads = await Promise.all(desks.map((desk) => doors.desk(desk).catch(() => undefined)))
    const pages = judgePages(entries, receiver.received, evidence, settledMs)
    const faults = [
      ...evidence.flatMap(historyFaults),
      ...desks.flatMap((desk, i) =>
        headsOf(evidence, desk).flatMap((own) => headFaults(own, heads[i]?.head)),
      ),
      ...reportFaults(entries, evidence),
      ...pages.faults,
      ...stuck.map(
        ({ workflow, awaited }): Fault => ({
          kind: 'stuck',
          of: workflow,
          says: `awaited in vain: ${awaited}`,
        }),
      ),
      ...receiver.defects.map((defect): Fault => ({ kind: 'unwanted', of: 'receiver', says: defect })),
    ]
    const stoodBy = pages.late.filter(
      ({ dueMs, atMs }) => !crew.nobody.touch(dueMs, atMs) && !server.away.touch(dueMs, atMs),
    )
    const lateness = ({ dueMs, atMs }: { dueMs: number; atMs: number }) => Math.max(0, atMs - dueMs)
    const rank = ({ kind }: Fault) => faultKinds.indexOf(kind)
    const judged = {
      seed,
      kills: scale.kills,
      proofs: evidence.map(({ workflow, verdict: { identical } }) => ({ workflow, identical })),
      faults: faults.toSorted((a, b) => rank(a) - rank(b)),
      lateMs: pages.late.map(lateness),
      stoodByMs: stoodBy.map(lateness),
      timedOutTasks: taskTimeouts(evidence),
    }
    return { judged, evidence }
  } finally {
    for (const close of closers.toReversed()) await close().catch(() => undefined)
  }
}

function headsOf(evidence: readonly Evidence[], desk: string): readonly Evidence[] {
  return evidence.filter(({ workflow }) => workflow === `desk/${desk}`)
}

async function openWorld(
  seed: number,
  scale: Scale,
  server: Server,
  receiver: Receiver,
  closers: (() => Promise<unknown>)[],
) {
  const channels = join(server.dir, 'channels.yaml')
  await writeFile(
    channels,
    `channels:\n  ${channel}: { kind: webhook, url: '${receiver.url}', secretEnv: PAGER_SECRET }\n`,
  )
  const env = {
    ...process.env,
    ...server.env,
    HIKESHI_CHANNELS: channels,
    HIKESHI_ARCHIVE: join(server.dir, 'archive'),
    PAGER_SECRET: secret,
    AUDIT_SEED: String(seed),
  }
  const logs = join(server.dir, 'log')
  mkdirSync(logs, { recursive: true })
  const crew = crewOf(scale.workers, scale.worker.file, env, logs)
  closers.push(crew.dismiss)
  await crew.complete()
  const temporal = await connect(temporalSettings({ ...env }))
  closers.push(temporal.close)
  const { entries, write } = journal()
  return { crew, doors: openDoors(temporal, { entries, write }), entries }
}

/** One desk as in daily life, and one that is continued as new all the time, and its incidents with it. */
async function openDesks(doors: Doors, seed: number): Promise<readonly string[]> {
  const by = { kind: 'person', id: 'aoki', verified: true } as const
  const incidents = openIncidents(doors.temporal)
  const desks = [`whole${seed}`, `cut${seed}`]
  await incidents.publish({ book: auditBook(desks[0] ?? ''), by })
  await incidents.publish({ book: auditBook(desks[1] ?? ''), by, continueAfterEvents: 70 })
  return desks
}

type Weather = {
  readonly crew: Crew
  readonly server: Server
  readonly receiver: Receiver
  readonly doors: Doors
  readonly entries: readonly Entry[]
  readonly desks: readonly string[]
  readonly scale: Scale
  readonly chance: Chance
  readonly tell: Told
}

async function storm({ crew, server, receiver, doors, entries, desks, scale, chance, tell }: Weather) {
  const lastsMs = scale.kills * killEveryMs
  const over = new AbortController()
  const holds = chance.branch('receiver')
  // A page that is taken and not yet answered is the worst moment to die in.
  receiver.onPage(async (_: Received) => holds.pause(0, holds.of([5, 50, 400])))
  const time = clock()
  const stories = Array.from({ length: scale.incidents }, (_, i) => {
    const own = chance.branch(`story ${i}`)
    const begins = time.strikes(own.between(0, Math.max(1, scale.kills - 3)))
    const story = { desk: own.of(desks), name: `${i}`, begins, lastsMs: lastsMs * 0.5 }
    return liveThrough(doors, story, own)
  })
  const alerts = Array.from({ length: Math.ceil(scale.incidents / 8) }, (_, i) => {
    const own = chance.branch(`alerts ${i}`)
    const id = own
      .between(1, 2 ** 31)
      .toString(16)
      .padStart(32, '0')
    return soundAlerts(doors, own.of(desks), { id, lastsMs }, own)
  })
  const known = () => [
    ...new Set(entries.flatMap(({ incident }) => (incident === undefined ? [] : [incident]))),
  ]
  const looking = lookOn(doors, { desks, incidents: known }, over.signal, chance.branch('onlookers'))
  const freezing = freezeOnce(doors, desks[0] ?? '', lastsMs, chance.branch('freeze'))
  let killed = 0
  const raging = rage(
    crew,
    server,
    {
      kills: scale.kills,
      everyMs: killEveryMs,
      onKill: (what) => {
        time.strike()
        tell(`kill ${++killed} of ${scale.kills}: ${what}, ${known().length} incidents known`)
      },
    },
    chance.branch('storm'),
  )
  let told = 0
  for (const story of stories)
    void story.then(() => {
      told += 1
      if (killed === scale.kills) tell(`${told} of ${stories.length} stories at their end`)
    })
  await Promise.all([...stories, ...alerts, freezing, raging])
  over.abort()
  await looking
}

async function freezeOnce(doors: Doors, desk: string, lastsMs: number, chance: Chance): Promise<void> {
  const by = { kind: 'person', id: 'mori', verified: true } as const
  await chance.pause(lastsMs / 4, lastsMs / 2)
  await doors.freeze(desk, true, by)
  await chance.pause(500, 3_000)
  await doors.freeze(desk, false, by)
}
