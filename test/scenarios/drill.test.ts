import assert from 'node:assert/strict'
import { NativeConnection, Worker } from '@temporalio/worker'
import { drillCall } from '../../activities/calls.ts'
import { refusal } from '../../activities/refusal.ts'
import { proved } from '../../client/doctor/drills.ts'
import { drillsKept } from '../../client/drills/reports.ts'
import { drillsScheduled, scheduleDrills, unscheduleDrills } from '../../client/drills/schedule.ts'
import { drillEnded, startDrill } from '../../client/drills/start.ts'
import { failureIn } from '../../client/failure-in.ts'
import { connect, type Temporal, temporalSettings } from '../../client/temporal/connect.ts'
import { type DrillReport, drillStaleAfterMs, unprovedSince } from '../../domain/restore/drill.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { restoreSteps } from '../../domain/steps/restore.ts'
import { until as eventually } from '../../lab/waiting.ts'
import {
  clusterQueue,
  type DeskView,
  type DrillInput,
  deskId,
  incidentsQueue,
  logsQueue,
} from '../../wire/messages.ts'
import { withAttempt } from '../../workers/attempts.ts'
import {
  aoki,
  command,
  fastForward,
  ofType,
  openDesk,
  timeline,
  until,
  view,
  type World,
  world,
} from './world.ts'

const cluster = `drills-${process.pid}`

/** The runbook of the lab with a restore of its database, in a cluster whose worker is the test. */
function withRestore(book: Runbook): Runbook {
  const restore = {
    id: 'restore',
    title: { ja: '復元', en: 'Restore' },
    kind: 'postgres.restore',
    with: { checks: [{ name: 'orders', rows: 'orders', atLeast: 1 }] },
  }
  const symptoms = book.symptoms.map((symptom) =>
    symptom.id === 'replication' ? { ...symptom, steps: [...symptom.steps, restore] } : symptom,
  )
  return { ...book, cluster, symptoms }
}

const good: DrillReport = {
  v: 1,
  drill: 'drill/shodo/1/postgres-backups',
  stanza: 'shodo',
  startedAt: '2026-11-30T03:00:00.000Z',
  endedAt: '2026-11-30T03:10:00.000Z',
  ok: true,
  target: '2026-11-29T12:00:00.000Z',
  backup: '20261129-030000F',
  timeline: 1,
  rtoMs: 60_000,
  rpoMs: 0,
  checks: [],
}
const why = { en: 'damaged in the repository: base/1/1247', ja: 'リポジトリに破損があります: base/1/1247' }
const bad: DrillReport = { ...good, ok: false, failure: why }

describe('a drill over Temporal', function () {
  this.timeout(120_000)
  let here: World
  let temporal: Temporal
  let native: NativeConnection
  let working: Promise<unknown>
  let workers: readonly Worker[] = []
  const answers: (DrillReport | Error)[] = []
  let reports: readonly DrillReport[] | Error = [good, bad]
  const calls: ReturnType<typeof drillCall>[] = []

  before(async function () {
    this.timeout(300_000)
    here = await world()
    temporal = await connect(temporalSettings(here.env))
    native = await NativeConnection.connect({ address: here.env.TEMPORAL_ADDRESS ?? '' })
    const drills = await Worker.create({
      connection: native,
      taskQueue: clusterQueue(cluster),
      activities: withAttempt({
        drill: async (input: unknown) => {
          calls.push(drillCall(input))
          const answer = answers.shift() ?? good
          if (answer instanceof Error) throw answer
          return answer
        },
        readParts: async () => ({}),
        drillReports: async () => {
          if (reports instanceof Error) throw reports
          return reports
        },
      }),
    })
    // Time that is skipped stands still while nobody takes a call up.
    const logs = await Worker.create({
      connection: native,
      taskQueue: logsQueue(cluster),
      activities: withAttempt({ followLogs: async () => null }),
    })
    workers = [drills, logs]
    working = Promise.all(workers.map((worker) => worker.run()))
  })
  after(async () => {
    for (const worker of workers) worker.shutdown()
    await working
    await native?.close()
    await temporal?.close()
  })

  const drilled = async (desk: string, answer: DrillReport | Error) => {
    answers.push(answer)
    return drillEnded(temporal, await startDrill(temporal, desk))
  }
  const openAt = async (desk: string) => {
    const { state } = await here.client.workflow.getHandle(deskId(desk)).query<DeskView>('desk')
    return Object.keys(state.open)
  }

  it('that proves the backup says so, and calls nobody', async () => {
    const desk = await openDesk(here, { change: withRestore })
    assert.deepEqual(await drilled(desk.name, good), [{ backups: 'postgres-backups', report: good }])
    assert.deepEqual(await openAt(desk.name), [])
    const { context, params } = calls.at(-1) ?? assert.fail()
    assert.match(context.stepRun, new RegExp(`^drill/${desk.name}/.*/postgres-backups$`))
    assert.deepEqual(Object.keys(params).toSorted(), ['backups', 'checks', 'zone'])
  })

  it('that fails again and again is one incident of the database, and people are paged', async () => {
    const desk = await openDesk(here, { change: withRestore })
    const [first] = await drilled(desk.name, bad)
    const incident = first?.incident ?? assert.fail('no incident')
    const { state } = await until(here.client, incident, 'open', () => true)
    const [opened] = ofType(await timeline(here.client, incident), 'declared')
    assert.deepEqual([state.service, state.severity], ['database', 'HIGH'])
    assert.match(
      JSON.stringify(opened),
      /The restore drill of postgres-backups failed: damaged in the repository: base\/1\/1247/,
    )
    await fastForward(here, incident, 3_600)
    await eventually(async () => (await here.pages()).some((page) => page.incident === incident), {
      what: 'a page',
      withinMs: 30_000,
    })
    // The worker of the cluster may not be there either.
    const [second] = await drilled(
      desk.name,
      refusal('disk-too-small', { needs: '2 GB', where: '/copies', free: '1 GB' }),
    )
    assert.equal(second?.failure?.name, 'disk-too-small')
    assert.equal(second?.incident, incident)
    assert.deepEqual(await openAt(desk.name), [incident])
    assert.equal((await view(here.client, incident)).state.phase, 'investigating')
    await command(here.client, incident, 'cancel', aoki, { reason: 'test' })
  })

  it('that gives way to a restore is no failure', async () => {
    const desk = await openDesk(here, { change: withRestore })
    for (const name of ['copy-exists', 'copy-of-drill', 'drill-yielded'] as const) {
      const [only] = await drilled(desk.name, refusal(name, { stanza: 'shodo', by: 'shodo-1/restore' }))
      assert.deepEqual([only?.failure?.name, only?.incident], [name, undefined])
    }
    assert.deepEqual(await openAt(desk.name), [])
  })

  it('that gives way for longer than two of its times calls people, with what it gave way to', async () => {
    const desk = await openDesk(here, { change: withRestore })
    const day = 86_400_000
    const times = { everyMs: day, sinceMs: Date.now() - 30 * day }
    const scheduled = async (kept: readonly DrillReport[] | Error, at = times) => {
      reports = kept
      answers.push(refusal('drill-yielded', { stanza: 'shodo', by: 'shodo-1/restore' }))
      const args: [DrillInput] = [{ desk: desk.name, times: at }]
      const workflowId = `drill/${desk.name}/${crypto.randomUUID()}`
      await here.client.workflow.start('drill', { workflowId, taskQueue: incidentsQueue, args })
      const [only] = await drillEnded(temporal, workflowId).finally(() => {
        reports = [good, bad]
      })
      return only
    }
    const ago = (days: number) => [{ ...good, startedAt: new Date(Date.now() - days * day).toISOString() }]
    assert.equal((await scheduled(ago(1)))?.incident, undefined)
    assert.equal((await scheduled([], { ...times, sinceMs: Date.now() - day }))?.incident, undefined)
    assert.deepEqual(await openAt(desk.name), [])
    const late = await scheduled(ago(12))
    assert.equal(late?.failure?.name, 'drill-yielded')
    const incident = late?.incident ?? assert.fail('no incident')
    await until(here.client, incident, 'open', () => true)
    const [opened] = ofType(await timeline(here.client, incident), 'declared')
    assert.match(
      JSON.stringify(opened),
      /No restore drill of postgres-backups has ended for 12d.*: HK367 The drill of shodo gave way to shodo-1\/restore/,
    )
    // Never one since it is scheduled, and nobody who could say.
    assert.equal((await scheduled([]))?.incident, incident)
    assert.equal(
      (await scheduled(refusal('command-failed', { command: 'cat', reason: 'x' })))?.incident,
      incident,
    )
    await command(here.client, incident, 'cancel', aoki, { reason: 'test' })
  })

  it('is refused where the runbook restores nothing', async () => {
    const restoring = (kind: string) => kind.startsWith('postgres.') && Object.hasOwn(restoreSteps, kind)
    const desk = await openDesk(here, {
      change: (book) => ({
        ...book,
        cluster,
        symptoms: book.symptoms.flatMap((symptom) => {
          const steps = symptom.steps.filter(({ kind }) => !restoring(kind))
          return steps.length === 0 ? [] : [{ ...symptom, steps }]
        }),
      }),
    })
    const refused = await startDrill(temporal, desk.name).catch(failureIn)
    assert.equal(typeof refused === 'object' && refused.name, 'no-restore-step')
  })

  it('comes by itself at its times, is changed and taken back; what was found is read from the worker', async () => {
    const desk = await openDesk(here, { change: withRestore })
    const zone = 'Asia/Tokyo'
    const weekly = await scheduleDrills(temporal, desk.name, { cron: '0 3 * * 0', zone })
    assert.equal(new Date(weekly ?? 0).toISOString().slice(11), '18:00:00.000Z')
    const daily = await scheduleDrills(temporal, desk.name, { cron: '30 4 * * *', zone })
    assert.equal(new Date(daily ?? 0).toISOString().slice(11), '19:30:00.000Z')
    assert.equal((await drillsScheduled(temporal, desk.name))?.times?.everyMs, 86_400_000)
    for (const times of [
      { cron: 'whenever', zone },
      { cron: '0 3 * * 0', zone: 'Asia/Nowhere' },
    ]) {
      const refused = await scheduleDrills(temporal, desk.name, times).catch(failureIn)
      assert.equal(typeof refused === 'object' && refused?.name, 'bad-input')
    }
    const before = calls.length
    await here.client.schedule.getHandle(`drill/${desk.name}`).trigger()
    await eventually(async () => calls.length > before, { what: 'the drill', withinMs: 30_000 })
    const { action } = await here.client.schedule.getHandle(`drill/${desk.name}`).describe()
    const [input] = action.type === 'startWorkflow' ? (action.args as readonly DrillInput[]) : []
    assert.deepEqual([input?.desk, input?.times?.everyMs], [desk.name, 86_400_000])
    assert.match(calls.at(-1)?.context.incident ?? '', new RegExp(`^drill/${desk.name}/at-20`))
    assert.equal(await unscheduleDrills(temporal, desk.name), true)
    assert.equal(await drillsScheduled(temporal, desk.name), undefined)
    assert.equal(await unscheduleDrills(temporal, desk.name), false)
    assert.deepEqual(await drillsKept(temporal, desk.name), { 'postgres-backups': [good, bad] })
  })
})

describe('what the doctor makes of drills', () => {
  const at = (ageMs: number) => Date.parse(good.startedAt) + ageMs
  it('warns where none has proved the backup, the last one failed, or is older than eight days', () => {
    const status = (reports: readonly DrillReport[], ageMs: number) =>
      proved('drills', 'shodo', reports, at(ageMs)).status
    assert.equal(status([], 0), 'warn')
    assert.equal(status([bad, good], 1), 'warn')
    assert.equal(status([good], drillStaleAfterMs() + 1), 'warn')
    assert.equal(status([good, bad], drillStaleAfterMs() - 1), 'ok')
  })

  it('goes by twice the times that are scheduled, and says that drills may have given way', () => {
    const times = { everyMs: 30 * 86_400_000, sinceMs: 0 }
    const check = (ageMs: number) => proved('drills', 'shodo', [good], at(ageMs), times)
    assert.equal(check(2 * times.everyMs).status, 'ok')
    assert.equal(check(2 * times.everyMs + 1).status, 'warn')
    assert.match(
      check(3 * times.everyMs).says.en,
      /no scheduled drill has ended for 90d: later ones may have/,
    )
  })

  it('says of no schedule that was made a moment ago that it gave way', () => {
    const times = { everyMs: 86_400_000, sinceMs: at(9 * 86_400_000 - 3_600_000) }
    const { status, says } = proved('drills', 'shodo', [good], at(9 * 86_400_000), times)
    assert.deepEqual([status, says.en], ['warn', 'the last drill was 9d ago'])
  })

  it('counts from the newest report, and before any from when they were scheduled', () => {
    const times = { everyMs: 1_000, sinceMs: 5_000 }
    const reportAt = (ms: number) => ({ startedAt: new Date(ms).toISOString() })
    assert.equal(unprovedSince([], times, 7_000), undefined)
    assert.equal(unprovedSince([], times, 7_001), 5_000)
    assert.equal(unprovedSince([reportAt(9_000), reportAt(6_000)], times, 11_000), undefined)
    assert.equal(unprovedSince([reportAt(9_000), reportAt(6_000)], times, 11_001), 9_000)
  })
})
