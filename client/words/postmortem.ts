/** What is told when a post-mortem was written: where it lies, and what of it is people's. */
import type { Text } from '../../domain/words.ts'

export type Written = {
  readonly file: string
  /** Made parts that people edited. */
  readonly kept: readonly string[]
  /** Of those, the ones with a newer form below them. */
  readonly offered: readonly string[]
  /** Made parts that people took out. */
  readonly takenOut: readonly string[]
}

export function writtenSays({ file, kept, offered, takenOut }: Written): readonly Text[] {
  const of = (ids: readonly string[]) => ids.join(', ')
  return [
    { en: `written: ${file}`, ja: `保存しました: ${file}` },
    ...(kept.length === 0
      ? []
      : [{ en: `left as you edited them: ${of(kept)}`, ja: `編集済みのため変更なし: ${of(kept)}` }]),
    ...(offered.length === 0
      ? []
      : [{ en: `newer form below them: ${of(offered)}`, ja: `新しい内容を直下に追加: ${of(offered)}` }]),
    ...(takenOut.length === 0
      ? []
      : [{ en: `not added again: ${of(takenOut)}`, ja: `削除済みのため追加なし: ${of(takenOut)}` }]),
  ]
}
