/** Words of a runbook that are right and can never act: what they name is nobody's, or nothing looks for it. */
import { policyFile } from '../approval/policy.ts'
import { nearest } from '../nearest.ts'
import { severities } from '../words.ts'
import { missingIn } from './fill.ts'
import { codesOf } from './found-of.ts'
import { type ProblemPath, quote, type Warning } from './problem.ts'
import type { Runbook, RunbookStep } from './runbook.ts'

type Symptom = Runbook['symptoms'][number]

export function idleWords(book: Runbook): readonly Warning[] {
  return [...unseenCodes(book), ...strangeDeployments(book), ...idleThresholds(book), ...idleAutomation(book)]
}

/** What `automatic` lets run, and no worker does without people whatever its own policy. */
function idleAutomation(book: Runbook): readonly Warning[] {
  const { approvals } = policyFile.parse({})
  return severities.flatMap((severity) =>
    book.severities[severity].automatic.flatMap((risk, i): readonly Warning[] =>
      risk !== 'read' && approvals[risk] > 0
        ? [
            {
              path: ['severities', severity, 'automatic', i],
              says: {
                en: `No ${risk} step runs by itself: a worker requires at least ${approvals[risk]} approval, whatever the runbook says.`,
                ja: `「${risk}」の手順は自動実行されません（ワーカーは必ず ${approvals[risk]} 人以上の承認を求めます）。`,
              },
            },
          ]
        : [],
    ),
  )
}

/** `when` and `signs` that wait for a finding which nothing that is looked at can report of the service. */
function unseenCodes(book: Runbook): readonly Warning[] {
  const quickSteps = severities.flatMap((severity) => book.severities[severity].quick)
  const seenOf = (service: string, symptoms: readonly Symptom[]) =>
    codesOf(book, service, [...quickSteps, ...symptoms.flatMap(({ steps }) => steps)])
  // The quick references are for every incident of a service that has what they name.
  const perService = Object.entries(book.services).map(([id, service]) => {
    const symptoms = book.symptoms.filter((symptom) => symptom.service === id)
    return { service, seen: seenOf(id, symptoms) }
  })
  const seenBy = (step: RunbookStep) =>
    new Set(
      perService.flatMap(({ service, seen }) => (missingIn(step, service).length === 0 ? [...seen] : [])),
    )
  const quick = severities.flatMap((severity) =>
    book.severities[severity].quick.flatMap((step, i) =>
      idleWhen(step, ['severities', severity, 'quick', i], seenBy(step)),
    ),
  )
  const own = book.symptoms.flatMap((symptom, i) => {
    const seen = seenOf(symptom.service, [symptom])
    const path = ['symptoms', i]
    return [
      ...idleCodes(symptom.signs ?? [], [...path, 'signs'], seen, {
        en: 'it never points to this symptom',
        ja: 'この症状の根拠になりません',
      }),
      ...symptom.steps.flatMap((step, j) => idleWhen(step, [...path, 'steps', j], seen)),
    ]
  })
  return [...quick, ...own]
}

function idleWhen(step: RunbookStep, path: ProblemPath, seen: ReadonlySet<string>): readonly Warning[] {
  return idleCodes(step.when ?? [], [...path, 'when'], seen, {
    en: `step "${step.id}" is never proposed for it`,
    ja: `手順「${step.id}」は提案されません`,
  })
}

function idleCodes(
  codes: readonly string[],
  path: ProblemPath,
  seen: ReadonlySet<string>,
  so: Warning['says'],
): readonly Warning[] {
  return codes.flatMap((code, i) =>
    seen.has(code)
      ? []
      : [
          {
            path: [...path, i],
            says: {
              en: `No reading here finds "${code}" for its service: ${so.en}.`,
              ja: `そのサービスの「${code}」を検出する確認がここにはなく、${so.ja}。`,
            },
          },
        ],
  )
}

/** A deployment that no service has: most likely a slip. */
function strangeDeployments(book: Runbook): readonly Warning[] {
  const known = Object.values(book.services).flatMap(({ deployment }) => deployment ?? [])
  const check = ({ with: params }: { readonly with: object }, path: ProblemPath): readonly Warning[] => {
    const deployment = 'deployment' in params ? params.deployment : undefined
    if (typeof deployment !== 'string' || deployment.includes('$') || known.includes(deployment)) return []
    const meant = nearest(deployment, known)
    return [
      {
        path: [...path, 'with', 'deployment'],
        says: {
          en: `No service has the deployment ${quote(deployment)}.${meant === undefined ? '' : ` Did you mean ${quote(meant)}?`}`,
          ja: `デプロイメント ${quote(deployment)} を持つサービスがありません。${meant === undefined ? '' : `もしかして: ${quote(meant)}`}`,
        },
      },
    ]
  }
  return [
    ...Object.entries(book.services).flatMap(([id, { look }]) =>
      look.flatMap((step, i) => check(step, ['services', id, 'look', i])),
    ),
    ...severities.flatMap((severity) =>
      book.severities[severity].quick.flatMap((step, i) => check(step, ['severities', severity, 'quick', i])),
    ),
    ...book.symptoms.flatMap((symptom, i) =>
      symptom.steps.flatMap((step, j) => check(step, ['symptoms', i, 'steps', j])),
    ),
  ]
}

const usualSlowAfterMs = 1_000

/** Only an answer over HTTP can be slow. */
function idleThresholds(book: Runbook): readonly Warning[] {
  return Object.entries(book.services).flatMap(([id, { health, slowAfter }]): readonly Warning[] =>
    health === undefined && slowAfter !== usualSlowAfterMs
      ? [
          {
            path: ['services', id, 'slowAfter'],
            says: {
              en: `"slowAfter" of "${id}" is not used: the service has no "health".`,
              ja: `「${id}」には「health」がないため、「slowAfter」は使われません。`,
            },
          },
        ]
      : [],
  )
}
