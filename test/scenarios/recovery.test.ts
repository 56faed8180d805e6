import assert from 'node:assert/strict'
import { breakLab, healLab } from '../../lab/index.ts'
import { skipWithout } from '../lab/skip.ts'
import {
  aoki,
  approve,
  command,
  finish,
  ofType,
  openDesk,
  proposed,
  sato,
  timeline,
  until,
  verified,
  view,
  type World,
  world,
} from './world.ts'

describe('an emergency', () => {
  let here: World
  before(async () => {
    here = await world()
    await healLab(here.lab)
  })
  afterEach(() => healLab(here.lab))

  it('dead and CRITICAL: recovery starts by itself and is verified within 30 s of the declaration, nobody is paged', async () => {
    const { client } = here
    await breakLab(here.lab, 'dead')
    const desk = await openDesk(here)
    const { incident } = await desk.declare({ severity: 'CRITICAL', description: '全サービス停止' })
    await until(client, incident, 'recovery verified', (v) => v.state.recovery?.status === 'verified')
    await until(client, incident, 'it looks recovered', (v) => v.state.resolutionProposed)
    const events = await timeline(client, incident)
    // By the incident's own clock: after the 30 s of the runbook it would have failed.
    assert.equal(ofType(events, 'recovery-verified').length, 1)
    assert.equal(ofType(events, 'recovery-failed').length, 0)
    assert.equal(ofType(events, 'page-requested').length, 0)
    assert.equal(ofType(events, 'resolution-proposed').length, 1)
    await finish(client, incident)
  })

  it('PostgreSQL down and CRITICAL: its pod is replaced and Ready before anything is done to the backend', async function () {
    const { client, lab } = here
    skipWithout(this, lab, 'postgres')
    await breakLab(lab, 'pg-down')
    const desk = await openDesk(here)
    const { incident } = await desk.declare({ severity: 'CRITICAL', description: 'APIが503' })
    await until(client, incident, 'recovery verified', (v) => v.state.recovery?.status === 'verified', 35_000)
    const events = await timeline(client, incident)
    const at = (type: 'step-requested' | 'step-verified', run: string) =>
      ofType(events, type).find((e) => e.data.run === run)?.seq ?? Number.NaN
    assert.ok(at('step-verified', 'recover-database') < at('step-requested', 'recover-backend'))
    assert.ok(at('step-requested', 'recover-frontend') < at('step-verified', 'recover-database'))
    assert.equal((await fetch(`${lab.appUrl}/health`)).status, 200)
    assert.equal(ofType(events, 'page-requested').length, 0)
    await finish(client, incident)
  })

  it('services that never answer: says what it tried and pages at once', async () => {
    const { client, lab } = here
    await breakLab(lab, 'hung-health')
    const desk = await openDesk(here)
    const { incident } = await desk.declare({ severity: 'CRITICAL', description: '全サービス停止' })
    await until(client, incident, 'recovery failed', (v) => v.state.recovery?.status === 'failed', 45_000)
    await until(
      client,
      incident,
      'page sent',
      (v) => Object.values(v.state.pages).some((p) => p.status === 'sent'),
      5_000,
    )
    const events = await timeline(client, incident)
    const [failed] = ofType(events, 'recovery-failed')
    assert.ok((failed?.data.tried.length ?? 0) >= 1, 'says what it tried')
    assert.ok((failed?.data.why.length ?? 0) >= 1, 'says why')
    const [escalated] = ofType(events, 'escalated')
    assert.deepEqual([escalated?.data.level, escalated?.data.reason], ['team-lead', 'recovery-failed'])
    assert.ok((await here.pages()).some((page) => page.incident === incident && page.level === 'team-lead'))
    await command(client, incident, 'cancel', aoki, { reason: 'drill over' })
  })

  it('slow and HIGH: scale-out to 8 is proposed, approved and verified; undo brings the old number back', async () => {
    const { client, lab } = here
    await breakLab(lab, 'slow')
    const desk = await openDesk(here)
    const { incident } = await desk.declare({ symptom: 'slow', description: 'レスポンス遅延' })
    await until(client, incident, 'scale-out proposed', proposed('scale-out'), 15_000)
    await approve(client, incident, 'scale-out', sato)
    await until(client, incident, 'scale-out verified', verified('scale-out'))
    assert.equal(await replicas(here), 8)

    await command(client, incident, 'undo', aoki, { step: 'scale-out' })
    await approve(client, incident, 'scale-out-undo', sato)
    await until(client, incident, 'scale-out undone', (v) => v.state.steps['scale-out']?.status === 'undone')
    assert.equal(await replicas(here), 3)

    // The quick reference of HIGH says 10.
    const quick = desk.book.severities.HIGH.quick.find((s) => s.kind === 'kubernetes.scale')
    assert.ok(quick !== undefined)
    await command(client, incident, 'run', aoki, { step: quick.id })
    await approve(client, incident, quick.id, sato)
    await until(client, incident, 'quick scale-out verified', verified(quick.id))
    assert.equal(await replicas(here), 10)
    await finish(client, incident)
    assert.equal((await view(client, incident)).state.phase, 'closed')
  })
})

async function replicas({ lab }: World): Promise<number> {
  const found = await lab
    .cluster()
    .get<{ spec: { replicas: number } }>('/apis/apps/v1/namespaces/shodo/deployments/shodo-backend')
  return found.spec.replicas
}
