/** Something that a restore would fail for, and what to do about it. */
import { explain } from '../../../domain/failures.ts'
import type { Text, Words } from '../../../domain/words.ts'
import { said } from '../../../domain/words.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { pulse } from '../../pulse.ts'
import { reasonIn } from '../../refusal.ts'
import type { At } from '../place.ts'
import { lastLine } from '../station/station.ts'

export type Lack = {
  readonly code: 'right-missing' | 'not-prepared'
  readonly says: Text
  readonly next: Words
}

/** What the work found, or was refused with; undefined where it found nothing. */
export async function lackOf(work: () => Promise<Lack | undefined>): Promise<Lack | undefined> {
  try {
    return await work()
  } catch (error) {
    pulse().signal.throwIfAborted()
    const why = carriedBy(error)
    if (why === undefined) throw error
    const next = { en: explain(why, 'en').next, ja: explain(why, 'ja').next }
    return { code: 'not-prepared', says: said(reasonIn(why)), next }
  }
}

/** Of what answers nothing and refuses what is wrong. */
export function refusedBy(work: () => Promise<unknown>): Promise<Lack | undefined> {
  return lackOf(async () => {
    await work()
    return undefined
  })
}

const notThere = 'for each in "$@"; do [ -f "$each" ] && [ -x "$each" ] || echo "$each"; done'

/** Whether the worker may run programs as whom the data belongs to, and has all of them. Nothing else can be asked before. */
export async function programsLack({ station, settings }: At): Promise<Lack | undefined> {
  const { postgresFolder, pgbackrest, dataFolder, as } = settings
  const own = ['postgres', 'pg_ctl', 'pg_controldata', 'pg_waldump', 'psql']
  const programs = [pgbackrest, ...own.map((name) => `${postgresFolder}/${name}`)]
  const { status, stdout, stderr } = await station.exec(['sh', '-c', notThere, 'sh', ...programs])
  const next = {
    en: 'Set "as", "pgbackrest" and "postgresFolder" of the entry in the connections file.',
    ja: '接続ファイルの該当項目の as・pgbackrest・postgresFolder を設定してください。',
  }
  if (status !== 0) {
    const why = lastLine(stderr) || `exit ${status}`
    const says = {
      en: `the worker cannot run programs as whom the data belongs to (${as.join(' ')}): ${why}`,
      ja: `ワーカーがデータの所有者としてプログラムを実行できません（${as.join(' ')}）: ${why}`,
    }
    return { code: 'right-missing', says, next }
  }
  const missing = stdout.split('\n').filter((line) => line !== '')
  if (missing.length > 0)
    return {
      code: 'right-missing',
      says: {
        en: `programs are missing: ${missing.join(', ')}`,
        ja: `プログラムがありません: ${missing.join('、')}`,
      },
      next,
    }
  if ((await station.exec(['test', '-r', `${dataFolder}/PG_VERSION`])).status === 0) return undefined
  return {
    code: 'right-missing',
    says: {
      en: `the worker cannot read ${dataFolder}, or no cluster is there`,
      ja: `ワーカーが ${dataFolder} を読み取れないか、クラスターがありません`,
    },
    next: {
      en: 'Set "dataFolder", and as "as" the words that run a program as the owner of it.',
      ja: 'dataFolder と、その所有者としてプログラムを実行する as を設定してください。',
    },
  }
}
