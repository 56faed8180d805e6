import { expected } from '../../../../domain/expected.ts'
import type { Postmortem } from '../../../../domain/postmortem/document.ts'
import { postmortem } from '../../../../domain/postmortem/postmortem.ts'
import { isZone } from '../../../../edge/local-time.ts'
import { refused } from '../../../../edge/refused.ts'
import { checkPage, documentFor, type Format, fileFor, markdownBeside } from '../../../postmortem/files.ts'
import { sourceOf } from '../../../postmortem/source.ts'
import { writeWhole } from '../../../whole-file.ts'
import { momentsAt } from '../../../words/moments.ts'
import { writtenSays } from '../../../words/postmortem.ts'
import type { Session } from '../session.ts'
import { type Options, textOf } from '../verb.ts'
import { usableZone } from '../zone.ts'

/** Prints the document, or writes it to a file, in which what people wrote stays. */
export async function postmortemVerb(session: Session, what: string, options: Options): Promise<undefined> {
  const { lang, around } = session
  const format = (textOf(options.format) ?? 'md') as Format
  const output = textOf(options.output)
  if (output === '')
    throw refused('bad-input', {
      where: '--output',
      problem: expected('a file or a folder', 'ファイルまたはフォルダー'),
    })
  const { opening, events } = await sourceOf(what, session.incidents, around.env.HIKESHI_ARCHIVE)
  const { timezone } = opening.runbook.book
  const zone = isZone(timezone) ? timezone : usableZone(session, timezone)
  const made = postmortem(opening, events, momentsAt(zone, 0))
  if (made === undefined) throw refused('unknown-incident', { incident: what.slice(0, 60) })
  const { incident } = made
  if (output === undefined) {
    const { text } = await laidOut(made, session, format, undefined)
    await session.print({ data: { incident, lang, format, text }, text: () => text.trimEnd() })
    return
  }
  const file = await fileFor(output, incident, lang, format)
  const { text, kept, offered, takenOut } = await laidOut(made, session, format, file)
  await writeWhole(file, text)
  const written = { file, kept, offered, takenOut }
  await session.print({
    data: { incident, lang, format, ...written },
    text: () =>
      writtenSays(written)
        .map((line) => line[lang])
        .join('\n'),
  })
}

/** As Markdown; or as a page, made from the Markdown beside it, where people write. */
async function laidOut(made: Postmortem, { lang }: Session, format: Format, file: string | undefined) {
  if (format === 'md') return documentFor(made, lang, file)
  const { beginning, htmlPage } = await import('../../../postmortem/html.ts')
  if (file !== undefined) await checkPage(file, beginning)
  const joined = await documentFor(made, lang, file === undefined ? undefined : markdownBeside(file))
  return { ...joined, text: htmlPage(joined.pieces, made, lang) }
}
