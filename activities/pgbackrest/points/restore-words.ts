/** The points to restore to: figures for machines, in UTC, and an excerpt for people, who read times in their own zone as well. */
import { showBytes } from '../../../domain/bytes.ts'
import { counted } from '../../../domain/counted.ts'
import { roughly } from '../../../domain/duration.ts'
import { iso } from '../../../domain/iso.ts'
import type { Timeline } from '../../../domain/restore/repository.ts'
import type { Window } from '../../../domain/restore/window.ts'
import type { Json, Text, Words } from '../../../domain/words.ts'
import { sayInstant, writeInstant } from '../../../edge/instant/said.ts'
import { excerptOf } from '../../../edge/plain-text.ts'
import type { Near } from '../repository/commits-near.ts'
import { waitsMs } from '../repository/unarchived.ts'
import type { Ended } from '../repository/waldump.ts'
import type { Seen } from './seen.ts'

const mostListed = 50
const excerptBytes = 16_384

export function factsOf(seen: Seen): Json {
  const { stored, facts, gaps, primary, unarchived, near, nowMs } = seen
  const windows = [...seen.abandoned, ...seen.windows]
  const { stanza, archive, systemIdentifier, segmentBytes, backups, timelines } = stored.repository
  return {
    connection: seen.backups,
    primary: seen.settings.primary,
    stanza,
    archive,
    systemIdentifier,
    segmentBytes,
    at: iso(nowMs),
    liveTimeline: facts.live ?? null,
    windows: windows.slice(-mostListed).map((window) => ({
      timeline: window.timeline,
      abandoned: isAbandoned(seen, window),
      from: iso(window.fromMs),
      /** A target has to be earlier. */
      before: iso(window.beforeMs),
      end: window.end,
      cut: window.cut,
      lastSegment: window.lastSegment ?? null,
      lastArchivedCommit: isoOrNull(lastCommitOf(seen, window)),
      backups: window.backups.slice(-mostListed),
    })),
    timelines: timelines.slice(-mostListed).map(({ id, parent }) => ({
      id,
      live: id === facts.live,
      parent: parent?.timeline ?? null,
      forkLsn: parent?.lsn ?? null,
      reason: parent?.reason ?? null,
    })),
    backups: backups.slice(-mostListed).map((one) => ({
      label: one.label,
      type: one.type,
      timeline: one.timeline,
      started: iso(one.startMs),
      stopped: iso(one.stopMs),
      bytes: one.bytes,
      repositoryBytes: one.repositoryBytes,
      error: one.error,
      usable: windows.some((window) => window.backups.includes(one.label)),
    })),
    gaps: gaps.slice(-mostListed).map((gap) => ({ ...gap })),
    archiver:
      primary === undefined
        ? null
        : {
            on: primary.archives,
            lastArchived: primary.lastArchived?.file ?? null,
            lastArchivedAt: isoOrNull(primary.lastArchived?.atMs),
            lastFailed: primary.lastFailed?.file ?? null,
            lastFailedAt: isoOrNull(primary.lastFailed?.atMs),
            failedCount: primary.failedCount,
          },
    unarchived:
      unarchived === undefined
        ? null
        : {
            bytes: unarchived.bytes,
            segments: unarchived.segments,
            commits: unarchived.ended === undefined ? null : commitsIn(unarchived.ended).length,
            oldestCommit: commitsIn(unarchived.ended ?? [])[0]?.at ?? null,
            seconds: secondsOf(seen),
          },
    commits: near === undefined ? null : near.ended.map(({ xid, lsn, at, kind }) => ({ xid, lsn, at, kind })),
    commitsComplete: near?.complete ?? null,
  }
}

export function textOf(seen: Seen): Words {
  const { gaps, near, silent, stored, zone } = seen
  const windows = [...seen.abandoned, ...seen.windows]
  return excerptOf(
    [
      ...(silent === undefined ? [] : [unknownText(silent)]),
      ...windows.slice(-mostListed).map((window) => windowText(seen, window)),
      ...(windows.length === 0
        ? [{ en: 'No time can be restored.', ja: '復元できる時点がありません。' }]
        : []),
      ...gaps.slice(-mostListed).map(({ timeline, first, last, segments }) => ({
        en: `timeline ${timeline}: ${counted(segments, 'segment')} missing, ${first}…${last}`,
        ja: `タイムライン ${timeline}: セグメント ${segments} 個が欠落、${first}…${last}`,
      })),
      ...lossText(seen),
      ...treeText(seen),
      ...stored.repository.backups
        .slice(-mostListed)
        .map(({ label, type, stopMs, bytes, timeline, error }) => ({
          en: `${label}  ${type}  ${sayInstant(stopMs, zone)}  ${showBytes(bytes)}  timeline ${timeline}${error ? '  wrong checksums' : ''}`,
          ja: `${label}  ${type}  ${sayInstant(stopMs, zone)}  ${showBytes(bytes)}  タイムライン ${timeline}${error ? '  チェックサム不一致' : ''}`,
        })),
      ...(near === undefined ? [] : nearText(near, zone)),
    ],
    excerptBytes,
  )
}

function unknownText({ en, ja }: Text): Text {
  return {
    en: `${en}. Unknown whether archiving works, how much is not archived, and which timeline is live.`,
    ja: `${ja}。アーカイブの動作、未アーカイブの量、使用中のタイムラインは不明です。`,
  }
}

function windowText(seen: Seen, window: Window): Text {
  const { fromMs, beforeMs, end } = window
  const say = (ms: number) => sayInstant(ms, seen.zone)
  const last = lastCommitOf(seen, window)
  const name = nameText(seen, window)
  const from = say(fromMs)
  if (end === 'now')
    return {
      en: `${name.en}: ${from} to now${last === undefined ? '' : `, archived up to the commit at ${say(last)}`}`,
      ja: `${name.ja}: ${from} から現在まで${last === undefined ? '' : `。アーカイブ済みの最後のコミット: ${say(last)}`}`,
    }
  const until = say(beforeMs)
  return end === 'last-commit'
    ? {
        en: `${name.en}: ${from} until before the commit at ${until}`,
        ja: `${name.ja}: ${from} から ${until} のコミットの直前まで`,
      }
    : {
        en: `${name.en}: ${from} until ${until} at the latest`,
        ja: `${name.ja}: ${from} から、遅くとも ${until} まで`,
      }
}

/** What leads to a time of a history that was left is said with it. */
function nameText(seen: Seen, { timeline }: Window): Text {
  return isAbandoned(seen, { timeline })
    ? {
        en: `timeline ${timeline} (abandoned: --timeline ${timeline})`,
        ja: `タイムライン ${timeline}（放棄済み: --timeline ${timeline}）`,
      }
    : { en: `timeline ${timeline}`, ja: `タイムライン ${timeline}` }
}

/** Of a primary that does not answer nobody knows which of the ends it writes. */
function isAbandoned({ facts: { live }, abandoned }: Seen, { timeline }: Pick<Window, 'timeline'>): boolean {
  return abandoned.some((one) => one.timeline === timeline) || (live !== undefined && live !== timeline)
}

function lossText(seen: Seen): readonly Text[] {
  const { unarchived } = seen
  if (unarchived === undefined) return []
  const { bytes, ended } = unarchived
  const seconds = secondsOf(seen)
  const commits = ended === undefined ? undefined : commitsIn(ended).length
  const age = seconds === null || seconds === 0 ? '' : roughly(seconds * 1_000)
  return [
    {
      en: `If the primary died now: ${showBytes(bytes)} of log lost, ${commits === undefined ? 'commits unknown' : counted(commits, 'commit')}${age === '' ? '' : `, the last ${age}`}`,
      ja: `いまプライマリを失うと: WAL ${showBytes(bytes)}、${commits === undefined ? 'コミット数は不明' : `コミット ${commits} 件`}${age === '' ? '' : `、直近 ${age}`}を失います`,
    },
  ]
}

/** Each timeline below the one that it left. */
function treeText({ stored, facts }: Seen): readonly Text[] {
  const all = stored.repository.timelines
  const below = (one: Timeline, depth: number): readonly Text[] => {
    const live = one.id === facts.live
    const words = one.parent === undefined ? '' : `  ${one.parent.lsn}  ${one.parent.reason}`
    const indent = '  '.repeat(Math.min(depth, 10))
    return [
      {
        en: `${indent}timeline ${one.id}${live ? ' (live)' : ''}${words}`,
        ja: `${indent}タイムライン ${one.id}${live ? '（使用中）' : ''}${words}`,
      },
      ...all.filter(({ parent }) => parent?.timeline === one.id).flatMap((child) => below(child, depth + 1)),
    ]
  }
  return all
    .filter(({ parent }) => parent === undefined)
    .flatMap((root) => below(root, 0))
    .slice(0, mostListed)
}

function nearText({ ended, complete }: Near, zone: string): readonly Words[] {
  const [title, more] = [
    {
      en: `${counted(ended.length, 'transaction')} around that time:`,
      ja: `その前後のトランザクション ${ended.length} 件:`,
    },
    { en: 'There may be more.', ja: 'ほかにもある可能性があります。' },
  ]
  const besides = (ms: number) => (zone === 'UTC' ? '' : ` (${writeInstant(ms, zone)})`)
  return [
    title,
    ...ended.map(({ at, atMs, xid, lsn, kind }) => `${at}${besides(atMs)}  xid ${xid}  ${lsn}  ${kind}`),
    ...(complete ? [] : [more]),
  ]
}

function lastCommitOf({ facts }: Seen, { lastSegment }: Window): number | undefined {
  return lastSegment === undefined ? undefined : (facts.lastCommits[lastSegment] ?? undefined)
}

/** What is lost reaches back so far; null where nobody knows. */
function secondsOf({ unarchived, nowMs }: Seen): number | null {
  const ms = waitsMs(unarchived, nowMs)
  return ms === null ? null : Math.round(ms / 1_000)
}

function commitsIn(ended: readonly Ended[]): readonly Ended[] {
  return ended.filter(({ kind }) => kind === 'commit')
}

function isoOrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : iso(ms)
}
