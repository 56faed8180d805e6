/** Whom the workers of a cluster believe, as they say themselves. */
import type { Trust } from '../../domain/diagnosis/looks.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { clusterQueue } from '../../wire/messages.ts'
import { look } from '../incidents/look.ts'
import type { Temporal } from '../temporal/connect.ts'
import { workersOn } from '../temporal/pollers.ts'
import type { Check } from './check.ts'

const answersWithinMs = 10_000
const roundsAtMost = 6

export async function checkTrust(temporal: Temporal, books: readonly Runbook[]): Promise<readonly Check[]> {
  const one = new Map(books.map((book) => [book.cluster, book]))
  return (await Promise.all([...one.values()].map((book) => ofCluster(temporal, book)))).flat()
}

async function ofCluster(temporal: Temporal, { cluster, runbook }: Runbook): Promise<readonly Check[]> {
  const workers = await workersOn(temporal, clusterQueue(cluster), 'activity')
  // That nobody is there is said by another check.
  if (workers.length === 0) return []
  const check = `trust ${cluster}`
  const answers = await answersOf(workers, async () => {
    const input = { desk: runbook, looking: { at: 'trust' } } as const
    return (await look(temporal, check.replace(' ', '/'), input, answersWithinMs)).trust
  })
  const trust = leastOf([...answers.values()])
  const warn = (en: string, ja: string, next: string, nextJa: string): Check => ({
    check,
    status: 'warn',
    says: { en, ja },
    next: { en: next, ja: nextJa },
  })
  const silent = workers.filter((each) => !answers.has(each))
  const warnings = [
    ...(silent.length > 0
      ? [
          warn(
            `unknown for ${silent.length} of ${workers.length} workers: ${silent.join(', ')}`,
            `ワーカー ${workers.length} 件のうち ${silent.length} 件から回答がありません: ${silent.join(', ')}`,
            'Ask again in a minute: one that just ended is listed that long.',
            '1 分後に再実行してください（終了直後のワーカーはしばらく一覧に残ります）。',
          ),
        ]
      : []),
    ...(trust.lab
      ? [
          warn(
            'its workers accept lab incidents, in which nobody is verified',
            '本人確認のないラボのインシデントを受け付けるワーカーです',
            'Remove HIKESHI_LAB wherever a change matters.',
            '実環境では HIKESHI_LAB を外してください。',
          ),
        ]
      : []),
    ...(!trust.signedApprovals && !trust.lab
      ? [
          warn(
            'anybody who can write to Temporal is trusted: no approval is proven',
            'Temporal に書き込める人をすべて信頼しています（承認を検証していません）',
            'Set HIKESHI_ATTESTATION_PUBLIC_KEYS on its workers (SECURITY.md).',
            'ワーカーに HIKESHI_ATTESTATION_PUBLIC_KEYS を設定してください（SECURITY.md）。',
          ),
        ]
      : []),
    ...(!trust.trustedRunbooks && !trust.signedRunbooks && !trust.lab
      ? [
          warn(
            'anybody who can write to Temporal chooses what is read, including programs in containers',
            'Temporal に書き込める人が読み取り内容を選べます（コンテナー内のプログラムを含む）',
            'Set HIKESHI_PUBLISHER_KEYS or HIKESHI_TRUSTED_RUNBOOKS on its workers (SECURITY.md).',
            'ワーカーに HIKESHI_PUBLISHER_KEYS か HIKESHI_TRUSTED_RUNBOOKS を設定してください（SECURITY.md）。',
          ),
        ]
      : []),
  ]
  if (warnings.length > 0) return warnings
  const by = trust.signedRunbooks
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

/** Temporal gives each question to whichever worker polls, so several are asked until each has answered, or one will not. */
async function answersOf(
  workers: readonly string[],
  ask: () => Promise<Trust | undefined>,
): Promise<ReadonlyMap<string, Trust>> {
  const answers = new Map<string, Trust>()
  for (let round = 0; round < roundsAtMost && workers.some((each) => !answers.has(each)); round += 1) {
    const told = await Promise.all(workers.map(ask))
    for (const trust of told) if (trust !== undefined) answers.set(trust.worker, trust)
  }
  return answers
}

/** What holds for all of them: one that believes more is the way in. */
function leastOf(answers: readonly Trust[]): Omit<Trust, 'worker'> {
  return {
    lab: answers.some(({ lab }) => lab),
    signedApprovals: answers.every(({ signedApprovals }) => signedApprovals),
    trustedRunbooks: answers.every(({ trustedRunbooks }) => trustedRunbooks),
    signedRunbooks: answers.every(({ signedRunbooks }) => signedRunbooks),
  }
}
