/** The parts of a section that have to become something: commands with what was read of them, items of lists, and what is left out. */
import { link } from '../../../../domain/address.ts'
import type { Text } from '../../../../domain/words.ts'
import { readStatements } from '../commands.ts'
import { within } from '../fits.ts'
import { addressIn, type Block } from '../markdown/blocks.ts'
import { queryStep } from '../programs/curl.ts'
import { type Around, manual, type Reading } from '../programs/reading.ts'
import { stepOfSql } from '../programs/sql.ts'
import { exactStep } from './exact.ts'
import { type Attributes, attributesOf, type Fence, fenceOf } from './fences.ts'
import { titleOf } from './names.ts'
import type { Section } from './sections.ts'

type Item = Extract<Block, { readonly kind: 'item' }>
type Code = Extract<Block, { readonly kind: 'code' }>

/** A block with what it was parsed into, once for all readings of it. */
export type Parsed =
  | { readonly kind: 'code'; readonly block: Code; readonly fence: Fence; readonly item?: Item }
  | { readonly kind: 'item'; readonly block: Item; readonly hasCode: boolean }
  | { readonly kind: 'left-out'; readonly block: Block; readonly why: Text }
  | { readonly kind: 'row'; readonly block: Block }

export type Unit =
  | (Attributes & {
      readonly kind: 'command'
      readonly line: number
      readonly source: string
      readonly reading: Reading
      /** In the words of the document; undefined where it has none for this command. */
      readonly title?: string
      readonly item?: Item
      /** Written in our own words: it is for this very place. */
      readonly exact?: true
    })
  | { readonly kind: 'item'; readonly block: Item; readonly hasCode: boolean; readonly url?: string }
  | { readonly kind: 'left-out'; readonly block: Block; readonly why: Text }

export type ReadSection = { readonly section: Section; readonly units: readonly Unit[] }

export function stepsIn(units: readonly Unit[]) {
  return units.flatMap((unit) =>
    unit.kind === 'command' && 'steps' in unit.reading ? unit.reading.steps : [],
  )
}

export function parseSection({ blocks }: Section): readonly Parsed[] {
  let item: Item | undefined
  return blocks.map((block, i): Parsed => {
    switch (block.kind) {
      case 'item':
        item = block
        return { kind: 'item', block, hasCode: codeFollows(blocks, i) }
      case 'code':
        return {
          kind: 'code',
          block,
          fence: fenceOf(block),
          ...(item !== undefined && (block.inItem || blocks[i - 1] === item) ? { item } : {}),
        }
      case 'row':
        item = undefined
        return { kind: 'row', block }
      default:
        if (block.kind !== 'prose') item = undefined
        return { kind: 'left-out', block, why: prose }
    }
  })
}

/** Within the item, or right below the only one of a list. */
function codeFollows(blocks: readonly Block[], at: number): boolean {
  const next = blocks.slice(at + 1).find(({ kind }) => kind !== 'prose')
  if (next?.kind !== 'code') return false
  return next.inItem || (blocks[at + 1] === next && blocks[at - 1]?.kind !== 'item')
}

const noCommand: Text = { en: 'no command in it', ja: 'コマンドがありません' }
const prose: Text = { en: 'text, not a command', ja: 'コマンドではない文章' }

/** What the blocks of a section become where they stand. */
export function readSection(
  section: Section,
  parsed: readonly Parsed[],
  around: Omit<Around, 'words'>,
): readonly Unit[] {
  return parsed.flatMap((each) => unitsOf(section, each, around))
}

function unitsOf(section: Section, each: Parsed, around: Omit<Around, 'words'>): readonly Unit[] {
  switch (each.kind) {
    case 'code': {
      const units = readCode(section, each, around)
      const isSaid = units.length > 0 || each.fence.kind === 'settings'
      return isSaid ? units : [{ kind: 'left-out', block: each.block, why: noCommand }]
    }
    case 'item': {
      const url = urlIn(each.block.text)
      return [
        { kind: 'item', block: each.block, hasCode: each.hasCode, ...(url === undefined ? {} : { url }) },
      ]
    }
    case 'row':
      return [{ kind: 'left-out', block: each.block, why: { en: 'a row of a table', ja: '表の行' } }]
    case 'left-out':
      return [each]
  }
}

function readCode(
  { heading }: Section,
  { block, fence, item }: Extract<Parsed, { readonly kind: 'code' }>,
  around: Omit<Around, 'words'>,
): readonly Unit[] {
  const attributes = attributesOf(block)
  const above = [heading, ...(item === undefined ? [] : [item.text])]
  const beside = { ...(item === undefined ? {} : { item }), ...attributes }
  const queries = (read: (query: string) => Reading) =>
    'queries' in fence
      ? fence.queries.map(
          ({ line, text }): Unit => ({
            kind: 'command',
            line,
            source: text,
            reading: within(read(text)),
            ...beside,
          }),
        )
      : []
  switch (fence.kind) {
    case 'script': {
      const words = (comments: readonly string[]) => [...above, ...comments].join('\n')
      const read = readStatements(fence.statements, ({ comments }) => ({ ...around, words: words(comments) }))
      return read.map(({ statement, reading }, i): Unit => {
        const comment = statement.comments.findLast((each) => titleOf(each) !== '')
        const title = comment ?? (i === 0 ? item?.text : undefined)
        return {
          kind: 'command',
          line: statement.line,
          source: statement.source,
          reading,
          ...(title === undefined ? {} : { title: titleOf(title) }),
          ...beside,
        }
      })
    }
    case 'sql':
      return queries((sql) => stepOfSql(sql, undefined))
    case 'promql':
      return queries((query) =>
        query.startsWith('#') ? manual('a comment', 'コメント') : queryStep(query, {}),
      )
    case 'exact':
      return [
        {
          kind: 'command',
          line: block.line,
          source: block.text,
          exact: true,
          ...exactStep(block),
          ...beside,
        },
      ]
    case 'settings':
      return []
    case 'text':
      return [{ kind: 'left-out', block, why: notShell(fence.language) }]
  }
}

function notShell(language: string): Text {
  const what = language.slice(0, 30)
  return what === ''
    ? { en: 'a text, not marked as commands', ja: 'コマンドと示されていない文章' }
    : { en: `${what}, not commands`, ja: `${what}（コマンド以外）` }
}

function urlIn(text: string): string | undefined {
  const address = addressIn(text)
  return address !== undefined && link.safeParse(address).success ? address : undefined
}
