/** What a command of kubectl is about: a Deployment, a pod, pods that labels choose. */
import type { Argument } from '../shell/arguments.ts'
import { manual, type Reading, unsureReading } from './reading.ts'

export type Found<T> = { readonly found: T } | { readonly reading: Reading }

const deploymentWord = /^(?:deployments?|deploy)(?:\.apps)?$/
const deploymentPath = /^(?:deployments?|deploy)(?:\.apps)?\/([\s\S]+)$/

/** The Deployment of `deployment/x` or `deployment x`; a placeholder is that of the service. */
export function deploymentIn(words: readonly Argument[]): Found<string> {
  const [first, second, ...more] = words
  if (first === undefined) return { reading: nothingNamed }
  const [, inPath] = deploymentPath.exec(first.text) ?? []
  const isSpelled = deploymentWord.test(first.text)
  const extra = isSpelled ? more : words.slice(1)
  if (extra.length > 0) return { reading: several }
  const name = isSpelled ? second : inPath === undefined ? undefined : { ...first, text: inPath }
  if (name === undefined) return { reading: isSpelled ? nothingNamed : noDeployment(first.text) }
  if (name.unsure?.kind === 'placeholder' && isWholePlaceholder(name.text))
    return { found: '$service.deployment' }
  const unsure = unsureReading(name)
  return unsure === undefined ? { found: name.text } : { reading: unsure }
}

/** `app=x,tier=y`; a placeholder behind one `=` means the service. */
export function selectorIn(value: Argument): Found<string> {
  if (value.unsure?.kind === 'placeholder' && /^[\w./-]+=(.+)$/.test(value.text)) {
    const [, label = ''] = /=(.+)$/.exec(value.text) ?? []
    if (isWholePlaceholder(label)) return { found: '$service.selector' }
  }
  const unsure = unsureReading(value)
  if (unsure !== undefined) return { reading: unsure }
  const plain = value.text.replaceAll('==', '=')
  return /^[\w./-]+=[\w.-]+(,[\w./-]+=[\w.-]+)*$/.test(plain)
    ? { found: plain }
    : {
        reading: manual(
          'the label selector is more than label=value',
          'ラベルセレクターが label=value の形ではありません',
        ),
      }
}

export function podIn(word: Argument): Found<string> {
  const pod = { ...word, text: word.text.replace(/^pods?\//, '') }
  const unsure = unsureReading(pod)
  if (unsure !== undefined) return { reading: unsure }
  if (pod.text.includes('/')) return { reading: noDeployment(word.text) }
  return ofReplicaSet.test(pod.text) ? { reading: gone(pod.text) } : { found: pod.text }
}

export function isDeploymentWord(word: Argument | undefined): boolean {
  return word !== undefined && (deploymentWord.test(word.text) || deploymentPath.test(word.text))
}

/** The name of a workload whose pods are numbered: `postgres-primary` of `postgres-primary-0`. */
export function withoutOrdinal(pod: string): string {
  return pod.replace(/-\d+$/, '')
}

/** A placeholder that is all of a name, and means the service itself: `[SERVICE_NAME]`, `<deployment>`, `your-app`. */
function isWholePlaceholder(text: string): boolean {
  const name = /^(?:\[([^\]]*)\]|<([^>]*)>|\{\{?([^}]*)\}\}?|your[-_](\S*))$/i
    .exec(text)
    ?.slice(1)
    .find((each) => each !== undefined)
  return name !== undefined && ownService.test(name.trim())
}

const ownService =
  /^(?:(?:your|the|affected|failing|target)[-_ ])?(?:service|deployment|deploy|app|application|svc|workload|component)(?:[-_ ]?name)?$|^name$|^(?:対象|影響|該当)?(?:サービス|デプロイメント|アプリ(?:ケーション)?)名?$/i

/** The name of a pod as a ReplicaSet makes them: an example in a document, and gone by now. */
const ofReplicaSet = /-[bcdfghjklmnpqrstvwxz0-9]{8,10}-[bcdfghjklmnpqrstvwxz0-9]{5}$/

function gone(pod: string): Reading {
  return manual(
    `${pod} is a pod of one release and no longer exists`,
    `${pod} は特定のリリースの Pod で、すでに存在しません`,
  )
}

const nothingNamed = manual('it does not name what it is about', '対象が書かれていません')
const several = manual('it is about several things at once', '対象が複数あります')

function noDeployment(word: string): Reading {
  return manual(`${word} is not a Deployment or a pod`, `${word} は Deployment でも Pod でもありません`)
}
