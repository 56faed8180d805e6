/** From bytes to a text that can be taken apart: bounded, and with nothing in it that cannot be seen. */
import { characterName, replaceInvisible } from '../../../../domain/invisible.ts'
import { verbatim } from '../../../../domain/words.ts'
import { type Place, placeOf, type Refusal } from '../../yaml-text.ts'

/** Far above any document that people read in an incident. */
export const documentLimitBytes = 1024 * 1024

const start: Place = { line: 1, column: 1 }

/** The text with lines that end in LF, or why it is none. */
export function documentText(bytes: Uint8Array): { readonly text: string } | { readonly refusal: Refusal } {
  if (bytes.length > documentLimitBytes)
    return {
      refusal: {
        ...start,
        expected: {
          en: `a document of at most ${documentLimitBytes} bytes`,
          ja: `${documentLimitBytes} バイト以下の文書`,
        },
        got: { en: `${bytes.length} bytes or more`, ja: `${bytes.length} バイト以上` },
      },
    }
  const decoded = utf8(bytes)
  if (decoded === undefined)
    return {
      refusal: {
        ...start,
        expected: { en: 'text in UTF-8', ja: 'UTF-8 の文字列' },
        got: { en: 'other bytes', ja: 'それ以外のバイト列' },
      },
    }
  const text = decoded.replace(/\r\n?/g, '\n')
  if (text.trim() === '')
    return {
      refusal: {
        ...start,
        expected: { en: 'a runbook in Markdown', ja: 'Markdown の Runbook' },
        got: { en: 'an empty file', ja: '空のファイル' },
      },
    }
  const unseen = firstInvisible(text)
  return unseen === undefined
    ? { text }
    : {
        refusal: {
          ...placeOf(text, unseen.at),
          expected: { en: 'text without invisible characters', ja: '見えない文字を含まない文字列' },
          got: verbatim(characterName(unseen.character)),
        },
      }
}

/** A byte order mark at the beginning is no part of the text. */
function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function firstInvisible(text: string): { readonly at: number; readonly character: string } | undefined {
  const at = replaceInvisible(text, () => '\u0000').indexOf('\u0000')
  return at < 0 ? undefined : { at, character: String.fromCodePoint(text.codePointAt(at) ?? 0) }
}
