/**
 * Which of the team's masks would hold up a worker. A line may not be left out because its mask is slow, nor kept without it, so a search is
 * not ended halfway through a log: each pattern is tried before, on lines as long as a log may have them.
 */
import type { MaskRule } from '../../domain/evidence/mask.ts'
import type { Text } from '../../domain/words.ts'
import { longestLineBytes } from '../../edge/whole-lines.ts'
import { endsWithin } from '../ends-within.ts'

const slowMs = 200
/** What long lines repeat; the pattern's own characters are tried as well. */
const repeated = ['a', '1', ' ', '/', 'a1', 'a.', 'a ', 'aB3+', 'a=1&', '"a":1,', '2026-12-01T03:00:00Z ']

/** What is said of each. */
export function slowMasks(rules: readonly MaskRule[]): readonly Text[] {
  return rules.flatMap(({ name, pattern }) => {
    const own = new Set(pattern.source.replace(/\\./g, '').match(/[\w@-]/g))
    const slow = [...repeated, ...own].find((piece) => isSlow(pattern, piece))
    return slow === undefined ? [] : [slowSay(name, slow)]
  })
}

/** Twice: a machine that had other things to do says nothing of the pattern. */
function isSlow(pattern: RegExp, piece: string): boolean {
  const line = piece.repeat(longestLineBytes / piece.length)
  const isQuick = () => endsWithin(slowMs, () => line.replace(pattern, ''))
  return !isQuick() && !isQuick()
}

function slowSay(name: string, piece: string): Text {
  return {
    en: `HIKESHI_POLICY: the mask ${name} takes over ${slowMs} ms on a line of ${longestLineBytes} characters ("${piece}" repeated), and its worker does nothing else then; bound its repetitions ({1,100} instead of +), or begin it with a fixed text`,
    ja: `HIKESHI_POLICY: マスク ${name} は ${longestLineBytes} 文字の行（「${piece}」の繰り返し）で ${slowMs} ms を超え、その間ワーカーは他の処理ができません。繰り返しに上限を付けるか（+ の代わりに {1,100}）、固定の文字列で始めてください`,
  }
}
