/** Who is called when: rows and items that name a time, or a danger that calls people at once. Anything less clear is left to people. */
import type { Text } from '../../../../domain/words.ts'
import { verbatim } from '../../../../domain/words.ts'
import type { Block } from '../markdown/blocks.ts'
import { slug, titleOf, unique } from './names.ts'

export type Level = {
  readonly id: string
  readonly title: Text
  readonly after?: string
  readonly atOnce: readonly ('data-loss' | 'breach')[]
  readonly notify: readonly string[]
}
export type People = { readonly [id: string]: { readonly title: Text; readonly channels: readonly string[] } }

export type Escalation = {
  readonly levels: readonly Level[]
  readonly people: People
  /** Which levels each line became part of. */
  readonly lines: readonly { readonly block: Block; readonly levels: readonly string[]; readonly why: Text }[]
}

type Rule = {
  readonly block: Block
  readonly afterMs?: number
  readonly danger?: 'data-loss' | 'breach'
  readonly everyone: boolean
  readonly action: string
}

/** Levels in order of time, then those that only a danger calls. */
export function escalationOf(blocks: readonly Block[]): Escalation {
  const lines: { block: Block; levels: readonly string[]; why: Text }[] = []
  const rules = blocks.flatMap((block) => {
    const rule = ruleOf(block)
    if (rule === undefined) lines.push({ block, levels: [], why: notClear })
    return rule ?? []
  })
  const taken = new Set<string>()
  const everyone = new Set(rules.flatMap(({ everyone, danger }) => (everyone && danger ? [danger] : [])))
  const people: { [id: string]: { title: Text; channels: string[] } } = {}
  const named = rules.filter(({ everyone }) => !everyone)
  const ordered = [...named].sort((a, b) => (a.afterMs ?? Infinity) - (b.afterMs ?? Infinity))
  const levels = ordered.map((rule): Level => {
    const id = unique(slug(personOf(rule.action)) ?? 'level', taken)
    people[id] = { title: verbatim(personOf(rule.action)), channels: ['log'] }
    lines.push({ block: rule.block, levels: [id], why: levelWhy })
    const own = rule.danger === undefined ? [] : [rule.danger]
    return {
      id,
      title: verbatim(rule.action),
      ...(rule.afterMs === undefined ? {} : { after: `${rule.afterMs / 60_000}m` }),
      atOnce: [...new Set([...own, ...everyone])],
      notify: [id],
    }
  })
  for (const { block, everyone } of rules)
    if (everyone) lines.push({ block, levels: levels.map(({ id }) => id), why: everyoneWhy })
  return { levels, people, lines }
}

function ruleOf(block: Block): Rule | undefined {
  const [condition = '', ...rest] =
    block.kind === 'row'
      ? block.cells
      : block.kind === 'item'
        ? block.text.split(/\s*(?:→|⇒|->|=>|[:：—–])\s*/)
        : []
  const action = rest.find((cell) => cell.trim() !== '')
  if (action === undefined || /以内|within/i.test(condition)) return undefined
  const afterMs = afterIn(condition)
  const danger = dangerIn(condition)
  if (afterMs === undefined && danger === undefined) return undefined
  const everyone = danger !== undefined && /全体|全員|everyone|everybody|all hands/i.test(action)
  return {
    block,
    ...(afterMs === undefined ? {} : { afterMs }),
    ...(danger === undefined ? {} : { danger }),
    everyone,
    action: titleOf(action),
  }
}

const units: { readonly [unit: string]: number } = { 分: 60_000, m: 60_000, 時: 3_600_000, h: 3_600_000 }

/** `5分で解決不可`, `after 30 minutes`, `15-30 min`: from when on. */
function afterIn(condition: string): number | undefined {
  const [, from, unit = ''] =
    /(\d{1,4})\s*(?:[-–~〜]\s*\d{1,4}\s*)?(分|時間|m(?:in(?:ute)?s?)?\b|h(?:ours?|rs?)?\b)/i.exec(
      condition,
    ) ?? []
  const ms = units[unit[0]?.toLowerCase() ?? '']
  return from === undefined || ms === undefined ? undefined : Number(from) * ms
}

function dangerIn(condition: string): Rule['danger'] {
  if (/データ.{0,3}(?:損失|消失|喪失)|data[- ]?loss/i.test(condition)) return 'data-loss'
  return /侵害|不正アクセス|breach|compromise/i.test(condition) ? 'breach' : undefined
}

/** Whom an action calls: `チームリード` of `チームリードに連絡`. */
function personOf(action: string): string {
  const person = action
    .replace(/^(?:page|call|notify|contact|escalate to|inform|alert)\s+(?:the\s+)?/i, '')
    .replace(/(?:に|へ)(?:連絡|電話|通知|報告|エスカレーション).*$/, '')
    .replace(/(?:を)?(?:即時)?(?:招集|呼び出し|召集).*$/, '')
    .trim()
  return person === '' ? action : person
}

const levelWhy: Text = {
  en: 'a level, which calls over the channel "log" until you say another',
  ja: '連絡レベル（連絡先は仮に「log」）',
}
const everyoneWhy: Text = { en: 'every level is called at once', ja: '全レベルに即時連絡' }
const notClear: Text = {
  en: 'it names no time and no danger that calls people',
  ja: '時間も、即時連絡の条件も書かれていません',
}
