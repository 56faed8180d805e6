/** What kubectl changes: replicas, rollouts, resources, pods. What our steps would do otherwise is left to people. */
import { type Given, valueIn } from '../shell/arguments.ts'
import { deploymentIn, podIn, selectorIn, withoutOrdinal } from './kubectl-targets.ts'
import {
  because,
  type Call,
  firstUnsure,
  manual,
  type Reading,
  type ReadStep,
  step,
  wayOf,
  wayWhy,
} from './reading.ts'

export function readScale(given: Given, { around }: Call): Reading {
  const deployment = deploymentIn(given.words)
  if ('reading' in deployment) return deployment.reading
  const replicas = valueIn(given, 'replicas')
  const unsure = firstUnsure([replicas])
  if (unsure !== undefined) return unsure
  if (replicas === undefined || !/^\d{1,3}$/.test(replicas.text))
    return manual('the number of replicas is missing', 'レプリカ数がありません')
  const way = wayOf(around.words)
  const count = Number(replicas.text)
  return step(
    'kubernetes.scale',
    { deployment: deployment.found, replicas: count, ...way },
    because({ en: `${count} replicas`, ja: `${count} レプリカ` }, wayWhy(way.only)),
  )
}

export function readRollout(given: Given): Reading {
  const [verb, ...words] = given.words
  const target = { ...given, words }
  switch (verb?.text) {
    case 'status':
    case 'history':
      return withDeployment(target, (deployment) =>
        step(
          'kubernetes.rollouts',
          { deployment },
          {
            en: 'revisions and whether they are rolled out',
            ja: 'リビジョンとロールアウトの状態',
          },
        ),
      )
    case 'restart':
      return withDeployment(target, (deployment) =>
        step(
          'kubernetes.rollout-restart',
          { deployment },
          { en: 'a rolling restart', ja: 'ローリング再起動' },
        ),
      )
    case 'undo':
      return readUndo(target)
    default:
      return manual(
        `no step does what kubectl rollout ${verb?.text ?? ''} does`,
        `kubectl rollout ${verb?.text ?? ''} に対応する手順がありません`,
      )
  }
}

function withDeployment(given: Given, then: (deployment: string) => Reading): Reading {
  const deployment = deploymentIn(given.words)
  return 'reading' in deployment ? deployment.reading : then(deployment.found)
}

function readUndo(given: Given): Reading {
  const revision = valueIn(given, 'revision')
  const unsure = firstUnsure([revision])
  if (unsure !== undefined) return unsure
  if (revision !== undefined && !/^\d{1,9}$/.test(revision.text))
    return manual('the revision is no number', 'リビジョンが数値ではありません')
  // kubectl calls the one before 0.
  const to =
    revision === undefined || Number(revision.text) === 0 ? {} : { toRevision: Number(revision.text) }
  return withDeployment(given, (deployment) =>
    step(
      'kubernetes.rollout-undo',
      { deployment, ...to },
      { en: 'back to an earlier revision', ja: '以前のリビジョンへ戻す' },
    ),
  )
}

export function readSetResources(given: Given, { around }: Call): Reading {
  const [what, ...words] = given.words
  if (what?.text !== 'resources')
    return manual(
      `no step does what kubectl set ${what?.text ?? ''} does`,
      `kubectl set ${what?.text ?? ''} に対応する手順がありません`,
    )
  const [limits, requests] = [amountsIn(given, 'limits'), amountsIn(given, 'requests')]
  const container = valueIn(given, 'container')
  const unsure = firstUnsure([valueIn(given, 'limits'), valueIn(given, 'requests'), container])
  if (unsure !== undefined) return unsure
  const way = wayOf(around.words)
  return withDeployment({ ...given, words }, (deployment) =>
    step(
      'kubernetes.set-resources',
      {
        deployment,
        ...(container === undefined ? {} : { container: container.text }),
        ...(limits === undefined ? {} : { limits }),
        ...(requests === undefined ? {} : { requests }),
        ...way,
      },
      because({ en: 'limits and requests', ja: '上限と要求' }, wayWhy(way.only)),
    ),
  )
}

/** `memory=6Gi,cpu=2` */
function amountsIn(given: Given, name: string): Readonly<Record<string, string>> | undefined {
  const value = valueIn(given, name)
  if (value === undefined) return undefined
  return Object.fromEntries(
    value.text.split(',').map((pair) => {
      const at = pair.indexOf('=')
      return [pair.slice(0, Math.max(0, at)), pair.slice(at + 1)]
    }),
  )
}

/** Words by which a placeholder means a pod that fails, and not one that somebody picks. */
const failing = /problem|fail|broken|bad|stuck|crash|unhealthy|not-?_?ready|問題|異常|障害|失敗/i

export function readDelete(given: Given, call: Call): Reading {
  const [what, ...names] = given.words
  const [, inPath] = /^pods?\/([\s\S]+)$/.exec(what?.text ?? '') ?? []
  if (inPath === undefined && !/^(pods?|po)$/.test(what?.text ?? ''))
    return manual(
      `no step does what kubectl delete ${what?.text ?? ''} does`,
      `kubectl delete ${what?.text ?? ''} に対応する手順がありません`,
    )
  const selector = valueIn(given, 'selector')
  if (selector !== undefined) {
    const labels = selectorIn(selector)
    if ('reading' in labels) return labels.reading
    return step(
      'kubernetes.delete-pods',
      { selector: labels.found },
      { en: 'pods with these labels', ja: 'このラベルを持つ Pod' },
    )
  }
  const pods = inPath === undefined ? names : given.words
  if (pods.length === 0) return manual('no pod is named', 'Pod が指定されていません')
  const [only] = pods
  if (pods.length === 1 && only?.unsure?.kind === 'placeholder' && failing.test(only.text))
    return step(
      'kubernetes.delete-pods',
      { selector: '$service.selector', notReady: true },
      {
        en: `${only.text}: those of the service's pods that are not Ready`,
        ja: `${only.text}: サービスの Pod のうち Ready でないもの`,
      },
    )
  const steps: ReadStep[] = []
  for (const word of pods) {
    const pod = podIn(word)
    if ('reading' in pod) return pod.reading
    steps.push(deletionOf(pod.found, call))
  }
  return {
    steps,
    why: steps.some(({ kind }) => kind === 'postgres.rebuild-replica')
      ? { en: 'its words say that the replica is rebuilt', ja: '説明によりレプリカの再構築' }
      : { en: 'the pod by its name', ja: '名前による Pod の指定' },
  }
}

const rebuilding =
  /re-?(?:build|create|seed|sync|init)\w*\b[^.\n]*\breplica|\breplica\b[^.\n]*\bre-?(?:build|create|seed)|レプリカ.{0,10}(?:再構築|作り直)/i

/** A replica that is rebuilt is more than a deleted pod: it has to stream from its primary again. */
function deletionOf(pod: string, { around }: Call): ReadStep {
  const replica = withoutOrdinal(pod)
  const [primary, ...others] = [...around.databases].filter((name) => name !== replica)
  if (
    /replica|standby/.test(pod) &&
    rebuilding.test(around.words) &&
    primary !== undefined &&
    others.length === 0
  )
    return { kind: 'postgres.rebuild-replica', with: { pod, primary, replica } }
  return { kind: 'kubernetes.delete-pods', with: { pod } }
}
