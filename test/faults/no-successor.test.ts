/**
 * kill -9 while each changing step is at each of its points, and for more than a minute nobody takes over: what the timeline says then is
 * held against what is so. Prints the table.
 */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { historiesOf } from '../../client/replay/histories.ts'
import { replay } from '../../client/replay/replay.ts'
import { explain } from '../../domain/failures.ts'
import type { StepRun } from '../../domain/incident/fold/state.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { catalogue, isChange, kindOf } from '../../domain/steps/catalogue.ts'
import { restoreSteps } from '../../domain/steps/restore.ts'
import { findPostgres } from '../../lab/databases/programs.ts'
import { type Lab, labDown, labUp } from '../../lab/index.ts'
import { until as awaited } from '../../lab/waiting.ts'
import { reexecute } from '../../workers/reexecute.ts'
import { openCluster, type Server } from '../activities/postgres/cluster.ts'
import { testLabName } from '../lab/shared.ts'
import { skipWithout } from '../lab/skip.ts'
import {
  aoki,
  approve,
  command,
  finish,
  mori,
  type OpenWorld,
  ofType,
  openDesk,
  openWorld,
  sato,
  timeline,
  until,
  view,
} from '../scenarios/world.ts'
import { all, deeds, type Point, points, ranFile } from './deeds.ts'
import { type Gate, openGate } from './gate.ts'
import { openPlace, type Place, siteOf } from './place.ts'
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts'

const waits: readonly StepRun['status'][] = ['planning', 'running', 'verifying', 'checking']

describe('kill -9 without a successor', function () {
  this.timeout(600_000)
  let lab: Lab
  let here: OpenWorld
  const opened: { gate: Gate; worker: WorkerProcess }[] = []
  const places: Place[] = []
  let primary: Server
  const killings = new Map<Point, ReturnType<typeof killedAt>>()

  before(async function () {
    lab = await labUp({ name: testLabName('alone') })
    skipWithout(this, lab, 'exec', 'postgres', 'redis')
    const programs = findPostgres()
    if ('missing' in programs) assert.fail(programs.missing)
    primary = await openCluster(programs)
    here = await openWorld({ ...lab, env: { ...lab.env, HIKESHI_WORKER_ROLES: 'incidents' } })
    // One after the other up to its death, for hands wait for a few seconds only; then each is waited for, for more than a minute.
    for (const point of all) {
      const killed = await killedAt(point)
      const over = killed.givenUp.then(() => killed)
      over.catch(() => undefined)
      killings.set(point, over)
    }
  })
  after(async () => {
    await Promise.all(opened.map(({ worker }) => worker.stop()))
    await Promise.all([...opened.map(({ gate }) => gate), ...places].map((each) => each.close()))
    await primary?.close()
    await Promise.all(all.map((point) => rm(ranFile(point), { force: true })))
    await here?.close()
    await labDown(lab.name)
  })

  const startWorker = (point: Point, gate: Gate, { env }: Place) =>
    startWorkerProcess({
      ...process.env,
      ...lab.env,
      ...env,
      HIKESHI_CLUSTER: point,
      HIKESHI_KUBECONFIG: gate.kubeconfig,
      HIKESHI_WORKER_ROLES: 'cluster',
    })

  const bookOf = (book: Runbook, point: Point, place: Place): Runbook => ({
    ...book,
    cluster: point,
    namespace: place.namespace,
    services: {
      things: {
        title: { ja: '物', en: 'Things' },
        look: [{ kind: 'kubernetes.pods', with: { selector: 'app=none' } }],
      },
      site: { title: { ja: 'サイト', en: 'Site' }, health: siteOf(place) },
    } as never,
    symptoms: [
      {
        id: 'kills',
        title: { ja: '停止', en: 'Kills' },
        service: 'things',
        signs: [],
        steps: Object.entries(deeds).map(([id, { kind, with: words }]) => ({
          id,
          title: { ja: id, en: id },
          kind,
          with: words(point, place),
        })),
      },
    ] as never,
    severities: {
      ...book.severities,
      HIGH: { ...book.severities.HIGH, quick: [] },
      CRITICAL: {
        title: book.severities.CRITICAL.title,
        automatic: [],
        updateEvery: 900_000,
        quick: [],
      } as never,
      MEDIUM: { ...book.severities.MEDIUM, quick: [] },
      LOW: { ...book.severities.LOW, quick: [] },
    },
  })

  /** Brings every deed to the point and kills the worker there; `givenUp` once each incident has given the answer up. */
  async function killedAt(point: Point) {
    const place = await openPlace(lab, primary, point, ranFile(point))
    places.push(place)
    const gate = await openGate(lab.kubeconfig, join(lab.dir, `${point}.kubeconfig`))
    const one = { gate, worker: await startWorker(point, gate, place) }
    opened.push(one)
    const names = Object.keys(deeds).filter((name) => deeds[name]?.points.includes(point))
    const desk = await openDesk(here, { change: (book) => bookOf(book, point, place) })
    const incidents = new Map<string, string>()
    for (const name of names) {
      const { incident } = await desk.declare({ service: 'things', symptom: 'kills', fresh: true })
      incidents.set(name, incident)
      await until(here.client, incident, 'running', () => true)
    }
    const incidentOf = (name: string) => incidents.get(name) ?? assert.fail(name)
    const stepOf = async (name: string) => (await view(here.client, incidentOf(name))).state.steps[name]

    const armed = new Set<string>()
    const unheld = new Set(names)
    const forever = new Promise<void>(() => {})
    /** It comes last, and waits for its answer so shortly that on a busy machine it would have said what it did before it dies. */
    const isLoad = (name: string) => deeds[name]?.kind === 'http.load'
    /** Those that have come to their point with this request; it is never let through. */
    const hold = async (names: readonly string[]) => {
      for (const name of names) unheld.delete(name)
      if (names.some(isLoad)) await one.worker.kill()
      if (names.length > 0) await forever
    }
    const isAbout = (name: string, path: string) => new RegExp(`(/|=|%3D)${name}\\b`).test(path)
    gate.on({
      before: async (method, path) => {
        const held: string[] = []
        for (const name of armed) {
          // Some look at all pods of the namespace.
          const looks = isAbout(name, path) || /\/pods(\?|$)/.test(path)
          const isThere =
            (point === 'plan' && isAbout(name, path)) ||
            (point === 'before' && deeds[name]?.isDeed?.(method, path)) ||
            (point === 'verify' && looks && (await stepOf(name))?.status === 'verifying')
          if (isThere) held.push(name)
        }
        await hold(held)
      },
      answer: async (method, path) => {
        if (point === 'done') await hold([...armed].filter((name) => deeds[name]?.isDeed?.(method, path)))
      },
    })
    for (const [name, pipe] of Object.entries(place.pipes)) {
      let isSent = false
      pipe.on({
        asked: async (text) => {
          if (!armed.has(name)) return
          const isDeed = deeds[name]?.isSent?.test(text) ?? false
          isSent ||= isDeed
          const isThere =
            point === 'plan' ||
            (point === 'before' && isDeed) ||
            (point === 'verify' && (await stepOf(name))?.status === 'verifying')
          if (isThere) await hold([name])
        },
        answered: async () => {
          if (point === 'done' && isSent) await hold([name])
        },
      })
    }
    const ask = (name: string) => command(here.client, incidentOf(name), 'run', aoki, { step: name })
    const approved = async (names: readonly string[]) => {
      const needed = await Promise.all(
        names.map((name) =>
          until(
            here.client,
            incidentOf(name),
            `${name} proposed`,
            (v) => v.state.steps[name]?.status === 'proposed',
          ),
        ),
      )
      for (const name of names) armed.add(name)
      await Promise.all(
        names.map(async (name, i) => {
          await approve(here.client, incidentOf(name), name, sato)
          if ((needed[i]?.state.steps[name]?.approvalsNeeded ?? 0) > 1)
            await approve(here.client, incidentOf(name), name, mori)
        }),
      )
    }
    const bring = async (names: readonly string[]) => {
      if (point === 'plan') for (const name of names) armed.add(name)
      await Promise.all(names.map(ask))
      if (point !== 'plan') await approved(names)
      await awaited(async () => names.every((name) => !unheld.has(name)), {
        what: 'all to be held',
        withinMs: 120_000,
      }).catch(async () => {
        const late = names.filter((name) => unheld.has(name))
        const steps = await Promise.all(late.map(async (name) => [name, await stepOf(name)]))
        assert.fail(`${point}: did not come there: ${JSON.stringify(steps)}`)
      })
    }
    // Hands wait for a database a few seconds only, and for an answer to a request less: those come to their point last.
    await bring(names.filter((name) => !(name in place.pipes)))
    await bring(names.filter((name) => name in place.pipes && !isLoad(name)))
    // The program runs on its own, beside the answer that is held, and Redis empties itself.
    if (point === 'done')
      await awaited(
        async () => (await place.programRuns()) === 1 && (await deeds.flushed?.times(place)) === 1,
        { what: 'what was sent to be done', withinMs: 10_000 },
      )
    await bring(names.filter(isLoad))
    await one.worker.kill()
    const givenUp = Promise.all(
      names.map((name) =>
        until(
          here.client,
          incidentOf(name),
          `${name} given up`,
          ({ state }) => !waits.includes(state.steps[name]?.status ?? 'planning'),
          240_000,
        ),
      ),
    ).then(() => {
      gate.on(undefined)
      for (const pipe of Object.values(place.pipes)) pipe.on(undefined)
    })
    return { place, gate, one, names, incidentOf, stepOf, givenUp }
  }

  it('is tried with every kind of change that there is but those of a restore, which go on without a worker (test/restore/crashes.test.ts)', () => {
    const changes = Object.keys(catalogue).filter((name) => {
      const kind = kindOf(name)
      return kind !== undefined && isChange(kind) && !Object.hasOwn(restoreSteps, name)
    })
    assert.deepEqual(
      Object.values(deeds)
        .map(({ kind }) => kind)
        .toSorted(),
      changes.toSorted(),
    )
  })

  for (const point of all) {
    it(`${points[point]}: nothing is said that is not so, and a successor does nothing that nobody asks for`, async () => {
      const { place, gate, one, names, incidentOf, stepOf } = await (killings.get(point) ??
        assert.fail(point))
      const table: object[] = []
      const said = new Map<string, StepRun | undefined>()
      for (const name of names) {
        const step = await stepOf(name)
        said.set(name, step)
        const times = (await deeds[name]?.times(place)) ?? -1
        table.push({
          step: deeds[name]?.kind,
          'is done': times,
          says: `${step?.status}, changed: ${step?.changed ?? '-'}`,
          why: step?.failure === undefined ? '-' : explain(step.failure, 'en').what,
        })
      }
      console.log(points[point])
      console.table(table)
      for (const name of names) {
        const step = said.get(name)
        const times = (await deeds[name]?.times(place)) ?? -1
        assert.equal(step?.status, 'failed', `${name} waits for nobody`)
        assert.equal(times, point === 'plan' || point === 'before' ? 0 : 1, name)
        const honest = { plan: ['nothing'], before: ['unknown'], done: ['unknown'], verify: ['done'] }[point]
        assert.ok(honest.includes(step?.changed ?? '-'), `${name}: ${step?.changed}`)
      }
      one.worker = await startWorker(point, gate, place)
      for (const name of names) {
        const incident = incidentOf(name)
        const { state } = await view(here.client, incident)
        const number = state.situation.wanted
        await command(here.client, incident, 'situation', aoki, {})
        await until(
          here.client,
          incident,
          'it is looked at',
          (v) => (v.state.situation.taken?.number ?? 0) > number,
        )
        const events = await timeline(here.client, incident)
        assert.equal(ofType(events, 'step-done').length, point === 'verify' ? 1 : 0, name)
        assert.equal(ofType(events, 'step-verified').length, 0, name)
        assert.equal(await deeds[name]?.times(place), point === 'plan' || point === 'before' ? 0 : 1, name)
        await finish(here.client, incident)
        const verdict = await replay(incident, await historiesOf(incident, here.client, undefined), reexecute)
        assert.equal(verdict.verdict, 'identical', JSON.stringify(verdict.difference))
      }
    })
  }
})
