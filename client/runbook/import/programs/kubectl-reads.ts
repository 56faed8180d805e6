/** What kubectl only looks at: pods, logs, events, rollouts, usage. */
import type { Text } from '../../../../domain/words.ts'
import { type Given, valueIn } from '../shell/arguments.ts'
import { grepWords, lineCount } from './filters.ts'
import { deploymentIn, isDeploymentWord, podIn, selectorIn } from './kubectl-targets.ts'
import { because, type Call, firstUnsure, manual, type Reading, step } from './reading.ts'

/** `-o wide` shows more of the same; anything else shows something that ours does not. */
function isOtherOutput(given: Given): boolean {
  const output = valueIn(given, 'output')
  return output !== undefined && !/^(wide|name)$/.test(output.text)
}

const otherOutput = manual('it prints fields of its own choice (-o)', '出力形式（-o）を指定しています')

export function readPods(given: Given): Reading {
  if (isOtherOutput(given)) return otherOutput
  const unsure = firstUnsure([...given.words.slice(1), valueIn(given, 'fields')])
  if (unsure !== undefined) return unsure
  return ofPods('kubernetes.pods', given, {
    en: 'pods and their state',
    ja: 'Pod の状態',
  })
}

export function readTop(given: Given): Reading {
  const [thing] = given.words
  if (!/^(pods?|po)$/.test(thing?.text ?? ''))
    return manual(
      `no step does what kubectl top ${thing?.text ?? ''} does`,
      `kubectl top ${thing?.text ?? ''} に対応する手順がありません`,
    )
  const unsure = firstUnsure(given.words.slice(1))
  return unsure ?? ofPods('kubernetes.top', given, { en: 'CPU and memory of pods', ja: 'Pod の CPU・メモリ' })
}

function ofPods(kind: 'kubernetes.pods' | 'kubernetes.top', given: Given, what: Text): Reading {
  const value = valueIn(given, 'selector')
  const more =
    given.words.length > 1 ? { en: 'all pods are shown', ja: 'すべての Pod を表示します' } : undefined
  if (value === undefined) return step(kind, {}, because(what, more))
  const selector = selectorIn(value)
  return 'reading' in selector
    ? selector.reading
    : step(kind, { selector: selector.found }, because(what, more))
}

export function readEvents(given: Given): Reading {
  if (isOtherOutput(given)) return otherOutput
  return step('kubernetes.events', {}, { en: 'warnings of the last hour', ja: '直近 1 時間の警告' })
}

export function readRollouts(given: Given): Reading {
  if (isOtherOutput(given)) return otherOutput
  const [thing, name] = given.words
  const why = { en: 'revisions and whether they are rolled out', ja: 'リビジョンとロールアウトの状態' }
  const isOne = thing?.text.includes('/') === true || name !== undefined
  if (valueIn(given, 'selector') !== undefined || !isOne) return step('kubernetes.rollouts', {}, why)
  if (!isDeploymentWord(thing))
    return manual('one ReplicaSet has no step of its own', 'ReplicaSet 単体の手順はありません')
  const deployment = deploymentIn(given.words)
  return 'reading' in deployment
    ? deployment.reading
    : step('kubernetes.rollouts', { deployment: deployment.found }, why)
}

/** `-f` goes on until somebody ends it; ours must end by itself. */
const followedFor = '30s'
/** As much as the kind reads: a search without `--tail` is one of everything. */
const mostLines = 5_000

export function readLogs(given: Given, call: Call): Reading {
  const target = logTarget(given, call)
  if ('manual' in target || 'nothing' in target || 'steps' in target) return target
  const unsure = firstUnsure([valueIn(given, 'tail')])
  if (unsure !== undefined) return unsure
  const [filter, ...more] = call.filters
  const grep = filter === undefined ? undefined : grepWords(filter)
  const searches = call.filters.some(({ program }) => /grep$|^rg$/.test(program))
  const last = [filter, ...more].find((each) => each?.program === 'tail')
  const tail =
    numberIn(valueIn(given, 'tail')?.text) ??
    (searches || valueIn(given, 'since') !== undefined
      ? mostLines
      : last === undefined
        ? undefined
        : lineCount(last))
  const follow = given.flags.has('follow')
  return step(
    'kubernetes.logs',
    {
      ...target,
      ...(tail === undefined ? {} : { tail: Math.min(tail, mostLines) }),
      ...(grep === undefined ? {} : { grep }),
      ...(given.flags.has('previous') ? { previous: true } : {}),
      ...(follow ? { follow: followedFor } : {}),
    },
    because(
      { en: 'logs', ja: 'ログ' },
      follow ? { en: `followed for ${followedFor}`, ja: `${followedFor} の間追跡` } : undefined,
      searches && grep === undefined
        ? { en: 'without its search, which is more than words', ja: '検索条件は単純な語句ではないため省略' }
        : undefined,
      valueIn(given, 'since') === undefined
        ? undefined
        : {
            en: `the newest ${mostLines} lines instead of a time`,
            ja: `時間指定の代わりに最新 ${mostLines} 行`,
          },
    ),
  )
}

function logTarget(
  given: Given,
  { around }: Call,
): Reading | { readonly deployment: string } | { readonly pod: string } {
  const selector = valueIn(given, 'selector')
  if (selector !== undefined) {
    const labels = selectorIn(selector)
    if ('reading' in labels) return labels.reading
    if (labels.found === '$service.selector') return { deployment: '$service.deployment' }
    const deployment = around.deployments.get(labels.found)
    return deployment === undefined
      ? manual(
          'logs are read of a Deployment or a pod, and no Deployment with these labels is known',
          'ログの対象は Deployment か Pod で、このラベルを持つ Deployment が分かりません',
        )
      : { deployment }
  }
  const [first, ...more] = given.words
  if (isDeploymentWord(first)) {
    const deployment = deploymentIn(given.words)
    return 'reading' in deployment ? deployment.reading : { deployment: deployment.found }
  }
  if (first === undefined || more.length > 0)
    return manual('whose logs they are is not clear', '対象の Pod が特定できません')
  const pod = podIn(first)
  return 'reading' in pod ? pod.reading : { pod: pod.found }
}

function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
