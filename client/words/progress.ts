/** How far a step is that takes hours, in one line. */
import { showBytes } from '../../domain/bytes.ts'
import { roughly } from '../../domain/duration.ts'
import type { Text } from '../../domain/words.ts'
import type { Progress } from '../incidents/progress.ts'
import { inBoth, joined } from './fact.ts'

/** What the hands of activities/pgbackrest/ say they are at. */
const parts: { readonly [at: string]: Text } = {
  job: { en: 'waiting for the pod of the Job', ja: 'Job の Pod を待機中' },
  restoring: { en: 'restoring', ja: '復元中' },
  recovering: { en: 'replaying the log', ja: 'ログを適用中' },
  'backing up': { en: 'backing up', ja: 'バックアップ中' },
  bisecting: { en: 'bisecting', ja: '時点を探索中' },
  counting: { en: 'counting commits', ja: 'コミットを集計中' },
  archiving: { en: 'waiting for the archive', ja: 'アーカイブ待ち' },
  stopping: { en: 'stopping the live database', ja: '稼働中のデータベースを停止中' },
  starting: { en: 'starting the database', ja: 'データベースを起動中' },
  connection: { en: "waiting for the connection's host", ja: '接続先の応答待ち' },
  replicas: { en: 'waiting for the replicas', ja: 'レプリカの追従待ち' },
}

const waiting: Text = { en: 'waiting for a worker', ja: 'ワーカー待ち' }

/** `restoring: 43 % of 12.1 GiB, since 2m (attempt 3)` */
export function progressSays(progress: Progress, now: number): Text {
  const { since, attempt, waits, why } = progress
  const how = why === undefined ? howFar(progress) : same(why)
  const what = how === undefined ? partOf(progress) : joined([partOf(progress), how], ': ')
  const age = since === undefined ? undefined : roughly(now - Date.parse(since))
  const said = waits === true ? joined([waiting, what], { en: ', ', ja: '、' }) : what
  return inBoth((lang) => {
    const started = { en: `, since ${age}`, ja: `、開始から ${age}` }[lang]
    const again = { en: ` (attempt ${attempt})`, ja: `（${attempt} 回目）` }[lang]
    return `${said[lang]}${age === undefined ? '' : started}${attempt > 1 ? again : ''}`
  })
}

/** The same with the run before it. */
export function stepProgressSays(progress: Progress, now: number): Text {
  return joined([progress.step, progressSays(progress, now)], ': ')
}

function partOf({ at = '', of }: Progress): Text {
  const known = Object.hasOwn(parts, at) ? parts[at] : undefined
  if (known !== undefined) return known
  const [, replica] = /^replica (\S+)$/.exec(at) ?? []
  if (replica !== undefined) return { en: `recreating ${replica}`, ja: `${replica} を再作成中` }
  // Data checks are counted, by their names.
  if (of !== undefined && at !== '') return { en: `checking ${at}`, ja: `${at} を検証中` }
  return { en: 'running', ja: '実行中' }
}

function howFar(progress: Progress): Text | undefined {
  const { percent, bytes, ofBytes, done, of, probe, ofProbes, commits, position } = progress
  if (probe !== undefined && ofProbes !== undefined)
    return { en: `probe ${probe} of at most ${ofProbes}`, ja: `${probe} 回目（最大 ${ofProbes} 回）` }
  if (percent !== undefined && ofBytes !== undefined)
    return { en: `${percent} % of ${showBytes(ofBytes)}`, ja: `${showBytes(ofBytes)} の ${percent} %` }
  if (percent !== undefined) return same(`${percent} %`)
  if (done !== undefined && of !== undefined) return same(`${done}/${of}`)
  if (commits !== undefined) return same(String(commits))
  if (bytes !== undefined) return same(showBytes(bytes))
  return position === undefined ? undefined : same(position)
}

function same(text: string): Text {
  return { en: text, ja: text }
}
