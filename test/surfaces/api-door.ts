/** An API over real HTTP whose incidents are in the test's hand: what is not expected to be called fails the test. */
import type { AddressInfo } from 'node:net'
import { alertmanager } from '../../client/doors/alertmanager/alertmanager.ts'
import { type ApiParts, buildApi } from '../../client/doors/http/server.ts'
import type { DirectIncidents } from '../../client/incidents/incidents.ts'
import { present } from '../../domain/present.ts'

export type Answer = {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test reads answers of every shape.
  readonly body: any
}

export type Door = {
  readonly url: string
  readonly unexpected: readonly string[]
  readonly log: readonly string[]
  readonly ask: (method: string, path: string, options?: Ask) => Promise<Answer>
  readonly close: () => Promise<void>
}

export type Ask = {
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly raw?: string
}

export async function openDoor(
  expected: Partial<DirectIncidents>,
  parts: Partial<Omit<ApiParts, 'incidents'>> = {},
): Promise<Door> {
  const unexpected: string[] = []
  const log: string[] = []
  const incidents = new Proxy(expected, {
    get: (target, name) =>
      Reflect.get(target, name) ??
      (() => {
        unexpected.push(String(name))
        throw new Error(`unexpected call of ${String(name)}: secret-of-the-stack`)
      }),
  }) as DirectIncidents
  const app = buildApi({
    incidents,
    alertReaders: [alertmanager],
    unreachable: async () => undefined,
    onLoopback: true,
    log: { write: (line) => void log.push(line) },
    ...parts,
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    unexpected,
    log,
    ask: (method, path, options) => ask(url, method, path, options),
    close: () => app.close(),
  }
}

export async function ask(url: string, method: string, path: string, options: Ask = {}): Promise<Answer> {
  const { token, headers = {}, json, raw } = options
  const content = raw ?? (json === undefined ? undefined : JSON.stringify(json))
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...present({ body: content }),
  })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) }
}
