import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { credentialFiles } from './credentials.ts'

/** As much of a Kubernetes object as the lab ever reads. */
export type KubernetesObject = {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid?: string
    readonly generation?: number
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string
  }
}

export class ClusterRefusal extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * Bare JSON over HTTPS. @kubernetes/client-node would do the same but takes 1.6 s to load, which is a tenth of the time
 * in which the whole lab comes up.
 */
export type ClusterApi = {
  get<T>(path: string): Promise<T>
  post<T>(path: string, body: object): Promise<T>
  put<T>(path: string, body: object): Promise<T>
  mergePatch<T>(path: string, body: object): Promise<T>
  jsonPatch<T>(path: string, body: readonly object[]): Promise<T>
  delete(path: string, body?: object): Promise<void>
}

export function openCluster(dir: string, port: number, token = adminToken(dir)): ClusterApi {
  // Re-read for each client: the API server writes its certificate when it starts for the first time.
  const agent = new Agent({ ca: readFileSync(credentialFiles(dir).authority), keepAlive: false })
  const send = <T>(method: string, path: string, body?: object, type = 'application/json') =>
    exchange<T>({ agent, port, token, method, path, body, type })
  return {
    get: (path) => send('GET', path),
    post: (path, body) => send('POST', path, body),
    put: (path, body) => send('PUT', path, body),
    mergePatch: (path, body) => send('PATCH', path, body, 'application/merge-patch+json'),
    jsonPatch: (path, body) => send('PATCH', path, body, 'application/json-patch+json'),
    delete: (path, body) => send('DELETE', path, body),
  }
}

function adminToken(dir: string): string {
  return readFileSync(credentialFiles(dir).adminToken, 'utf8')
}

type Exchange = {
  readonly agent: Agent
  readonly port: number
  readonly token: string
  readonly method: string
  readonly path: string
  readonly body: object | undefined
  readonly type: string
}

function exchange<T>({ agent, port, token, method, path, body, type }: Exchange): Promise<T> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json', 'content-type': type }
    const call = request(
      { host: '127.0.0.1', port, path, method, headers, agent, timeout: 5_000 },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk) => {
          text += chunk
        })
        answer.once('error', reject)
        answer.once('end', () => {
          const code = answer.statusCode ?? 0
          if (code >= 300) reject(new ClusterRefusal(code, `${method} ${path}: ${code} ${messageOf(text)}`))
          else resolve((text.startsWith('{') ? JSON.parse(text) : text) as T)
        })
      },
    )
    call.once('timeout', () => call.destroy(new Error(`${method} ${path}: no answer in 5 s`)))
    call.once('error', reject)
    call.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

function messageOf(text: string): string {
  try {
    return JSON.parse(text).message ?? text
  } catch {
    return text
  }
}
