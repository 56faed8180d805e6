/** Whom the workers of a cluster believe, as they say themselves. */
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { clusterQueue } from '../../workflows/messages.ts'
import type { Temporal } from '../connect.ts'
import { look } from '../look.ts'
import type { Finding } from './finding.ts'
import { isServed } from './workers.ts'

const answersWithinMs = 10_000

export async function checkTrust(temporal: Temporal, books: readonly Runbook[]): Promise<readonly Finding[]> {
  const one = new Map(books.map((book) => [book.cluster, book]))
  return (await Promise.all([...one.values()].map((book) => ofCluster(temporal, book)))).flat()
}

async function ofCluster(temporal: Temporal, { cluster, runbook }: Runbook): Promise<readonly Finding[]> {
  // That nobody is there is said by another check.
  if (!(await isServed(temporal, clusterQueue(cluster), 'activity'))) return []
  const check = `trust ${cluster}`
  const input = { desk: runbook, looking: { at: 'trust' } } as const
  const { trust } = await look(temporal, check.replace(' ', '/'), input, answersWithinMs)
  const warn = (en: string, ja: string, next: string, weiter: string): Finding => ({
    check,
    status: 'warn',
    says: { en, ja },
    next: { en: next, ja: weiter },
  })
  const findings = [
    ...(trust?.lab === true
      ? [
          warn(
            'its workers take incidents of a lab, in which nobody is verified',
            '本人確認のないラボのインシデントを受け付けるワーカーです',
            'Take HIKESHI_LAB away where a change matters.',
            '実環境では HIKESHI_LAB を外してください。',
          ),
        ]
      : []),
    ...(trust?.signedApprovals === false && !trust.lab
      ? [
          warn(
            'whoever may write to Temporal is trusted: no approval is proven',
            'Temporal に書き込める人をすべて信頼しています（承認を検証していません）',
            'Set HIKESHI_ATTESTATION_PUBLIC_KEYS on its workers (SECURITY.md).',
            'ワーカーに HIKESHI_ATTESTATION_PUBLIC_KEYS を設定してください（SECURITY.md）。',
          ),
        ]
      : []),
    ...(trust?.trustedRunbooks === false && !trust.signedRunbooks && !trust.lab
      ? [
          warn(
            'whoever may write to Temporal chooses what is read, programs in containers included',
            'Temporal に書き込める人が読み取り内容を選べます（コンテナー内のプログラムを含む）',
            'Set HIKESHI_PUBLISHER_KEYS or HIKESHI_TRUSTED_RUNBOOKS on its workers (SECURITY.md).',
            'ワーカーに HIKESHI_PUBLISHER_KEYS か HIKESHI_TRUSTED_RUNBOOKS を設定してください（SECURITY.md）。',
          ),
        ]
      : []),
  ]
  if (findings.length > 0) return findings
  const by = trust?.signedRunbooks
    ? trust.trustedRunbooks
      ? { en: 'signed and trusted runbooks', ja: '署名付きまたは信頼する Runbook' }
      : { en: 'signed runbooks', ja: '署名付きの Runbook' }
    : { en: 'the trusted runbooks', ja: '信頼する Runbook' }
  const says = {
    en: `approvals are proven by signature, readings by ${by.en}`,
    ja: `承認は署名で、読み取りは${by.ja} で検証されています`,
  }
  return [{ check, status: 'ok', says }]
}
