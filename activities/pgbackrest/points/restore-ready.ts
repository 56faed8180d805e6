/** `postgres.restore-ready`: everything that a restore and its cut-over rely on, looked at while nobody is in a hurry. Nothing is written anywhere. */
import { showBytes } from '../../../domain/bytes.ts'
import { roughly } from '../../../domain/duration.ts'
import type { Backup } from '../../../domain/restore/repository.ts'
import type { Finding, ReadHand, Reading, StepContext } from '../../../domain/steps/contract.ts'
import { serverName } from '../../../domain/steps/subject.ts'
import type { Text } from '../../../domain/words.ts'
import { isRefusal } from '../../refusal.ts'
import { ownerOf } from '../copy.ts'
import { exchangeable } from '../exchange/exchangeable.ts'
import { isRunning, mustAnswer } from '../live.ts'
import type { At, Place } from '../place.ts'
import { freeAt, nearestFolder, neededFor } from '../room.ts'
import { unfinished } from '../sweep.ts'
import { refuseTablespaces } from '../tablespaces.ts'
import { type Lack, lackOf, programsLack, refusedBy } from './lack.ts'
import { findingsOf, newestUsable, noBackups } from './restore-findings.ts'
import { factsNow, type Limits, readNow, type Seen, seenOf } from './seen.ts'

type Params = Limits & { readonly backups: string }

/** Three segments of 16 MiB wait already: then it is behind, whatever is in them. */
const mostBytes = 64 * 2 ** 20

export function restoreReadyHand(place: Place): ReadHand<Params> {
  return async (params, context) => {
    const at = place.of(params.backups, context)
    const cannot = await lackOf(() => programsLack(at))
    if (cannot !== undefined)
      return { facts: { ready: false }, findings: [found(at, { ...cannot, code: 'right-missing' })] }
    const [machine, repository] = await Promise.all([
      machineLacks(at),
      repositoryNow(place, at, params, context),
    ])
    const { findings, text, lacks } = repository
    const all = [...machine, ...lacks].map((one) => found(at, one))
    return {
      facts: { ready: findings.length + all.length === 0 },
      findings: [...findings, ...all],
      ...(text === undefined ? {} : { text }),
    }
  }
}

function found({ settings }: At, { code, says, next }: Lack): Finding {
  return { code, subject: serverName('postgres', settings.primary), says, evidence: [next], data: null }
}

/** Each looked at for itself; what is refused there would be refused in the middle of a restore. */
async function machineLacks(at: At): Promise<readonly Lack[]> {
  const asked = await Promise.all([
    lackOf(() => writeLack(at)),
    refusedBy(() => exchangeable(at)),
    refusedBy(async () => {
      if (await isRunning(at, at.settings.dataFolder)) await mustAnswer(at)
    }),
    lackOf(async () => {
      const open = await unfinished(at)
      return open.length === 0 ? undefined : halfway(open.join(', '))
    }),
  ])
  return asked.flatMap((lack) => lack ?? [])
}

async function writeLack({ station, settings: { copiesFolder } }: At): Promise<Lack | undefined> {
  const folder = await nearestFolder(station, copiesFolder)
  if ((await station.exec(['test', '-w', folder])).status === 0) return undefined
  return {
    code: 'right-missing',
    says: {
      en: `the owner of the data cannot write to ${folder}`,
      ja: `データの所有者が ${folder} に書き込めません`,
    },
    next: {
      en: `Make ${copiesFolder} and give it to the owner of the data.`,
      ja: `${copiesFolder} を作成し、データの所有者のものにしてください。`,
    },
  }
}

function halfway(copies: string): Lack {
  return {
    code: 'not-prepared',
    says: {
      en: `the cut-over or cut-back of ${copies} is not finished`,
      ja: `${copies} の切り替えまたは切り戻しが未完了です`,
    },
    next: {
      en: 'Request that step again: until then no restore can begin.',
      ja: 'その手順をもう一度依頼してください。完了するまで復元を始められません。',
    },
  }
}

type Repository = Pick<Reading, 'findings' | 'text'> & { readonly lacks: readonly Lack[] }

async function repositoryNow(
  { postgres }: Place,
  at: At,
  { backups, ...limits }: Params,
  context: StepContext,
): Promise<Repository> {
  const { settings, station } = at
  try {
    const now = await readNow(postgres, at, backups, context, mostBytes)
    const seen = seenOf(now, factsNow(now), { settings, backups, zone: 'UTC', near: undefined })
    const newest = newestUsable(seen)
    const owner = await ownerOf(station, settings)
    const lacks = await Promise.all([
      silentLack(seen),
      newest && refusedBy(() => refuseTablespaces(station, settings, newest.label)),
      // What stands has its room already.
      owner === undefined && newest ? roomLack(at, newest.bytes) : undefined,
    ])
    return {
      findings: findingsOf(seen, limits),
      text: textOf(seen, newest, owner),
      lacks: lacks.flatMap((lack) => lack ?? []),
    }
  } catch (error) {
    if (isRefusal(error, 'stanza-missing'))
      return { findings: noBackups(serverName('postgres', settings.primary), error).findings, lacks: [] }
    const unreadable = await lackOf(() => Promise.reject(error))
    return {
      findings: [],
      lacks: unreadable === undefined ? [] : [{ ...unreadable, code: 'right-missing' }],
    }
  }
}

function silentLack({ silent, settings }: Seen): Lack | undefined {
  return (
    silent && {
      code: 'not-prepared',
      says: {
        en: `${silent.en}. Unknown whether archiving works`,
        ja: `${silent.ja}。アーカイブが動作しているか不明です`,
      },
      next: {
        en: `Make the connection ${settings.primary} lead to the live primary.`,
        ja: `接続 ${settings.primary} が稼働中のプライマリにつながるようにしてください。`,
      },
    }
  )
}

async function roomLack({ station, settings }: At, bytes: number): Promise<Lack | undefined> {
  const [needs, free] = [neededFor(bytes), await freeAt(station, settings)]
  if (free >= needs) return undefined
  return {
    code: 'not-prepared',
    says: {
      en: `a copy needs ${showBytes(needs)}, and ${settings.copiesFolder} has ${showBytes(free)} left`,
      ja: `コピーには ${showBytes(needs)} が必要ですが、${settings.copiesFolder} の空きは ${showBytes(free)} です`,
    },
    next: {
      en: 'Make room there, or discard a copy that nobody needs.',
      ja: '空きを確保するか、不要なコピーを破棄してください。',
    },
  }
}

/** What stands ready, in one line. */
function textOf({ nowMs, unarchived }: Seen, newest: Backup | undefined, owner: string | undefined): Text {
  const parts: readonly Text[] = [
    ...(newest === undefined
      ? []
      : [
          {
            en: `newest backup ${newest.label}, ${roughly(nowMs - newest.stopMs)} old`,
            ja: `最新のバックアップ ${newest.label}（${roughly(nowMs - newest.stopMs)} 前）`,
          },
        ]),
    ...(unarchived === undefined
      ? []
      : [
          {
            en: `${showBytes(unarchived.bytes)} of log not archived`,
            ja: `未アーカイブの WAL ${showBytes(unarchived.bytes)}`,
          },
        ]),
    ...(owner === undefined ? [] : [{ en: `the copy of ${owner} stands`, ja: `${owner} のコピーあり` }]),
  ]
  return { en: parts.map(({ en }) => en).join('; '), ja: parts.map(({ ja }) => ja).join('、') }
}
