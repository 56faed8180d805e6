import assert from 'node:assert/strict'
import { breakLab, healLab } from '../../lab/index.ts'
import { approve, finish, openDesk, sato, timeline, until, type World, world } from './world.ts'

describe('a rollback of a service with a smoke test', function () {
  this.timeout(600_000)
  let here: World
  before(async () => {
    here = await world()
    await healLab(here.lab)
    await breakLab(here.lab, 'bad-deploy')
  })
  after(() => healLab(here.lab))

  it('has failed where the service is healthy and does not do what its users want', async () => {
    const { client, lab } = here
    const desk = await openDesk(here, {
      change: (book) => {
        const { backend } = book.services
        if (backend === undefined) throw new Error('shodo has no backend')
        const smokeTest = [
          { url: `${lab.appUrl}/health` },
          { url: `${lab.appUrl}/api/v1/works`, contains: '"works"' },
        ]
        return {
          ...book,
          services: { ...book.services, backend: { ...backend, smokeTest } },
          symptoms: book.symptoms.map((symptom) => ({
            ...symptom,
            steps: symptom.steps.filter(({ id }) => id !== 'healthy'),
          })),
        }
      },
    })
    const { incident } = await desk.declare({ symptom: '5xx' })
    await approve(client, incident, 'rollback', sato)
    const ended = ['failed', 'verified']
    const { state } = await until(
      client,
      incident,
      'rollback failed',
      (seen) => ended.includes(seen.state.steps.rollback?.status ?? ''),
      180_000,
    )
    const { status, failure } = state.steps.rollback ?? {}
    assert.deepEqual([status, failure?.name], ['failed', 'not-verified'])
    assert.match(JSON.stringify(failure?.params), /smoke test: .*\/api\/v1\/works: HTTP 404, expected 2xx/)
    // The change was made, and it is people's to take it back.
    const told = (await timeline(client, incident)).flatMap((event) =>
      event.type === 'step-failed' && event.data.run === 'rollback' ? [event.data] : [],
    )
    assert.deepEqual(
      told.map(({ stage, changed }) => [stage, changed]),
      [['health', 'done']],
    )
    assert.equal((await fetch(`${lab.appUrl}/health`)).status, 200)
    await finish(client, incident)
  })
})
