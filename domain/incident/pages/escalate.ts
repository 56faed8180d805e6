/** Who is called, when, and over which channel. The policy is the runbook's; the reasons are ours. */

import { type Failure, failure, failures } from '../../failures.ts'
import { iso } from '../../iso.ts'
import { present } from '../../present.ts'
import type { EscalationLevel } from '../../runbook/runbook.ts'
import type { Outcome } from '../../steps/contract.ts'
import { askOf } from '../../steps/person.ts'
import {
  type Actor,
  cutTo,
  cutWords,
  type PageReason,
  type Severity,
  system,
  type Words,
} from '../../words.ts'
import type { Command } from '../commands.ts'
import { openItems } from '../fold/checklist.ts'
import type { PageCall, PageSent } from '../fold/page.ts'
import {
  type Called,
  hasEnded,
  type IncidentState,
  isCalm,
  isOver,
  type Page,
  type StepRun,
} from '../fold/state.ts'
import { type Story, tell } from '../fold/story.ts'
import { pageText } from './page-text.ts'

const attemptsPerChannel = 3
const retryAfterMs = 5_000
/** After every channel failed: from the first one again, for as long as the page is wanted. */
const nextRoundAfterMs = 60_000
const alarmAgainAfterMs = 600_000
const descriptionKept = 500

/** Reasons whose pages go out even when the policy's `until` is reached; never after resolution. */
const alwaysWanted: readonly PageReason[] = [
  'cancel-refused',
  'data-loss',
  'breach',
  'worse',
  'by-hand',
  'recovery-failed',
  'undo-failed',
  'internal-error',
]

export function isWanted(state: IncidentState, { call }: Pick<Page, 'call'>): boolean {
  const { reason } = call
  if (reason === 'all-clear') return hasEnded(state)
  if (reason === 'message') return !isOver(state)
  if (reason === 'checklist') return openItems(state).some(({ id }) => call.items?.includes(id))
  if (hasEnded(state)) return false
  if (reason === 'waiting' || reason === 'to-do') return waitsFor(state.steps[call.step ?? '']) === reason
  if (reason === 'update') return call.person === state.commander && state.lastUpdateAtMs < call.dueMs
  if (reason === 'repeat' && state.acknowledged !== undefined) return false
  return alwaysWanted.includes(reason) || !isCalm(state)
}

/** What a run wants of people: their consent, or their hands. */
function waitsFor(step: StepRun | undefined): 'waiting' | 'to-do' | undefined {
  if (step?.status === 'proposed') return 'waiting'
  return step?.status === 'waiting' ? 'to-do' : undefined
}

/** Levels of the policy that nobody called yet, in its order. */
export function levelsLeft(state: IncidentState): readonly EscalationLevel[] {
  return levelsOf(state).filter((l) => state.escalation[l.id]?.firedAt === undefined)
}

function levelsOf(state: IncidentState): readonly EscalationLevel[] {
  return state.runbook.book.escalation.levels
}

type LevelDue = { readonly level: string; readonly dueMs: number }

/** The levels that will be called if nothing changes, earliest first; none when nobody is due any more. */
export function levelsDue(state: IncidentState): readonly LevelDue[] {
  if (hasEnded(state)) return []
  const isDue = ({ reason }: Called) => !isCalm(state) || alwaysWanted.includes(reason)
  return levelsAt(state, (called) => (isDue(called) ? called.dueMs : undefined))
}

/** Levels that were called, and are called again because nobody acknowledged. */
export function levelsRepeated(state: IncidentState): readonly LevelDue[] {
  return isCalm(state) ? [] : levelsAt(state, ({ repeatMs }) => repeatMs)
}

function levelsAt(state: IncidentState, at: (called: Called) => number | undefined): readonly LevelDue[] {
  return levelsOf(state)
    .flatMap(({ id }) => {
      const called = state.escalation[id]
      const dueMs = called === undefined ? undefined : at(called)
      return dueMs === undefined ? [] : [{ level: id, dueMs }]
    })
    .sort((a, b) => a.dueMs - b.dueMs)
}

/** A level's time has come: it is called, with its lateness. */
export function levelDue(story: Story, id: string): void {
  const due = levelsDue(story.state).find(({ level }) => level === id)
  if (due === undefined || due.dueMs > story.now) return
  callLevel(story, system, id, story.state.escalation[id]?.reason ?? 'due', due.dueMs)
}

/** Nobody acknowledged for so long: those who were called are called again. */
export function repeatDue(story: Story, id: string): void {
  const due = levelsRepeated(story.state).find(({ level }) => level === id)
  if (due !== undefined && due.dueMs <= story.now) callLevel(story, system, id, 'repeat', due.dueMs)
}

/** A level that is named is called again, if it was called before; without a name it is the next one's turn. */
export function escalateByHand(story: Story, command: Command<'escalate'>): Failure | undefined {
  const levels = levelsOf(story.state)
  const known = levels.map((l) => l.id).join(', ')
  if (command.level !== undefined && !levels.some((l) => l.id === command.level))
    return failure('unknown-level', { level: command.level, known })
  const level = command.level ?? levelsLeft(story.state)[0]?.id
  if (level === undefined) return failure('no-level-left', { incident: story.state.id, known })
  callLevel(story, command.by, level, 'by-hand', story.now)
  return undefined
}

/** For longer than the policy allows nobody did anything: the policy starts over. */
export function acknowledgementOver(story: Story): void {
  if ((acknowledgedUntil(story.state) ?? Number.POSITIVE_INFINITY) <= story.now)
    tell(story, 'acknowledgement-lapsed', system, {})
}

/** Until when an acknowledgement holds unless a person does something, epoch ms. */
export function acknowledgedUntil(state: IncidentState): number | undefined {
  const { acknowledgedFor } = state.runbook.book.escalation
  const { acknowledged, actedAtMs } = state
  if (acknowledgedFor === undefined || acknowledged === undefined || hasEnded(state)) return undefined
  return (actedAtMs ?? Date.parse(acknowledged.at)) + acknowledgedFor
}

/** When the people called so far are reminded of a step that waits for them, epoch ms. */
export function reminderAt(state: IncidentState, step: StepRun): number | undefined {
  const { status, proposedAtMs, requestedAt, reminded, approvalsNeeded } = step
  const { remindAfter } = state.runbook.book.approvals
  if (reminded || hasEnded(state)) return undefined
  if (status === 'waiting') return Date.parse(requestedAt) + (askOf(step)?.remindAfter ?? remindAfter)
  if (status !== 'proposed' || proposedAtMs === undefined || approvalsNeeded === 0) return undefined
  return proposedAtMs + remindAfter
}

export function reminderDue(story: Story, run: string): void {
  const step = story.state.steps[run]
  const dueMs = step === undefined ? undefined : reminderAt(story.state, step)
  const reason = waitsFor(step)
  if (dueMs === undefined || dueMs > story.now || reason === undefined) return
  remind(story, reason, dueMs, { step: run })
}

/** What is to be done is the commander's to see to; consent is asked of whoever was called so far, else of the first level. */
export function remind(story: Story, reason: PageReason, dueMs: number, about: About): void {
  const commander = reason === 'waiting' ? undefined : commanderOf(story.state)
  if (commander !== undefined) {
    pagePeople(story, commander, reason, dueMs, about)
    return
  }
  const levels = levelsOf(story.state)
  const called = levels.filter(({ id }) => story.state.escalation[id]?.firedAt !== undefined)
  for (const level of called.length === 0 ? levels.slice(0, 1) : called)
    pagePeople(story, level, reason, dueMs, about)
}

/** The commander as one who can be called, where that is one of the runbook's people. */
function commanderOf({
  commander,
  runbook,
}: IncidentState): Pick<EscalationLevel, 'id' | 'notify'> | undefined {
  const isKnown = commander !== undefined && Object.hasOwn(runbook.book.people, commander)
  return isKnown ? { id: 'commander', notify: [commander] } : undefined
}

/** 次回更新: when the commander is reminded to tell how it stands, epoch ms. */
export function updateAt(state: IncidentState): number | undefined {
  const { runbook, severity, lastUpdateAtMs, remindedMs = lastUpdateAtMs } = state
  if (hasEnded(state) || commanderOf(state) === undefined) return undefined
  return Math.max(lastUpdateAtMs, remindedMs) + runbook.book.severities[severity].updateEvery
}

export function updateDue(story: Story): void {
  const commander = commanderOf(story.state)
  const dueMs = updateAt(story.state)
  if (commander === undefined || dueMs === undefined || dueMs > story.now) return
  pagePeople(story, commander, 'update', dueMs)
}

/** It is over: everybody who was called hears so, once. */
export function allClear(story: Story): void {
  for (const { call } of Object.values(story.state.pages)) {
    const page = pageOf(story.state, call.key)
    if (page === undefined || page.cleared || page.status === 'cancelled' || call.reason === 'all-clear')
      continue
    pagePerson(story, call.level, 'all-clear', call.person, story.now, {})
  }
}

/** Something went wrong that a person must know at once: the policy's first level is called, again if it was called before. */
export function alarm(story: Story, reason: PageReason): void {
  const first = levelsOf(story.state)[0]
  if (first === undefined || hasEnded(story.state)) return
  if (story.state.escalation[first.id]?.firedAt === undefined)
    callLevel(story, system, first.id, reason, story.now)
  else pagePeople(story, first, reason, story.now)
}

/** An internal error calls somebody, but not once a second. */
export function internalError(story: Story, where: string, reason: Words): void {
  const { lastAlarmMs } = story.state
  tell(story, 'internal-error', system, { where, reason: cutWords(reason, 1_000) })
  if (lastAlarmMs === undefined || story.now - lastAlarmMs >= alarmAgainAfterMs)
    alarm(story, 'internal-error')
}

function callLevel(story: Story, by: Actor, id: string, reason: PageReason, dueMs: number): void {
  const level = levelsOf(story.state).find((l) => l.id === id)
  if (level === undefined) return
  const lateMs = Math.max(0, story.now - dueMs)
  tell(story, 'escalated', by, { level: id, reason, due: iso(dueMs), lateMs })
  pagePeople(story, level, reason, dueMs)
}

/** Pages each of these people about something of its own. */
export function pageEach(story: Story, level: string, people: readonly string[], about: About): void {
  for (const person of people) pagePerson(story, level, 'message', person, story.now, about)
}

function pagePeople(
  story: Story,
  level: Pick<EscalationLevel, 'id' | 'notify'>,
  reason: PageReason,
  dueMs: number,
  about: About = {},
): void {
  for (const person of level.notify) pagePerson(story, level.id, reason, person, dueMs, about)
}

type About = Pick<PageCall, 'step' | 'items' | 'message'> & { readonly severity?: Severity }

function pagePerson(
  story: Story,
  level: string,
  reason: PageReason,
  person: string,
  dueMs: number,
  about: About,
): void {
  const channel = story.state.runbook.book.people[person]?.channels[0]
  if (channel !== undefined) page(story, { level, reason, person, channel, dueMs, ...about })
}

type Wanted = Pick<PageCall, 'level' | 'reason' | 'person' | 'channel' | 'dueMs'> & About

function page(story: Story, wanted: Wanted): void {
  const { state } = story
  const { level, person, channel, severity = state.severity } = wanted
  // Counted per person and level, whatever the channel, so that no key ever comes twice.
  const attempt =
    1 +
    Object.values(state.pages)
      .filter((p) => p.call.level === level && p.call.person === person)
      .reduce((most, p) => Math.max(most, p.call.attempt), 0)
  tell(story, 'page-requested', system, {
    page: {
      key: `${state.id}/${level}/${person}/${channel}/${attempt}`,
      incident: state.id,
      ...wanted,
      attempt,
      severity,
      service: state.service,
      ...present({ symptom: state.symptom }),
      description: cutTo(state.description, descriptionKept),
      says: pageText(state, { ...wanted, severity }),
      declaredBy: state.declaredBy,
      timezone: state.runbook.book.timezone,
    },
  })
}

/** The outcome of a page: sent, or the next attempt is planned (same channel first, then the next one, then from the start). */
export function pageEnded(story: Story, key: string, outcome: Outcome<PageSent>): void {
  const known = pageOf(story.state, key)
  if (known?.status !== 'sending') return
  const { call } = known
  if (outcome.ok) {
    const { sentAtMs, reference } = outcome.value
    tell(story, 'page-sent', system, {
      key,
      due: iso(call.dueMs),
      sent: iso(sentAtMs),
      lateMs: Math.max(0, sentAtMs - call.dueMs),
      ...present({ reference }),
      mayBeRepeat: outcome.attempt > 1,
    })
    return
  }
  const { failure: why } = outcome
  if (isOver(story.state)) {
    tell(story, 'page-failed', system, { key, failure: why })
    return
  }
  const { channel, waitMs } = nextTry(story.state, known, failures[why.name].retryable)
  const retryAt = iso(story.now + waitMs)
  tell(story, 'page-failed', system, { key, failure: why, retryAt, retryOver: channel })
}

/** The moment of another attempt has come; the state is looked at again right before. */
export function pageRetryDue(story: Story, key: string): void {
  const known = pageOf(story.state, key)
  if (known?.retryAtMs === undefined || known.retryAtMs > story.now || !isWanted(story.state, known)) return
  const { call, retryOver = call.channel } = known
  const { level, reason, person, dueMs, step, items, message } = call
  const about = message === undefined ? present({ step, items }) : { message, severity: call.severity }
  page(story, { level, reason, person, channel: retryOver, dueMs, ...about })
}

/** The page of a key, which may be any word that somebody sent. */
export function pageOf(state: IncidentState, key: string): Page | undefined {
  return Object.hasOwn(state.pages, key) ? state.pages[key] : undefined
}

function nextTry(state: IncidentState, page: Page, retryable: boolean): { channel: string; waitMs: number } {
  const { call, tries } = page
  const channels = state.runbook.book.people[call.person]?.channels ?? [call.channel]
  const here = channels.indexOf(call.channel)
  if (retryable && tries % attemptsPerChannel !== 0) return { channel: call.channel, waitMs: retryAfterMs }
  const next = channels[here + 1]
  return next === undefined
    ? { channel: channels[0] ?? call.channel, waitMs: nextRoundAfterMs }
    : { channel: next, waitMs: 0 }
}
