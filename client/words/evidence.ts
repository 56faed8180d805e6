/** What is told of a bundle: what it holds, what is missing, and against whom it proves what. */
import { showBytes } from '../../domain/bytes.ts'
import { counted } from '../../domain/counted.ts'
import type { Manifest } from '../../domain/evidence/manifest.ts'
import type { Text } from '../../domain/words.ts'

type Signed = {
  readonly by: string
  readonly at: string
  readonly fingerprint: string
  readonly known: boolean
}

export function bundleSay({ of, files, masked }: Manifest): Text {
  const bytes = showBytes(files.reduce((sum, file) => sum + file.bytes, 0))
  return {
    en: `${of}: ${counted(files.length, 'file')}, ${bytes}, ${counted(masked, 'secret')} masked`,
    ja: `${of}: ファイル ${files.length} 件、${bytes}、秘密情報のマスク ${masked} 件`,
  }
}

export const verdicts = {
  whole: { en: 'every file is as the manifest says', ja: 'すべてのファイルがマニフェストと一致' },
  unsigned: {
    en: 'every file is as the manifest says, but nobody signed it',
    ja: 'すべてのファイルがマニフェストと一致（ただし署名なし）',
  },
  'unknown-signer': {
    en: 'every file is as the manifest says, signed with a key that was not given',
    ja: 'すべてのファイルがマニフェストと一致（ただし署名の鍵は未確認）',
  },
  changed: { en: 'NOT as the manifest says', ja: 'マニフェストと不一致' },
} as const satisfies Readonly<Record<string, Text>>

/** Against whom the signature proves something. */
export function provesSay(signed: Signed | undefined): Text {
  if (signed === undefined)
    return {
      en: 'Not signed: this shows damage, and proves nothing against anybody who can write the folder.',
      ja: '署名がありません。破損は検出できますが、このフォルダーに書き込める人による改ざんは検出できません。',
    }
  const { by, at, fingerprint, known } = signed
  if (known)
    return {
      en: `Signed by ${by} at ${at} with the given key: whoever does not hold that private key cannot have changed anything since.`,
      ja: `${by} が ${at} に、指定した鍵で署名しています。この秘密鍵を持たない人は、以後何も変更できません。`,
    }
  return {
    en: `Signed as ${by} at ${at} with the key ${fingerprint}. Give the signer's own key with --key: until then it proves nothing against whoever made a bundle of their own.`,
    ja: `${by} の名前で ${at} に、鍵 ${fingerprint} で署名されています。本人の公開鍵を --key で指定するまでは、別人が作ったバンドルでないことを証明しません。`,
  }
}

export function headSay({ head }: Manifest): readonly Text[] {
  if (head === undefined) return []
  const where = `${head.seq}:${head.hash}`
  return [
    {
      en: `Timeline head ${where}: where a page or the annotation hikeshi.dev/head has it too, not even the signer can have changed what came before.`,
      ja: `タイムラインの先頭ハッシュ ${where}。連絡や注釈 hikeshi.dev/head にも同じ値があれば、署名者でもそれ以前を変更できません。`,
    },
  ]
}

export function missingSay({ missing }: Manifest): readonly Text[] {
  return missing.map(({ en, ja }) => ({ en: `Missing: ${en}`, ja: `不足: ${ja}` }))
}

/** Until when nobody deletes it. */
export function lockedSay({ mode, until }: { readonly mode: string; readonly until: string }): Text {
  return {
    en: `Locked until ${until} (${mode}).`,
    ja: `${until} まで Object Lock（${mode}）で保護されています。`,
  }
}

export const noArchive: Text = {
  en: 'logs: HIKESHI_ARCHIVE is not set here',
  ja: 'ログ: HIKESHI_ARCHIVE が設定されていません',
}

export const noLogs: Text = {
  en: 'logs: none were kept while the incident was open',
  ja: 'ログ: 対応中に保管されたものがありません',
}

export const notYetCollected: Text = {
  en: 'what workers collect when an incident is closed: it is not in the archive yet; look at the worker of its cluster',
  ja: '終了時に収集される証跡: 保管先にまだありません。クラスターのワーカーを確認してください',
}

export function notCollected({ en, ja }: Text): Text {
  return { en: `what was to be collected: ${en}`, ja: `収集対象: ${ja}` }
}

export function recordingMissing(path: string): Text {
  return {
    en: `${path}, which the timeline tells of: it lies on another machine, name it with --with`,
    ja: `${path}（タイムラインに記載あり）: 別のマシンにある場合は --with で指定してください`,
  }
}

export function recordingUntold(path: string): Text {
  return {
    en: `a note of ${path} in the timeline: its recorder was killed, reached nobody, or is still running`,
    ja: `${path} のメモ（タイムライン）: 記録が中断されたか、接続できなかったか、まだ記録中です`,
  }
}
