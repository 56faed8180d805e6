/** What speaks against being able to come back from a loss, found in a repository and its primary. */
import { showBytes } from '../../../domain/bytes.ts'
import { counted, verbFor } from '../../../domain/counted.ts'
import { roughly } from '../../../domain/duration.ts'
import { iso } from '../../../domain/iso.ts'
import type { Backup } from '../../../domain/restore/repository.ts'
import type { Finding, Reading } from '../../../domain/steps/contract.ts'
import type { Words } from '../../../domain/words.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { reasonIn } from '../../refusal.ts'
import { waitsMs } from '../repository/unarchived.ts'
import type { Limits, Seen } from './seen.ts'

/** One is always being filled, and one may be on its way. */
const mostWaiting = 3
const mostEvidence = 10

export function findingsOf(seen: Seen, limits: Limits): readonly Finding[] {
  return [failing(seen), behind(seen, limits), gap(seen), missing(seen), old(seen, limits)].flatMap(
    (found) => found ?? [],
  )
}

/** Of a repository that has nothing at all of the stanza. */
export function noBackups(subject: string, error: unknown): Reading {
  const failure = carriedBy(error)
  const found = finding(subject, 'backup-missing', noneSays, failure === undefined ? [] : [reasonIn(failure)])
  return { facts: { backups: [] }, findings: [found], text: noneSays }
}

const noneSays = {
  en: 'there is no backup to restore from',
  ja: '復元に使えるバックアップがありません',
}

function failing({ subject, primary }: Seen): Finding | undefined {
  if (primary === undefined) return undefined
  const { archives, lastArchived, lastFailed, failedCount } = primary
  if (!archives)
    return finding(
      subject,
      'archive-failing',
      { en: 'the log is not archived at all', ja: 'WAL がアーカイブされていません' },
      ['archive_mode = off'],
    )
  if (lastFailed === undefined || lastFailed.atMs <= (lastArchived?.atMs ?? 0)) return undefined
  return finding(
    subject,
    'archive-failing',
    {
      en: `archiving ${lastFailed.file} keeps failing`,
      ja: `${lastFailed.file} のアーカイブが失敗し続けています`,
    },
    [
      {
        en: `${counted(failedCount, 'failure')}, the last at ${iso(lastFailed.atMs)}`,
        ja: `失敗 ${failedCount} 回（最後は ${iso(lastFailed.atMs)}）`,
      },
    ],
    { file: lastFailed.file, failedCount, lastFailedAt: iso(lastFailed.atMs) },
  )
}

function behind({ subject, nowMs, unarchived }: Seen, { behindOver }: Limits): Finding | undefined {
  if (unarchived === undefined) return undefined
  const { bytes, segments, ended } = unarchived
  const oldest = ended?.find(({ kind }) => kind === 'commit')
  const ageMs = waitsMs(unarchived, nowMs) ?? 0
  if (segments < mostWaiting && ageMs <= behindOver) return undefined
  return finding(
    subject,
    'archive-behind',
    {
      en: `${showBytes(bytes)} of log is not archived${oldest === undefined ? '' : `, the oldest commit for ${roughly(ageMs)}`}`,
      ja: `未アーカイブの WAL が ${showBytes(bytes)} あります${oldest === undefined ? '' : `（最も古いコミットは ${roughly(ageMs)} 前）`}`,
    },
    [
      {
        en: `${counted(segments, 'full segment')} not archived`,
        ja: `未アーカイブの完了済みセグメント ${segments} 個`,
      },
    ],
    { bytes, segments, oldestCommitAt: oldest?.at ?? null },
  )
}

function gap({ subject, gaps }: Seen): Finding | undefined {
  if (gaps.length === 0) return undefined
  const segments = gaps.reduce((sum, one) => sum + one.segments, 0)
  return finding(
    subject,
    'archive-gap',
    {
      en: `${counted(segments, 'segment')} ${verbFor(segments)} missing in the repository: no time in that gap can be restored`,
      ja: `リポジトリに WAL セグメントが ${segments} 個足りず、その間の時点には復元できません`,
    },
    gaps.slice(0, mostEvidence).map(({ timeline, first, last }) => {
      const names = first === last ? first : `${first}…${last}`
      return { en: `timeline ${timeline}: ${names}`, ja: `タイムライン ${timeline}: ${names}` }
    }),
    { segments, gaps: gaps.slice(0, mostEvidence).map((one) => ({ ...one })) },
  )
}

/** On the timeline that the primary writes; where nobody knows which one that is, on any that might be. */
function windowsOfLive({ windows, facts: { live } }: Seen): Seen['windows'] {
  return live === undefined ? windows : windows.filter(({ timeline }) => timeline === live)
}

function missing(seen: Seen): Finding | undefined {
  const { subject, stored } = seen
  const { backups } = stored.repository
  if (windowsOfLive(seen).length > 0) return undefined
  return finding(
    subject,
    'backup-missing',
    noneSays,
    backups
      .slice(-mostEvidence)
      .map(
        ({ label, error }): Words =>
          error
            ? { en: `${label}: pages with wrong checksums`, ja: `${label}: チェックサムの合わないページあり` }
            : { en: `${label}: its own log is missing`, ja: `${label}: 必要な WAL がありません` },
      ),
    { backups: backups.length },
  )
}

/** The newest backup that leads to now. */
export function newestUsable(seen: Seen): Backup | undefined {
  const labels = windowsOfLive(seen).flatMap(({ backups }) => backups)
  return seen.stored.repository.backups.findLast(({ label }) => labels.includes(label))
}

function old(seen: Seen, { maxAge }: Limits): Finding | undefined {
  const { subject, nowMs } = seen
  const newest = newestUsable(seen)
  if (newest === undefined || nowMs - newest.stopMs <= maxAge) return undefined
  const age = roughly(nowMs - newest.stopMs)
  return finding(
    subject,
    'backup-old',
    { en: `the newest backup is ${age} old`, ja: `最新のバックアップは ${age} 前のものです` },
    [`${newest.label} (${iso(newest.stopMs)})`],
    { label: newest.label, stoppedAt: iso(newest.stopMs) },
  )
}

function finding(
  subject: string,
  code: Finding['code'],
  says: Finding['says'],
  evidence: readonly Words[],
  data: Finding['data'] = null,
): Finding {
  return { code, subject, says, evidence, data }
}
