import assert from 'node:assert/strict'
import { historiesOf } from '../../client/replay/histories.ts'
import { replay } from '../../client/replay/replay.ts'
import { type Runbook, runbookSchema } from '../../domain/runbook/runbook.ts'
import { breakLab, healLab } from '../../lab/index.ts'
import type { IncidentView } from '../../wire/messages.ts'
import { reexecute } from '../../workers/reexecute.ts'
import { freePort } from '../activities/free-port.ts'
import { skipWithout } from '../lab/skip.ts'
import { type AlertDoor, deskOf, isClear, openAlertDoor } from './alert-door.ts'
import { startApiProcess } from './api-process.ts'
import {
  approve,
  command,
  finish,
  mori,
  ofType,
  openDesk,
  proposed,
  refusal,
  sato,
  timeline,
  until,
  verified,
  view,
  type World,
  world,
} from './world.ts'

describe('alerts of Prometheus, over Alertmanager', function () {
  this.timeout(240_000)
  let here: World

  before(async function () {
    here = await world()
    skipWithout(this, here.lab, 'prometheus', 'alertmanager')
    await healLab(here.lab)
  })
  afterEach(() => here.lab.alertsTo(undefined))
  after(() => healLab(here.lab))

  describe('a rule that sees a bad deploy', () => {
    let door: AlertDoor

    before(async () => {
      door = await openAlertDoor(here)
    })
    after(() => door?.close())

    it('declares an incident; its repair clears the alert, and a resolution is proposed', async () => {
      const { client, lab } = here
      const desk = await openDesk(here, { change: withLoadTest })
      await lab.alertsTo(door.receiver(desk.name))
      await breakLab(lab, 'bad-deploy')

      const incident = await firstOf(desk.name, 'backend')
      const { state } = await until(client, incident, 'rollback proposed', proposed('rollback'))
      assert.deepEqual(state.declaredBy, {
        kind: 'alert',
        id: 'alertmanager',
        verified: true,
        checked: 'token',
      })
      assert.deepEqual([state.service, state.symptom, state.severity], ['backend', '5xx', 'HIGH'])
      assert.match(state.description, /^ShodoErrors: backend: [\d.]+% のリクエストが 5xx/)
      assert.equal(state.reports, 1)

      await approve(client, incident, 'rollback', sato)
      await until(client, incident, 'rollback verified', verified('rollback'))
      // Alertmanager tells the end before the rollback is verified, or after; what comes last is what speaks for the resolution.
      const events = await eventually('a proposal that knows of the end', async () => {
        const seen = await timeline(client, incident)
        const end = ofType(seen, 'alerts-changed').find(({ data }) => data.clear)?.seq ?? Infinity
        return (ofType(seen, 'resolution-proposed').at(-1)?.seq ?? 0) > end ? seen : undefined
      })
      assert.equal((await view(client, incident)).state.phase, 'monitoring')
      const because = ofType(events, 'resolution-proposed').map((event) => event.data.because.en)
      const [verifiedAt] = ofType(events, 'step-verified').map(({ seq }) => seq)
      const [clearAt] = ofType(events, 'alerts-changed').flatMap(({ seq, data }) => (data.clear ? [seq] : []))
      if ((clearAt ?? 0) > (verifiedAt ?? 0)) assert.equal(because.at(-1), 'all its alerts are clear')
      else assert.match(because.at(-1) ?? '', /^rollback was verified: /)
      const ends = ofType(events, 'alerts-changed').filter((event) => event.data.clear)
      assert.deepEqual([ends.length, ends[0]?.data.fired], [1, 1])
      assert.equal(ends[0]?.by.id, 'alertmanager')

      // The seed's light load test: of the service's own address, with an approval, and nobody takes it for a repair.
      const elsewhere = { step: 'load', with: { url: 'http://127.0.0.1:1/health' } }
      assert.equal((await refusal(command(client, incident, 'run', mori, elsewhere))).name, 'bad-input')
      await command(client, incident, 'run', mori, { step: 'load' })
      await approve(client, incident, 'load', sato)
      const loaded = await until(client, incident, 'load verified', verified('load'))
      assert.match(loaded.state.steps.load?.done?.says.en ?? '', /^100 requests to .*; 0 failed$/)
      assert.equal(ofType(await timeline(client, incident), 'resolution-proposed').length, because.length)
      const result = await finish(client, incident)
      assert.equal(result.phase, 'closed')
      const verdict = await replay(incident, await historiesOf(incident, client, undefined), reexecute)
      assert.deepEqual([verdict.identical, verdict.difference], [true, undefined])
    })
  })

  it('none is lost and none counted twice when the API is killed in the middle of 2,000 of them', async () => {
    const { client, lab } = here
    const groups = Array.from({ length: 20 }, (_, i) => `s${String(i).padStart(2, '0')}`)
    const alertsEach = 100
    const desk = await openDesk(here, { change: (book) => withServices(book, groups) })
    const port = await freePort()
    let api = await startApiProcess(here.env, port)
    try {
      await lab.alertsTo({
        url: `http://127.0.0.1:${port}/doors/alertmanager?runbook=${desk.name}&severity=LOW`,
      })
      const all = groups.flatMap((service) =>
        Array.from({ length: alertsEach }, (_, i) => ({
          labels: { alertname: 'Burst', service, symptom: 'none', instance: `${i}`, severity: 'info' },
          startsAt: new Date().toISOString(),
        })),
      )
      // A quarter of each group at a time, so that each group is told of several times.
      const wave = (n: number) => all.filter((_, i) => i % 4 === n)
      await post(wave(0))
      await eventually(
        'the first incident',
        async () => Object.keys((await deskOf(here, desk.name)).open).length > 0,
      )
      const failedBefore = await failedRequests()
      await api.kill('SIGKILL')
      await post(wave(1))
      await eventually('Alertmanager to meet nobody', async () => (await failedRequests()) > failedBefore)
      await post(wave(2))
      api = await startApiProcess(here.env, port)
      await post(wave(3))

      const incidents = await eventually('every alert to be told', async () => {
        const seen = await viewsOf(desk.name)
        return fired(seen) >= all.length ? seen : undefined
      })
      assert.deepEqual(
        incidents.map(({ state }) => [state.service, state.reports]).toSorted(),
        groups.map((service) => [service, 1]),
      )
      for (const { state } of incidents) {
        const [group, ...others] = Object.values(state.alerts?.groups ?? {})
        assert.deepEqual([group?.fired, group?.firing, others.length], [alertsEach, alertsEach, 0], state.id)
      }

      const endsAt = new Date().toISOString()
      await post(all.map((alert) => ({ ...alert, endsAt })))
      const ended = await eventually('every end to be told', async () => {
        const seen = await viewsOf(desk.name)
        return seen.every((one) => isClear(one) && proposals(one)) ? seen : undefined
      })
      assert.deepEqual([ended.length, fired(ended)], [groups.length, all.length])
    } finally {
      await api.kill('SIGTERM')
      const open = Object.keys((await deskOf(here, desk.name)).open)
      for (const incident of open)
        await command(client, incident, 'cancel', mori, { reason: 'the test is over' })
    }
  })

  async function firstOf(name: string, service: string): Promise<string> {
    return eventually(`an incident of ${service}`, async () =>
      Object.entries((await deskOf(here, name)).open)
        .find(([, known]) => known.service === service)
        ?.at(0),
    ) as Promise<string>
  }

  async function viewsOf(name: string): Promise<readonly IncidentView[]> {
    const { open, starting } = await deskOf(here, name)
    return Promise.all(
      Object.keys(open)
        .filter((incident) => !starting.includes(incident))
        .map((incident) => view(here.client, incident)),
    )
  }

  async function post(alerts: readonly object[]): Promise<void> {
    const answer = await fetch(`${here.lab.alertmanagerUrl}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alerts),
    })
    assert.equal(answer.status, 200, await answer.text())
  }

  async function failedRequests(): Promise<number> {
    const text = await (await fetch(`${here.lab.alertmanagerUrl}/metrics`)).text()
    const [, count = '0'] =
      /^alertmanager_notification_requests_failed_total\{.*integration="webhook".*\} (\d+)/m.exec(text) ?? []
    return Number(count)
  }
})

const proposals = ({ state }: IncidentView): boolean => state.resolutionProposed
const fired = (views: readonly IncidentView[]): number =>
  views.flatMap(({ state }) => Object.values(state.alerts?.groups ?? {})).reduce((sum, g) => sum + g.fired, 0)

async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  withinMs = 90_000,
): Promise<T> {
  const end = Date.now() + withinMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined && seen !== false) return seen
    if (Date.now() > end) throw new Error(`not within ${withinMs / 1_000} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

function withLoadTest(book: Runbook): Runbook {
  const load = {
    id: 'load',
    title: { ja: '負荷テスト（軽量版）', en: 'Load test (light)' },
    kind: 'http.load',
    with: { url: '$service.health', requests: 100, concurrency: 10 },
  }
  const symptoms = book.symptoms.map((s) => (s.id === '5xx' ? { ...s, steps: [...s.steps, load] } : s))
  return runbookSchema.parse({ ...book, symptoms })
}

/** Many services that all look at the same address, and nothing else: what is tried here is the door and the desk. */
function withServices(book: Runbook, names: readonly string[]): Runbook {
  const { backend } = book.services
  const services = Object.fromEntries(
    names.map((name) => [name, { title: { ja: name, en: name }, health: backend?.health }]),
  )
  const severities = Object.fromEntries(
    Object.entries(book.severities).map(([severity, { recoverWithin: _, ...policy }]) => [
      severity,
      { ...policy, quick: [] },
    ]),
  )
  return runbookSchema.parse({ ...book, services, severities, symptoms: [] })
}
