/** What psql says when it ends in an error. The server's own sentences may show values of the data, so only its SQLSTATE is passed on. */
import type { Text } from '../../../domain/words.ts'
import { plainLine } from '../../../edge/plain-text.ts'
import type { Ended } from '../station/station.ts'

/** With it the server's errors are their SQLSTATE alone, so nothing else comes into a log either. */
export const statesOnly: readonly string[] = ['-v', 'VERBOSITY=sqlstate']

const meanings: Readonly<Record<string, Text>> = {
  '22001': { en: 'a text is too long for its column', ja: '文字列が列の長さを超えています' },
  '22003': { en: 'a number is too large for its column', ja: '数値が列の範囲を超えています' },
  '22007': { en: 'a value is no date or time', ja: '日付・時刻として読めない値があります' },
  '22008': { en: 'a date or time is out of range', ja: '日付・時刻が範囲外です' },
  '22P02': { en: 'a value is not of the type of its column', ja: '列の型として読めない値があります' },
  '22P03': { en: 'a value is not of the type of its column', ja: '列の型として読めない値があります' },
  '22P04': {
    en: 'a row does not fit the columns of the table',
    ja: '行がテーブルの列に合いません',
  },
  '23502': { en: 'a column that must have a value has none', ja: '必須の列に値がありません' },
  '23503': { en: 'a foreign key does not hold', ja: '外部キー制約に違反します' },
  '23505': { en: 'a value that must be unique is there twice', ja: '一意であるべき値が重複しています' },
  '23514': { en: 'a row violates a check constraint', ja: 'チェック制約に違反する行があります' },
  '23P01': { en: 'a row violates an exclusion constraint', ja: '排他制約に違反する行があります' },
  '25006': { en: 'something would write to the copy', ja: 'コピーへの書き込みになります' },
  '40P01': { en: 'a deadlock with other writers', ja: '他の書き込みとデッドロックになりました' },
  '42501': { en: 'the owner of the table lacks a right to it', ja: 'テーブルの所有者に権限がありません' },
  '42703': { en: 'a column is gone', ja: '列がありません' },
  '42704': {
    en: 'a type or role is not in this database',
    ja: '型またはロールがこのデータベースにありません',
  },
  '42883': {
    en: 'the type of a column has no such comparison',
    ja: '列の型にその比較演算子がありません',
  },
  '42P01': { en: 'a table is gone', ja: 'テーブルがありません' },
  '42P07': { en: 'a table of that name is there already', ja: '同名のテーブルが既にあります' },
  '53100': { en: 'the disk is full', ja: 'ディスクの空きがありません' },
  '53200': { en: 'the server is out of memory', ja: 'サーバーのメモリが不足しています' },
  '55P03': { en: 'others hold the table too long', ja: '他の処理がテーブルを保持し続けています' },
  '57014': {
    en: 'it took longer than it may, or was cancelled',
    ja: '制限時間を超えたか、取り消されました',
  },
  '57P01': { en: 'an administrator ended the connection', ja: '管理者が接続を終了しました' },
  '57P03': { en: 'the server is starting up or stopping', ja: 'サーバーが起動中または停止中です' },
  P0001: {
    en: 'the rows did not arrive as they are in the copy, or the table was changed meanwhile',
    ja: '行がコピーと一致しないか、その間にテーブルが変更されました',
  },
}

const unknown: Text = { en: 'the log of PostgreSQL says more', ja: '詳細は PostgreSQL のログにあります' }

/** The five characters by which PostgreSQL names an error; undefined where it named none. */
export function stateIn(text: string): string | undefined {
  return /(?:ERROR|FATAL|PANIC): +([0-9A-Z]{5})\s*$/m.exec(text)?.[1]
}

/** The meaning of the first error in it; undefined where there is none. */
export function errorIn(text: string): Text | undefined {
  const state = stateIn(text)
  if (state !== undefined) {
    const { en, ja } = meanings[state] ?? unknown
    return { en: `${en} (SQLSTATE ${state})`, ja: `${ja}（SQLSTATE ${state}）` }
  }
  // Nothing of the data was read before there was a connection.
  const [refused] = /^psql: error: connection to server .*$/m.exec(text) ?? []
  return refused === undefined ? undefined : { en: plainLine(refused, 300), ja: plainLine(refused, 300) }
}

/** Why a command of ours ended. */
export function errorOf({ stderr, status }: Pick<Ended, 'stderr' | 'status'>): Text {
  return errorIn(stderr) ?? { en: `psql ended with ${status}`, ja: `psql が ${status} で終了しました` }
}

/** Whether it may be another one the next time: somebody was in the way, or the server was. */
export function mayPass(text: string): boolean {
  return (
    /^(?:55P03|40P01|40001|57P0[1-3])$/.test(stateIn(text) ?? '') ||
    /server closed|connection to server/.test(text)
  )
}

/** Whether it is that a statement took longer than it may. */
export function isTimeout(reason: unknown): boolean {
  return (
    typeof reason === 'object' && reason !== null && 'en' in reason && String(reason.en).includes('57014')
  )
}
