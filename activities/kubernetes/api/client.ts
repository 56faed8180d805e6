/**
 * Kubernetes' API as the hands use it: every call has a limit, stops when its activity is cancelled, and fails with an
 * entry of the failures list. Loaded at the first call only: the client library takes seconds and 80 MB.
 */

import type { Readable } from 'node:stream'
import type {
  AppsV1Api,
  AuthorizationV1Api,
  AutoscalingV2Api,
  BatchV1Api,
  ConfigurationOptions,
  CoordinationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  Exec,
  KubeConfig,
  ObservableMiddleware,
  PortForward,
  RequestContext,
} from '@kubernetes/client-node'
import type { Text, Words } from '../../../domain/words.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { pulse, withDeadline } from '../../pulse.ts'
import { isRefusal, reasonIn, refuse } from '../../refusal.ts'
import { type Asked, refuseAnswer } from './answer.ts'
import { reasonOf } from './reason.ts'
import { openStream, withOwnAgent } from './stream.ts'

export type KubernetesSettings = {
  /** The cluster's name in runbooks and sentences. */
  readonly cluster: string
  /** Without it the usual places: KUBECONFIG, ~/.kube/config, the pod's own service account. */
  readonly kubeconfigPath?: string
  /** Longest time of one call. */
  readonly callMs?: number
}

/** What the server sent, as it sent it: the client's models would drop the fields of newer servers, also from a template that is put back. */
export type Raw<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? Raw<Item>[]
    : T extends object
      ? { [K in keyof T]: Raw<T[K]> }
      : T

export type Apis = {
  readonly core: CoreV1Api
  readonly apps: AppsV1Api
  readonly coordination: CoordinationV1Api
  readonly authorization: AuthorizationV1Api
  readonly autoscaling: AutoscalingV2Api
  readonly batch: BatchV1Api
  readonly custom: CustomObjectsApi
}
export type CallOptions = ConfigurationOptions<ObservableMiddleware>

export type Question<T> = Omit<Asked, 'cluster'> & {
  readonly ask: (apis: Apis, options: CallOptions) => Promise<T>
}

export type Kubernetes = {
  readonly cluster: string
  /**
   * Loads library and kubeconfig before the first call needs them, which takes seconds of the time that a reading has. Never fails: it
   * says what is wrong with the kubeconfig.
   */
  readonly load: () => Promise<Words | undefined>
  /** Asks once. Errors: those of answer.ts, and no-answer. */
  readonly call: <T>(question: Question<T>) => Promise<Raw<T>>
  /** The client's way into containers; `signal` ends a connection that is being made. */
  readonly exec: (signal: AbortSignal) => Promise<Exec>
  /** The same to a port of a pod's loopback. */
  readonly portForward: (signal: AbortSignal) => Promise<PortForward>
  /** An answer that is read as it comes, for as long as it comes; `path` is asked with GET. Errors: those of `call`. */
  readonly stream: (asked: Omit<Asked, 'cluster'>, path: string, signal: AbortSignal) => Promise<Readable>
}

export function kubernetesApi({ cluster, kubeconfigPath, callMs = 10_000 }: KubernetesSettings): Kubernetes {
  let loaded: Promise<Loaded> | undefined
  /** Credentials expire, and whoever renews them rewrites the file: what was refused is asked once more with what stands there now. */
  const sendWith = async <T>(question: Question<T>): Promise<Raw<T>> => {
    const used = connect()
    try {
      return await (await used).send(question)
    } catch (error) {
      if (!isRefusal(error, 'credentials-refused')) throw error
      // Of many calls that were refused at once the first one reads the file.
      if (loaded === used) loaded = undefined
      return (await connect()).send(question)
    }
  }
  const connect = (): Promise<Loaded> => {
    loaded ??= load(cluster, kubeconfigPath).catch((error: unknown) => {
      loaded = undefined // the file may be repaired before the next call
      return refuse('kubernetes-unreachable', {
        cluster,
        reason: error === noKubeconfig ? noKubeconfigSays : `kubeconfig: ${reasonOf(error)}`,
      })
    })
    return loaded
  }
  return {
    cluster,
    load: () =>
      connect().then(
        () => undefined,
        (error: unknown) => {
          const failure = carriedBy(error)
          return failure === undefined ? reasonOf(error) : reasonIn(failure)
        },
      ),
    call: (question) =>
      withDeadline(
        callMs,
        { en: `the Kubernetes API of cluster "${cluster}"`, ja: `クラスター「${cluster}」の Kubernetes API` },
        () => sendWith(question),
      ),
    exec: async (signal) => (await connect()).exec(signal),
    portForward: async (signal) => (await connect()).portForward(signal),
    stream: async (asked, path, signal) => {
      const used = connect()
      try {
        return await openStream((await used).config, { ...asked, cluster }, path, signal)
      } catch (error) {
        // The next one reads the file again.
        if (isRefusal(error, 'credentials-refused') && loaded === used) loaded = undefined
        throw error
      }
    },
  }
}

/**
 * A connection for one call has no use for HTTP/2, whose streams Node keeps for the five minutes of their timers, closed or not, with credentials and
 * all: 700 of them in a storm.
 */
function overHttp1(config: KubeConfig): KubeConfig {
  const made = config.createDispatcherOptions.bind(config)
  config.createDispatcherOptions = (...given) => {
    const options = made(...given)
    const tls = { allowH2: false }
    if (options.type === 'agent') return { ...options, connect: { ...options.connect, ...tls } }
    if (options.type === 'proxy') return { ...options, requestTls: { ...options.requestTls, ...tls } }
    return options
  }
  return config
}

type Loaded = {
  readonly config: KubeConfig
  readonly send: Send
  readonly exec: (signal: AbortSignal) => Exec
  readonly portForward: (signal: AbortSignal) => PortForward
}
type Send = <T>(question: Question<T>) => Promise<Raw<T>>
type Answer = { readonly status: number; readonly isJson: boolean; readonly text: string }

const noKubeconfig = new Error('no kubeconfig')
const noKubeconfigSays: Text = {
  en: 'no kubeconfig found: HIKESHI_KUBECONFIG and KUBECONFIG are not set, ~/.kube/config is missing, and this is not a pod with a service account',
  ja: 'kubeconfig が見つかりません。HIKESHI_KUBECONFIG と KUBECONFIG が未設定で、~/.kube/config もなく、サービスアカウント付きの Pod でもありません',
}

/** What the client library takes where it has found none; nobody serves an API there without TLS. */
const lastResort = 'http://localhost:8080'

async function load(cluster: string, kubeconfigPath: string | undefined): Promise<Loaded> {
  const client = await import('./library.ts')
  const config = overHttp1(new client.KubeConfig())
  if (kubeconfigPath === undefined) {
    config.loadFromDefault()
    if (config.getCurrentCluster()?.server === lastResort) throw noKubeconfig
  } else config.loadFromFile(kubeconfigPath)
  const apis: Apis = {
    core: config.makeApiClient(client.CoreV1Api),
    apps: config.makeApiClient(client.AppsV1Api),
    coordination: config.makeApiClient(client.CoordinationV1Api),
    authorization: config.makeApiClient(client.AuthorizationV1Api),
    autoscaling: config.makeApiClient(client.AutoscalingV2Api),
    batch: config.makeApiClient(client.BatchV1Api),
    custom: config.makeApiClient(client.CustomObjectsApi),
  }
  const stoppedBy = (signal: AbortSignal) => {
    const own = withOwnAgent(config)
    const apply = own.applyToHTTPSOptions.bind(own)
    // The client's sockets take no signal; what it passes on to the socket comes from here.
    own.applyToHTTPSOptions = async (options) => {
      await apply(options)
      Object.assign(options, { signal })
    }
    return own
  }
  const send: Send = async (question) => {
    const { signal } = pulse()
    const seen: Answer[] = []
    let connection: ReturnType<RequestContext['getDispatcher']>
    const middleware: ObservableMiddleware = {
      pre: (request) => {
        request.setSignal(signal)
        connection = request.getDispatcher()
        return new client.Observable(Promise.resolve(request))
      },
      // Takes the body away before the client's models see it; they get an empty one.
      post: ({ httpStatusCode: status, headers, body }) => {
        const taken = body.text().then((text) => {
          seen.push({ status, isJson: /\bjson\b/.test(headers['content-type'] ?? ''), text })
          const empty = new client.SelfDecodingBody(Promise.resolve(Buffer.from('{}')))
          return new client.ResponseContext(status, headers, empty)
        })
        return new client.Observable(taken)
      },
    }
    try {
      await question.ask(apis, { middleware: [middleware], middlewareMergeStrategy: 'append' })
    } catch (error) {
      signal.throwIfAborted()
      // An answer of refusal is thrown as well; what it says is read below.
      if (seen.length === 0) refuse('kubernetes-unreachable', { cluster, reason: reasonOf(error) })
    } finally {
      // The client opens one for each call and would leave it open; shared, one that hangs would hang every call.
      void connection?.destroy()
    }
    const answer = seen.at(-1)
    if (answer === undefined)
      refuse('kubernetes-unreachable', {
        cluster,
        reason: { en: 'its answer could not be read', ja: '応答を読み取れませんでした' },
      })
    if (answer.status >= 300) refuseAnswer(answer.status, answer.text, { ...question, cluster })
    return answer.isJson ? JSON.parse(answer.text) : answer.text
  }
  return {
    config,
    send,
    exec: (signal) => new client.Exec(stoppedBy(signal)),
    portForward: (signal) => new client.PortForward(stoppedBy(signal)),
  }
}
