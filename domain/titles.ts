/** The field's words as people read them. The words themselves (identifiers) never change with the language. */
import type { Impact, PageReason, Phase, Proof, Risk, StepStatus, Text } from './words.ts'

/** The runbook's three states are 調査中, 対応中 and 復旧済み; monitoring is the watchful end of 対応中. */
export const phaseTitles: { readonly [P in Phase]: Text } = {
  investigating: { ja: '調査中', en: 'investigating' },
  mitigating: { ja: '対応中', en: 'mitigating' },
  monitoring: { ja: '経過観察中', en: 'monitoring' },
  resolved: { ja: '復旧済み', en: 'resolved' },
  closed: { ja: '終了', en: 'closed' },
  cancelled: { ja: '取り消し', en: 'cancelled' },
  merged: { ja: '統合済み', en: 'merged' },
}

export const impactTitles: { readonly [I in Impact]: Text } = {
  all: { ja: '全体', en: 'everything' },
  part: { ja: '一部機能', en: 'some functions' },
  users: { ja: '特定ユーザー', en: 'certain users' },
}

export const riskTitles: { readonly [R in Risk]: Text } = {
  read: { ja: '参照のみ', en: 'reads only' },
  reversible: { ja: '元に戻せる', en: 'reversible' },
  disruptive: { ja: '影響あり', en: 'disruptive' },
  destructive: { ja: '破壊的', en: 'destructive' },
}

/** In the place of a risk: nobody can know it of what people do. */
export const byPeople: Text = { ja: '人が実施', en: 'done by people' }

export const statusTitles: { readonly [S in StepStatus]: Text } = {
  planning: { ja: '計画中', en: 'planning' },
  proposed: { ja: '承認待ち', en: 'waiting for approval' },
  running: { ja: '実行中', en: 'running' },
  verifying: { ja: '確認中', en: 'verifying' },
  checking: { ja: '正常応答の確認中', en: 'checking health' },
  reading: { ja: '取得中', en: 'reading' },
  waiting: { ja: '担当者待ち', en: 'waiting for people' },
  done: { ja: '完了', en: 'done' },
  verified: { ja: '確認済み', en: 'verified' },
  'going-on': { ja: '反映中', en: 'still taking effect' },
  failed: { ja: '失敗', en: 'failed' },
  rejected: { ja: '却下', en: 'rejected' },
  expired: { ja: '期限切れ', en: 'expired' },
  withdrawn: { ja: '取り下げ', en: 'withdrawn' },
  'left-out': { ja: '対象外', en: 'not applicable' },
  undone: { ja: '元に戻した', en: 'undone' },
  skipped: { ja: '省略', en: 'skipped' },
}

/** What an item of a checklist was ticked for. */
export const proofTitles: { readonly [P in Proof]: Text } = {
  declared: { ja: '宣言済み', en: 'declared' },
  acknowledged: { ja: '対応者が確認済み', en: 'acknowledged' },
  looked: { ja: '状況を取得済み', en: 'the situation was taken' },
  called: { ja: '連絡を送信済み', en: 'somebody was called' },
  resolved: { ja: '復旧を宣言済み', en: 'resolved' },
  recovered: { ja: '復旧宣言後の状況に問題なし', en: 'healthy in the picture since' },
  'alerts-clear': { ja: 'アラートがすべて解消', en: 'all its alerts are clear' },
  counted: { ja: '影響ユーザー数を集計済み', en: 'the affected users are counted' },
}

export const reasonTitles: { readonly [R in PageReason]: Text } = {
  due: { ja: '時間経過', en: 'due' },
  'data-loss': { ja: 'データ損失リスク', en: 'possible data loss' },
  breach: { ja: '侵害の疑い', en: 'suspected breach' },
  'by-hand': { ja: '手動', en: 'by hand' },
  'recovery-failed': { ja: '自動復旧の失敗', en: 'the automatic recovery failed' },
  'undo-failed': { ja: '取り消しの失敗', en: 'an undo failed' },
  'cancel-refused': { ja: '外部からの取り消し要求', en: 'somebody tried to cancel the workflow' },
  'internal-error': { ja: '内部エラー', en: 'internal error' },
  worse: { ja: '緊急度の上昇', en: 'severity raised' },
  repeat: { ja: '未確認のため再連絡', en: 'nobody has acknowledged' },
  waiting: { ja: '承認待ち', en: 'a step waits for approval' },
  'to-do': { ja: '担当者待ち', en: 'a step waits for people' },
  checklist: { ja: 'チェックリストの未完了', en: 'a checklist is not done' },
  update: { ja: '次回更新の時刻', en: 'an update is due' },
  message: { ja: '連絡', en: 'a message' },
  'all-clear': { ja: '復旧の連絡', en: 'all clear' },
}
