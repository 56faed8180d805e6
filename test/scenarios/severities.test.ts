/** An incident of each severity, by the runbook of shodo: from the declaration over both checklists to its close, and proven. */
import assert from 'node:assert/strict'
import { historiesOf } from '../../client/replay/histories.ts'
import { replay } from '../../client/replay/replay.ts'
import type { IncidentEvent } from '../../domain/incident/fold/events.ts'
import { leftToDo } from '../../domain/incident/fold/state.ts'
import { ended, type Severity, severities } from '../../domain/words.ts'
import { breakLab, healLab } from '../../lab/index.ts'
import type { IncidentView } from '../../wire/messages.ts'
import { reexecute } from '../../workers/reexecute.ts'
import { skipWithout } from '../lab/skip.ts'
import {
  aoki,
  approve,
  command,
  fastForward,
  mori,
  ofType,
  openDesk,
  refusal,
  sato,
  timeline,
  until,
  verified,
  view,
  type World,
  world,
} from './world.ts'

const day = 86_400

type Story = {
  readonly says: string
  /** From the declaration to a close that is accepted; returns the incident. */
  readonly play: (here: World) => Promise<string>
}

const stories: Readonly<Record<Severity, Story>> = {
  CRITICAL: {
    says: 'recovers by itself; closed when every item of both lists is ticked',
    async play(here) {
      const { client, lab } = here
      await breakLab(lab, 'dead')
      const incident = await declared(here, { severity: 'CRITICAL', description: '全サービス停止' })
      await until(client, incident, 'recovered', ({ state }) => state.recovery?.status === 'verified')
      await command(client, incident, 'acknowledge', aoki, {})
      await command(client, incident, 'notify', aoki, { message: '全サービス停止、自動復旧済み' })
      await firstResponseTicked(here, incident)
      const left = await resolved(here, incident)
      assert.deepEqual(left, byPeople)
      for (const [done, item] of left.entries()) {
        const refused = await refusal(command(client, incident, 'close', aoki, {}))
        assert.deepEqual(
          [refused.name, refused.params.items],
          ['afterwards-open', left.slice(done).join(', ')],
        )
        await command(client, incident, 'check', aoki, { item })
      }
      await command(client, incident, 'close', aoki, {})
      return incident
    },
  },

  HIGH: {
    says: 'option B is decided for and repairs, a step is skipped; closed with the commander’s reason',
    async play(here) {
      const { client, lab } = here
      await breakLab(lab, 'dead')
      const incident = await declared(here, {
        severity: 'HIGH',
        symptom: 'slow',
        description: 'レスポンス遅延',
      })
      await until(client, incident, 'asked', ({ state }) => state.steps.way?.status === 'waiting')
      for (const step of ['quick-targets', 'quick-top'])
        if (lab.without.prometheus === undefined || step !== 'quick-targets')
          await isRead(here, incident, step)
      const unasked = await refusal(command(client, incident, 'run', aoki, { step: 'delete-pods' }))
      assert.equal(unasked.name, 'step-held')
      const none = await refusal(
        command(client, incident, 'decide', aoki, { step: 'way', option: 'option-c', reason: 'x' }),
      )
      assert.equal(none.name, 'unknown-option')
      const decision = { step: 'way', option: 'replace-pods', reason: '一部の Pod だけ遅い' }
      await command(client, incident, 'decide', aoki, decision)
      await approve(client, incident, 'delete-pods', sato)
      const { state } = await until(client, incident, 'replaced', verified('delete-pods'))
      assert.deepEqual(
        [state.steps.way?.told?.by.id, state.steps['delete-pods']?.requestedBy.id],
        ['aoki', 'aoki'],
      )
      await command(client, incident, 'skip', sato, { step: 'more-memory', reason: 'メモリは十分' })
      // Option B is the backend's; the fault took the other services too.
      await healLab(lab)
      await command(client, incident, 'set-commander', aoki, { person: 'sato' })
      await command(client, incident, 'escalate', sato, {})
      // What answered slowly is asked again first: a resolution in between would end that reading unanswered.
      await until(client, incident, 'it looks recovered', (seen) => seen.state.resolutionProposed)
      await firstResponseTicked(here, incident)
      const left = await resolved(here, incident)
      assert.equal((await refusal(command(client, incident, 'close', sato, {}))).name, 'afterwards-open')
      const waive = '訓練のため'
      const notTheirs = await refusal(command(client, incident, 'close', aoki, { waive }))
      assert.equal(notTheirs.name, 'commander-only')
      await command(client, incident, 'close', sato, { waive })
      const [closed] = ofType(await timeline(client, incident), 'closed')
      assert.deepEqual([closed?.data.waived, closed?.data.reason], [left, waive])
      return incident
    },
  },

  MEDIUM: {
    says: 'the service is restarted with one approval; the rest of the list is ticked after the close',
    async play(here) {
      const { client } = here
      const incident = await declared(here, { severity: 'MEDIUM', service: 'frontend' })
      await command(client, incident, 'acknowledge', sato, {})
      await command(client, incident, 'run', aoki, { step: 'quick-restart' })
      await approve(client, incident, 'quick-restart', sato)
      await until(client, incident, 'restarted', verified('quick-restart'))
      await isRead(here, incident, 'quick-rollout-status')
      await command(client, incident, 'skip', aoki, { step: 'quick-log-stream', reason: '復旧済み' })
      await command(client, incident, 'escalate', aoki, { level: 'team-lead' })
      await firstResponseTicked(here, incident)
      const left = await resolved(here, incident)
      assert.equal((await refusal(command(client, incident, 'close', aoki, {}))).name, 'afterwards-open')
      await command(client, incident, 'close', aoki, { later: true })
      for (const item of left) await command(client, incident, 'check', mori, { item })
      return incident
    },
  },

  LOW: {
    says: 'readings only; the team lead is called after 5 minutes, and a day later for what is still open',
    async play(here) {
      const { client, lab } = here
      const incident = await declared(here, { severity: 'LOW', service: 'frontend' })
      await command(client, incident, 'acknowledge', sato, {})
      if (lab.without.exec === undefined)
        for (const step of ['quick-audit', 'quick-recovery-points']) await isRead(here, incident, step)
      await fastForward(here, incident, 305)
      await sent(here, incident, 'due')
      await command(client, incident, 'set-commander', sato, { person: 'sato' })
      await firstResponseTicked(here, incident)
      const left = await resolved(here, incident)
      await fastForward(here, incident, day + 60)
      const called = await sent(here, incident, 'checklist')
      const [page] = Object.values(called.state.pages).filter(({ call }) => call.reason === 'checklist')
      assert.deepEqual(page?.call.items, ['post-mortem'])
      await command(client, incident, 'check', sato, { item: 'post-mortem' })
      const rest = left.filter((item) => item !== 'post-mortem')
      const refused = await refusal(command(client, incident, 'close', sato, {}))
      assert.deepEqual([refused.name, refused.params.items], ['afterwards-open', rest.join(', ')])
      await command(client, incident, 'close', sato, { waive: '利用者への影響なし' })
      return incident
    },
  },
}

/** What no incident shows by itself, and no alert was there to clear. */
const byPeople = ['alerts-cleared', 'post-mortem', 'improvements']

describe('an incident of each severity', function () {
  this.timeout(300_000)
  let here: World
  before(async function () {
    here = await world()
    // Without it nobody can count the affected users.
    skipWithout(this, here.lab, 'postgres')
  })
  beforeEach(() => healLab(here.lab))
  after(() => healLab(here.lab))

  for (const severity of severities)
    it(`${severity}: ${stories[severity].says}`, async () => {
      const { client, lab } = here
      const incident = await stories[severity].play(here)
      await client.workflow.getHandle(incident).result()
      const histories = await historiesOf(incident, client, lab.env.HIKESHI_ARCHIVE)
      const verdict = await replay(incident, histories, reexecute)
      assert.equal(verdict.verdict, 'identical', JSON.stringify(verdict.difference ?? verdict.missing))
      const events = verdict.timeline as readonly IncidentEvent[]
      assert.equal(ofType(events, 'declared')[0]?.data.severity, severity)
      const { firstResponse, afterwards } = (await view(client, incident)).state.runbook.book
      const accountedFor = [
        ...ofType(events, 'checked').map(({ data }) => data.item),
        ...ofType(events, 'closed').flatMap(({ data }) => data.waived ?? []),
      ]
      const items = [...firstResponse, ...afterwards].map(({ id }) => id)
      assert.deepEqual([...new Set(accountedFor)].toSorted(), items.toSorted())
    })
})

async function declared(
  here: World,
  what: { severity: Severity; service?: string; symptom?: string; description?: string },
): Promise<string> {
  const { incident } = await (await openDesk(here)).declare(what)
  await until(here.client, incident, 'picture', ({ state }) => state.situation.taken !== undefined)
  return incident
}

async function isRead({ client }: World, incident: string, step: string): Promise<void> {
  await command(client, incident, 'run', aoki, { step })
  const { state } = await until(client, incident, `${step} read`, (seen) =>
    ended.includes(seen.state.steps[step]?.status ?? 'reading'),
  )
  assert.equal(state.steps[step]?.status, 'done', JSON.stringify(state.steps[step]?.failure))
}

function sent({ client }: World, incident: string, reason: string): Promise<IncidentView> {
  return until(client, incident, `called: ${reason}`, ({ state }) =>
    Object.values(state.pages).some(({ status, call }) => status === 'sent' && call.reason === reason),
  )
}

/** 初動対応チェックリスト ticks itself: acknowledged, looked at, declared, somebody reached by a page. */
async function firstResponseTicked(here: World, incident: string): Promise<void> {
  const { client } = here
  await looked(here, incident, 'scope')
  const { state } = await until(client, incident, 'first response ticked', ({ state: { runbook, checks } }) =>
    runbook.book.firstResponse.every(({ id }) => Object.hasOwn(checks, id)),
  )
  for (const { id, proof } of state.runbook.book.firstResponse) assert.equal(state.checks[id]?.proof, proof)
}

/** Resolves, waits for what ticks itself and is counted then, and returns what is left to people. */
async function resolved(here: World, incident: string): Promise<readonly string[]> {
  const { client } = here
  await command(client, incident, 'resolve', aoki, {})
  await looked(here, incident, 'recovered')
  const { state } = await until(client, incident, 'counted', (seen) => seen.state.affected !== undefined)
  assert.deepEqual(leftToDo(state), byPeople)
  return byPeople
}

/** An item that a picture ticks. Where a busy machine left it without answers, another one is asked for, as people do. */
async function looked({ client }: World, incident: string, item: string): Promise<void> {
  for (let asked = 0; asked < 20; asked += 1) {
    const { state } = await until(
      client,
      incident,
      `${item} ticked, or the picture taken`,
      ({ state: { checks, situation } }) =>
        Object.hasOwn(checks, item) || situation.taken?.number === situation.wanted,
    )
    if (Object.hasOwn(state.checks, item)) return
    await command(client, incident, 'situation', aoki, {})
  }
  assert.fail(`${incident}: no picture ticked ${item}`)
}
