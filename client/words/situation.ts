/** The 5-second picture: a fact per part, what is unknown said in its place. */
import { showDuration } from '../../domain/duration.ts'
import type { PartResult } from '../../domain/incident/fold/events.ts'
import type { IncidentState } from '../../domain/incident/fold/state.ts'
import { type Json, type Lang, type Text, verbatim } from '../../domain/words.ts'
import { explained, type Fact, inBoth, type Section } from './fact.ts'
import type { Moments } from './moments.ts'

/** Plain figures have no tone; what was found is bad, and what could not be seen a warning. Each finding of a part is a fact of its own. */
export function situationSection({ situation }: IncidentState, { clock }: Moments): Section {
  const title = { en: 'Situation', ja: '状況' }
  const { taken } = situation
  if (taken === undefined) return { title, beside: { value: { en: 'being taken', ja: '取得中' } }, facts: [] }
  const when = `${clock(Date.parse(taken.at))}, ${showDuration(taken.tookMs)}`
  return {
    title,
    beside: { value: verbatim(when), tone: 'quiet' },
    facts: Object.entries(taken.parts).flatMap(([id, part]) => partFacts(id, part)),
  }
}

function partFacts(id: string, part: PartResult): readonly Fact[] {
  const label = verbatim(id)
  if (!part.ok) return [{ label, value: explained(part.failure).what, tone: 'warning' }]
  const { findings, facts } = part.reading
  if (findings.length === 0) return [{ label, value: figures(facts) }]
  return findings.map(({ says }) => ({ label, value: says, tone: 'bad' }))
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

const between = { en: ', ', ja: '、' }
const well: Text = { en: 'ok', ja: '異常なし' }

/** The plain figures among the facts; lists are counted. Whoever wants all takes the state itself. */
export function figures(facts: Json): Text {
  if (facts === null || typeof facts !== 'object' || Array.isArray(facts)) return verbatim(String(facts))
  return inBoth((lang) => {
    const shown = Object.entries(facts).flatMap(([name, value]) => {
      const title = nameIn(name, lang)
      if (Array.isArray(value)) return value.length === 0 ? [] : [`${title} ${value.length}`]
      if (value === null || typeof value === 'object' || value === false || value === 0) return []
      return notShown.includes(name) ? [] : [value === true ? title : `${title} ${value}`]
    })
    return shown.join(between[lang]) || well[lang]
  })
}

function nameIn(fact: string, lang: Lang): string {
  return lang === 'ja' && Object.hasOwn(japanese, fact) ? (japanese[fact] ?? fact) : fact
}
