/** What a page says: how bad it is, where, what the trouble is, why this person is called, and what waits for somebody. */

import { phaseTitles } from '../../titles.ts'
import { cutTo, nameOf, type PageReason, type Text } from '../../words.ts'
import type { PageCall } from '../fold/page.ts'
import { hasEnded, type IncidentState } from '../fold/state.ts'

/** A sentence for a phone's screen; the whole description goes along beside it. */
const troubleKept = 120

const reasonTexts: { readonly [R in PageReason]: Text } = {
  due: { ja: '{level}への連絡時刻になりました', en: '{level} is due' },
  'data-loss': { ja: 'データ損失のリスクがあります', en: 'Data may be lost' },
  breach: { ja: 'セキュリティ侵害の疑いがあります', en: 'A breach is suspected' },
  'by-hand': { ja: '担当者が{level}を呼び出しました', en: '{level} was called by hand' },
  'recovery-failed': { ja: '自動復旧に失敗しました', en: 'The automatic recovery failed' },
  'undo-failed': { ja: '変更の取り消しに失敗しました', en: 'An undo failed' },
  'cancel-refused': {
    ja: 'Temporal に取り消しが要求されました。処理は継続しています',
    en: 'Somebody asked Temporal to cancel the workflow; it keeps running',
  },
  'internal-error': {
    ja: 'hikeshi の内部エラーです。手動で対応してください',
    en: 'Internal error in hikeshi: handle this by hand',
  },
  worse: { ja: '緊急度が上がりました', en: 'The severity was raised' },
  repeat: { ja: 'まだ誰も確認していません', en: 'Nobody has acknowledged it yet' },
  waiting: { ja: '手順 {step} が承認を待っています', en: 'Step {step} is waiting for approval' },
  message: { ja: '{from}から: {message}', en: '{from}: {message}' },
  'to-do': { ja: '手順 {step} が担当者の実施を待っています', en: 'Step {step} is waiting for people' },
  checklist: { ja: 'チェックリストが未完了です: {items}', en: 'Not done on the checklist: {items}' },
  update: { ja: '次回更新の時刻です。状況を知らせてください', en: 'A status update is due' },
  'all-clear': { ja: '{by} が対応を終了しました（{phase}）', en: '{by} ended the incident ({phase})' },
}

type Wanted = Pick<PageCall, 'level' | 'reason' | 'step' | 'items' | 'severity' | 'message'>

export function pageText(state: IncidentState, wanted: Wanted): Text {
  const { severity } = wanted
  const { id, service, symptom, description } = state
  const subject = symptom === undefined ? service : `${service}/${symptom}`
  const trouble = shortened(description)
  const [why, waiting] = [reasonText(state, wanted), waitingText(state, wanted)]
  return {
    ja: `【${severity}】${id} ${subject}: ${trouble}。${why.ja}${waiting.ja}`,
    en: `[${severity}] ${id} ${subject}: ${trouble}. ${why.en}${waiting.en}`,
  }
}

function reasonText(state: IncidentState, wanted: Wanted): Text {
  const { level, reason, step = '-', items = [], message } = wanted
  const title = state.runbook.book.escalation.levels.find((l) => l.id === level)?.title
  const endedBy = (state.closed ?? state.resolved)?.by.id
  const fill = (lang: keyof Text) =>
    reasonTexts[reason][lang]
      .replace('{level}', () => title?.[lang] ?? level)
      .replace('{step}', () => step)
      .replace('{items}', () => items.join(lang === 'ja' ? '、' : ', '))
      .replace('{by}', () => endedBy ?? '-')
      .replace('{phase}', () => phaseTitles[state.phase][lang])
      .replace('{from}', () => (message === undefined ? '-' : nameOf(message.by)[lang]))
      .replace('{message}', () => message?.text ?? '-')
  return { ja: fill('ja'), en: fill('en') }
}

/** Whoever is called can approve at once what waits. */
function waitingText(state: IncidentState, { reason }: Wanted): Text {
  const waiting = Object.values(state.steps).filter(
    (step) => step.status === 'proposed' && step.approvalsNeeded > 0,
  )
  if (waiting.length === 0 || ['waiting', 'message'].includes(reason) || hasEnded(state))
    return { ja: '', en: '' }
  const names = waiting.map((step) => step.id)
  return { ja: `。承認待ち: ${names.join('、')}`, en: `. Waiting for approval: ${names.join(', ')}` }
}

function shortened(description: string): string {
  const line = description
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[.。]+$/, '')
  return line.length <= troubleKept ? line : `${cutTo(line, troubleKept - 1)}…`
}
