import type { Finding } from '../../../domain/steps/contract.ts'

/** Workloads that the runbook names: one that is missing, or wants no pods, is nobody's normal state. */
export function notThere(
  expected: readonly { readonly target: string; readonly wanted: number | undefined }[],
): Finding[] {
  return expected.flatMap(({ target, wanted }) => {
    if (wanted !== undefined && wanted > 0) return []
    const name = target.split('/').at(-1) ?? target
    const says =
      wanted === undefined
        ? { en: `${name} does not exist`, ja: `${name} が存在しません` }
        : {
            en: `${name} is scaled to 0`,
            ja: `${name} のレプリカ数が 0 です（Pod がありません）`,
          }
    return [
      {
        code: 'service-dead' as const,
        subject: target,
        says,
        evidence: [{ en: `the runbook names ${target}`, ja: `Runbook に ${target} の記載あり` }],
        data: { exists: wanted !== undefined, wanted: wanted ?? 0, ready: 0, pods: 0, notReady: 0 },
      },
    ]
  })
}
