/** A Markdown document as a flat list of what stands in it, each with its line: headings, code, items of lists, tables, prose. */
import MarkdownIt, { type Token } from 'markdown-it'
import type { Refusal } from '../../yaml-text.ts'

export type Block = { readonly line: number } & (
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | {
      readonly kind: 'code'
      /** The whole word line of the fence: `bash`, `yaml hikeshi id=scale-out`; empty for indented code. */
      readonly info: string
      readonly text: string
      /** Where the text begins. */
      readonly textLine: number
      readonly inItem: boolean
    }
  | {
      readonly kind: 'item'
      readonly text: string
      readonly box: boolean
      readonly ordered: boolean
    }
  | { readonly kind: 'row'; readonly cells: readonly string[] }
  | { readonly kind: 'prose'; readonly text: string }
)

/** A runbook of more is none that people use. */
const mostBlocks = 5_000

/** Of one heading, item, cell or paragraph: titles are short. */
const mostRead = 2_000

/** Nothing below a line is looked at: emphasis and links are taken out of the few texts that are used. */
const markdown = new MarkdownIt({ html: true, maxNesting: 40 })
markdown.core.ruler.enableOnly(['normalize', 'block'])

/** The blocks of a document, in order; refuses too many of them, and a fence that never closes. */
export function blocksOf(
  text: string,
): { readonly blocks: readonly Block[] } | { readonly refusal: Refusal } {
  const blocks: Block[] = []
  const lists: boolean[] = []
  let item: Token | undefined
  let heading: Token | undefined
  let row: { readonly line: number; readonly cells: string[] } | undefined
  for (const token of markdown.parse(text, {})) {
    const line = (token.map?.[0] ?? 0) + 1
    switch (token.type) {
      case 'heading_open':
        heading = token
        break
      case 'heading_close':
        heading = undefined
        break
      case 'bullet_list_open':
      case 'ordered_list_open':
        lists.push(token.type === 'ordered_list_open')
        break
      case 'bullet_list_close':
      case 'ordered_list_close':
        lists.pop()
        break
      case 'list_item_open':
        item = token
        break
      case 'tr_open':
        row = { line, cells: [] }
        break
      case 'tr_close':
        if (row !== undefined) blocks.push({ kind: 'row', ...row })
        row = undefined
        break
      case 'fence':
      case 'code_block':
        if (isOpenFence(token)) return { refusal: openFence(line) }
        blocks.push(codeOf(token, line, lists.length > 0))
        item = undefined
        break
      case 'inline':
        if (row !== undefined) row.cells.push(plain(token.content))
        else if (heading !== undefined)
          blocks.push({
            kind: 'heading',
            line,
            level: Number(heading.tag.slice(1)),
            text: plain(token.content),
          })
        else if (item !== undefined) blocks.push(itemOf(token.content, line, lists.at(-1) === true))
        else blocks.push({ kind: 'prose', line, text: plain(token.content) })
        item = undefined
        break
    }
    if (blocks.length > mostBlocks) return { refusal: tooMany(line) }
  }
  return { blocks }
}

function codeOf(token: Token, line: number, inItem: boolean): Block {
  const isFence = token.type === 'fence'
  return {
    kind: 'code',
    line,
    info: isFence ? token.info.trim() : '',
    text: token.content,
    textLine: isFence ? line + 1 : line,
    inItem,
  }
}

function itemOf(content: string, line: number, ordered: boolean): Block {
  const [, box, rest] = /^\[([ xX])\]\s+([\s\S]*)$/.exec(content) ?? []
  return { kind: 'item', line, text: plain(rest ?? content), box: box !== undefined, ordered }
}

/** A closed fence has one line more than its text and its opening. */
function isOpenFence({ type, map, content }: Token): boolean {
  if (type !== 'fence' || !map) return false
  return map[1] - map[0] - 2 !== content.split('\n').length - 1
}

/** The words without marks of emphasis, code, links and pictures; a link is its words. */
export function plain(content: string): string {
  return content
    .slice(0, mostRead)
    .replace(/!?\[([^\][]{0,500})\]\(([^()\s]{0,2000})\)/g, '$1')
    .replace(/<!--.*?-->/g, '')
    .replace(/(\*\*|__|`+|~~)/g, '')
    .replace(/(^|[\s(])[*_](\S(?:[^*_]*\S)?)[*_](?=$|[\s).,:;])/g, '$1$2')
    .replace(/\s+/g, ' ')
    .trim()
}

/** The first address that a text links to or shows. */
export function addressIn(content: string): string | undefined {
  return /https?:\/\/[^\s<>"'`)\]}]{1,1000}/.exec(content.slice(0, mostRead))?.[0]
}

function openFence(line: number): Refusal {
  return {
    line,
    column: 1,
    expected: { en: 'a fence that closes', ja: '閉じるコードフェンス' },
    got: { en: 'one that is still open at its end', ja: '閉じられていないフェンス' },
  }
}

function tooMany(line: number): Refusal {
  return {
    line,
    column: 1,
    expected: {
      en: `a document of at most ${mostBlocks} headings, items and paragraphs`,
      ja: `見出し・項目・段落が合計 ${mostBlocks} 個以下の文書`,
    },
    got: { en: 'more of them', ja: 'それより多い要素' },
  }
}
