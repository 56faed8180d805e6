/** What a screen on the wall tells: how services stand and how old that is, which incidents are open, who was called. */
import type { BoardRow } from '../../domain/diagnosis/board.ts'
import type { Standing } from '../../domain/diagnosis/overview.ts'
import { roughly, showDuration } from '../../domain/duration.ts'
import { type Text, verbatim } from '../../domain/words.ts'
import type { Board, BoardIncident, Called, Open, System } from '../incidents/board.ts'
import { type Column, explained, type Fact, inBoth, joined, type Tone } from './fact.ts'
import { phaseTitle } from './incident.ts'
import { ageColumn, incidentColumn, nothingListed, severityColumn, whereColumn } from './listed.ts'
import type { Moments } from './moments.ts'
import { figures } from './situation.ts'

const titles: { readonly [S in Standing]: Text } = {
  down: { en: 'DOWN', ja: '停止' },
  troubled: { en: 'PROBLEM', ja: '問題あり' },
  unknown: { en: 'unknown', ja: '不明' },
  attention: { en: 'attention', ja: '要注意' },
  healthy: { en: 'healthy', ja: '正常' },
}

const tones: { readonly [S in Standing]: Tone } = {
  down: 'bad',
  troubled: 'bad',
  unknown: 'warning',
  attention: 'notable',
  healthy: 'good',
}

export const boardTitles = {
  open: { en: 'Open incidents', ja: '対応中のインシデント' },
  elsewhere: { en: 'Found in no service of the runbook', ja: 'Runbook のどのサービスにも属さない検出' },
} as const satisfies Record<string, Text>

/** When the board was drawn, and how often it is looked again. */
export function boardHead(everyMs: number, { time, clock, now }: Moments): Text {
  const [day, , zone] = time(now).split(' ')
  const at = [day, clock(now), zone].join(' ')
  const every = showDuration(everyMs)
  return { en: `${at}, every ${every}`, ja: `${at}、${every} ごと` }
}

export function standingColumns(now: number): readonly Column<BoardRow>[] {
  return [
    {
      label: { en: 'Service', ja: 'サービス' },
      value: ({ service }) => verbatim(service),
      tone: () => 'strong',
      whole: true,
    },
    {
      label: { en: 'State', ja: '状態' },
      value: ({ standing }) => titles[standing],
      tone: ({ standing }) => tones[standing],
      whole: true,
    },
    {
      label: { en: 'Age', ja: '経過' },
      value: ({ seenMs }) => verbatim(seenMs === undefined ? '-' : ageOf(seenMs, now)),
      whole: true,
    },
    { label: { en: 'What', ja: '内容' }, value: (row) => saysOf(row, now), flexible: true },
  ]
}

function ageOf(sinceMs: number, now: number): string {
  return roughly(now - sinceMs)
}

function saysOf({ findings, unseen, standing, last, parts }: BoardRow, now: number): Text {
  const [worst, ...others] = findings
  const more = others.length === 0 ? verbatim('') : verbatim(` (+${others.length})`)
  if (worst !== undefined) return joined([worst.says, more], '')
  if (standing === 'unknown') {
    const [first] = unseen
    const why =
      first === undefined
        ? notLookedAt
        : joined(
            [verbatim(first.part), first.failure === undefined ? notAllSeen : explained(first.failure).what],
            ': ',
          )
    if (last === undefined) return why
    const age = ageOf(last.seenMs, now)
    const { en, ja } = titles[last.standing]
    return joined([{ en: `last ${en}, ${age} ago`, ja: `最後は${ja}（${age} 前）` }, why], '; ')
  }
  const shown = Object.values(parts).flatMap((part) => (part.ok ? [figures(part.reading.facts)] : []))
  return joined(shown, '; ')
}

const notLookedAt: Text = { en: 'not looked at', ja: '未確認' }
const notAllSeen: Text = { en: 'could not see everything', ja: '一部確認できず' }

/** The runbook, whom its policy calls first, and why nothing is known where that is so. */
export function systemFacts({ runbook, version, onCall, trouble }: System): readonly Fact[] {
  const first: readonly Fact[] =
    onCall === undefined
      ? []
      : [
          {
            label: { en: 'Called first', ja: '最初の連絡先' },
            value: verbatim(peopleSay(onCall.level, onCall.people)),
          },
        ]
  const why: readonly Fact[] =
    trouble === undefined
      ? []
      : [
          {
            label: verbatim(trouble.code),
            value: inBoth((lang) => {
              const { what, next } = explained(trouble)
              return `${what[lang]} ${next[lang]}`
            }),
            tone: 'warning',
          },
        ]
  const name = version === undefined ? runbook : `${runbook} v${version}`
  return [
    { label: { en: 'Runbook', ja: 'Runbook' }, value: verbatim(name), tone: 'strong' },
    ...first,
    ...why,
  ]
}

/** A level is often called after the one person that it calls. */
function peopleSay(level: string, people: readonly string[]): string {
  return people.length === 1 && people[0] === level ? level : `${level} (${people.join(', ')})`
}

export function openColumns(now: number): readonly Column<BoardIncident>[] {
  return [
    incidentColumn,
    severityColumn,
    { label: { en: 'Phase', ja: '状態' }, value: ({ phase }) => phaseTitle(phase) },
    ageColumn(now),
    whereColumn,
    {
      label: { en: 'On it', ja: '対応者' },
      // Whoever is on it is unknown where no worker tells who was called.
      value: ({ commander, acknowledgedBy, called }) => {
        const on = commander ?? acknowledgedBy
        if (on !== undefined) return verbatim(on)
        return called === undefined ? titles.unknown : { en: 'nobody', ja: 'なし' }
      },
      tone: ({ commander, acknowledgedBy }) =>
        commander === undefined && acknowledgedBy === undefined ? 'warning' : undefined,
      flexible: true,
    },
    { label: { en: 'Called', ja: '連絡' }, value: (one) => calledSays(one, now), flexible: true },
  ]
}

/** Who was called and how long ago; else who will be, and when. */
function calledSays({ called, next }: BoardIncident, now: number): Text {
  if (called === undefined) return titles.unknown
  const told: readonly Text[] = called.map((one) => inBoth((lang) => calledOne(one, now)[lang]))
  const due = next === undefined ? [] : [dueSays(next, now)]
  const all = [...told, ...due]
  return all.length === 0 ? { en: 'nobody', ja: 'なし' } : joined(all)
}

function calledOne({ level, at, people }: Called, now: number): Text {
  const failed = people.filter(({ status }) => status === 'failed').map(({ person }) => person)
  const age = ageOf(Date.parse(at), now)
  const lost =
    failed.length === 0
      ? { en: '', ja: '' }
      : { en: `, not reached: ${failed.join(', ')}`, ja: `、未達: ${failed.join('、')}` }
  return { en: `${level} ${age} ago${lost.en}`, ja: `${level}（${age} 前${lost.ja}）` }
}

function dueSays({ level, at }: NonNullable<BoardIncident['next']>, now: number): Text {
  const left = Date.parse(at) - now
  if (left < 1_000) return { en: `${level} now`, ja: `${level}（まもなく）` }
  const inTime = roughly(left)
  return { en: `${level} in ${inTime}`, ja: `${level}（あと ${inTime}）` }
}

/** Beside or below the incidents: that there is none, how old the answer is, how many are not shown. */
export function openSays({ newest, more, seenMs, trouble }: Open, now: number): readonly Fact[] {
  const label = verbatim('')
  const old: readonly Fact[] =
    trouble === undefined
      ? []
      : [
          {
            label,
            tone: 'warning',
            value: joined(
              [
                verbatim(trouble.code),
                explained(trouble).what,
                seenMs === undefined ? notLookedAt : asOf(ageOf(seenMs, now)),
              ],
              ' ',
            ),
          },
        ]
  if (seenMs === undefined)
    return trouble === undefined ? [{ label, value: notLookedAt, tone: 'warning' }] : old
  const none: readonly Fact[] = newest.length === 0 ? [{ label, value: nothingListed(false) }] : []
  const others: readonly Fact[] =
    more === 0
      ? []
      : [{ label, value: { en: `${more} more: hikeshi list`, ja: `ほか ${more} 件: hikeshi list` } }]
  return [...none, ...others, ...old]
}

function asOf(age: string): Text {
  return { en: `(as of ${age} ago)`, ja: `（${age} 前の時点）` }
}

/** For machines: what people are shown, with moments in place of ages. */
export function boardData({ systems, open }: Board, now: number) {
  const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString())
  return {
    at: iso(now),
    services: systems.flatMap(({ runbook, rows }) =>
      rows.map(({ service, standing, seenMs, last, findings, unseen }) => ({
        runbook,
        service,
        standing,
        at: iso(seenMs),
        last: last && { standing: last.standing, at: iso(last.seenMs) },
        findings: findings.map(({ code, subject, says }) => ({ code, subject, says })),
        unseen,
      })),
    ),
    elsewhere: systems.flatMap(({ runbook, elsewhere }) =>
      elsewhere.map(({ code, subject, says }) => ({ runbook, code, subject, says })),
    ),
    onCall: systems.flatMap(({ runbook, onCall }) => (onCall === undefined ? [] : [{ runbook, ...onCall }])),
    incidents: { at: iso(open.seenMs), open: open.newest, more: open.more },
    troubles: [
      ...systems.flatMap(({ runbook, trouble }) => (trouble === undefined ? [] : [{ runbook, ...trouble }])),
      ...(open.trouble === undefined ? [] : [{ ...open.trouble }]),
    ],
  }
}
