import assert from 'node:assert/strict'
import {
  aoki,
  command,
  fastForward,
  ofType,
  openDesk,
  timeline,
  until,
  view,
  type World,
  world,
} from './world.ts'

describe('time passes and nobody resolves', () => {
  let here: World
  before(async () => {
    here = await world()
  })

  async function declared(fields: { dataLoss?: boolean; breach?: boolean } = {}): Promise<string> {
    const desk = await openDesk(here)
    const { incident } = await desk.declare({ severity: 'LOW', service: 'frontend', ...fields })
    await until(here.client, incident, 'picture taken', (v) => v.state.situation.taken !== undefined)
    return incident
  }

  const sentTo = async (incident: string) => {
    const pages = await here.pages()
    return pages.filter((page) => page.incident === incident).map((page) => page.level)
  }
  const allSent = (incident: string, count: number) =>
    until(here.client, incident, `${count} pages sent`, (v) => {
      const pages = Object.values(v.state.pages)
      return pages.length === count && pages.every((page) => page.status === 'sent')
    })

  it('at 4:59 nobody, at 5:00 the team lead once, at 10:00 the CTO once; each page has due, sent and late', async () => {
    const incident = await declared()
    await fastForward(here, incident, 290)
    assert.deepEqual(await sentTo(incident), [])
    await fastForward(here, incident, 15)
    await allSent(incident, 1)
    assert.deepEqual(await sentTo(incident), ['team-lead'])
    await fastForward(here, incident, 285)
    assert.deepEqual(await sentTo(incident), ['team-lead'])
    await fastForward(here, incident, 20)
    await allSent(incident, 2)
    await fastForward(here, incident, 3_600)
    assert.deepEqual(await sentTo(incident), ['team-lead', 'cto'])
    const events = await timeline(here.client, incident)
    const start = Date.parse(events[0]?.at ?? '')
    const dues = ofType(events, 'page-sent').map((e) => Math.round((Date.parse(e.data.due) - start) / 1_000))
    assert.deepEqual(dues, [300, 600])
    for (const page of ofType(events, 'page-sent')) {
      assert.ok(page.data.sent.endsWith('Z') && page.data.lateMs >= 0 && !page.data.mayBeRepeat)
    }
    await command(here.client, incident, 'resolve', aoki, {})
  })

  it('risk of data loss: everyone at 0:00', async () => {
    const incident = await declared({ dataLoss: true })
    const levels = (await view(here.client, incident)).state.runbook.book.escalation.levels
    const everyone = levels.filter((level) => level.atOnce.includes('data-loss')).map((level) => level.id)
    await allSent(incident, everyone.length)
    assert.deepEqual((await sentTo(incident)).toSorted(), everyone.toSorted())
    assert.ok(everyone.includes('team-lead') && everyone.includes('cto'))
    await command(here.client, incident, 'resolve', aoki, {})
  })

  it('suspected breach: security at 0:00, and nobody else', async () => {
    const incident = await declared({ breach: true })
    await allSent(incident, 1)
    assert.deepEqual(await sentTo(incident), ['security'])
    await command(here.client, incident, 'resolve', aoki, {})
  })

  it('resolved at 4:58: nobody, however long it stays open', async () => {
    const incident = await declared()
    await fastForward(here, incident, 280)
    await command(here.client, incident, 'resolve', aoki, {})
    await fastForward(here, incident, 7_200)
    assert.deepEqual(await sentTo(incident), [])
    assert.equal(ofType(await timeline(here.client, incident), 'escalated').length, 0)
  })
})
