/** Where a post-mortem is written, and what of the file that is there already belongs to people. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Postmortem } from '../../domain/postmortem/document.ts'
import type { Lang } from '../../domain/words.ts'
import { reasonInWords } from '../../edge/system-reason.ts'
import { badFile } from '../private-file.ts'
import { markdownPieces } from './markdown.ts'
import { documentOf, type Joined, joinedWith, piecesOf } from './regions.ts'

export type Format = 'md' | 'html'

/** The file that is meant: in a folder it has the name of the incident and the language. */
export async function fileFor(output: string, incident: string, lang: Lang, format: Format): Promise<string> {
  const isFolder =
    output.endsWith('/') ||
    (await stat(output).then(
      (found) => found.isDirectory(),
      () => false,
    ))
  return isFolder ? join(output, `${incident}-postmortem.${lang}.${format}`) : output
}

/** Today's document, joined with what people made of the one in `file`, if that is there. Refuses a file that is something else. */
export async function documentFor(
  document: Postmortem,
  lang: Lang,
  file: string | undefined,
): Promise<Joined & { readonly text: string }> {
  const { incident } = document
  const today = markdownPieces(document, lang)
  const there = file === undefined ? undefined : await textOf(file)
  if (there === undefined || there.trim() === '')
    return { pieces: today, kept: [], offered: [], takenOut: [], text: documentOf(today, incident) }
  const before = piecesOf(there, incident)
  if (!before.some(({ kind }) => kind === 'made'))
    throw badFile(file ?? '', {
      en: `it is there and is no post-mortem of ${incident}`,
      ja: `${incident} のポストモーテムではないファイルがすでにあります`,
    })
  const joined = joinedWith(before, today)
  return { ...joined, text: documentOf(joined.pieces, incident) }
}

/** Where people write: an HTML page is made from the Markdown beside it. */
export function markdownBeside(file: string): string {
  return /\.html?$/i.test(file) ? file.replace(/\.html?$/i, '.md') : `${file}.md`
}

/** A page that is there is only ever replaced by one of the same kind. */
export async function checkPage(file: string, beginning: string): Promise<void> {
  const there = await textOf(file)
  if (there !== undefined && there.trim() !== '' && !there.startsWith(beginning))
    throw badFile(file, {
      en: 'it is there and is no page of a post-mortem',
      ja: 'ポストモーテムのページではないファイルがすでにあります',
    })
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw badFile(file, reasonInWords(error))
  }
}
