/** Who is called, when, and over which channel. The policy is the runbook's; the reasons are ours. */

import { type Failure, failure, failures } from '../failures.ts'
import type { Command } from '../incident/commands.ts'
import { type IncidentState, isCalm, isOver, type Page } from '../incident/state.ts'
import { iso, type Story, tell } from '../incident/story.ts'
import type { EscalationLevel } from '../runbook/runbook.ts'
import type { Outcome } from '../steps/contract.ts'
import { type Actor, cutTo, system, type Text } from '../words.ts'
import type { PageReason, PageSent } from './page.ts'

const attemptsPerChannel = 3
const retryAfterMs = 5_000
/** After every channel failed: from the first one again, for as long as the page is wanted. */
const nextRoundAfterMs = 60_000
const alarmAgainAfterMs = 600_000
const descriptionKept = 500

/** Reasons whose pages go out even when the policy's `until` is reached; never after resolution. */
const alwaysWanted: readonly PageReason[] = ['by-hand', 'recovery-failed', 'undo-failed', 'internal-error']

export function isWanted(state: IncidentState, page: Page): boolean {
  if (isOver(state) || state.phase === 'resolved') return false
  return alwaysWanted.includes(page.call.reason) || !isCalm(state)
}

/** Levels of the policy that nobody called yet, in its order. */
export function levelsLeft(state: IncidentState): readonly EscalationLevel[] {
  return state.runbook.book.escalation.levels.filter((l) => state.escalation[l.id]?.firedAt === undefined)
}

/** The levels that will be called if nothing changes, earliest first; none when nobody is due any more. */
export function levelsDue(
  state: IncidentState,
): readonly { readonly level: string; readonly dueMs: number }[] {
  if (isCalm(state)) return []
  return levelsLeft(state)
    .flatMap((level) => {
      const dueMs = state.escalation[level.id]?.dueMs
      return dueMs === undefined ? [] : [{ level: level.id, dueMs }]
    })
    .sort((a, b) => a.dueMs - b.dueMs)
}

/** A level's time has come: it is called once, with its lateness. */
export function levelDue(story: Story, levelId: string): void {
  const level = levelsLeft(story.state).find((l) => l.id === levelId)
  const entry = story.state.escalation[levelId]
  if (level === undefined || entry?.dueMs === undefined || entry.dueMs > story.now || isCalm(story.state))
    return
  call(story, system, level, entry.reason, entry.dueMs)
}

export function escalateByHand(story: Story, command: Command<'escalate'>): Failure | undefined {
  const { levels } = story.state.runbook.book.escalation
  const left = levelsLeft(story.state)
  if (command.level !== undefined && !levels.some((l) => l.id === command.level)) {
    return failure('unknown-level', { level: command.level, known: levels.map((l) => l.id).join(', ') })
  }
  const level = command.level === undefined ? left[0] : left.find((l) => l.id === command.level)
  if (level === undefined) return failure('no-level-left', { incident: story.state.id })
  call(story, command.by, level, 'by-hand', story.now)
  return undefined
}

/** Something went wrong that a person must know at once: the policy's first level is called, again if it was called before. */
export function alarm(story: Story, reason: PageReason): void {
  const first = story.state.runbook.book.escalation.levels[0]
  if (first === undefined || isOver(story.state) || story.state.phase === 'resolved') return
  if (story.state.escalation[first.id]?.firedAt === undefined) call(story, system, first, reason, story.now)
  else pagePeople(story, first, reason, story.now)
}

/** An internal error calls somebody, but not once a second. */
export function internalError(story: Story, where: string, reason: string): void {
  const { lastAlarmMs } = story.state
  tell(story, 'internal-error', system, { where, reason: reason.slice(0, 1_000) })
  if (lastAlarmMs === undefined || story.now - lastAlarmMs >= alarmAgainAfterMs)
    alarm(story, 'internal-error')
}

function call(story: Story, by: Actor, level: EscalationLevel, reason: PageReason, dueMs: number): void {
  tell(story, 'escalated', by, {
    level: level.id,
    reason,
    due: iso(dueMs),
    lateMs: Math.max(0, story.now - dueMs),
  })
  pagePeople(story, level, reason, dueMs)
}

function pagePeople(story: Story, level: EscalationLevel, reason: PageReason, dueMs: number): void {
  for (const person of level.notify) {
    const channel = story.state.runbook.book.people[person]?.channels[0]
    if (channel !== undefined) page(story, level.id, reason, person, channel, dueMs)
  }
}

function page(
  story: Story,
  level: string,
  reason: PageReason,
  person: string,
  channel: string,
  dueMs: number,
): void {
  const { state } = story
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
      level,
      reason,
      person,
      channel,
      attempt,
      severity: state.severity,
      service: state.service,
      ...(state.symptom === undefined ? {} : { symptom: state.symptom }),
      description: cutTo(state.description, descriptionKept),
      says: pageText(state, level, reason),
      declaredBy: state.declaredBy,
      dueMs,
      timezone: state.runbook.book.timezone,
    },
  })
}

/** What became of a page: sent, or the next attempt is planned (same channel first, then the next one, then from the start). */
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
      ...(reference === undefined ? {} : { reference }),
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
  page(story, call.level, call.reason, call.person, retryOver, call.dueMs)
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

const reasonTexts: { readonly [R in PageReason]: Text } = {
  due: { ja: '{level}への連絡時刻になりました', en: '{level} is due' },
  'data-loss': { ja: 'データ損失のリスクがあります', en: 'data may be lost' },
  breach: { ja: 'セキュリティ侵害の疑いがあります', en: 'a breach is suspected' },
  'by-hand': { ja: '担当者が{level}を呼び出しました', en: '{level} was called by hand' },
  'recovery-failed': { ja: '自動復旧に失敗しました', en: 'the automatic recovery failed' },
  'undo-failed': { ja: '変更を元に戻せませんでした', en: 'a change could not be undone' },
  'internal-error': {
    ja: 'hikeshi の内部エラーです。手動で対応してください',
    en: 'hikeshi itself has an error, look by hand',
  },
}

function pageText(state: IncidentState, levelId: string, reason: PageReason): Text {
  const level = state.runbook.book.escalation.levels.find((l) => l.id === levelId)?.title ?? {
    ja: levelId,
    en: levelId,
  }
  const why = reasonTexts[reason]
  return {
    ja: `【${state.severity}】${state.id} ${state.service}: ${why.ja.replace('{level}', level.ja)}`,
    en: `[${state.severity}] ${state.id} ${state.service}: ${why.en.replace('{level}', level.en)}`,
  }
}
