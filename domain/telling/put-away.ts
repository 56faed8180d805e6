/** What is said of what was put away: the logs of an incident, and its runs. */
import { showBytes } from '../bytes.ts'
import { counted } from '../counted.ts'
import { collectedAtClose } from '../evidence/collected.ts'
import type { KeptLogs } from '../evidence/kept-logs.ts'
import { explain, type Failure, isFailure } from '../failures.ts'
import { type Json, type Text, verbatim } from '../words.ts'
import { quote } from './parts.ts'

export function logsKept({ containers, lines, bytes, masked, torn }: KeptLogs): Text {
  const gaps: Text = torn === 0 ? verbatim('') : { en: '; lines may be missing', ja: '、欠落のおそれあり' }
  return {
    en: `logs of ${counted(containers, 'container')} kept: ${counted(lines, 'line')}, ${showBytes(bytes)}, ${counted(masked, 'secret')} masked${gaps.en}`,
    ja: `コンテナ ${containers} 個のログを保管（${lines} 行、${showBytes(bytes)}、秘密情報のマスク ${masked} 件${gaps.ja}）`,
  }
}

export function logsNotKept(failure: Failure): Text {
  return {
    en: `logs are not kept: ${failure.code} ${quote(explain(failure, 'en').what)}`,
    ja: `ログを保管していません: ${failure.code} ${quote(explain(failure, 'ja').what)}`,
  }
}

export function archivedAs(run: number, result: Json): Text {
  const { kept, files, failure } = (result ?? {}) as { kept?: boolean; files?: string[]; failure?: unknown }
  if (isFailure(failure))
    return {
      en: `run ${run} was not archived: ${failure.code} ${quote(explain(failure, 'en').what)}`,
      ja: `実行 ${run} は保管されていません: ${failure.code} ${quote(explain(failure, 'ja').what)}`,
    }
  if (kept === false)
    return {
      en: `run ${run} was not archived: the worker has no HIKESHI_ARCHIVE`,
      ja: `実行 ${run} は保管されていません（ワーカーに HIKESHI_ARCHIVE がありません）`,
    }
  const beside = files?.[0]
  const collected = collectedSay(result)
  if (beside === undefined)
    return { en: `run ${run} archived${collected.en}`, ja: `実行 ${run} を保管${collected.ja}` }
  return {
    en: `run ${run} archived as ${quote(beside)}, because its own name is taken${collected.en}`,
    ja: `実行 ${run} を ${quote(beside)} として保管（同名の別の記録があるため）${collected.ja}`,
  }
}

/** It takes minutes, so the timeline tells of its beginning. */
function collectedSay(result: Json): Text {
  const folder = collectedAtClose(result)
  if (folder === undefined) return verbatim('')
  return {
    en: `; evidence of the close is collected into ${quote(folder)} of the archive`,
    ja: `。終了時の証跡を保管先の ${quote(folder)} に収集`,
  }
}
