/** How services stand without an incident, and which earlier incidents one is like, on a real lab. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { openIncidents } from '../../client/incidents/incidents.ts'
import { connect, type Temporal, temporalSettings } from '../../client/temporal/connect.ts'
import type { Overview } from '../../domain/diagnosis/overview.ts'
import { breakLab, healLab } from '../../lab/index.ts'
import { hikeshi } from '../surfaces/cli-process.ts'
import {
  aoki,
  approve,
  type Desk,
  finish,
  openDesk,
  sato,
  until,
  verified,
  type World,
  world,
} from './world.ts'

describe('a look over services', function () {
  this.timeout(600_000)
  let here: World
  let desk: Desk
  let temporal: Temporal

  before(async () => {
    here = await world()
    await healLab(here.lab)
    desk = await openDesk(here)
    temporal = await connect(temporalSettings(here.env))
  })
  after(async () => {
    await healLab(here.lab)
    await temporal?.close()
  })

  const standingOf = ({ services }: Overview, name: string) =>
    services.find(({ service }) => service === name)?.standing
  /** Until a service stands as wanted. */
  const overviewWith = async (wanted: (overview: Overview) => boolean): Promise<Overview> => {
    for (const end = Date.now() + 180_000; ; ) {
      const seen = await openIncidents(temporal).overview({ runbook: desk.name })
      if (wanted(seen)) return seen
      if (Date.now() > end) assert.fail(JSON.stringify(seen.services))
      // A look is shared for a moment: who asks without a pause never lets that moment end.
      await sleep(200)
    }
  }

  it('calls a service healthy that is, and tells what is wrong with one that is not', async () => {
    const well = await overviewWith((seen) => standingOf(seen, 'backend') === 'healthy')
    assert.deepEqual(
      well.services.map(({ service }) => service),
      Object.keys(desk.book.services),
    )
    assert.deepEqual(well.onCall, { level: 'team-lead', people: ['team-lead'] })
    await breakLab(here.lab, 'bad-deploy')
    const broken = await overviewWith(({ services }) =>
      services.some(
        ({ service, findings }) =>
          service === 'backend' && findings.some(({ code }) => code === 'bad-rollout'),
      ),
    )
    assert.match(standingOf(broken, 'backend') ?? '', /^(down|troubled)$/)
  })

  it('is one look for all who ask in the same moment', async () => {
    const incidents = openIncidents(temporal)
    const order = { runbook: desk.name, service: 'frontend' }
    const [one, other] = await Promise.all([incidents.overview(order), incidents.overview(order)])
    assert.equal(one, other)
    assert.deepEqual(
      one.services.map(({ service }) => service),
      ['frontend'],
    )
    await assert.rejects(incidents.overview({ ...order, service: 'nobody' }), /HK2/)
    await assert.rejects(incidents.overview({ runbook: 'no-such-runbook' }), /HK2/)
  })

  it('is what hikeshi watch shows, with the open incident and who is on it', async () => {
    const { incident } = await desk.declare({ symptom: '5xx' })
    const { exit, out, err } = await hikeshi(['watch', desk.name, '--times', '1', '-o', 'json'], {
      env: here.env as Record<string, string>,
    })
    assert.equal(exit, 0, err)
    const { services, incidents, troubles } = JSON.parse(out)
    assert.deepEqual(troubles, [])
    const backend = services.find(({ service }: { service: string }) => service === 'backend')
    assert.match(backend.standing, /^(down|troubled)$/)
    assert.deepEqual(
      incidents.open.map((one: { incident: string }) => one.incident),
      [incident],
    )
    assert.deepEqual(incidents.open[0].called, [])
    assert.equal(incidents.open[0].next.level, 'team-lead')
  })

  it('names the earlier incident that a new one is like, and what healed it', async () => {
    const { client } = here
    const { incident: first } = await desk.declare({ symptom: '5xx' })
    await until(
      client,
      first,
      'rollback proposed',
      ({ state }) => state.steps.rollback?.status === 'proposed',
    )
    await approve(client, first, 'rollback', sato)
    await until(client, first, 'rollback verified', verified('rollback'), 120_000)
    await finish(client, first, aoki)
    const { incident } = await desk.declare({ symptom: '5xx', fresh: true })
    assert.notEqual(incident, first)
    const incidents = openIncidents(temporal, { archive: here.env.HIKESHI_ARCHIVE })
    // It answers within 1.5 s or not at all, and the machine may be busy.
    const found = await (async () => {
      for (const end = Date.now() + 60_000; ; ) {
        const similar = await incidents.similar(incident)
        if (similar.length > 0 || Date.now() > end) return similar
      }
    })()
    const [like] = found
    assert.deepEqual([like?.incident, like?.symptom, like?.healedBy?.step], [first, '5xx', 'rollback'])
    assert.ok((like?.tookMs ?? 0) > 0)
    await finish(client, incident, aoki)
  })
})
