/** What is told of a log of heads: how much of it holds, who cosigned it, and against whom that proves something. */
import { counted } from '../../domain/counted.ts'
import type { LogEntry } from '../../domain/transparency/entry.ts'
import type { Text } from '../../domain/words.ts'

export function logHolds(origin: string, size: number): Text {
  return {
    en: `${origin}: ${counted(size, 'head')}, all as they were signed`,
    ja: `${origin}: 先頭ハッシュ ${size} 件、すべて署名時のまま`,
  }
}

export const emptyLog: Text = {
  en: 'there is no log of heads here, or it holds nothing yet; it lies in ARCHIVE/transparency',
  ja: '先頭ハッシュのログがないか、まだ空です。場所は ARCHIVE/transparency です',
}

export function notYetLogged(waiting: number): Text {
  return {
    en: `${counted(waiting, 'head')} not in the log yet: a worker adds what waits when it starts, and with the next head.`,
    ja: `ログへの追記を待つ先頭ハッシュが ${waiting} 件あります。ワーカーの起動時と次の追記時に追記します。`,
  }
}

export const unsignedLog: Text = {
  en: "Give the log's public key with --key: until then its signatures are not checked.",
  ja: 'ログの公開鍵を --key で指定するまで、署名は確認しません。',
}

export function contradicts({ incident, seq }: LogEntry): Text {
  return {
    en: `${incident} has two heads at event ${seq}: two stories were logged under one name.`,
    ja: `${incident} のイベント ${seq} に先頭ハッシュが 2 つあります。同じ名前で 2 つの記録がログにあります。`,
  }
}

export type LoggedSay = {
  /** Of the event whose hash was logged: what came later stands in no entry. */
  readonly seq: number
  /** Of the timeline's own head. */
  readonly head: number
  readonly origin: string
  readonly index: number
  readonly size: number
  readonly signedByLog: boolean
  readonly witnesses: readonly { readonly name: string; readonly at: string; readonly known: boolean }[]
}

/** Against whom an entry in a log proves something. */
export function loggedSays(logged: LoggedSay | undefined): readonly Text[] {
  if (logged === undefined) return []
  const { seq, head, origin, index, size, signedByLog, witnesses } = logged
  const known = witnesses.filter((one) => one.known)
  const later: Text =
    head > seq
      ? {
          en: ` What came after it, up to event ${head}, is in no entry of the log.`,
          ja: `それより後、イベント ${head} までの記録はログにありません。`,
        }
      : { en: '', ja: '' }
  const place: Text = {
    en: `The timeline up to event ${seq} is entry ${index} of ${size} in the log ${origin}.${later.en}`,
    ja: `イベント ${seq} までの記録は、ログ ${origin} の ${size} 件中 ${index} 番目（0 から）です。${later.ja}`,
  }
  if (known.length > 0)
    return [
      place,
      ...known.map(({ name, at }) => ({
        en: `${name} cosigned it at ${at}, with the given key: since then not even whoever holds the log and all its keys can have changed what happened up to it, unless the witness helped.`,
        ja: `${name} が ${at} に、指定した鍵で連署しています。以後は、ログとその鍵をすべて持つ人でも、ウィットネスの協力なしにそこまでの記録を変更できません。`,
      })),
    ]
  const claimed = witnesses.map(({ name }) => name).join(', ')
  return [
    place,
    signedByLog
      ? {
          en: "Signed with the log's key: whoever does not hold that key cannot have made it. It proves nothing against whoever does.",
          ja: 'ログの鍵で署名されています。鍵を持たない人には作れませんが、鍵を持つ人に対しては何も証明しません。',
        }
      : {
          en: 'No key was given that signed it: give one with --witness or --log-key. Until then it proves nothing.',
          ja: '署名した鍵が指定されていません。--witness または --log-key で指定するまで、何も証明しません。',
        },
    ...(claimed === ''
      ? []
      : [
          {
            en: `Cosigned in the name of ${claimed}: give the public key with --witness.`,
            ja: `${claimed} の名前で連署されています。公開鍵を --witness で指定してください。`,
          },
        ]),
  ]
}

export function publishedSay(address: string, names: readonly string[]): Text {
  return {
    en: `${names.join(', ')} cosigned (${address})`,
    ja: `${names.join('、')} が連署しました（${address}）`,
  }
}
