import { showDuration } from '../../domain/duration.ts'
import { explain } from '../../domain/failures.ts'
import type { PartResult } from '../../domain/incident/events.ts'
import type { IncidentState } from '../../domain/incident/state.ts'
import type { Json, Lang } from '../../domain/words.ts'
import { localClock } from '../../edge/local-time.ts'
import { cut, hanging, oneLine, type Screen } from './terminal.ts'

/** The 5-second picture: a line per part, what is unknown said in its place. */
export function picture(state: IncidentState, lang: Lang, screen: Screen, zone: string): readonly string[] {
  const { taken } = state.situation
  const ja = lang === 'ja'
  const title = screen.paint('bold', ja ? '状況' : 'Situation')
  if (taken === undefined) return [`${title}  ${ja ? '取得中' : 'being taken'}`]
  const when = `${localClock(Date.parse(taken.at), zone)}, ${showDuration(taken.tookMs)}`
  const parts = Object.entries(taken.parts)
  const width = Math.min(24, Math.max(...parts.map(([id]) => id.length)) + 4)
  return [
    `${title}  ${screen.paint('dim', when)}`,
    ...parts.flatMap(([id, part]) => partLines(id, part, width, lang, screen)),
  ]
}

function partLines(
  id: string,
  part: PartResult,
  width: number,
  lang: Lang,
  screen: Screen,
): readonly string[] {
  const label = `  ${cut(oneLine(id), width - 4)}`
  if (!part.ok) {
    return hanging(label, oneLine(explain(part.failure, lang).what), width, screen.width).map((line) =>
      screen.paint('yellow', line),
    )
  }
  const { findings, facts } = part.reading
  if (findings.length === 0)
    return [`${hanging(label, cut(figures(facts, lang), screen.width - width), width, screen.width)[0]}`]
  return findings
    .flatMap((finding, i) => hanging(i === 0 ? label : '', oneLine(finding.says[lang]), width, screen.width))
    .map((line) => screen.paint('red', line))
}

/** Settings rather than sights. */
const notShown: readonly string[] = ['url', 'slowAfterMs']

/** Names of facts in Japanese; a name that is missing here is a word of the system itself. */
const japanese: { readonly [fact: string]: string } = {
  total: '合計',
  ready: 'Ready',
  workloads: 'ワークロード',
  pods: 'Pod',
  deployments: 'デプロイメント',
  events: 'イベント',
  ok: '正常',
  status: 'ステータス',
  ms: 'ミリ秒',
  connections: '接続数',
  used: '使用',
  limit: '上限',
  replicas: 'レプリカ',
}

/** The plain figures among the facts; lists are counted. Whoever wants all takes `-o json`. */
function figures(facts: Json, lang: Lang): string {
  if (facts === null || typeof facts !== 'object' || Array.isArray(facts)) return oneLine(String(facts))
  const shown = Object.entries(facts).flatMap(([name, value]) => {
    const title = lang === 'ja' && Object.hasOwn(japanese, name) ? japanese[name] : name
    if (Array.isArray(value)) return value.length === 0 ? [] : [`${title} ${value.length}`]
    if (value === null || typeof value === 'object' || value === false || value === 0) return []
    return notShown.includes(name) ? [] : [value === true ? title : `${title} ${value}`]
  })
  return oneLine(shown.join(lang === 'ja' ? '、' : ', ')) || (lang === 'ja' ? '異常なし' : 'ok')
}
