/** Parts of sentences, as they come back in many: who, what was quoted, how late, what is at risk. */
import { showDuration } from '../duration.ts'
import type { EventData, PartResult } from '../incident/fold/events.ts'
import { reasonTitles } from '../titles.ts'
import { type Actor, type Lang, nameOf, type Text, verbatim } from '../words.ts'

/** Longest quotation of what people wrote; the whole text is in the event. */
const quoted = 160
const wholly = 1_000

/** Whoever acts, as they stand in a sentence. */
export function who({ kind, id, verified }: Actor, lang: Lang): string {
  if (kind === 'alert') return lang === 'ja' ? `アラート ${quote(id)}` : `alert ${quote(id)}`
  return kind === 'person' ? named(id, verified, lang) : quote(id)
}

/** A name that nobody has checked says so wherever it stands. */
export function named(person: string, verified: boolean, lang: Lang): string {
  return nameOf({ kind: 'person', id: quote(person), verified })[lang]
}

/** What it is about: the service, and its symptom where that is known. */
export function subject(d: { readonly service: string; readonly symptom?: string | undefined }): string {
  return d.symptom === undefined ? d.service : `${d.service}/${d.symptom}`
}

/** The dangers in brackets; nothing where there is none. */
export function risks(d: { readonly dataLoss: boolean; readonly breach: boolean }): Text {
  const named = [
    ...(d.dataLoss ? [reasonTitles['data-loss']] : []),
    ...(d.breach ? [reasonTitles.breach] : []),
  ]
  if (named.length === 0) return verbatim('')
  return {
    en: ` (${named.map((t) => t.en).join(', ')})`,
    ja: `（${named.map((t) => t.ja).join('、')}）`,
  }
}

/** What was being done. */
export const stages = {
  read: { en: 'to read', ja: '取得' },
  plan: { en: 'to plan', ja: '計画' },
  run: { en: 'to run', ja: '実行' },
  verify: { en: 'to take effect', ja: '確認' },
  health: { en: 'to restore the service', ja: '正常応答の確認' },
} as const satisfies Record<EventData['step-failed']['stage'], Text>

/** What stands on the target after a failure. */
export const changes = {
  nothing: { en: 'nothing was changed', ja: '変更なし' },
  done: { en: 'the change was made', ja: '変更は実施済み' },
  unknown: { en: 'unknown what was changed', ja: '変更の有無は不明' },
} as const satisfies Record<EventData['step-failed']['changed'], Text>

/** Which attempt it was, and whether there was nothing left to do; nothing of a first one that did it. */
export function again(attempt: number, already: boolean): Text {
  if (already && attempt <= 1) return { en: ' (already in that state)', ja: '（すでに実施済みの状態）' }
  if (attempt <= 1) return verbatim('')
  return {
    en: ` (attempt ${attempt}${already ? ', already done by an earlier attempt' : ''})`,
    ja: `（${attempt} 回目${already ? '、前回の実施を確認' : ''}）`,
  }
}

/** Below a second it is the machine's own pace, and nothing that a reader has to know. */
export function late(lateMs: number): Text {
  if (lateMs < 1_000) return verbatim('')
  return { en: `, ${showDuration(lateMs)} late`, ja: `（${showDuration(lateMs)} 遅れ）` }
}

/** Names of the parts of a picture that did not answer. */
export function unanswered(parts: { readonly [part: string]: PartResult }): string {
  return Object.entries(parts)
    .filter(([, part]) => !part.ok)
    .map(([id]) => id)
    .join(', ')
}

/** What people wrote, on one line and not too long. Code points, so that no emoji is cut in half. */
export function quote(source: string, most = quoted): string {
  const line = source.replace(/\s+/g, ' ').trim()
  const points = [...line]
  return points.length > most ? `${points.slice(0, most - 1).join('')}…` : line
}

/** What people decide by, or ask why: the end of the sentence is often the answer. */
export function whole(source: string): string {
  return quote(source, wholly)
}
