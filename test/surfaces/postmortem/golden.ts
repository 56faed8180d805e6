/** The documents of the stored incidents as they should be: `npx tsx test/surfaces/postmortem/make.ts` writes them. */
import { fileURLToPath } from 'node:url'
import { markdownPieces } from '../../../client/postmortem/markdown.ts'
import { documentOf } from '../../../client/postmortem/regions.ts'
import type { Lang } from '../../../domain/words.ts'
import { madeOf, stored } from '../../domain/postmortem/told.ts'

export type Golden = { readonly name: string; readonly file: string; readonly text: () => string }

const folder = new URL('./golden/', import.meta.url)

export function goldens(): readonly Golden[] {
  return stored().flatMap(({ play, ...source }) =>
    (['en', 'ja'] as const).map((lang: Lang) => ({
      name: `${play} in ${lang}`,
      file: fileURLToPath(new URL(`${play}.${lang}.md`, folder)),
      text: () => {
        const document = madeOf(source)
        return documentOf(markdownPieces(document, lang), document.incident)
      },
    })),
  )
}
