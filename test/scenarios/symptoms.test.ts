/** Every fault of the lab by the runbook: seen, its symptom ranked first, repaired with approvals, verified, and the world as before. */
import assert from 'node:assert/strict'
import { rankedSymptoms } from '../../domain/incident/rank.ts'
import { breakLab, type FaultName, healLab } from '../../lab/index.ts'
import { snapshot } from './snapshot.ts'
import {
  aoki,
  approve,
  command,
  finish,
  openDesk,
  sato,
  until,
  verified,
  type World,
  world,
} from './world.ts'

type Case = {
  readonly fault: FaultName
  readonly service: string
  readonly symptom: string
  /** Steps that repair; those that nothing found proposes are asked for by a person. */
  readonly repair: string
  /** A step that only holds the line is undone once the cause is gone. */
  readonly undo?: true
  readonly needs?: 'postgres' | 'redis'
}

const cases: readonly Case[] = [
  { fault: 'bad-deploy', service: 'backend', symptom: '5xx', repair: 'rollback' },
  { fault: 'slow', service: 'backend', symptom: 'slow', repair: 'scale-out', undo: true },
  {
    fault: 'pg-idle-connections',
    service: 'database',
    symptom: 'connections',
    repair: 'terminate-idle',
    needs: 'postgres',
  },
  {
    fault: 'pg-max-connections',
    service: 'database',
    symptom: 'connections',
    repair: 'terminate-idle',
    needs: 'postgres',
  },
  {
    fault: 'pg-down',
    service: 'database',
    symptom: 'connections',
    repair: 'replace-primary',
    needs: 'postgres',
  },
  {
    fault: 'replica-lag',
    service: 'database',
    symptom: 'replication',
    repair: 'rebuild-replica',
    needs: 'postgres',
  },
  {
    fault: 'replica-gone',
    service: 'database',
    symptom: 'replication',
    repair: 'rebuild-replica',
    needs: 'postgres',
  },
  { fault: 'redis-full', service: 'redis', symptom: 'memory', repair: 'more-memory', needs: 'redis' },
  { fault: 'redis-down', service: 'redis', symptom: 'memory', repair: 'replace-redis', needs: 'redis' },
]

describe('every fault, by the runbook', () => {
  let here: World

  before(async function () {
    this.timeout(300_000)
    here = await world()
    await healLab(here.lab)
  })
  after(() => healLab(here.lab))

  for (const { fault, service, symptom, repair, undo, needs } of cases) {
    it(`${fault}: ${symptom} ranks first, ${repair} repairs it, the world is as before`, async function () {
      const { client, lab } = here
      const missing = needs && lab.without[needs]
      if (missing !== undefined) {
        console.log(`      skipped: ${missing}`)
        this.skip()
      }
      await healLab(lab)
      const whole = await snapshot(lab)
      await breakLab(lab, fault)
      const desk = await openDesk(here)
      const { incident } = await desk.declare({ service, severity: 'HIGH' })
      const { state } = await until(client, incident, 'ranked', (seen) => {
        return (seen.state.situation.taken?.number ?? 0) > 0 && rankedSymptoms(seen.state).length > 0
      })
      assert.equal(rankedSymptoms(state)[0]?.symptom.id, symptom)
      await approve(client, incident, repair, sato)
      await until(client, incident, `${repair} verified`, verified(repair), 120_000)
      if (undo) {
        await healLab(lab)
        await command(client, incident, 'undo', aoki, { step: repair })
        await approve(client, incident, `${repair}-undo`, sato)
        await until(client, incident, 'undone', (seen) => seen.state.steps[repair]?.status === 'undone')
      }
      await finish(client, incident)
      assert.deepEqual(await snapshot(lab), whole)
    }).timeout(240_000)
  }
})
