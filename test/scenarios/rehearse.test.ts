/** Rehearsals against the API server of the lab: what they prove, what they find, and that they leave everything as it was. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { practiceEnded, startPractice } from '../../client/drills/practice.ts'
import { drillsScheduled, scheduleDrills, unscheduleDrills } from '../../client/drills/schedule.ts'
import { rehearsalsKept } from '../../client/incidents/proofs.ts'
import { showIncident } from '../../client/incidents/show.ts'
import { toldByWorker } from '../../client/incidents/shown.ts'
import { connect, type Temporal, temporalSettings } from '../../client/temporal/connect.ts'
import type { Failure } from '../../domain/failures.ts'
import type { RehearsalReport } from '../../domain/rehearsal/rehearsal.ts'
import { Refused } from '../../edge/refused.ts'
import { applyWorkerRights } from '../../lab/cluster-setup.ts'
import { until as eventually } from '../../lab/waiting.ts'
import { deskId } from '../../wire/messages.ts'
import { smallBook } from '../domain/incident/small-runbook.ts'
import { hikeshi } from '../surfaces/cli-process.ts'
import { aoki, command, type Desk, openDesk, proposed, until, type World, world } from './world.ts'

type Step = { readonly id: string; readonly kind: string; readonly with?: object }

const deployment = 'shodo-backend'
const steps: readonly Step[] = [
  { id: 'look', kind: 'kubernetes.logs', with: { deployment } },
  { id: 'more', kind: 'kubernetes.scale', with: { deployment, replicas: 7 } },
  { id: 'enough', kind: 'kubernetes.scale', with: { deployment, replicas: 'as it is' } },
  { id: 'again', kind: 'kubernetes.rollout-restart', with: { deployment } },
  { id: 'room', kind: 'kubernetes.set-resources', with: { deployment, limits: { memory: '6Gi' } } },
  { id: 'fresh', kind: 'kubernetes.delete-pods', with: { selector: `app=${deployment}`, notReady: false } },
  { id: 'load', kind: 'http.load', with: { url: '$service.health', requests: 1, concurrency: 1 } },
  { id: 'back', kind: 'kubernetes.rollout-undo', with: { deployment } },
]

describe('a rehearsal', function () {
  this.timeout(300_000)
  let here: World
  let temporal: Temporal
  let desk: Desk
  let replicas: number

  before(async () => {
    here = await world()
    temporal = await connect(temporalSettings(here.env))
    const { spec } = await here.lab
      .cluster()
      .get<{ spec: { replicas: number } }>(`/apis/apps/v1/namespaces/shodo/deployments/${deployment}`)
    replicas = spec.replicas
    desk = await deskOf(steps)
  })
  after(() => temporal?.close())

  function deskOf(own: readonly Step[]): Promise<Desk> {
    return openDesk(here, {
      change: ({ runbook, services }) => {
        const { symptoms, severities, people, ...book } = smallBook()
        const [first] = symptoms
        assert.ok(first)
        const filled = own.map(({ with: params = {}, ...step }) => ({
          title: { ja: step.id, en: step.id },
          ...step,
          with: Object.fromEntries(
            Object.entries(params).map(([name, value]) => [name, value === 'as it is' ? replicas : value]),
          ),
        }))
        const { backend } = services
        assert.ok(backend)
        return {
          ...book,
          runbook,
          cluster: 'lab',
          namespace: 'shodo',
          people: Object.fromEntries(
            Object.entries(people).map(([name, person]) => [name, { ...person, channels: ['log'] }]),
          ),
          services: { ...book.services, backend: { ...backend, dependsOn: [] } },
          symptoms: [{ ...first, service: 'backend', steps: filled }],
          severities: Object.fromEntries(
            Object.entries(severities).map(([name, { recoverWithin: _, ...one }]) => [
              name,
              { ...one, quick: [], automatic: [] },
            ]),
          ) as unknown as typeof severities,
        }
      },
    })
  }

  /** Why the next one that comes by itself tries nothing. */
  const refusedNow = async (of: string): Promise<Failure> => {
    const before = (await recentActions(of)).map(({ firstExecutionRunId }) => firstExecutionRunId)
    await temporal.client.schedule.getHandle(`rehearse/${of}`).trigger()
    const next = await eventually(
      async () => (await recentActions(of)).find((one) => !before.includes(one.firstExecutionRunId)),
      { what: 'the next rehearsal', withinMs: 30_000 },
    )
    const ended: unknown = await practiceEnded(temporal, next.workflowId).catch((error: unknown) => error)
    assert.ok(ended instanceof Refused, JSON.stringify(ended))
    return ended.failure
  }

  const recentActions = async (of: string) => {
    const { info } = await temporal.client.schedule.getHandle(`rehearse/${of}`).describe()
    return info.recentActions.map(({ action }) => action.workflow)
  }

  const rehearsed = async (of = desk): Promise<RehearsalReport> =>
    practiceEnded<RehearsalReport>(temporal, await startPractice(temporal, 'rehearse', of.name))

  /** `more dry-run`, `back not-now`, `look forbidden`. */
  const shortly = ({ steps: all }: RehearsalReport) =>
    all.map((step) =>
      [step.step, step.ok === true ? step.tried : step.ok === false ? step.failure.name : 'not-now'].join(
        ' ',
      ),
    )

  it('tries every step as far as its kind can, and leaves the cluster as it was', async () => {
    const before = await everything(here)
    const report = await rehearsed()
    assert.deepEqual(await everything(here), before)
    assert.deepEqual(shortly(report), [
      'look read',
      'more dry-run',
      'enough nothing-to-do',
      'again dry-run',
      'room dry-run',
      'fresh dry-run',
      'load planned',
      'back dry-run',
    ])
    assert.deepEqual(
      [report.runbook, report.version, report.told, report.untried],
      [desk.name, 1, undefined, undefined],
      JSON.stringify(report),
    )
  })

  it('finds a Deployment and a container that were renamed, and a right that was taken away', async () => {
    const renamed = await deskOf([
      { id: 'more', kind: 'kubernetes.scale', with: { deployment: 'shodo-backend-v1', replicas: 7 } },
      { id: 'again', kind: 'kubernetes.rollout-restart', with: { deployment } },
      {
        id: 'room',
        kind: 'kubernetes.set-resources',
        with: { deployment, container: 'gone', limits: { memory: '1Gi' } },
      },
    ])
    assert.deepEqual(shortly(await rehearsed(renamed)), [
      'more target-not-found',
      'again dry-run',
      'room precondition-failed',
    ])
    const role = '/apis/rbac.authorization.k8s.io/v1/namespaces/shodo/roles/hikeshi-operator'
    type Role = { rules: { resources: string[] }[] }
    const { rules } = await here.lab.cluster().get<Role>(role)
    const without = rules.filter(({ resources }) => !resources.includes('deployments'))
    assert.notEqual(without.length, rules.length)
    await here.lab.cluster().mergePatch(role, { rules: without })
    try {
      const report = await eventually(
        async () => {
          const found = await rehearsed(renamed)
          return shortly(found)[1] === 'again dry-run' ? undefined : found
        },
        { what: 'the right to be gone', withinMs: 60_000 },
      )
      const again = report.steps.find(({ step }) => step === 'again') ?? assert.fail()
      assert.ok(again.ok === false && again.failure.name === 'forbidden', JSON.stringify(again))
    } finally {
      await applyWorkerRights(here.lab.cluster())
    }
  })

  it('that comes by itself tells the people of the first level what would fail, and gives way to an incident', async () => {
    const rotten = await deskOf([
      { id: 'more', kind: 'kubernetes.scale', with: { deployment: 'shodo-backend-v1', replicas: 7 } },
    ])
    await scheduleDrills(temporal, rotten.name, { cron: '0 3 * * *', zone: 'Asia/Tokyo' }, 'rehearse')
    assert.equal((await drillsScheduled(temporal, rotten.name, 'rehearse'))?.times?.everyMs, 86_400_000)
    assert.equal(await drillsScheduled(temporal, rotten.name), undefined)
    await temporal.client.schedule.getHandle(`rehearse/${rotten.name}`).trigger()
    const [report = assert.fail()] = await eventually(
      async () => {
        const kept = await rehearsalsKept(temporal, rotten.name)
        return kept.length > 0 ? kept : undefined
      },
      { what: 'the report', withinMs: 120_000 },
    )
    assert.deepEqual(shortly(report), ['more target-not-found'])
    const [first = assert.fail()] = rotten.book.escalation.levels
    assert.deepEqual([report.told, report.untold], [first.notify, undefined])
    const pages = (await readFile(join(here.lab.dir, 'pages.jsonl'), 'utf8')).split('\n').filter(Boolean)
    const told = pages
      .map((line) => JSON.parse(line))
      .filter(({ incident }) => incident === `desk/${rotten.name}`)
    assert.deepEqual(
      told.map(({ reason, person }) => [reason, person]),
      first.notify.map((person) => ['rehearsal-failed', person]),
    )
    assert.match(told[0].says.en, /1 step of the runbook .+ would fail now: backend\/more: HK402 /)
    const { incident } = await rotten.declare({ service: 'backend', severity: 'HIGH' })
    const yielded = await refusedNow(rotten.name)
    assert.deepEqual(
      [yielded.name, yielded.params],
      ['rehearsal-yielded', { runbook: rotten.name, incident }],
    )
    assert.equal((await rehearsed(rotten)).steps.length, 1)
    await command(here.client, incident, 'cancel', aoki, { reason: 'the test is over' })
    const order = { v: 1, by: aoki, reason: 'moved' }
    await here.client.workflow.getHandle(deskId(rotten.name)).executeUpdate('withdraw', { args: [order] })
    assert.equal((await refusedNow(rotten.name)).name, 'runbook-withdrawn')
    assert.ok(await unscheduleDrills(temporal, rotten.name, 'rehearse'))
  })

  it('proves the whole runbook of shodo: no step of it is rot, and only what wants a copy has none to work on', async () => {
    const report = await rehearsed(await openDesk(here))
    assert.deepEqual(
      report.steps.filter(({ ok }) => ok === false),
      [],
    )
    const aside = report.steps.filter(({ ok }) => ok === null).map(({ kind }) => kind)
    assert.deepEqual(aside, ['postgres.cut-over', 'postgres.salvage'])
    assert.ok(report.steps.length > 100, `${report.steps.length}`)
    const programs = report.steps.filter(({ kind }) => kind === 'kubernetes.exec-read')
    assert.deepEqual([...new Set(programs.map((step) => step.ok === true && step.says.en))], [''])
  })

  it('is told of beside the step that waits for approval, and so is that there was none', async () => {
    const other = await deskOf(steps)
    for (const [of, says] of [
      [desk, /Last proved {2,}\S+ ago on this version: tried \(dry run\)/],
      [other, /Last proved {2,}never/],
    ] as const) {
      if (of === desk) await rehearsed(desk)
      const { incident } = await of.declare({ service: 'backend', severity: 'HIGH' })
      await command(here.client, incident, 'run', aoki, { step: 'more' })
      await until(here.client, incident, 'more proposed', proposed('more'))
      const { proofs } = toldByWorker(await showIncident(temporal, incident))
      assert.equal(proofs?.more?.found.ok, of === desk ? true : undefined)
      const env = {
        TEMPORAL_ADDRESS: here.env.TEMPORAL_ADDRESS,
        TEMPORAL_NAMESPACE: here.env.TEMPORAL_NAMESPACE,
      }
      const shown = await hikeshi(['show', incident, 'more'], { env })
      assert.match(shown.out, says)
      const asked = await hikeshi(['approve', incident, 'more', '--as', 'mori'], { env })
      assert.match(asked.err, says)
      await command(here.client, incident, 'cancel', aoki, { reason: 'the test is over' })
    }
  })

  it('is a verb, with the exit code 1 where a step failed', async () => {
    const env = {
      TEMPORAL_ADDRESS: here.env.TEMPORAL_ADDRESS,
      TEMPORAL_NAMESPACE: here.env.TEMPORAL_NAMESPACE,
    }
    const good = await hikeshi(['rehearse', desk.name], { env })
    assert.equal(good.exit, 0, good.err)
    assert.match(good.out, /backend\/more +tried \(dry run\)/)
    assert.match(good.out, /6 steps proved, 2 in part, 0 failed, 0 not for now/)
    const renamed = await deskOf([
      { id: 'more', kind: 'kubernetes.scale', with: { deployment: 'shodo-backend-v1', replicas: 7 } },
    ])
    const none = await hikeshi(['rehearse', renamed.name, '--last'], { env })
    assert.deepEqual([none.exit, none.out], [0, 'No rehearsals yet.\n'])
    const bad = await hikeshi(['rehearse', renamed.name, '-o', 'json'], { env })
    assert.deepEqual([bad.exit, JSON.parse(bad.out).ok], [1, false])
    const last = await eventually(
      async () => {
        const ran = await hikeshi(['rehearse', renamed.name, '--last'], { env })
        return ran.exit === 1 ? ran : undefined
      },
      { what: 'the report to be found', withinMs: 60_000 },
    )
    assert.match(last.out, /backend\/more +FAILED/)
    for (const [wrong, says] of [
      [['--every', 'constructor'], /--every/],
      [['--every', 'night', '--zone', 'Mars/Base'], /--zone/],
      [['--every', 'night', '--last'], /one of --every, --off and --last/],
    ] as const) {
      const ran = await hikeshi(['rehearse', renamed.name, ...wrong], { env })
      assert.deepEqual([ran.exit, says.test(ran.err)], [2, true], ran.err)
    }
    const unknown = await hikeshi(['rehearse', 'nobody', '-o', 'json'], { env })
    assert.deepEqual([unknown.exit, JSON.parse(unknown.err).error.name], [3, 'unknown-runbook'])
  })
})

/** All that a change could leave behind in the namespace; what controllers and kubelets write by themselves is left out. */
async function everything({ lab }: World): Promise<unknown> {
  const kinds = [
    '/apis/apps/v1/namespaces/shodo/deployments',
    '/apis/apps/v1/namespaces/shodo/replicasets',
    '/apis/apps/v1/namespaces/shodo/statefulsets',
    '/api/v1/namespaces/shodo/pods',
    '/api/v1/namespaces/shodo/configmaps',
    '/apis/coordination.k8s.io/v1/namespaces/shodo/leases',
  ]
  type Found = {
    readonly metadata: {
      readonly resourceVersion: string
      readonly managedFields?: readonly { readonly subresource?: string }[]
    }
    readonly status?: unknown
  }
  const lists = await Promise.all(kinds.map((path) => lab.cluster().get<{ items: Found[] }>(path)))
  return lists.map(({ items }) =>
    items.map(
      ({ status: _, metadata: { resourceVersion: __, managedFields = [], ...metadata }, ...rest }) => ({
        ...rest,
        metadata,
        managedFields: managedFields.filter(({ subresource }) => subresource !== 'status'),
      }),
    ),
  )
}
