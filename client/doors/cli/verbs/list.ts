import { listedColumns, nothingListed } from '../../../words/listed.ts'
import { toldTable } from '../facts.ts'
import type { Session } from '../session.ts'
import { type Options, textOf } from '../verb.ts'

export async function list(session: Session, options: Options): Promise<undefined> {
  const all = options.all === true
  const incidents = await session.incidents()
  const [service, phase] = [textOf(options.service), textOf(options.phase)]
  const found = await incidents.list({ all, service, phase })
  const { lang } = session
  await session.print({
    data: found,
    text: (screen) =>
      found.length === 0
        ? nothingListed(all)[lang]
        : toldTable(screen, lang, listedColumns(found, Date.now()), found),
  })
}
