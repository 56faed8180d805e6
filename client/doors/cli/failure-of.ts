/** What a verb threw, as a failure of the one list. Only a defect of ours ends as an internal error. */
import { existsSync } from 'node:fs'
import { type Failure, failure } from '../../../domain/failures.ts'
import { type Text, verbatim } from '../../../domain/words.ts'
import { reasonInWords } from '../../../edge/system-reason.ts'
import { archiveFolder } from '../../../wire/archive.ts'
import { failureIn } from '../../failure-in.ts'

/** `incident`: the one that the verb was about, where it named one. */
export async function failureOf(
  error: unknown,
  address: string,
  incident: string | undefined,
): Promise<Failure> {
  const known = failureIn(error) ?? systemFailure(error) ?? (await temporalFailure(error, address, incident))
  if (known !== undefined) return known
  const reason = error instanceof Error ? error.message : String(error)
  return failure('internal', { where: 'hikeshi', reason: reason.slice(0, 500) })
}

/** Verbs that read an incident from its folder in the archive as well, which needs no server. */
const folderReaders = ['replay', 'evidence', 'postmortem']

/** What such a verb can do instead where no server answers; undefined where the archive has nothing of the incident. */
export function withoutServer(
  { name }: Failure,
  verb: string,
  incident: string | undefined,
  archive: string | undefined,
): Text | undefined {
  const isAway = name === 'temporal-unreachable' || name === 'api-unreachable'
  if (!isAway || incident === undefined || !folderReaders.includes(verb)) return undefined
  const folder = archiveFolder(archive ?? 'ARCHIVE', incident)
  if (archive !== undefined && !existsSync(folder)) return undefined
  const which =
    archive === undefined
      ? { en: ' (the folder that the workers write to)', ja: '（ワーカーの保管先フォルダー）' }
      : verbatim('')
  return {
    en: `From the archive${which.en} it needs no server: the same command with ${folder} in place of ${incident}.`,
    ja: `保管先${which.ja}からはサーバーなしで実行できます。同じコマンドの ${incident} を ${folder} に置き換えてください。`,
  }
}

/** A file or a folder that is not there, may not be read, is something else. */
function systemFailure(error: unknown): Failure | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined
  const file = 'path' in error && typeof error.path === 'string' ? error.path : String(error.syscall)
  return failure('not-a-file', { file, reason: reasonInWords(error) })
}

/** Temporal's errors that no function of the client has worded. The client is loaded where they come from, and not before. */
async function temporalFailure(
  error: unknown,
  address: string,
  incident: string | undefined,
): Promise<Failure | undefined> {
  if (!(error instanceof Error)) return undefined
  const { grpcCode, isGone, isUnknownNamespace, refusalOf } = await import('../../temporal/errors.ts')
  if (grpcCode(error) === undefined && !isUnknownNamespace(error)) return undefined
  if (isGone(error) && incident !== undefined) return failure('unknown-incident', { incident })
  return refusalOf(error, address).failure
}
