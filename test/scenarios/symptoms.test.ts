/** Every fault of the lab by the runbook: seen, its symptom ranked first, repaired with approvals, verified, and the world as before. */
import assert from 'node:assert/strict'
import { diagnoseService } from '../../client/incidents/diagnose.ts'
import { connect, type Temporal, temporalSettings } from '../../client/temporal/connect.ts'
import { rankedSymptoms } from '../../domain/diagnosis/rank.ts'
import { setNodeRoom } from '../../lab/cluster-setup.ts'
import { forgetFaults } from '../../lab/faults/active.ts'
import { breakLab, type FaultName, healLab, type Lab } from '../../lab/index.ts'
import { skipWithout } from '../lab/skip.ts'
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
  /** The picture does not show it; the symptom's own readings do, once it is named. */
  readonly unseen?: true
  /** Nothing found proposes it; a person asks for it. */
  readonly asked?: true
  /** A step that only holds the line is undone once its cause is gone: this takes the cause away. */
  readonly cause?: (lab: Lab) => Promise<unknown>
  readonly needs?: 'postgres' | 'redis' | 'exec'
}

const noFault = async (lab: Lab) => forgetFaults(lab.dir)
const moreNodes = (lab: Lab) => setNodeRoom(lab.cluster())

const cases: readonly Case[] = [
  { fault: 'bad-deploy', service: 'backend', symptom: '5xx', repair: 'rollback' },
  { fault: 'errors', service: 'backend', symptom: '5xx', repair: 'restart', unseen: true, asked: true },
  {
    fault: 'slow',
    service: 'backend',
    symptom: 'slow',
    repair: 'scale-out',
    cause: async (lab) => forgetFaults(lab.dir),
  },
  { fault: 'oom', service: 'backend', symptom: 'slow', repair: 'more-memory', cause: noFault },
  { fault: 'pending', service: 'backend', symptom: 'no-room', repair: 'smaller-requests', cause: moreNodes },
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
    // Which pod is the replica's is seen inside it.
    needs: 'exec',
  },
  {
    fault: 'replica-gone',
    service: 'database',
    symptom: 'replication',
    repair: 'rebuild-replica',
    // Which pod is the replica's is seen inside it.
    needs: 'exec',
  },
  {
    fault: 'redis-full',
    service: 'redis',
    symptom: 'memory',
    repair: 'more-memory',
    needs: 'redis',
    cause: ({ databases }) =>
      databases.redis(async (redis) => redis.unlink(...(await redis.keys('page-cache:*')))),
  },
  {
    fault: 'model-missing',
    service: 'ai-server',
    symptom: 'model-load',
    repair: 'reload',
    unseen: true,
    needs: 'exec',
  },
  { fault: 'redis-down', service: 'redis', symptom: 'memory', repair: 'replace-redis', needs: 'redis' },
]

describe('every fault, by the runbook', () => {
  let here: World
  let temporal: Temporal

  before(async function () {
    this.timeout(300_000)
    here = await world()
    temporal = await connect(temporalSettings(here.env))
    await healLab(here.lab)
  })
  after(async () => {
    await temporal?.close()
    await healLab(here.lab)
  })

  for (const { fault, service, symptom, repair, unseen, asked, cause, needs } of cases) {
    it(`${fault}: ${symptom} ranks first, ${repair} repairs it, the world is as before`, async function () {
      const { client, lab } = here
      if (needs) skipWithout(this, lab, needs)
      await healLab(lab)
      const whole = await snapshot(lab)
      await breakLab(lab, fault)
      const desk = await openDesk(here)
      const diagnosis = await diagnoseService(temporal, { service, system: desk.name })
      assert.equal(diagnosis.symptoms[0]?.id, symptom, JSON.stringify(diagnosis.symptoms))
      const { incident } = await desk.declare({ service, ...(unseen ? { symptom } : {}) })
      if (!unseen) {
        const { state } = await until(
          client,
          incident,
          'ranked',
          ({ state }) => rankedSymptoms(state).length > 0,
        )
        assert.equal(rankedSymptoms(state)[0]?.symptom.id, symptom)
      }
      if (asked) await command(client, incident, 'run', aoki, { step: repair })
      await approve(client, incident, repair, sato)
      await until(client, incident, `${repair} verified`, verified(repair), 120_000)
      if (cause) {
        await cause(lab)
        await command(client, incident, 'undo', aoki, { step: repair })
        await approve(client, incident, `${repair}-undo`, sato)
        await until(client, incident, 'undone', (seen) => seen.state.steps[repair]?.status === 'undone')
      }
      await finish(client, incident)
      assert.deepEqual(await snapshot(lab), whole)
    }).timeout(240_000)
  }
})
