/**
 * `postgres.bisect`: the last commit at which a check of the data held. One copy is restored and moved through the log, and clones of it lead
 * back; how far the search is lies beside them, so that whatever dies, the next attempt continues there.
 */

import { z } from 'zod'
import { present } from '../../../domain/present.ts'
import type { DataCheck } from '../../../domain/restore/checks.ts'
import { isDrill } from '../../../domain/restore/drill.ts'
import type { ChangeHand, Done, Plan, StepContext, Verified } from '../../../domain/steps/contract.ts'
import { sayInstant } from '../../../edge/instant/said.ts'
import { refuse } from '../../refusal.ts'
import { copyOf, ownerOf, readRecord } from '../copy.ts'
import { stillPaused } from '../copy-server.ts'
import type { At, Place } from '../place.ts'
import { roomFor } from '../room.ts'
import { refuseUnfinished } from '../sweep.ts'
import { refuseTablespaces } from '../tablespaces.ts'
import { choose } from '../target.ts'
import { concluded } from './bisect-result.ts'
import { search } from './bisect-search.ts'
import { type Asked, asked, isSame, readState } from './bisect-state.ts'

type Params = {
  readonly backups: string
  readonly checks: readonly DataCheck[]
  readonly check?: string | undefined
  readonly good?: string | undefined
  readonly bad?: string | undefined
  readonly timeline?: number | undefined
  readonly zone: string
}

/** The copy that is moved, and the base of its clones. */
const copiesAtOnce = 2
const before = z.looseObject({ bytes: z.number() })

export function bisectHand(place: Place): ChangeHand<Params> {
  return {
    plan: (params, context, told) => plan(place, params, context, told),
    isDone: async ({ backups }, approved, context) => {
      const { station, settings } = place.of(backups, context)
      const found = await readState(station, copyOf(settings, context.stepRun))
      return found !== undefined && isSame(found.asked, asked.parse(approved.change))
    },
    run: (params, approved, context) => run(place, params, approved, context),
    verify: (params, approved, _, context) => verify(place, params, approved, context),
  }
}

async function plan(
  place: Place,
  params: Params,
  context: StepContext,
  told: Plan | undefined,
): Promise<Plan> {
  const at = place.of(params.backups, context)
  const { station, settings } = at
  const { stanza } = settings
  const by = await ownerOf(station, settings)
  if (by !== undefined && by !== context.stepRun && !isDrill(by)) refuse('copy-exists', { stanza, by })
  await refuseUnfinished(at)
  const check = params.check ?? params.checks[0]?.name ?? ''
  const { chosen, good, bad } = await ends(at, params, asked.safeParse(told?.change).data)
  const { backup, timeline, system, bytes } = chosen
  await refuseTablespaces(station, settings, backup)
  const free = by === undefined ? await roomFor(station, settings, bytes * copiesAtOnce) : undefined
  const [from, to] = [good, bad].map((iso) => sayInstant(Date.parse(iso), params.zone))
  return {
    target: `postgres/${stanza}/copy`,
    says: {
      en: `Find a commit after which check ${check} no longer holds, from ${from} to ${to}, on copies of ${stanza} beside the live database: backup ${backup}, timeline ${timeline}`,
      ja: `${stanza} のコピー上で（稼働中のデータベースとは別に）、${from} から ${to} までの間でチェック ${check} が不合格に変わるコミットを探索（バックアップ ${backup}、タイムライン ${timeline}）`,
    },
    nothingToDo: false,
    change: { stanza, system, backup, timeline, check, good, bad },
    before: { bytes, ...present({ freeBytes: free }) },
    pods: { ready: 0, notReady: 0, ofReady: 0 },
  }
}

/** A backup that leads to both times without a gap. What was told for a time that nobody named stays. */
async function ends(at: At, params: Params, told: Asked | undefined) {
  const { backups, zone } = params
  const wanted = { backups, zone, timeline: params.timeline }
  const bad = params.bad ?? told?.bad
  const end = await choose(at, { ...wanted, target: params.bad }, told?.backup)
  const { timeline } = end
  // Without a time it is the end of the log, the last commit of it included.
  const endMs = end.window.to === null ? Date.now() : Date.parse(end.window.to) + 1
  const badIso = bad ?? new Date(endMs).toISOString()
  const good = params.good ?? told?.good ?? end.first
  if (Date.parse(good) >= Date.parse(badIso))
    refuse('restore-refused', { reason: noTimeBetween(good, badIso) })
  const start = await choose(at, { ...wanted, timeline, target: good }, told?.backup)
  // The log may have a gap between the two.
  await choose(at, { ...wanted, timeline, target: params.bad, backup: start.backup })
  return { chosen: start, good, bad: badIso }
}

function noTimeBetween(good: string, bad: string) {
  return {
    en: `the good time (${good}) is not before the bad time (${bad})`,
    ja: `正常だった時刻（${good}）が、異常のある時刻（${bad}）より前ではありません`,
  }
}

async function run(place: Place, params: Params, approved: Plan, context: StepContext): Promise<Done> {
  const at = place.of(params.backups, context)
  const { bytes } = before.parse(approved.before)
  const { backups, checks } = params
  return search(place, at, { backups, checks, asked: asked.parse(approved.change), bytes, context })
}

/** The copy is paused right behind the last commit at which the check held, and it holds there. */
async function verify(
  place: Place,
  { backups }: Params,
  approved: Plan,
  context: StepContext,
): Promise<Verified> {
  const { station, settings } = place.of(backups, context)
  const { check } = asked.parse(approved.change)
  const copy = copyOf(settings, context.stepRun)
  const record = await readRecord(station, copy)
  const result = concluded.safeParse((await readState(station, copy))?.result).data
  if (record?.paused === undefined || record.checks === undefined || result === undefined)
    return refuse('copy-not-usable', {
      stanza: settings.stanza,
      reason: { en: 'its record is gone', ja: '記録がありません' },
    })
  await stillPaused(station, settings, copy, record.paused)
  const found = record.checks.find(({ name }) => name === check)
  const others = record.checks.filter(({ name, status }) => name !== check && status !== 'ok')
  const ok = found?.status === 'ok'
  const { lsn } = record.paused
  const names = others.map(({ name }) => name)
  return {
    ok,
    says: ok
      ? {
          en: `the copy is paused at ${lsn}, where ${check} holds${names.length === 0 ? '' : `; ${names.join(', ')} do not`}`,
          ja: `コピーは ${lsn} で停止中、${check} は合格${names.length === 0 ? '' : `（${names.join('、')} は不合格）`}`,
        }
      : {
          en: `${check} does not hold at ${lsn}: ${found?.says.en ?? '-'}`,
          ja: `${lsn} で ${check} が不合格: ${found?.says.ja ?? '-'}`,
        },
    facts: { lsn, checks: record.checks.map(({ name, status }) => ({ name, status })) },
  }
}
