/** What a search has found, in figures and in a sentence. */
import { z } from 'zod'
import type { Counts, Found } from '../../../domain/restore/bisect.ts'
import type { Done } from '../../../domain/steps/contract.ts'
import type { Json, Text } from '../../../domain/words.ts'
import type { Copy, CopyRecord } from '../copy.ts'
import type { At } from '../place.ts'
import type { Past } from '../repository/past.ts'
import { type Commits, positionIn } from './bisect-log.ts'
import type { Asked, Journal, ProbeSeen, Span } from './bisect-state.ts'
import { proposalFor } from './proposal.ts'
import { changedBy, changedText } from './transaction.ts'

export type Search = {
  readonly at: At
  readonly backups: string
  readonly copy: Copy
  readonly journal: Journal
  readonly asked: Asked
  readonly span: Span
  readonly past: Past
  readonly counts: Counts
  /** Commits between the two times. */
  readonly total: number
  readonly commits: Commits
}

const text = z.object({ en: z.string(), ja: z.string() })
export const concluded = z.object({ says: text, found: z.record(z.string(), z.custom<Json>()) })

/** While the copy is paused at the last good commit, whose catalogs name what the next one changed. */
export async function conclude(all: Search, found: Found): Promise<z.infer<typeof concluded>> {
  const { at, backups, copy, journal, asked, span, past, total, commits } = all
  const { probes, copies } = journal.now()
  const [good, bad] = [found.holds, found.fails].map((index) => probes.find((probe) => probe.index === index))
  if (good === undefined || bad === undefined) throw new Error('both sides were looked at')
  const next = await commits.commit(found.holds + 1)
  const holdsAt = found.holds === 0 ? span.from : positionIn(await commits.commit(found.holds))
  const sides = { holds: found.holds, holdsAt, failsAt: positionIn(next) }
  const proposal = await proposalFor(at, backups, asked, { past, commits }, sides)
  const isExact = found.fails === found.holds + 1
  // Of several nobody knows which one it was.
  const changed = isExact ? await changedBy(at, copy, past, next) : undefined
  const { restores, clones, generation } = copies
  const looks = { commits: total, probes: probes.length, restores, clones: clones + generation }
  const says = [
    sidesText(asked.check, good, bad),
    changed === undefined ? betweenText(found) : changedInText(bad, changedText(changed)),
    proposal.says,
    looksText(looks),
  ]
  return {
    says: { en: says.map(({ en }) => en).join('. '), ja: says.map(({ ja }) => ja).join('。') },
    found: {
      check: asked.check,
      ...looks,
      holds: sideOf(good),
      fails: sideOf(bad),
      between: { unknown: found.unknown.length, unseen: found.unseen },
      changed: (changed?.changes ?? []) as Json,
      changedIsWhole: changed?.isWhole ?? false,
      proposal,
    },
  }
}

export function doneOf({ now }: Journal, { name }: Copy, record: CopyRecord, already: boolean): Done {
  const { says, found } = concluded.parse(now().result)
  const { paused = null, checks = [], startedAt, verifiedAt = startedAt } = record
  const seconds = Math.round((Date.parse(verifiedAt) - Date.parse(startedAt)) / 1_000)
  return { says, already, after: { copy: name, seconds, ...found, paused, checks } }
}

function sideOf({ index, xid, lsn, at, says }: ProbeSeen): Json {
  return { commit: index, xid, lsn, at, says }
}

function sidesText(check: string, good: ProbeSeen, bad: ProbeSeen): Text {
  const [g, b] = [whereText(good), whereText(bad)]
  return {
    en: `${check} holds ${g.en} (${good.says.en}) and no longer ${b.en} (${bad.says.en})`,
    ja: `${check} は${g.ja}では合格（${good.says.ja}）、${b.ja}では不合格（${bad.says.ja}）`,
  }
}

function whereText({ index, xid, at }: ProbeSeen): Text {
  if (index === 0)
    return {
      en: `at the good time (last transaction ${at ?? '-'})`,
      ja: `正常だった時刻（最後のトランザクション ${at ?? '-'}）`,
    }
  return { en: `after transaction ${xid} (${at})`, ja: `トランザクション ${xid}（${at}）の直後` }
}

function changedInText({ xid }: ProbeSeen, changes: Text): Text {
  return {
    en: `Transaction ${xid} changed ${changes.en}`,
    ja: `トランザクション ${xid} の変更: ${changes.ja}`,
  }
}

function betweenText({ holds, fails, unknown, unseen }: Found): Text {
  const between = fails - holds - 1
  return {
    en: `${between} commits lie between: the check could not be run at ${unknown.length} of them${unseen === 0 ? '' : `, ${unseen} were not looked at`}`,
    ja: `その間にコミットが ${between} 件あり、うち ${unknown.length} 件ではチェックを実行できませんでした${unseen === 0 ? '' : `（${unseen} 件は未確認）`}`,
  }
}

type Looks = {
  readonly commits: number
  readonly probes: number
  readonly restores: number
  readonly clones: number
}

function looksText({ commits, probes, restores, clones }: Looks): Text {
  return {
    en: `Found among ${commits} commits with ${probes} looks, ${restores} restore and ${clones} clones; the check may have changed at other places too`,
    ja: `コミット ${commits} 件から ${probes} 回の確認で特定（復元 ${restores} 回、複製 ${clones} 回）。ほかの箇所でも結果が変わっている可能性はあります`,
  }
}
