/** The document that hikeshi grew from, as what a reader meets in it: headings, and blocks to run. */
import { readFileSync } from 'node:fs'

export const seedFile = 'test/import/documents/shodo.ja.md'

export type SeedSection = {
  readonly level: number
  readonly heading: string
  /** Its fenced blocks in order, without the indent of the list that they stand in. */
  readonly blocks: readonly SeedBlock[]
}

export type SeedBlock = { readonly language: string; readonly text: string }

export function seedSections(markdown = readFileSync(seedFile, 'utf8')): readonly SeedSection[] {
  const parts = /^(?<indent> *)```(?<language>\w*)\n(?<text>[\s\S]*?)^ *```$|^(?<level>#+) (?<heading>.+)$/gm
  const sections: { level: number; heading: string; blocks: SeedBlock[] }[] = []
  for (const { groups = {} } of markdown.matchAll(parts)) {
    const { indent = '', language = '', text, level, heading } = groups
    if (heading !== undefined && level !== undefined)
      sections.push({ level: level.length, heading, blocks: [] })
    else if (text !== undefined)
      sections.at(-1)?.blocks.push({
        language,
        text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), '').trimEnd(),
      })
  }
  return sections
}
