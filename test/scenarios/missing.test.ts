import assert from 'node:assert/strict'
import { aoki, command, openDesk, until, type World, world } from './world.ts'

const services = '/apis/apps/v1/namespaces/shodo/deployments'

describe('a Deployment that the runbook names', () => {
  let here: World
  before(async () => {
    here = await world()
    await here.lab.cluster().post(services, {
      metadata: { name: 'idle', labels: { app: 'idle' } },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'idle' } },
        template: {
          metadata: { labels: { app: 'idle' } },
          spec: { containers: [{ name: 'app', image: 'idle:1' }] },
        },
      },
    })
  })
  after(() => here?.lab.cluster().delete(`${services}/idle`))

  it('missing or scaled to 0 comes first in the picture, and is known as its service being dead', async () => {
    const desk = await openDesk(here, {
      change: (book) => ({
        ...book,
        services: {
          ...book.services,
          gone: { ...book.services.backend, deployment: 'gone', dependsOn: [] } as never,
          idle: { ...book.services.backend, deployment: 'idle', dependsOn: [] } as never,
        },
      }),
    })
    for (const [service, says] of [
      ['gone', 'gone does not exist'],
      ['idle', 'idle is scaled to 0'],
    ] as const) {
      const { incident } = await desk.declare({ service, fresh: true })
      const { state } = await until(
        here.client,
        incident,
        'a picture',
        (seen) => seen.state.situation.taken !== undefined,
      )
      await command(here.client, incident, 'cancel', aoki, { reason: 'test' })
      const { pods } = state.situation.taken?.parts ?? {}
      assert.ok(pods?.ok)
      assert.deepEqual(
        pods.reading.findings.slice(0, 2).map(({ code, subject }) => [code, subject]),
        [
          ['service-dead', 'deployment/shodo/gone'],
          ['service-dead', 'deployment/shodo/idle'],
        ],
      )
      const [first] = state.findings
      assert.deepEqual([first?.code, first?.service, first?.says.en], ['service-dead', service, says])
    }
  })
})
