import { expected } from '../../../../domain/expected.ts'
import { textLimits } from '../../../../domain/incident/commands.ts'
import { refused } from '../../../../edge/refused.ts'
import type { Session, Surroundings } from '../session.ts'
import type { Options } from '../verb.ts'
import { tell } from './tell.ts'

export async function note(
  session: Session,
  incident: string,
  words: readonly string[],
  options: Options,
): Promise<undefined> {
  const fromStdin = options.stdin === true
  if (fromStdin === words.length > 0)
    throw refused('bad-input', {
      where: 'note',
      problem: expected('either a text or --stdin', '文章か --stdin のどちらか一方'),
    })
  const text = fromStdin ? (await readAll(session.around.stdin)).trimEnd() : words.join(' ')
  if (text === '') throw refused('bad-input', { where: 'note', problem: expected('a text', '文章') })
  await tell(session, incident, { type: 'note', text })
}

/** All of stdin; more than could ever be kept is refused before it fills the memory. */
async function readAll(stdin: Surroundings['stdin']): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stdin) {
    const part = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))
    bytes += part.length
    // A character has at most 4 bytes.
    if (bytes > textLimits.note * 4 + 4)
      throw refused('text-too-long', { where: 'note.text', length: 'more', limit: textLimits.note })
    chunks.push(part)
  }
  return Buffer.concat(chunks).toString('utf8')
}
