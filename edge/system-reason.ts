import type { Text } from '../domain/words.ts'

const reasons: { readonly [code: string]: Text } = {
  ENOENT: { en: 'there is no such file or folder.', ja: 'ファイルまたはフォルダーがありません。' },
  EISDIR: { en: 'it is a folder.', ja: 'フォルダーです。' },
  ENOTDIR: { en: 'part of its path is not a folder.', ja: 'パスの途中がフォルダーではありません。' },
  EACCES: { en: 'permission denied.', ja: '読み取り権限がありません。' },
  EEXIST: { en: 'it already exists.', ja: 'すでにあります。' },
  EPERM: { en: 'permission denied.', ja: '読み取り権限がありません。' },
}

/** The system's own word for why a file cannot be used, in ours. */
export function reasonInWords(error: unknown): Text {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return reasons[code] ?? { en: code, ja: code }
}
