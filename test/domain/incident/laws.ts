/** What must hold in every life of an incident. Each law reads the timeline alone, or looks at the state after each decision. */
import assert from 'node:assert/strict'
import { deadlines } from '../../../domain/incident/deadlines.ts'
import type { EventData, IncidentEvent, IncidentEventType } from '../../../domain/incident/fold/events.ts'
import { evolve } from '../../../domain/incident/fold/evolve.ts'
import { findingKey } from '../../../domain/incident/fold/picture.ts'
import { type IncidentState, isCalm, isOver } from '../../../domain/incident/fold/state.ts'
import { approvalsNeeded, enoughApprovals } from '../../../domain/incident/steps/approve.ts'
import { isChange, kindOf } from '../../../domain/steps/catalogue.ts'
import type { Finding } from '../../../domain/steps/contract.ts'
import { append, firstBreak, genesis, type TimelineEvent } from '../../../domain/timeline/chain.ts'
import { type Actor, phases, type Severity, stepStatuses } from '../../../domain/words.ts'
import { type Batch, secret, type World } from './world.ts'

export type Law = { readonly title: string; readonly holds: (world: World) => void }

const isEvent = <T extends IncidentEventType>(
  event: IncidentEvent,
  type: T,
): event is Extract<IncidentEvent, { type: T }> => event.type === type

function each(world: World, look: (event: IncidentEvent, batch: Batch) => void): void {
  for (const batch of world.batches) for (const event of batch.events) look(event, batch)
}

const isMessage = (event: IncidentEvent): boolean =>
  isEvent(event, 'page-requested') && event.data.page.reason === 'message'

const isAllClear = (event: IncidentEvent): boolean =>
  isEvent(event, 'page-requested') && event.data.page.reason === 'all-clear'

const isOpen = (state: IncidentState): boolean => !isOver(state) && state.phase !== 'resolved'

/** What the timeline says of one run, gathered without `evolve`. */
type Told = {
  readonly requestedBy: Actor
  readonly kind: string
  proposal?: EventData['step-proposed']
  approvals: { readonly by: Actor; readonly hash: string; readonly at: number }[]
  started: number
  over: boolean
}

const isReminder = (event: IncidentEvent): boolean =>
  isEvent(event, 'page-requested') && event.data.page.reason === 'checklist'

function followSteps(
  world: World,
  look: (event: IncidentEvent, run: Told | undefined, around: Around) => void,
): void {
  const runs = new Map<string, Told>()
  let state = world.blank
  each(world, (event) => {
    const id = 'run' in event.data && typeof event.data.run === 'string' ? event.data.run : undefined
    const run = id === undefined ? undefined : runs.get(id)
    look(event, run, {
      frozen: state.frozen !== undefined,
      severity: state.severity,
    })
    state = evolve(state, event, Date.parse(event.at))
    if (isEvent(event, 'step-requested')) {
      const { kind } = event.data
      runs.set(event.data.run, { requestedBy: event.by, kind, approvals: [], started: 0, over: false })
    }
    if (run === undefined) return
    if (isEvent(event, 'step-proposed')) run.proposal = event.data
    if (isEvent(event, 'step-approved'))
      run.approvals.push({ by: event.by, hash: event.data.hash, at: Date.parse(event.at) })
    if (isEvent(event, 'step-started')) run.started += 1
    if (
      [
        'step-rejected',
        'step-expired',
        'step-skipped',
        'step-withdrawn',
        'step-left-out',
        'step-failed',
        'step-going-on',
        'step-done',
        'step-verified',
      ].includes(event.type)
    )
      run.over = true
  })
}
type Around = {
  readonly frozen: boolean
  readonly severity: Severity
}

function afterOf(world: World, id: string): readonly string[] {
  const steps = world.opening.runbook.book.symptoms.flatMap((symptom) => symptom.steps)
  return steps.find((step) => step.id === id)?.after ?? []
}

export const laws: readonly Law[] = [
  {
    title:
      'after resolution or the end people hear that it is over, what somebody tells them and what is left of the checklist, and nothing else, until the incident is reopened',
    holds(world) {
      let calm = false
      each(world, (event) => {
        if (event.type === 'resolved' || event.type === 'cancelled' || event.type === 'closed') calm = true
        if (event.type === 'reopened') calm = false
        const isClear = isAllClear(event)
        assert.equal(isClear && !calm, false, 'all clear before the end')
        const isCall = event.type === 'page-requested' || event.type === 'escalated'
        assert.ok(!(calm && isCall && !isClear && !isReminder(event) && !isMessage(event)), event.type)
      })
    },
  },
  {
    title:
      'time alone calls no level twice until the policy starts over, and a rising severity once for each step up',
    holds(world) {
      let called = new Set<string>()
      let worse = 0
      each(world, (event) => {
        if (event.type === 'reopened' || event.type === 'acknowledgement-lapsed') called = new Set()
        if (event.type === 'reopened') worse = 0
        if (!isEvent(event, 'escalated')) return
        const { level, reason } = event.data
        if (reason === 'due') {
          assert.ok(!called.has(level), `${level} was called twice`)
          called.add(level)
        }
        if (reason === 'worse') worse += 1
        assert.ok(worse <= 3 * world.opening.runbook.book.escalation.levels.length, 'worse and worse')
      })
    },
  },
  {
    title: 'no page carries the key of another',
    holds(world) {
      const keys = world.pages().map((p) => p.key)
      assert.deepEqual([...new Set(keys)], keys)
    },
  },
  {
    title:
      'nobody who was called is forgotten: while pages are wanted, each person was reached, is being tried, or has a next attempt',
    holds(world) {
      for (const { after } of world.batches) {
        if (isCalm(after)) continue
        for (const level of after.runbook.book.escalation.levels) {
          if (after.escalation[level.id]?.firedAt === undefined) continue
          for (const person of level.notify) {
            const theirs = Object.values(after.pages).filter(
              (p) => p.call.level === level.id && p.call.person === person,
            )
            const cared = theirs.some(
              (p) => p.status === 'sent' || p.status === 'sending' || p.retryAtMs !== undefined,
            )
            assert.ok(cared, `${person} of ${level.id}: ${JSON.stringify(theirs.map((p) => p.status))}`)
          }
        }
      }
    },
  },
  {
    title: 'no lateness is negative',
    holds(world) {
      for (const { lateMs } of [...world.told('escalated'), ...world.told('page-sent')])
        assert.ok(lateMs >= 0)
    },
  },
  {
    title: 'no step starts without the approvals that its risk and the policy of its severity need',
    holds(world) {
      const { book } = world.opening.runbook
      followSteps(world, (event, run, { severity }) => {
        if (!isEvent(event, 'step-started')) return
        assert.ok(run?.proposal !== undefined, 'started without a proposal')
        const { plan, risk, approvals } = run.proposal
        assert.equal(event.data.hash, run.proposal.hash)
        assert.equal(run.started, 0, 'started twice')
        assert.ok(!run.over, 'started after its end')
        assert.ok(Date.parse(event.at) < Date.parse(run.proposal.expiresAt), 'started after it expired')
        const share = plan.pods.ofReady === 0 ? 0 : plan.pods.ready / plan.pods.ofReady
        const wide = share * 100 > book.blastRadius.readyPodsPercent
        const mayByItself =
          approvals === 0 &&
          !wide &&
          risk !== 'destructive' &&
          book.severities[severity].automatic.includes(risk)
        const people = new Set(run.approvals.filter((a) => a.hash === event.data.hash).map(({ by }) => by.id))
        people.delete(run.requestedBy.id)
        const needed = mayByItself
          ? 0
          : Math.max(approvals, book.approvals[risk === 'read' ? 'reversible' : risk])
        assert.ok(people.size >= needed, `${risk} at ${severity}: ${people.size} of ${needed}`)
        if ('policy' in event.data.allowed)
          assert.ok(mayByItself, `it says ${event.data.allowed.policy} lets it run`)
        else assert.ok(event.data.allowed.approvals.length >= needed)
      })
    },
  },
  {
    title:
      'an approval is that of a person other than the requester, once, verified where the risk asks for it',
    holds(world) {
      followSteps(world, (event, run) => {
        if (!isEvent(event, 'step-approved')) return
        assert.ok(run?.proposal !== undefined, 'approved before it was proposed')
        assert.equal(event.by.kind, 'person')
        assert.notEqual(event.by.id, run.requestedBy.id)
        assert.ok(!run.approvals.some((a) => a.by.id === event.by.id), 'approved twice by one person')
        const grave = run.proposal.risk === 'disruptive' || run.proposal.risk === 'destructive'
        assert.ok(event.by.verified || world.opening.lab || !grave, 'unverified')
        assert.equal(event.data.lab, world.opening.lab && !event.by.verified)
      })
    },
  },
  {
    title: 'a step that is stale, changed, expired, rejected or started is never approved',
    holds(world) {
      followSteps(world, (event, run, { frozen }) => {
        if (!isEvent(event, 'step-approved')) return
        assert.equal(event.data.hash, run?.proposal?.hash)
        assert.ok(Date.parse(event.at) < Date.parse(run?.proposal?.expiresAt ?? ''), 'expired')
        assert.ok(run?.over === false && run.started === 0, 'ended or started')
        assert.ok(!frozen, 'frozen')
      })
    },
  },
  {
    title:
      'closed is closed: afterwards the timeline only takes what became of pages, the archive, refused signals and errors, and what was left for later',
    holds(world) {
      const mayFollow: readonly IncidentEventType[] = [
        'page-sent',
        'page-failed',
        'page-cancelled',
        'archived',
        'signal-refused',
        'internal-error',
        'continued',
      ]
      let over = false
      const later = new Set<string>()
      const isLeft = (event: IncidentEvent) => later.size > 0 && isReminder(event)
      each(world, (event) => {
        const isWorkedOff =
          (isEvent(event, 'checked') && later.delete(event.data.item)) ||
          (isEvent(event, 'afterwards-lapsed') && later.size > 0)
        assert.ok(
          !over || mayFollow.includes(event.type) || isAllClear(event) || isWorkedOff || isLeft(event),
          `${event.type} after the end`,
        )
        if (isEvent(event, 'closed')) for (const item of event.data.later ?? []) later.add(item)
        if (isEvent(event, 'phase-changed'))
          over = event.data.to === 'closed' || event.data.to === 'cancelled'
        if (over && isEvent(event, 'page-failed')) assert.equal(event.data.retryAt, undefined)
      })
    },
  },
  {
    title: 'frozen starts nothing, and thawing starts what may start',
    holds(world) {
      followSteps(world, (event, _, { frozen }) => {
        if (event.type === 'step-started') assert.ok(!frozen)
      })
      for (const { after, at, input } of world.batches) {
        if (!isOpen(after) || after.frozen !== undefined || input === 'told') continue
        for (const step of Object.values(after.steps)) {
          const kind = kindOf(step.kind)
          if (step.status !== 'proposed' || step.plan === undefined || !kind || !isChange(kind)) continue
          const left = (step.expiresAtMs ?? 0) > at
          const need = step.approvalsNeeded >= approvalsNeeded(after, step, kind, step.plan, at).approvals
          assert.ok(!(left && need && enoughApprovals(after, step)), `${step.id} could have started`)
        }
      }
    },
  },
  {
    title: 'phases follow each other without a gap',
    holds(world) {
      let phase: string = 'investigating'
      each(world, (event) => {
        if (!isEvent(event, 'phase-changed')) return
        assert.equal(event.data.from, phase)
        phase = event.data.to
      })
      assert.equal(world.state.phase, phase)
    },
  },
  {
    title:
      'a finding stands from when it is found to when it is gone, and proposes a step once, again only when nobody took it up or it came to nothing',
    holds(world) {
      const standing = new Map<string, Finding>()
      const proposed = new Map<string, string>()
      const unanswered = new Set<string>()
      each(world, (event) => {
        if (isEvent(event, 'found')) {
          const key = findingKey(event.data.finding)
          assert.ok(!standing.has(key), `${key} was found twice`)
          standing.set(key, event.data.finding)
        }
        if (isEvent(event, 'findings-gone'))
          for (const gone of event.data.findings) {
            assert.ok(standing.delete(findingKey(gone)), `${gone.code} is gone and was never there`)
            for (const key of proposed.keys()) if (key.startsWith(findingKey(gone))) proposed.delete(key)
          }
        if (isEvent(event, 'step-expired') || isEvent(event, 'step-withdrawn')) unanswered.add(event.data.run)
        if (isEvent(event, 'step-failed') && event.data.changed === 'nothing') unanswered.add(event.data.run)
        if (!isEvent(event, 'step-requested') || event.data.finding === undefined) return
        const key = `${event.data.finding} ${event.data.step}`
        const before = proposed.get(key)
        assert.ok(before === undefined || unanswered.has(before), `${key} was proposed twice`)
        proposed.set(key, event.data.run)
      })
      assert.deepEqual([...standing.keys()].sort(), world.state.findings.map(findingKey).sort())
    },
  },
  {
    title:
      'nothing is proposed but for a standing finding of the own service, to the very workload that it speaks of',
    holds(world) {
      const standing = new Map<string, Finding>()
      each(world, (event) => {
        if (isEvent(event, 'found')) standing.set(findingKey(event.data.finding), event.data.finding)
        if (isEvent(event, 'findings-gone'))
          for (const gone of event.data.findings) standing.delete(findingKey(gone))
        if (!isEvent(event, 'step-requested') || event.data.origin !== 'runbook') return
        const { finding: key, kind, params, step } = event.data
        const declared = kindOf(kind)
        if (declared === undefined || !isChange(declared)) return
        // What comes after a step needs no finding.
        if (key === undefined && afterOf(world, step).length > 0) return
        const finding = standing.get(key ?? '')
        assert.equal(finding?.service, 'backend', `${kind} for ${key}`)
        if (typeof params.deployment !== 'string') return
        const target = `deployment/shodo/${params.deployment}`
        assert.ok(!finding?.subject.includes('/shodo/') || finding.subject === target, `${target} for ${key}`)
      })
    },
  },
  {
    title:
      'it looks recovered only where the newest picture looked at the own service and shows nothing of it',
    holds(world) {
      for (const { events, after } of world.batches) {
        if (!events.some((e) => e.type === 'resolution-proposed')) continue
        assert.deepEqual(
          after.findings.filter(({ service, code }) => service === 'backend' && code !== 'errors-in-logs'),
          [],
        )
        assert.equal(after.situation.taken?.parts['health:backend']?.ok, true)
        assert.ok(after.alerts?.groups.every(({ clear }) => clear) ?? true, 'alerts fire')
      }
    },
  },
  {
    title: 'only what was done, or may have been, is undone, and only an undo that was verified says so',
    holds(world) {
      const started = new Set<string>()
      const done = new Set<string>()
      const doubtful = new Set<string>()
      const undone = new Set<string>()
      const ways = new Map<string, string>()
      each(world, (event) => {
        if (isEvent(event, 'step-started')) started.add(event.data.run)
        if (isEvent(event, 'step-done') && started.has(event.data.run)) done.add(event.data.run)
        if (isEvent(event, 'step-failed') && event.data.changed === 'unknown') doubtful.add(event.data.run)
        if (isEvent(event, 'undone')) {
          assert.equal(ways.get(event.data.by), event.data.run)
          assert.ok(!undone.has(event.data.run), 'undone twice')
          undone.add(event.data.run)
        }
        if (!isEvent(event, 'step-requested') || event.data.undoes === undefined) return
        const { undoes } = event.data
        assert.ok(done.has(undoes) || doubtful.has(undoes), `${undoes} did nothing`)
        assert.ok(!undone.has(event.data.undoes), `${event.data.undoes} was undone already`)
        ways.set(event.data.run, event.data.undoes)
      })
      for (const [way, run] of ways) {
        const { status } = world.step(way)
        // One of which nobody knows whether it was done, and that was taken back itself, undid nothing.
        if (status === 'verified' || status === 'done' || (status === 'undone' && done.has(way)))
          assert.ok(undone.has(run), `${way} did not say that it undid ${run}`)
      }
    },
  },
  {
    title: 'a recovery ends as verified or failed in its time; its failure pages at once',
    holds(world) {
      let running = false
      each(world, (event, batch) => {
        if (event.type === 'recovery-started') running = true
        if (event.type === 'resolved' || event.type === 'cancelled') running = false
        if (event.type !== 'recovery-verified' && event.type !== 'recovery-failed') return
        assert.ok(running, 'ended twice, or after the incident')
        running = false
        if (event.type !== 'recovery-failed') return
        const paged = batch.events.some(
          (e) => isEvent(e, 'page-requested') && e.data.page.reason === 'recovery-failed',
        )
        assert.ok(paged, 'nobody was paged')
      })
      const { recovery } = world.state
      if (recovery?.status === 'running') assert.ok(recovery.untilMs > world.now, 'its time is over')
    },
  },
  {
    title: 'an internal error calls the first level, at most once in ten minutes',
    holds(world) {
      const alarms: number[] = []
      for (const { at, before, events, input } of world.batches) {
        if (input !== 'internal-error') continue
        const paged = events.some(
          (e) => isEvent(e, 'page-requested') && e.data.page.reason === 'internal-error',
        )
        const last = alarms[alarms.length - 1]
        if (paged) {
          assert.ok(last === undefined || at - last >= 600_000, `again after ${at - (last ?? 0)} ms`)
          alarms.push(at)
        } else if (isOpen(before)) {
          const calls = world.events.filter(
            (e) =>
              isEvent(e, 'page-requested') &&
              e.data.page.reason === 'internal-error' &&
              Date.parse(e.at) <= at,
          )
          const newest = Math.max(...calls.map((e) => Date.parse(e.at)))
          assert.ok(at - newest < 600_000, 'an error in silence')
        }
      }
    },
  },
  {
    title: 'every run of the workflow that ended is laid into the archive, once and in order',
    holds(world) {
      const runs = world.told('archived').map((a) => a.run)
      assert.deepEqual(
        runs,
        runs.map((_, i) => i + 1),
      )
      const { run } = world.state
      assert.ok(runs.length <= (isOver(world.state) ? run : run - 1))
    },
  },
  {
    title: 'what comes after a step or an option does not begin before it, whoever asks',
    holds(world) {
      const passed = new Map<string, string | undefined>()
      const started = new Set<string>()
      const nameOf = (run: string) => run.replace(/\.\d+$/, '')
      each(world, (event) => {
        if (isEvent(event, 'step-started')) started.add(event.data.run)
        if (isEvent(event, 'step-decided')) passed.set(nameOf(event.data.run), event.data.option)
        if (isEvent(event, 'step-skipped')) passed.set(event.data.step, 'any')
        if (
          isEvent(event, 'step-carried-out') ||
          isEvent(event, 'step-read') ||
          isEvent(event, 'step-verified') ||
          isEvent(event, 'step-left-out') ||
          (isEvent(event, 'step-done') && !started.has(event.data.run))
        )
          passed.set(nameOf(event.data.run), undefined)
        if (!isEvent(event, 'step-requested')) return
        for (const word of afterOf(world, event.data.step)) {
          const [step = '', option] = word.split('/')
          const by = passed.get(step)
          assert.ok(passed.has(step), `${event.data.step} before ${word}`)
          assert.ok(
            option === undefined || by === option || by === 'any',
            `${event.data.step} without ${word}`,
          )
        }
      })
    },
  },
  {
    title: 'nobody is called for a step or an item that does not wait for anybody',
    holds(world) {
      for (const { events, before } of world.batches)
        for (const event of events) {
          if (!isEvent(event, 'page-requested')) continue
          const { reason, step = '', items = [] } = event.data.page
          if (reason === 'to-do') assert.equal(before.steps[step]?.status, 'waiting', step)
          if (reason !== 'checklist') continue
          assert.ok(items.length > 0)
          // A page that is tried again names what was open when it was asked for first.
          assert.ok(
            items.some((item) => !Object.hasOwn(before.checks, item)),
            items.join(', '),
          )
        }
    },
  },
  {
    title:
      'it closes with everything required ticked, or with a word about what is not, and a waiver is the commander’s',
    holds(world) {
      const { firstResponse, afterwards } = world.opening.runbook.book
      const required = [...firstResponse, ...afterwards].filter((one) => one.required).map(({ id }) => id)
      const ticked = new Set<string>()
      let commander: string | undefined
      each(world, (event) => {
        if (isEvent(event, 'commander-set')) commander = event.data.person
        if (isEvent(event, 'checked')) ticked.add(event.data.item)
        if (isEvent(event, 'unchecked')) ticked.delete(event.data.item)
        if (!isEvent(event, 'closed')) return
        const { waived = [], later = [] } = event.data
        assert.deepEqual(
          required.filter((item) => !ticked.has(item)),
          [...waived, ...later],
        )
        if (waived.length > 0) assert.equal(event.by.id, commander ?? event.by.id)
      })
    },
  },
  {
    title: 'whatever is due lies in the future once it was met',
    holds(world) {
      for (const deadline of deadlines(world.state))
        assert.ok(deadline.atMs > world.now, JSON.stringify(deadline))
    },
  },
  {
    title: 'the timeline holds: the same facts give the same hashes and fold to the same state',
    holds(world) {
      assert.equal(firstBreak(world.events as readonly TimelineEvent[]), undefined)
      let state = world.blank
      let head = genesis
      for (const event of JSON.parse(JSON.stringify(world.events)) as IncidentEvent[]) {
        const again = append(head, event, Date.parse(event.at), secret)
        assert.equal(again.hash, event.hash)
        head = again
        state = evolve(state, event, Date.parse(event.at))
      }
      assert.deepEqual(JSON.parse(JSON.stringify(state)), JSON.parse(JSON.stringify(world.state)))
      assert.ok(stepStatuses.length > 0 && phases.includes(state.phase))
    },
  },
]
