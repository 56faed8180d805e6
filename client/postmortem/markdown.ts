/** The document as Markdown: made parts between marks, and between them what people are asked. */
import type { Postmortem, Section, Told } from '../../domain/postmortem/document.ts'
import type { Lang, Text } from '../../domain/words.ts'
import { made, type Piece } from './regions.ts'

const words = {
  title: { en: 'Post-mortem', ja: 'ポストモーテム' },
  owner: { en: 'Owner of this document', ja: 'この文書の担当者' },
  state: {
    en: 'State: draft (draft, in review, agreed)',
    ja: '状態: 下書き（下書き、確認中、合意済み）',
  },
} as const satisfies Record<string, Text>

const followUps = {
  head: { en: ['Kind', 'What', 'Owner', 'Due'], ja: ['種類', '内容', '担当', '期限'] },
  kinds: {
    en: ['prevent', 'detect', 'mitigate', 'process'],
    ja: ['予防', '検知', '緩和', '進め方'],
  },
} as const

/** The whole document as it is made today. Refuses a sentence that names no event, or one that is not in the timeline. */
export function markdownPieces(document: Postmortem, lang: Lang): readonly Piece[] {
  const { incident, sections, commander } = document
  const known = new Set(sections.flatMap(({ told }) => told.flatMap(({ anchor }) => anchor ?? [])))
  const line = lineWriter(lang, known)
  const name = commander === undefined ? '' : ` (${line(commander)})`
  return together([
    made('title', `# ${words.title[lang]}: ${escaped(incident)}`),
    own(`- ${words.owner[lang]}${name}: ?\n- ${words.state[lang]}`),
    ...sections.flatMap((section) => sectionPieces(section, lang, line)),
  ])
}

type Write = (told: Told) => string

function sectionPieces(section: Section, lang: Lang, line: Write): readonly Piece[] {
  const { id, title, told, asks } = section
  const heading = `## ${title[lang]}`
  const questions = asks.map((ask) => `> ${ask[lang]}`)
  const table = id === 'follow-ups' ? [followUpTable(lang)] : []
  // What is people's alone has no marks: nothing of it is ever made again.
  if (told.length === 0) return [own(heading, ...questions, ...table)]
  const items = told.flatMap((each) => itemLines(each, line))
  const part = made(id, [heading, '', ...items].join('\n'))
  return [part, questions.length === 0 ? own() : own(...questions)]
}

function itemLines(told: Told, line: Write, indent = ''): readonly string[] {
  const command = told.command === undefined ? [] : [`${indent}  - \`${told.command.replaceAll('`', "'")}\``]
  const under = (told.under ?? []).flatMap((each) => itemLines(each, line, `${indent}  `))
  return [`${indent}- ${line(told)}`, ...under, ...command]
}

/** A sentence and the events that it comes from. */
function lineWriter(lang: Lang, known: ReadonlySet<number>): Write {
  return ({ says, seqs, label, anchor }) => {
    const lost = seqs.find((seq) => !known.has(seq))
    if (seqs.length === 0 || lost !== undefined)
      throw new Error(
        `"${says.en.slice(0, 80)}" names ${lost === undefined ? 'no event' : `event ${lost}, which is not in the timeline`}`,
      )
    const text = escaped(says[lang])
    if (anchor !== undefined) return `<a id="e${anchor}"></a>\`#${anchor}\` ${text}`
    const named = label === undefined ? text : `**${escaped(label[lang])}**: ${text}`
    return `${named} ${seqs.map((seq) => `[#${seq}](#e${seq})`).join(' ')}`
  }
}

/** Paragraphs of people's, with an empty line before, between and behind them. */
function own(...paragraphs: readonly string[]): Piece {
  return { kind: 'own', text: paragraphs.length === 0 ? '' : `\n${paragraphs.join('\n\n')}\n` }
}

/** As it is read again: what is people's and stands side by side is one piece. */
function together(pieces: readonly Piece[]): readonly Piece[] {
  const joined: Piece[] = []
  for (const piece of pieces) {
    const last = joined.at(-1)
    if (piece.kind !== 'own' || last?.kind !== 'own') joined.push(piece)
    else joined.splice(-1, 1, own(...[last.text.trim(), piece.text.trim()].filter((text) => text !== '')))
  }
  return joined
}

function followUpTable(lang: Lang): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const head = followUps.head[lang]
  return [
    row(head),
    row(head.map(() => '---')),
    ...followUps.kinds[lang].map((kind) => row([kind, '', '', ''])),
  ].join('\n')
}

/** Text from outside means nothing in Markdown: no mark of it, no HTML, no new line. */
export function escaped(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\\`*[\]<>~|$&]/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/^(?:[#+=-]|\d+(?=[.)]))/, (start) => (/^\d/.test(start) ? `${start}\\` : `\\${start}`))
}
