/** The lab's rules: what breaks fires the alert that names its symptom, nothing else fires, and it ends with the cause. */
import assert from 'node:assert/strict'
import { breakLab, type FaultName, healLab } from '../../lab/index.ts'
import { until } from '../../lab/waiting.ts'
import { skipWithout } from '../lab/skip.ts'
import { type AlertDoor, deskOf, isClear, openAlertDoor } from './alert-door.ts'
import { command, mori, openDesk, view, type World, world } from './world.ts'

type Case = {
  readonly fault: FaultName
  /** Alerts as "name service/symptom". */
  readonly fires: readonly string[]
  readonly needs?: 'postgres' | 'redis'
}

const backendFails = 'ShodoErrors backend/5xx'
const idle = 'PostgresIdleConnections database/connections'

/** What does not hide each other breaks at once, and all of it heals at once: waiting for windows to pass is most of the time. */
const rounds: readonly (readonly Case[])[] = [
  [
    { fault: 'errors', fires: [backendFails] },
    { fault: 'model-missing', fires: ['ShodoModelMissing ai-server/model-load'] },
  ],
  [
    { fault: 'slow', fires: ['ShodoSlow backend/slow'] },
    { fault: 'pending', fires: ['ShodoNoRoom backend/no-room'] },
  ],
  [
    { fault: 'replica-gone', needs: 'postgres', fires: ['PostgresReplicaGone database/replication'] },
    {
      fault: 'pg-max-connections',
      needs: 'postgres',
      fires: ['PostgresSlotsTaken database/connections', idle, backendFails],
    },
  ],
  [
    { fault: 'pg-down', needs: 'postgres', fires: ['PostgresDown database/connections', backendFails] },
    { fault: 'redis-down', needs: 'redis', fires: ['RedisDown redis/memory'] },
  ],
]

const toDeclare: readonly Case[] = [
  { fault: 'pg-idle-connections', needs: 'postgres', fires: [idle] },
  { fault: 'replica-lag', needs: 'postgres', fires: ['PostgresReplicaLag database/replication'] },
  { fault: 'redis-full', needs: 'redis', fires: ['RedisMemoryHigh redis/memory'] },
]

describe('an alert for every symptom that monitoring sees', function () {
  this.timeout(120_000)
  let here: World

  before(async function () {
    here = await world()
    skipWithout(this, here.lab, 'prometheus', 'alertmanager')
    await healLab(here.lab)
    await quiet()
  })
  after(() => healLab(here.lab))

  for (const cases of rounds) {
    it(namesOf(cases), async function () {
      skipWithout(this, here.lab, ...needsOf(cases))
      await breakAll(cases)
      await healLab(here.lab)
      await quiet()
    })
  }

  describe('over Alertmanager', () => {
    let door: AlertDoor

    before(async () => {
      door = await openAlertDoor(here)
    })
    after(async () => {
      await here.lab.alertsTo(undefined)
      await door?.close()
    })

    it(`${namesOf(toDeclare)}: an incident each, of the right service and symptom`, async function () {
      const { client, lab } = here
      skipWithout(this, lab, ...needsOf(toDeclare))
      const desk = await openDesk(here)
      await lab.alertsTo(door.receiver(desk.name))
      await breakAll(toDeclare)
      const incidents = await until(
        async () => {
          const { open } = await deskOf(here, desk.name)
          const places = Object.values(open).map(({ service, symptom }) => `${service}/${symptom}`)
          assert.deepEqual(places.toSorted(), placesOf(toDeclare))
          return Object.keys(open)
        },
        { what: 'an incident for each alert', withinMs: 30_000 },
      )
      const severities = { connections: 'MEDIUM', replication: 'MEDIUM', memory: 'HIGH' }
      for (const incident of incidents) {
        const { state } = await until(() => view(client, incident), { what: incident, withinMs: 10_000 })
        assert.deepEqual(state.declaredBy, {
          kind: 'alert',
          id: 'alertmanager',
          verified: true,
          checked: 'token',
        })
        assert.equal(state.severity, severities[state.symptom as keyof typeof severities])
      }

      await healLab(lab)
      await quiet()
      for (const incident of incidents) {
        await until(
          async () => {
            const seen = await view(client, incident)
            return isClear(seen) && seen.state.resolutionProposed
          },
          { what: `${incident} to propose its resolution`, withinMs: 30_000 },
        )
        await command(client, incident, 'cancel', mori, { reason: 'the test is over' })
      }
    })
  })

  async function breakAll(cases: readonly Case[]): Promise<void> {
    for (const { fault } of cases) await breakLab(here.lab, fault)
    await alertsAre(cases.flatMap(({ fires }) => fires))
  }

  const quiet = () => alertsAre([])

  async function alertsAre(wanted: readonly string[]): Promise<void> {
    await until(
      async () => {
        assert.deepEqual(await firing(), wanted.toSorted())
        return true
      },
      { what: `these alerts to fire: ${wanted.join(', ') || 'none'}`, withinMs: 30_000 },
    )
  }

  async function firing(): Promise<readonly string[]> {
    const answer = await fetch(`${here.lab.prometheusUrl}/api/v1/alerts`)
    const { data } = (await answer.json()) as { data: { alerts: Alert[] } }
    const seen = data.alerts
      .filter(({ state }) => state === 'firing')
      .map(({ labels: { alertname, service, symptom } }) => `${alertname} ${service}/${symptom}`)
    return [...new Set(seen)].toSorted()
  }
})

type Alert = { readonly state: string; readonly labels: Readonly<Record<string, string>> }

function namesOf(cases: readonly Case[]): string {
  return cases.map(({ fault }) => fault).join(', ')
}

function needsOf(cases: readonly Case[]): readonly ('postgres' | 'redis')[] {
  return cases.flatMap(({ needs }) => needs ?? [])
}

function placesOf(cases: readonly Case[]): readonly string[] {
  return cases.flatMap(({ fires }) => fires.map((alert) => alert.split(' ')[1] ?? '')).toSorted()
}
