/** What stands around a published runbook: who signed it, what waits for a signature, whether it was withdrawn. */
import { inUtc } from '../../domain/failures.ts'
import { peopleIn } from '../../domain/person.ts'
import type { Signature } from '../../domain/runbook/signature.ts'
import type { Lang } from '../../domain/words.ts'
import { localTime } from '../../edge/local-time.ts'
import type { DeskView } from '../../workflows/messages.ts'
import { clean } from './terminal.ts'

export function signedLine(people: readonly string[], lang: Lang): string {
  return clean(lang === 'ja' ? `署名: ${people.join('、')}` : `signed by ${people.join(', ')}`)
}

export function waitsLine(people: readonly string[], lang: Lang): string {
  return clean(
    lang === 'ja'
      ? `もう 1 人の署名を待っています（署名済み: ${people.join('、')}）。`
      : `It waits for the signature of another person (signed by ${people.join(', ')}).`,
  )
}

type Desk = Pick<DeskView['state'], 'runbook' | 'proposed' | 'withdrawn'>

/** The desk holds no keys: these are the names that the signatures give. */
export function standingLines({ runbook, proposed, withdrawn }: Desk, lang: Lang): readonly string[] {
  const ja = lang === 'ja'
  const signers = namesIn(runbook?.signatures)
  return [
    ...(withdrawn === undefined ? [] : [withdrawnLine(withdrawn, runbook?.book.timezone, ja)]),
    ...(proposed === undefined
      ? []
      : [
          `${ja ? '新しい版' : 'A newer one'} (${proposed.sha256.slice(0, 16)}): ${waitsLine(namesIn(proposed.signatures), lang)}`,
        ]),
    ...(signers.length === 0 ? [] : [signedLine(signers, lang)]),
  ]
}

function withdrawnLine(
  { by, at, reason }: NonNullable<Desk['withdrawn']>,
  zone: string | undefined,
  ja: boolean,
): string {
  const when = zone === undefined ? inUtc(Date.parse(at)) : localTime(Date.parse(at), zone)
  return clean(
    ja
      ? `${by.id} が ${when} に取り下げました（理由: ${reason}）`
      : `Withdrawn by ${by.id} at ${when}: ${reason}`,
  )
}

function namesIn(signatures: readonly Signature[] = []): readonly string[] {
  const names = signatures.map(({ by }) => by)
  return names.filter((_, i) => peopleIn(names.slice(0, i + 1)) > peopleIn(names.slice(0, i)))
}
