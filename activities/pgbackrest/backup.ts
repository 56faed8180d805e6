/** `postgres.backup`: a full backup into the repository, as a task of the step run. */
import { z } from 'zod'
import type { ChangeHand } from '../../domain/steps/contract.ts'
import type { Text } from '../../domain/words.ts'
import { refuse } from '../refusal.ts'
import { backUp } from './backup-files.ts'
import { copyOf, must } from './copy.ts'
import type { At, Place } from './place.ts'
import { stanzaWords } from './repository/program.ts'
import { verifyRepository } from './verify-repository.ts'

type Params = { readonly backups: string }

const before = z.looseObject({ newest: z.string().nullable() })
const info = z
  .array(
    z.looseObject({
      backup: z.array(z.looseObject({ label: z.string(), type: z.string(), error: z.boolean().nullish() })),
    }),
  )
  .min(1)

export function backupHand(place: Place): ChangeHand<Params> {
  const taskOf = ({ settings }: At, stepRun: string) => `${copyOf(settings, stepRun).folder}.backup`
  return {
    plan: async ({ backups }, context, told) => {
      const at = place.of(backups, context)
      const { stanza } = at.settings
      const newest = before.safeParse(told?.before).data?.newest ?? (await newestFull(at))
      return {
        target: `postgres/${stanza}/repository`,
        says: {
          en: `Make a full backup of ${stanza}; the newest is ${newest ?? 'none'}`,
          ja: `${stanza} のフルバックアップを作成（最新: ${newest ?? 'なし'}）`,
        },
        nothingToDo: false,
        change: { stanza, type: 'full' },
        before: { newest },
        pods: { ready: 0, notReady: 0, ofReady: 0 },
      }
    },
    isDone: async ({ backups }, _, context) => {
      const at = place.of(backups, context)
      return (await at.station.look(taskOf(at, context.stepRun))).state !== 'none'
    },
    run: async ({ backups }, plan, context) => {
      const at = place.of(backups, context)
      await backUp(at.station, at.settings, taskOf(at, context.stepRun))
      const label = await newestFull(at)
      if (label === null || label === before.parse(plan.before).newest)
        refuse('command-failed', {
          command: 'pgbackrest',
          reason: {
            en: 'backup ended without an error, and info shows no new one',
            ja: 'backup は正常終了しましたが、新しいバックアップが info にありません',
          },
        })
      await must(at.station, ['rm', '-rf', '--', taskOf(at, context.stepRun)])
      return {
        says: { en: `backup ${label} is complete`, ja: `バックアップ ${label} が完了しました` },
        already: false,
        after: { label },
      }
    },
    verify: async ({ backups }, _, done, context) => {
      const at = place.of(backups, context)
      const { label } = z.object({ label: z.string() }).parse(done.after)
      const task = `${copyOf(at.settings, context.stepRun).folder}.verify`
      const problem = (await damagedPages(at, label)) ?? (await verifyRepository(at, task))
      await must(at.station, ['rm', '-rf', '--', task])
      return problem === undefined
        ? {
            ok: true,
            says: {
              en: `${label} is complete; every file of the repository was read and is as it was written`,
              ja: `${label} は完全です。リポジトリの全ファイルを読み取り、書き込み時と一致`,
            },
            facts: { label },
          }
        : { ok: false, says: problem, facts: { label } }
    },
  }
}

/** The backup is whole, and what it copied was not: pages whose checksum does not match. */
async function damagedPages(at: At, label: string): Promise<Text | undefined> {
  const found = await backupsIn(at)
  if (found.find((one) => one.label === label)?.error !== true) return undefined
  return {
    en: `${label} copied pages with wrong checksums: the live database is damaged`,
    ja: `${label} はチェックサムが一致しないページを含みます。稼働中のデータベースが破損しています`,
  }
}

async function newestFull(at: At): Promise<string | null> {
  return (await backupsIn(at)).findLast(({ type }) => type === 'full')?.label ?? null
}

async function backupsIn({ station, settings }: At) {
  const out = await must(station, [...stanzaWords(settings), '--output=json', 'info'])
  return info.parse(JSON.parse(out)).flatMap(({ backup }) => backup)
}
