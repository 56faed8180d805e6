import type { Finding, Reading, StepContext } from '../../domain/steps/contract.ts'
import type { Text } from '../../domain/words.ts'
import type { Kubernetes } from './client.ts'
import { isAllowed } from './may.ts'
import { extraRightsFor, isOptional, type Right, rightsFor, showRight } from './rights.ts'

type Params = { readonly steps: readonly string[] }

/** Says which rights this worker lacks for the steps, and what gives them. */
export async function readAccess(
  kubernetes: Kubernetes,
  { steps }: Params,
  context: StepContext,
): Promise<Reading> {
  const rights = rightsFor(steps)
  const extra = extraRightsFor(steps)
  const [allowed, allowedExtra] = await Promise.all(
    [rights, extra].map((all) => Promise.all(all.map((right) => isAllowed(kubernetes, context, right)))),
  )
  const lacking = rights.filter((_, i) => allowed?.[i] === false)
  const missing = lacking.filter((right) => !isOptional(right))
  const lacks = [
    ...(missing.length === 0 ? [] : [without(missing)]),
    ...(missing.length < lacking.length ? [withoutExec] : []),
    ...extra
      .filter((_, i) => allowedExtra?.[i] === false)
      .map((right) => ({ code: 'not-prepared' as const, says: right.without, next: giveIt })),
  ]
  const there = rights.length - lacking.length
  return {
    facts: { rights: rights.map(showRight), there, lacking: lacking.map(showRight) },
    findings: lacks.map(({ code, says, next }) => ({
      code,
      subject: `namespace/${context.namespace}`,
      says,
      evidence: [next.en],
      data: { next },
    })),
    text: `${there} of ${rights.length} rights`,
  }
}

type Lack = { readonly code: Finding['code']; readonly says: Text; readonly next: Text }

function without(missing: readonly Right[]): Lack {
  const names = missing.map(showRight).join(', ')
  const roles = [...new Set(missing.map(({ role }) => role))].join(', ')
  return {
    code: 'right-missing',
    says: { en: `rights are missing: ${names}`, ja: `権限が不足しています: ${names}` },
    next: {
      en: `Give the worker the role ${roles} (deploy/kubernetes/rbac.yaml).`,
      ja: `ワーカーにロール ${roles} を付与してください（deploy/kubernetes/rbac.yaml）。`,
    },
  }
}

/** A team may well not want it: said, and no failure. */
const withoutExec: Lack = {
  code: 'not-prepared',
  says: {
    en: 'the worker may not run programs in containers; steps that do so are refused',
    ja: 'コンテナー内でプログラムを実行する権限がないため、該当する手順は拒否されます',
  },
  next: {
    en: 'The right is optional: deploy/kubernetes/rbac-exec.yaml gives it.',
    ja: '任意の権限です。付与する場合は deploy/kubernetes/rbac-exec.yaml を適用してください。',
  },
}

const giveIt: Text = {
  en: 'Give it the right if the step should check that.',
  ja: '確認が必要な場合は権限を付与してください。',
}
