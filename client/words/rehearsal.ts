/** What is told of rehearsals: a report step by step, and what the last one proved of a step that waits for people. */
import { counted } from '../../domain/counted.ts'
import { roughly } from '../../domain/duration.ts'
import {
  isProved,
  type Proof,
  type RehearsalReport,
  type Rehearsed,
  type Tried,
} from '../../domain/rehearsal/rehearsal.ts'
import { type Text, verbatim } from '../../domain/words.ts'
import { type Column, explained, type Fact, factsOf, inBoth, joined, type Tone } from './fact.ts'

const triedTitles: { readonly [T in Tried]: Text } = {
  read: { en: 'read', ja: '読み取り済み' },
  'read-in-part': { en: 'read in part', ja: '一部のみ読み取り' },
  'dry-run': { en: 'tried (dry run)', ja: '試行済み（ドライラン）' },
  planned: { en: 'planned only', ja: '計画のみ' },
  'nothing-to-do': { en: 'nothing to do', ja: '変更不要' },
}

export const rehearsedColumns: readonly Column<Rehearsed>[] = [
  {
    label: { en: 'Step', ja: '手順' },
    value: ({ service, step }) => verbatim(`${service}/${step}`),
    whole: true,
  },
  { label: { en: 'Result', ja: '結果' }, value: result, tone },
  { label: { en: 'Kind', ja: '種類' }, value: ({ kind }) => verbatim(kind) },
  { label: { en: 'What', ja: '内容' }, value: what, flexible: true },
]

function result(step: Rehearsed): Text {
  if (step.ok === true) return triedTitles[step.tried]
  return step.ok === null ? { en: 'not now', ja: '現在は対象外' } : { en: 'FAILED', ja: '失敗' }
}

function tone(step: Rehearsed): Tone {
  if (isProved(step)) return 'good'
  return step.ok === false ? 'bad' : 'quiet'
}

function what(step: Rehearsed): Text {
  if (step.ok !== false) return step.says
  return joined([step.failure.code, explained(step.failure).what], ' ')
}

/** All of a report in one sentence. */
export function reportSays(report: RehearsalReport): Text {
  const { runbook, version, steps, untried = 0, told = [], untold = [] } = report
  const proved = steps.filter(isProved).length
  const [good = 0, aside, bad] = [true, null, false].map(
    (ok) => steps.filter((step) => step.ok === ok).length,
  )
  const partly = good - proved
  const more = [
    untried > 0 && { en: `; ${untried} more not tried`, ja: `、未実施 ${untried} 件` },
    told.length > 0 && { en: `; told ${told.join(', ')}`, ja: `。${told.join('、')} に連絡済み` },
    untold.length > 0 && {
      en: `; could not reach ${untold.join(', ')}`,
      ja: `。${untold.join('、')} には連絡できず`,
    },
  ].filter((text) => text !== false)
  return {
    en: `${runbook} version ${version}: ${counted(proved, 'step')} proved, ${partly} in part, ${bad} failed, ${aside} not for now${more.map(({ en }) => en).join('')}`,
    ja: `${runbook} 版 ${version}: 実証 ${proved} 件、一部実証 ${partly} 件、失敗 ${bad} 件、現在は対象外 ${aside} 件${more.map(({ ja }) => ja).join('')}`,
  }
}

export const noRehearsals: Text = { en: 'No rehearsals yet.', ja: 'リハーサルの記録はありません。' }

/** Beside a step that waits for people. Nothing where nobody looked. */
export function proofFacts(proof: Proof | null | undefined, nowMs: number): readonly Fact[] {
  return factsOf([
    [
      { en: 'Last proved', ja: '最終実証' },
      proof === undefined ? undefined : proofSays(proof, nowMs),
      proof?.current === true && isProved(proof.found) ? 'good' : 'warning',
    ],
  ])
}

/** The same in a line of its own. */
export function provedSays(run: string, proof: Proof | null, nowMs: number): Text {
  const { en, ja } = proofSays(proof, nowMs)
  return { en: `${run} last proved: ${en}`, ja: `${run} 最終実証: ${ja}` }
}

function proofSays(proof: Proof | null, nowMs: number): Text {
  if (proof === null) return { en: 'never', ja: 'なし' }
  const { at, current, version, found } = proof
  const ago = roughly(nowMs - Date.parse(at))
  const on = current
    ? { en: 'on this version', ja: '現在の版' }
    : { en: `on version ${version}, not this one`, ja: `版 ${version}（現在の版ではない）` }
  if (found.ok === true)
    return inBoth((lang) => {
      const how = triedTitles[found.tried][lang]
      return lang === 'en' ? `${ago} ago ${on.en}: ${how}` : `${ago} 前、${on.ja}: ${how}`
    })
  const why = what(found)
  return found.ok === null
    ? {
        en: `it could not be tried ${ago} ago ${on.en}: ${why.en}`,
        ja: `${ago} 前（${on.ja}）は試行できず: ${why.ja}`,
      }
    : { en: `it FAILED ${ago} ago ${on.en}: ${why.en}`, ja: `${ago} 前（${on.ja}）に失敗: ${why.ja}` }
}
