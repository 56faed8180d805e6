/** What is told of runbooks on their desks: which is in force, who signed it, what waits for a signature, whether it was withdrawn. */
import { inUtc } from '../../domain/failures.ts'
import { peopleIn } from '../../domain/person.ts'
import type { Signature } from '../../domain/runbook/signature.ts'
import { type Text, verbatim } from '../../domain/words.ts'
import { localTime } from '../../edge/local-time.ts'
import type { DeskView } from '../../wire/messages.ts'
import { type Column, joined } from './fact.ts'

export function signedBy(people: readonly string[]): Text {
  return { en: `signed by ${people.join(', ')}`, ja: `署名: ${people.join('、')}` }
}

export function waitsForAnother(people: readonly string[]): Text {
  return {
    en: `Someone else must sign it too (signed by ${people.join(', ')}).`,
    ja: `もう 1 人の署名を待っています（署名済み: ${people.join('、')}）。`,
  }
}

type Desk = Pick<DeskView['state'], 'runbook' | 'proposed' | 'withdrawn'>

/** The desk holds no keys: these are the names that the signatures give. */
export function standingOf({ runbook, proposed, withdrawn }: Desk): readonly Text[] {
  const signers = namesIn(runbook?.signatures)
  return [
    ...(withdrawn === undefined ? [] : [withdrawnSays(withdrawn, runbook?.book.timezone)]),
    ...(proposed === undefined ? [] : [newerWaits(proposed)]),
    ...(signers.length === 0 ? [] : [signedBy(signers)]),
  ]
}

function newerWaits({ sha256, signatures }: NonNullable<Desk['proposed']>): Text {
  const newer = { en: `A newer one (${sha256.slice(0, 16)})`, ja: `新しい版 (${sha256.slice(0, 16)})` }
  return joined([newer, waitsForAnother(namesIn(signatures))], ': ')
}

function withdrawnSays({ by, at, reason }: NonNullable<Desk['withdrawn']>, zone: string | undefined): Text {
  const when = zone === undefined ? inUtc(Date.parse(at)) : localTime(Date.parse(at), zone)
  return {
    en: `Withdrawn by ${by.id} at ${when}: ${reason}`,
    ja: `${by.id} が ${when} に取り下げました（理由: ${reason}）`,
  }
}

function namesIn(signatures: readonly Signature[] = []): readonly string[] {
  const names = signatures.map(({ by }) => by)
  return names.filter((_, i) => peopleIn(names.slice(0, i + 1)) > peopleIn(names.slice(0, i)))
}

/** What is in force until the new one has its signatures. */
export function untilThen(version: number): Text {
  return version === 0
    ? { en: 'Until then none is in force.', ja: 'それまで有効な版はありません。' }
    : { en: `Until then v${version} is in force.`, ja: `それまでは v${version} が有効です。` }
}

/** Published is published; only that a `declare` of this moment could still miss it is said. */
export const notFoundYet: Text = {
  en: 'It is published, but Temporal does not list it yet: others will find it in a few seconds.',
  ja: '公開しました。Temporal の一覧にはまだ現れていません。数秒後から検索できます。',
}

export const noneIsPublished: Text = {
  en: 'No runbook is published.',
  ja: '公開された Runbook はありません。',
}

/** A desk as a list tells of it. */
export type PublishedRow = {
  readonly runbook: string
  readonly version: number | undefined
  readonly proposed: unknown
  readonly withdrawn: unknown
  readonly nextReview: string | undefined
  readonly services: readonly string[]
  readonly open: number
}

export function publishedColumns(rows: readonly PublishedRow[]): readonly Column<PublishedRow>[] {
  return [
    { label: verbatim('Runbook'), value: ({ runbook }) => verbatim(runbook) },
    { label: { en: 'Version', ja: '版' }, value: ({ version = 0 }) => verbatim(`v${version}`) },
    ...(rows.some(({ proposed, withdrawn }) => (proposed ?? withdrawn) !== undefined) ? [stateColumn] : []),
    { label: { en: 'Open', ja: '対応中' }, value: ({ open }) => verbatim(String(open)) },
    { label: { en: 'Review', ja: '次回レビュー' }, value: ({ nextReview = '-' }) => verbatim(nextReview) },
    {
      label: { en: 'Services', ja: 'サービス' },
      value: ({ services }) => verbatim(services.join(', ')),
      flexible: true,
    },
  ]
}

/** Only where there is something to tell. */
const stateColumn: Column<PublishedRow> = {
  label: { en: 'State', ja: '状態' },
  value: ({ proposed, withdrawn }) =>
    joined([
      ...(withdrawn === undefined ? [] : [{ en: 'withdrawn', ja: '取り下げ' }]),
      ...(proposed === undefined ? [] : [{ en: 'one waits for a signature', ja: '署名待ち' }]),
    ]),
}
