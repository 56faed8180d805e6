/** What is said of a text that no shell would take. */
import { manual, type Reading } from './programs/reading.ts'
import type { Unreadable } from './shell/script.ts'

/** The reading of it: a person's, with the reason. */
export function unreadable(why: Unreadable): Reading {
  switch (why) {
    case 'quote':
      return manual('a quote never closes', '引用符が閉じていません')
    case 'bracket':
      return manual('a bracket or a loop never closes', '括弧またはループが閉じていません')
    case 'document':
      return manual('a here-document never ends', 'ヒアドキュメントが終わっていません')
    case 'size':
      return manual('it is too long or nested too deep', '長すぎるか、入れ子が深すぎます')
    case 'syntax':
      return manual('a shell does not accept it (a syntax error)', 'シェルの構文として誤りです')
  }
}
