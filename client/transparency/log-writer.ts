/** Who signs the log of heads, by the settings of a worker or of whoever adds to it by hand. */
import { expected } from '../../domain/expected.ts'
import { isKeyName } from '../../domain/transparency/note.ts'
import { noteSignerOf } from '../../edge/note-keys.ts'
import { refused } from '../../edge/refused.ts'
import type { LogWriter } from '../../edge/transparency/add-entry.ts'
import { openPrivateKey } from '../keys.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Undefined where neither is set; refuses (`bad-input`) one without the other. */
export async function logWriterFrom({
  HIKESHI_LOG_KEY: keyFile,
  HIKESHI_LOG_ORIGIN: origin,
}: Env): Promise<LogWriter | undefined> {
  if (keyFile === undefined && origin === undefined) return undefined
  if (origin === undefined || !isKeyName(origin)) throw wrongName('HIKESHI_LOG_ORIGIN')
  if (keyFile === undefined) {
    const problem = expected(
      'the file of the private key that signs the log; set it, or leave HIKESHI_LOG_ORIGIN out',
      'ログに署名する秘密鍵のファイル。HIKESHI_LOG_ORIGIN とともに設定するか、両方を外してください',
    )
    throw refused('bad-input', { where: 'HIKESHI_LOG_KEY', problem })
  }
  return { origin, signer: noteSignerOf(await openPrivateKey(keyFile, 'log')) }
}

/** The name of a log or a witness is no name. */
export function wrongName(where: string) {
  const problem = expected(
    'a name without spaces and + that nobody else has, such as example.com/incidents',
    'ほかと重複せず、空白や + を含まない名前（例: example.com/incidents）',
  )
  return refused('bad-input', { where, problem })
}
