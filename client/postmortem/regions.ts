/**
 * What a document has from hikeshi and what from people. Each made part stands between two marks, the first with the hash of what lies
 * between them: a part that no longer matches was edited, and stays as it is. Whatever lies outside of marks is people's, for good.
 */
import { sha256Hex } from '../../domain/timeline/canonical.ts'

/** A part of the document; `offered` is the newer form of one that was edited. */
export type Piece =
  | { readonly kind: 'own'; readonly text: string }
  | {
      readonly kind: 'made'
      readonly id: string
      readonly text: string
      /** What the mark says that it was when it was made. */
      readonly hash: string
      readonly offered: boolean
    }

export type Made = Extract<Piece, { kind: 'made' }>

const opening = /^<!-- hikeshi:(begin|offer) ([a-z0-9-]+) ([a-z-]+) ([0-9a-f]{16}) -->$/
const closing = (id: string) => `<!-- hikeshi:end ${id} -->`

/** A made part, as it is now. */
export function made(id: string, text: string, offered = false): Made {
  return { kind: 'made', id, text, hash: hashOf(text), offered }
}

/** Whether people have changed it since it was made. */
export function isEdited({ text, hash }: Made): boolean {
  return hashOf(text) !== hash
}

/** Of what is read: line ends, blanks at the end of lines and empty lines around it are an editor's own business. */
function hashOf(text: string): string {
  const lines = text.split(/\r?\n/).map((line) => line.trimEnd())
  return sha256Hex(lines.join('\n').trim()).slice(0, 16)
}

/** The pieces of an incident's document. A mark without its end, or of another incident, is people's text like any other. */
export function piecesOf(document: string, incident: string): readonly Piece[] {
  const lines = document.split(/\r?\n/)
  const pieces: Piece[] = []
  let own: string[] = []
  for (let at = 0; at < lines.length; ) {
    const [, kind, of, id = '', hash = ''] = opening.exec((lines[at] ?? '').trimEnd()) ?? []
    const end = kind === undefined || of !== incident ? -1 : endOf(lines, at + 1, id)
    if (end < 0) {
      own.push(lines[at] ?? '')
      at += 1
      continue
    }
    if (own.length > 0) pieces.push({ kind: 'own', text: own.join('\n') })
    own = []
    const text = lines.slice(at + 1, end).join('\n')
    pieces.push({ kind: 'made', id, text, hash, offered: kind === 'offer' })
    at = end + 1
  }
  return own.length > 0 ? [...pieces, { kind: 'own', text: own.join('\n') }] : pieces
}

/** The line of its end; -1 where another part begins before it. */
function endOf(lines: readonly string[], from: number, id: string): number {
  for (let at = from; at < lines.length; at += 1) {
    const line = (lines[at] ?? '').trimEnd()
    if (line === closing(id)) return at
    if (opening.test(line)) return -1
  }
  return -1
}

export function documentOf(pieces: readonly Piece[], incident: string): string {
  const text = pieces
    .map((piece) =>
      piece.kind === 'own'
        ? piece.text
        : [
            `<!-- hikeshi:${piece.offered ? 'offer' : 'begin'} ${incident} ${piece.id} ${piece.hash} -->`,
            piece.text,
            closing(piece.id),
          ].join('\n'),
    )
    .join('\n')
  return text.endsWith('\n') ? text : `${text}\n`
}

export type Joined = {
  readonly pieces: readonly Piece[]
  /** Parts that people edited, and that stayed so. */
  readonly kept: readonly string[]
  /** Of those, the ones that would be otherwise today: the new form stands below. */
  readonly offered: readonly string[]
  /** Parts that people took out. */
  readonly takenOut: readonly string[]
}

/**
 * The document that is there, with its made parts as they are today. A part that was edited stays, and where it would read otherwise now, the
 * new form is offered below it. A part whose text was deleted between its marks is made again; one that was deleted with its marks is not.
 */
export function joinedWith(before: readonly Piece[], today: readonly Piece[]): Joined {
  const fresh = new Map(today.flatMap((piece) => (piece.kind === 'made' ? [[piece.id, piece]] : [])))
  const here = before.flatMap((piece) => (piece.kind === 'made' && !piece.offered ? [piece] : []))
  const kept = here.filter((piece) => isEdited(piece) && piece.text.trim() !== '')
  const offered = kept.filter(({ id, hash, text }) => {
    const now = fresh.get(id)
    return now !== undefined && now.hash !== hash && now.hash !== hashOf(text)
  })
  const pieces = before.flatMap((piece): readonly Piece[] => {
    if (piece.kind === 'own') return [piece]
    // What was offered is offered anew, unless people wrote into it.
    if (piece.offered) return isEdited(piece) ? [piece] : []
    const now = fresh.get(piece.id)
    if (!kept.includes(piece)) return [now ?? piece]
    return offered.includes(piece) && now !== undefined ? [piece, { ...now, offered: true }] : [piece]
  })
  const known = new Set(here.map(({ id }) => id))
  return {
    pieces,
    kept: kept.map(({ id }) => id),
    offered: offered.map(({ id }) => id),
    takenOut: [...fresh.keys()].filter((id) => !known.has(id)),
  }
}
