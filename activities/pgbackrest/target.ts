/** Which backup and timeline a restore starts from; refuses with what is possible where it cannot. */

import { present } from '../../domain/present.ts'
import type { Backup, Repository } from '../../domain/restore/repository.ts'
import { type Facts, firstTargetMs, headsOf, type Window, windowsOf } from '../../domain/restore/window.ts'
import { refuse } from '../refusal.ts'
import { askLive } from './live.ts'
import type { At } from './place.ts'
import { chooseByLog } from './repository/facts.ts'
import { runAt } from './repository/program.ts'
import { readRepository } from './repository/repository.ts'
import { noTargetText } from './target-words.ts'

type Wanted = {
  readonly backups: string
  readonly target?: string | undefined
  readonly timeline?: number | undefined
  readonly backup?: string | undefined
  readonly zone: string
}

export type Chosen = {
  readonly system: string
  readonly backup: string
  readonly timeline: number
  /** Of the database, as the backup has it. */
  readonly bytes: number
  /** The first target that this backup leads to, UTC. */
  readonly first: string
  readonly window: { readonly from: string; readonly to: string | null }
}

/** `told` is the backup that people approved: while it leads to the target it stays, also when there is a newer one. */
export async function choose(at: At, wanted: Wanted, told?: string): Promise<Chosen> {
  const { settings } = at
  const run = runAt(at.station)
  const { repository } = await readRepository(run, wanted.backups, settings)
  const live = await askLive(at)
  if (live !== undefined && live.system !== repository.systemIdentifier)
    refuse('restore-refused', {
      reason: {
        en: `the repository keeps cluster ${repository.systemIdentifier}, and ${live.system} is live`,
        ja: `リポジトリのクラスター ${repository.systemIdentifier} と稼働中の ${live.system} が異なります`,
      },
    })
  const facts: Facts = {
    nowMs: live?.nowMs ?? Date.now(),
    lastCommits: {},
    forks: {},
    ...present({ live: live === undefined || live.recovering ? undefined : live.timeline }),
  }
  const found =
    wanted.target === undefined
      ? atTheEnd(repository, facts, wanted.timeline)
      : await before(at, repository, facts, wanted)
  const label =
    wanted.backup ?? (told !== undefined && found.window.backups.includes(told) ? told : found.backup.label)
  const backup = repository.backups.find((one) => one.label === label)
  // The end of the log comes after every backup, also of one that ended within this second.
  const isBefore = (first: number) => wanted.target !== undefined && Date.parse(wanted.target) < first
  if (backup === undefined || !found.window.backups.includes(label) || isBefore(firstTargetMs(backup)))
    return refuse('restore-refused', {
      reason: {
        en: `backup ${label} does not lead there; ${found.window.backups.join(', ')} do`,
        ja: `バックアップ ${label} からは復元できません（復元できるもの: ${found.window.backups.join(', ')}）`,
      },
    })
  const { fromMs, beforeMs, end } = found.window
  return {
    system: repository.systemIdentifier,
    backup: label,
    timeline: found.window.timeline,
    bytes: backup.bytes,
    first: new Date(firstTargetMs(backup)).toISOString(),
    // Its end moves with every commit: people are told where it begins, and what it ends with.
    window: {
      from: new Date(fromMs).toISOString(),
      to: end === 'now' ? null : new Date(beforeMs).toISOString(),
    },
  }
}

type Found = { readonly backup: Backup; readonly window: Window }

async function before(at: At, repository: Repository, facts: Facts, wanted: Wanted): Promise<Found> {
  const log = { run: runAt(at.station), settings: at.settings, segmentBytes: repository.segmentBytes }
  const targetMs = Date.parse(wanted.target ?? '')
  const { choice } = await chooseByLog(log, { repository, targetMs, facts, timeline: wanted.timeline })
  if (choice.kind === 'found') return choice
  return refuse('restore-refused', { reason: noTargetText(choice, wanted.zone) })
}

/** The newest state that there is: of the timeline that the primary writes, or of the newest that nobody left. */
function atTheEnd(repository: Repository, facts: Facts, timeline?: number): Found {
  const head = timeline ?? facts.live ?? Math.max(...headsOf(repository))
  const window = windowsOf(repository, facts, head).at(-1)
  const backup = repository.backups.findLast(({ label }) => window?.backups.includes(label))
  if (window !== undefined && backup !== undefined) return { window, backup }
  return refuse('restore-refused', {
    reason: {
      en: `no backup leads to the end of timeline ${head}`,
      ja: `タイムライン ${head} の最後まで復元できるバックアップがありません`,
    },
  })
}
