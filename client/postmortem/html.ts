/** The Markdown as one page for itself: no script, nothing from the network, and its own style by its hash. */
import { createHash } from 'node:crypto'
import MarkdownIt from 'markdown-it'
import { firstScreen, type Postmortem } from '../../domain/postmortem/document.ts'
import type { Lang } from '../../domain/words.ts'
import { escapedHtml } from '../markup.ts'
import type { Piece } from './regions.ts'
import { style } from './style.ts'
import { pictureSvg } from './svg.ts'

const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'`

/** Every page of ours begins so. */
export const beginning = '<!doctype html><!-- hikeshi post-mortem -->'

const offeredNow = {
  en: 'You edited the part above; from the record it would read so now:',
  ja: '上は編集済みです。現在の記録からは次のようになります:',
} as const

const legend = {
  en: 'Each mark leads to its event. Amber waited for people, green went right, red was found or went wrong.',
  ja: '印から各イベントへ移動できます。橙は承認待ち、緑は成功、赤は検出・失敗・却下です。',
} as const

/** The whole page. What people wrote is theirs to word, never to be run: HTML stays text, and links lead to the web or into the page. */
export function htmlPage(pieces: readonly Piece[], { incident, picture }: Postmortem, lang: Lang): string {
  const markdown = renderer()
  const sections = grouped(pieces).map(({ id, of }) => {
    const body = of.map((piece) => pieceHtml(piece, markdown, lang)).join('')
    return { id, html: id === undefined ? body : `<section id="${id}">${body}</section>` }
  })
  const isFirst = (id: string | undefined) => (firstScreen as readonly (string | undefined)[]).includes(id)
  const head = sections.filter(({ id }) => id === undefined || id === 'title')
  const first = sections.filter(({ id }) => isFirst(id))
  const rest = sections.filter(({ id }) => id !== undefined && id !== 'title' && !isFirst(id))
  const drawn = [
    `<div class="wide">${pictureSvg(picture, lang, 1100)}</div>`,
    `<div class="narrow">${pictureSvg(picture, lang, 330)}</div>`,
  ].join('')
  const title = lang === 'ja' ? `ポストモーテム: ${incident}` : `Post-mortem: ${incident}`
  return [
    beginning,
    `<html lang="${lang}"><head><meta charset="utf-8">`,
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer">',
    `<title>${escapedHtml(title)}</title><style>${style}</style></head><body>`,
    ...head.map(({ html }) => html),
    `<div class="first">${first.map(({ html }) => html).join('')}</div>`,
    `<figure>${drawn}<figcaption>${legend[lang]}</figcaption></figure>`,
    ...rest.map(({ html }) => html),
    '</body></html>\n',
  ].join('\n')
}

type Renderer = ReturnType<typeof renderer>
type Group = { readonly id: string | undefined; readonly of: Piece[] }

/** Each made part with what people wrote below it; their own headings begin sections of their own. */
function grouped(pieces: readonly Piece[]): readonly Group[] {
  const groups: Group[] = []
  for (const piece of pieces) {
    const last = groups.at(-1)
    if (piece.kind === 'made' && !piece.offered) groups.push({ id: piece.id, of: [piece] })
    else if (last === undefined) groups.push({ id: undefined, of: [piece] })
    else if (piece.kind === 'own' && /^## /m.test(piece.text)) {
      const at = piece.text.search(/^## /m)
      last.of.push({ kind: 'own', text: piece.text.slice(0, at) })
      groups.push({ id: `own-${groups.length}`, of: [{ kind: 'own', text: piece.text.slice(at) }] })
    } else last.of.push(piece)
  }
  return groups
}

function pieceHtml(piece: Piece, markdown: Renderer, lang: Lang): string {
  const html = markdown.render(piece.text)
  if (piece.kind === 'own' || !piece.offered) return html
  return `<div class="offer"><p>${offeredNow[lang]}</p>${html}</div>`
}

function renderer() {
  const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false })
  // A picture would come from the network.
  markdown.disable('image')
  markdown.validateLink = (url) => /^(?:https?:\/\/|#|mailto:)/i.test(url)
  // The one piece of HTML that is ours: the place of an event in the timeline.
  markdown.inline.ruler.before('text', 'event-anchor', (state, silent) => {
    const [whole, seq] = /^<a id="e(\d{1,9})"><\/a>/.exec(state.src.slice(state.pos, state.pos + 32)) ?? []
    if (whole === undefined || seq === undefined) return false
    if (!silent) state.push('event_anchor', '', 0).meta = { seq }
    state.pos += whole.length
    return true
  })
  markdown.renderer.rules.event_anchor = (tokens, at) =>
    `<span id="e${Number(tokens[at]?.meta?.seq)}"></span>`
  return markdown
}
