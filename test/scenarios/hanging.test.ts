import assert from 'node:assert/strict'
import { explain } from '../../domain/failures.ts'
import { breakLab, healLab } from '../../lab/index.ts'
import type { IncidentView } from '../../wire/messages.ts'
import { aoki, command, type Desk, openDesk, until, type World, world } from './world.ts'

describe('a part of the picture that hangs', () => {
  let here: World
  before(async () => {
    here = await world()
    await healLab(here.lab)
  })

  async function picture(desk: Desk): Promise<Required<IncidentView['state']['situation']>['taken']> {
    const { incident } = await desk.declare({})
    const seen = await until(
      here.client,
      incident,
      'picture taken',
      (v) => v.state.situation.taken !== undefined,
    )
    await command(here.client, incident, 'cancel', aoki, { reason: 'test' })
    const { taken } = seen.state.situation
    assert.ok(taken !== undefined)
    return taken
  }

  function unknown(taken: Required<IncidentView['state']['situation']>['taken']): Record<string, string> {
    return Object.fromEntries(
      Object.entries(taken.parts).flatMap(([id, part]) =>
        part.ok ? [] : [[id, explain(part.failure, 'en').what]],
      ),
    )
  }

  it('health that accepts and never answers leaves the Kubernetes parts intact and on time', async () => {
    await breakLab(here.lab, 'hung-health')
    try {
      const taken = await picture(await openDesk(here))
      // Its silence is a finding like any other answer that is not well.
      assert.deepEqual(unknown(taken), {})
      const asked = Object.entries(taken.parts).filter(([id]) => id.startsWith('health:'))
      // The backend needs neither of the others that hang, so it does not ask them.
      assert.deepEqual(
        asked.map(([id, part]) => [id, part.ok && part.reading.findings.map(({ code }) => code)]),
        [['health:backend', ['health-failing']]],
      )
    } finally {
      await healLab(here.lab)
    }
  })

  it('an API server that hangs leaves the health parts intact and on time', async () => {
    await here.lab.kill('kube-apiserver', 'SIGSTOP')
    try {
      const taken = await picture(await openDesk(here))
      const said = 'unknown: no answer in 4 s'
      const missing = unknown(taken)
      assert.deepEqual(missing, { pods: said, rollouts: said, events: said })
    } finally {
      await here.lab.kill('kube-apiserver', 'SIGCONT')
    }
  })

  it('no worker of the cluster: every part says so, and the picture is on time', async () => {
    const desk = await openDesk(here, { change: (book) => ({ ...book, cluster: 'nobody-there' }) })
    const taken = await picture(desk)
    const missing = unknown(taken)
    assert.equal(Object.keys(missing).length, Object.keys(taken.parts).length)
    for (const said of Object.values(missing)) assert.equal(said, 'unknown: no answer in 4 s')
  })
})
