import { needsOf } from '../../../domain/steps/catalogue.ts'
import type { Finding, Reading, StepContext } from '../../../domain/steps/contract.ts'
import {
  isForJobs,
  needsTogether,
  partsOfRight,
  type Right,
  rights,
  roles,
} from '../../../domain/steps/needs.ts'
import { namespaceName } from '../../../domain/steps/subject.ts'
import type { Text } from '../../../domain/words.ts'
import type { Kubernetes } from './client.ts'
import { isAllowed } from './may.ts'

type Params = { readonly steps: readonly string[] }

/** Says which rights this worker lacks for the steps, and what gives them; `usesJobs`: its connections file has a `job`. */
export async function readAccess(
  kubernetes: Kubernetes,
  { steps }: Params,
  context: StepContext,
  usesJobs = false,
): Promise<Reading> {
  const { needs, optional: all } = needsTogether(needsOf(steps).map((each) => each.kubernetes))
  const optional = all.filter((each) => usesJobs || !isForJobs(each))
  const asked = [...new Set([...needs, ...optional.flatMap(({ what }) => what)])]
  const answers = await Promise.all(asked.map((right) => isAllowed(kubernetes, context, partsOfRight(right))))
  const isMissing = (right: Right) => answers[asked.indexOf(right)] === false
  const lacking = needs.filter(isMissing)
  const [heldBack, missing] = [
    lacking.filter(mayBeHeldBack),
    lacking.filter((right) => !mayBeHeldBack(right)),
  ]
  const lacks = [
    ...(missing.length === 0 ? [] : [without(missing)]),
    ...(heldBack.length === 0 ? [] : [withoutExec]),
    ...optional.flatMap(({ what, without: says }) => {
      const gone = what.filter(isMissing)
      return gone.length === 0 ? [] : [{ code: 'not-prepared' as const, says, next: giveIt(gone) }]
    }),
  ]
  const there = needs.length - lacking.length
  return {
    facts: { rights: [...needs], there, lacking },
    findings: lacks.map(({ code, says, next }) => ({
      code,
      subject: namespaceName(context.namespace),
      says,
      evidence: [next],
      data: { next },
    })),
    text: { en: `${there} of ${needs.length} rights`, ja: `権限 ${needs.length} 件中 ${there} 件` },
  }
}

type Lack = { readonly code: Finding['code']; readonly says: Text; readonly next: Text }

/** A right that a team may hold back: steps that need it are refused, everything else works. */
function mayBeHeldBack(right: Right): boolean {
  return rights[right] === 'hikeshi-exec'
}

/** `hikeshi-viewer, hikeshi-operator (deploy/kubernetes/rbac.yaml)` */
function giversOf(missing: readonly Right[]): { readonly roles: string; readonly files: string } {
  const names = [...new Set(missing.map((right) => rights[right]))]
  const files = [...new Set(names.map((role) => `deploy/kubernetes/${roles[role]}`))]
  return { roles: names.join(', '), files: files.join(', ') }
}

function without(missing: readonly Right[]): Lack {
  const names = missing.join(', ')
  const givers = giversOf(missing)
  return {
    code: 'right-missing',
    says: { en: `rights are missing: ${names}`, ja: `権限が不足しています: ${names}` },
    next: {
      en: `Give the worker the role ${givers.roles} (${givers.files}).`,
      ja: `ワーカーにロール ${givers.roles} を付与してください（${givers.files}）。`,
    },
  }
}

/** A team may well not want it: said, and no failure. */
const withoutExec: Lack = {
  code: 'not-prepared',
  says: {
    en: 'the worker may not run programs in containers; steps that need to are refused',
    ja: 'コンテナー内でプログラムを実行する権限がないため、該当する手順は拒否されます',
  },
  next: {
    en: 'This right is optional: deploy/kubernetes/rbac-exec.yaml grants it.',
    ja: '任意の権限です。付与する場合は deploy/kubernetes/rbac-exec.yaml を適用してください。',
  },
}

function giveIt(missing: readonly Right[]): Text {
  const { files } = giversOf(missing)
  const names = missing.join(', ')
  return {
    en: `Missing: ${names}. ${files} grants it.`,
    ja: `不足している権限: ${names}（${files} で付与できます）。`,
  }
}
